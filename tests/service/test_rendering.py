"""bridge render, as people call it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bridge.cli import main
from bridge.store import Store
from bridge.store.retention import ToPrune
from tests.config.folder import ENVIRON, lay
from tests.live import envelope
from tests.store.support import DAY, NOON, matched, record

FILES = """\
rules:
  - name: New project
    when: Project created
    notify:
      - to: projects
        title: "New: {{ resource.title }}"
        body: "by {{ resource.owner.firstname }}"
      - to: everybody
        template: short.md.j2
  - name: Never
    when: Project created
    if: resource.title == "never"
    notify: ops
#--- templates/short.md.j2
{% block title %}{{ resource.title }}{% endblock %}
{% block body %}**short**{% endblock %}
#--- templates/other.txt.j2
{% block title %}Other{% endblock %}
{% block body %}of {{ rule.name or "no rule" }}{% endblock %}
"""
EVENT = {"title": "Logo\x1b[31m", "owner": {"firstname": "Ada"}}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    lay(tmp_path, FILES)
    Path("event.json").write_bytes(envelope("p1", **EVENT))


def rendered(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    assert main(["render", "--json", *arguments]) == code
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_each_destination_gets_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    found = rendered(capsys, "event.json")
    assert [(one["rule"], one["destination"], one["body"]) for one in found] == [
        ("New project", "projects", "by Ada"),
        ("New project", "projects", "short"),
        ("New project", "managers", "short"),
    ]
    assert found[0]["title"].startswith("New: Logo")
    assert found[0]["kind"] == "console"
    assert found[0]["error"] is None


def test_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "event.json", "--destination", "projects"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("── New project → projects (console, text)\nNew: Logo")
    assert "\nby Ada\n" in said
    assert "\x1b[31m" not in said


def test_a_rule_that_does_not_fire(capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = rendered(capsys, "event.json", "--rule", "Never")
    assert (one["rule"], one["destination"]) == ("Never", "ops")
    (one,) = rendered(capsys, "event.json", "--rule", "Never", "--destination", "managers")
    assert one["destination"] == "managers"


def test_a_template(capsys: pytest.CaptureFixture[str]) -> None:
    (one,) = rendered(capsys, "event.json", "--template", "other.txt.j2", "--destination", "ops")
    assert (one["rule"], one["destination"], one["title"]) == (None, "ops", "Other")
    (one,) = rendered(capsys, "event.json", "--template", "other.txt.j2", "--rule", "Never")
    assert one["body"] == "of Never"


def test_a_template_that_fails(capsys: pytest.CaptureFixture[str]) -> None:
    Path("event.json").write_bytes(envelope("p1", title="Logo"))
    found = rendered(capsys, "event.json", code=1)
    assert found[0]["error"]["message"]
    assert main(["render", "event.json"]) == 1
    assert "rules/messages.yaml:7" in capsys.readouterr().err
    assert main(["render", "event.json", "--template", "gone.md.j2"]) == 1
    assert "there is no sound template `gone.md.j2`" in capsys.readouterr().err


def test_nobody_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("event.json").write_bytes(envelope("p1", event="resource.updated"))
    assert main(["render", "event.json"]) == 0
    assert "No rule tells anybody of this Project updated" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("event.json", "--rule", "New projekt"), "did you mean `New project`?"),
        (("event.json", "--destination", "bosses"), "there are projects, managers, ops"),
        (("17",), "there is no event 17"),
        (("9" * 40,), "there is no event"),
    ],
)
def test_what_is_not_there(arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", *arguments]) == 1
    assert said in capsys.readouterr().err


def test_what_is_neither_an_id_nor_a_file_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "nothing.json"]) == 2
    assert "nothing.json cannot be read" in capsys.readouterr().err


def test_a_stored_event(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    async def fill() -> None:
        store = await Store.open(f"sqlite:///{tmp_path}/data/bridge.db", owner="service", clock=lambda: NOON)
        await record(store, action="created")
        (event,) = await store.unmatched(1)
        await store.write_matched([matched(event, resource=dict(EVENT), previous=None)])
        await record(store, "B", gid="g2")
        await store.close()

    async def empty() -> None:
        store = await Store.open(f"sqlite:///{tmp_path}/data/bridge.db", owner="service", clock=lambda: NOON)
        await store.prune(ToPrune("payloads", NOON + DAY))
        await store.close()

    asyncio.run(fill())
    assert rendered(capsys, "1")[0]["body"] == "by Ada"
    assert main(["render", "2"]) == 1
    assert "was not matched yet" in capsys.readouterr().err
    asyncio.run(empty())
    assert main(["render", "1"]) == 1
    assert "no longer kept" in capsys.readouterr().err
