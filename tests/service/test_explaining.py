"""bridge explain: each condition of each rule, why messages were not sent, what was remembered, what still waits."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bridge import explain
from bridge.cli import main
from bridge.config.snapshot import load, rules_of
from bridge.model import Rule
from bridge.store import Store
from tests.backtest.history import live, project, rewrite
from tests.config.folder import ENVIRON, lay
from tests.config.folder import RULES as FILE
from tests.live import envelope

RULES = """\
rules:
  - name: Big
    when: Project updated
    if:
      resource.price.amount: {gte: 1000}
      resource.status: {to: finished}
      resource.brief: {exists: false}
    notify: projects
  - name: Two
    when: Project updated
    notify: [projects, managers]
    throttle: {max: 2, per: 1h}
"""


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def text(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["explain", *arguments]) == 0
    return capsys.readouterr().out


def data(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text(capsys, *arguments, "--json"))
    return found


def test_every_condition_is_shown_of_a_rule_that_fired_and_of_one_that_did_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    price = {"amount": 2000, "currency": "EUR"}
    live(lay(tmp_path, RULES), [project(price=price), project(price=price, status="finished")])
    assert text(capsys, "1", "--rule", "Big").splitlines()[1:] == [
        "✗ Big  (rules/messages.yaml:2)",
        "    ✓ resource.price.amount gte 1000: found 2000  (rules/messages.yaml:5)",
        '    ? resource.status to "finished": unknown: no earlier state of this resource  (rules/messages.yaml:6)',
        "    ✓ resource.brief exists false: found null  (rules/messages.yaml:7)",
    ]
    fired = text(capsys, "2", "--rule", "Big").splitlines()
    assert fired[1:5] == [
        '  status: "draft" → "finished"',
        "✓ Big  (rules/messages.yaml:2)",
        "    ✓ resource.price.amount gte 1000: found 2000  (rules/messages.yaml:5)",
        '    ✓ resource.status to "finished": found "finished"  (rules/messages.yaml:6)',
    ]
    [decision] = data(capsys, "2", "--rule", "Big")["decisions"]
    assert decision["failed"] == []
    assert [(one["path"], one["truth"], one["line"]) for one in decision["conditions"]] == [
        ("resource.price.amount", True, 5),
        ("resource.status", True, 6),
        ("resource.brief", True, 7),
    ]


def test_the_answer_stays_when_the_rules_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = lay(tmp_path, RULES)
    live(config, [project()])
    before = data(capsys, "1")
    rewrite(config, RULES.replace("1000", "1").replace("Two", "Three"))
    assert data(capsys, "1") == before


def test_why_a_message_was_not_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live(lay(tmp_path, RULES), [project(f"p{n}") for n in range(3)])
    told = text(capsys, "3")
    assert "→ projects: suppressed: throttled: 2 in 1 h have passed  “" in told
    assert "→ managers: suppressed: throttled: 2 in 1 h have passed  “" in told
    assert "→ projects: pending  “" in text(capsys, "1")


def test_a_stale_event_says_what_was_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    newer, older = "2026-01-02T10:00:00Z", "2026-01-01T10:00:00Z"
    live(lay(tmp_path, RULES), [project(modified_at=newer), project(modified_at=older)])
    lines = text(capsys, "2").splitlines()
    assert lines[0].endswith("· stale")
    assert lines[1] == f"  a newer state was known, modified at {newer}; this one was at {older}: no rule was asked"
    assert data(capsys, "2")["decisions"] == []


def test_what_was_remembered_is_marked_with_its_age(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = "rules:\n  - {name: Works, when: Work created, notify: projects}\n"
    work = envelope("w1", kind="Work", project={"gid": "p1"})
    live(lay(tmp_path, rules), [project("p1", title="Logo"), work], every=7200.0)
    told = text(capsys, "2")
    assert re.search(r"^  project\.title: remembered, not sent; learned 2 h before \(20", told, re.M)
    assert "project.title" in data(capsys, "2")["remembered"]


def test_follow_ups_and_digests_that_wait(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = """\
rules:
  - name: Late
    when: Project updated
    notify: projects
    digest: {every: 30m}
    follow_up: {after: 100d, notify: managers}
"""
    live(lay(tmp_path, rules), [project()])
    told = text(capsys, "1")
    assert "→ projects: merged: " in told
    [armed] = data(capsys, "1")["follow_ups"]
    assert (armed["rule"], armed["step"]) == ("Late", 1)
    assert f"⏲ Late, follow-up 1: due at {armed['due_at']} if nothing disarms it before" in told


def test_a_file_is_asked_of_the_gates_as_they_stand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = "rules:\n  - {name: Once, when: Project *, notify: projects, once: {per: 1d}}\n"
    live(lay(tmp_path, rules), [project()], ago=60.0)
    file = tmp_path / "event.json"
    file.write_bytes(project("p2"))
    [delivery] = data(capsys, str(file))["deliveries"]
    assert delivery["state"] == "not sent"
    assert delivery["reason"].startswith("once ")
    assert data(capsys, "1")["state"] == "matched"


async def test_rules_of_earlier_times_are_read_beside_the_loop_and_a_few_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = load(lay(tmp_path, RULES), ENVIRON)
    read: list[tuple[int, str]] = []  # by which thread, which text

    def noted(files: Mapping[str, str], *other: Any) -> tuple[Rule, ...]:
        read.append((threading.get_ident(), files[FILE][-1]))
        return rules_of(files, *other)

    monkeypatch.setattr(explain, "rules_of", noted)
    monkeypatch.setattr(explain, "MOST_RULES", 4)  # two versions
    store = await Store.open(f"sqlite:///{tmp_path}/bridge.db", owner="me")
    try:
        for name in "123":
            await store.save_version(name, {FILE: f"{RULES}# {name}"})
        matchers = explain.Matchers(store, lambda: snapshot)
        for name in "1213211":
            matcher = await matchers.of(name)
            assert matcher is not None
            assert [rule.name for rule in matcher.rules] == ["Big", "Two"]
        assert await matchers.of("unknown") is None
    finally:
        await store.close()
    assert "".join(name for _, name in read) == "12321"
    assert threading.get_ident() not in {thread for thread, _ in read}
