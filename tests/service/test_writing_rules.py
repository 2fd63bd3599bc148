"""lint, rules and schema as people call them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bridge.cli import main
from bridge.config.snapshot import load
from bridge.store import Store
from tests.config.folder import ENVIRON, lay
from tests.store.support import matched, record

RULE = "  - name: {name}\n    when: {when}\n    notify: projects\n"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def rule(*lines: str, name: str = "One", when: str = "Project updated") -> str:
    return RULE.format(name=name, when=when) + "".join(f"    {line}\n" for line in lines)


def linted(capsys: pytest.CaptureFixture[str], *, code: int = 0) -> list[dict[str, Any]]:
    assert main(["lint", "--json"]) == code
    return [one for one in json.loads(capsys.readouterr().out) if one["code"] != "untested"]


def codes(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, int, int]]:
    return [(one["code"], one["line"], one["column"]) for one in linted(capsys)]


# ---- without a store ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        (rule("if: {resource.price.amount: {gt: 5, lt: 3}}"), [("never-fires", 5, 41)]),
        (rule("if: resource.status == 'a' and resource.status == 'b'"), [("never-fires", 5, 36)]),
        (rule("if: resource.status == 'a' or resource.status == 'b'"), []),
        (rule("if: resource.status in ['a'] and (resource.status == 'b' or resource.state)"), []),
        (rule("if: event.action == 'deleted'"), [("never-fires", 5, 9)]),
        (rule("if: event.action == 'deleted'", when="Project *"), []),
        (rule("if: {resource.status: {to: done}}", when="Project created"), [("never-fires", 5, 28)]),
        (rule("if: {resource.status: {to: done}}", when="Project *"), []),
        (rule("if: previous.status == 'x' or resource.status == 'y'", when="Project created"), []),
        (rule("if: 'previous.status is not defined'", when="Project created"), []),
        (rule("stop: true") + rule(name="Two"), [("shadowed", 6, 11)]),
        (rule("stop: true", "if: resource.price.amount > 1") + rule(name="Two"), []),
        (rule("stop: true", "priority: -1") + rule(name="Two"), []),
        (rule("stop: true", "enabled: false") + rule(name="Two"), []),
        (rule("stop: true") + rule(name="Two", when="Project *"), []),
        (
            rule("stop: true", when="'* *'") + rule(name="Two", when="[Project created, Work created]"),
            [("shadowed", 6, 11)],
        ),
        (rule("title: Order #{{ resource.gid }}"), [("cut", 5, 18)]),
        (rule("title: Order  # the number"), []),
        (rule("title: 'Order #{{ resource.gid }}'"), []),
        (rule("if: {resource.title: [a #b", "      , c]}"), [("cut", 5, 29)]),
        (rule("labels: a #b"), []),
    ],
)
def test_what_lint_says(tmp_path: Path, capsys: pytest.CaptureFixture[str], rules: str, found: list[Any]) -> None:
    lay(tmp_path, f"rules:\n{rules}")
    assert codes(capsys) == found
    assert not (tmp_path / "data").exists(), "looking made a store"


UPDATED = "  - {name: x, event: {type: project, action: updated, resource: {title: Logo}}, expect: %s}\n"


@pytest.mark.parametrize(
    ("rules", "expect", "untested"),
    [
        (rule(), "{projects: ~}", []),  # it fires
        (rule("if: resource.title == 'Logo'"), "{projects: ~}", []),
        (rule() + rule("if: resource.title == 'Sign'", name="Two"), "{projects: ~}", [5]),  # it is asked, no more
        (rule("if: resource.title == 'Sign'"), "nothing", []),  # it must not fire
        (rule("if: resource.title == 'Sign'"), "{projects: {count: 0}}", []),
        (rule(when="Work created"), "nothing", [2]),
        (rule("enabled: false"), "{projects: ~}", []),  # it would fire
        (rule("stop: true", "priority: 1") + rule(name="Two"), "{projects: ~}", [7, 7]),  # shadowed, and never asked
    ],
)
def test_which_rules_are_untested(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rules: str, expect: str, untested: list[int]
) -> None:
    lay(tmp_path, f"rules:\n{rules}tests:\n{UPDATED % expect}")
    main(["lint", "--json"])
    assert [one["line"] for one in json.loads(capsys.readouterr().out)] == untested


def test_a_test_that_sends_such_an_event(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(
        tmp_path,
        f"rules:\n{rule()}{rule(name='Two', when='Work created')}tests:\n"
        "  - {name: x, event: {type: project, action: updated, resource: {}}, expect: {projects: ~}}\n",
    )
    main(["lint", "--json"])
    found = [(one["code"], one["line"]) for one in json.loads(capsys.readouterr().out) if one["code"] == "untested"]
    assert found == [("untested", 5)]


def test_it_is_told_like_a_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(tmp_path, f"rules:\n{rule('if: resource.price.amount > 5 and resource.price.amount < 3')}")
    assert main(["lint"]) == 0
    said = capsys.readouterr().out
    assert (
        "rules/messages.yaml:5:39: warning[never-fires]: the rule never fires: "
        "no `resource.price.amount` is `gt 5` and `lt 3`\n"
    ) in said
    assert "5 |     if: resource.price.amount > 5 and resource.price.amount < 3\n" in said


def test_errors_are_told_as_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(tmp_path, "rules: [{nam: x}]\n")
    assert "unknown-key" in [one["code"] for one in linted(capsys, code=1)]


# ---- with stored events ------------------------------------------------------------------------

LOGO = {"gid": "g", "title": "Logo", "price": {"amount": "490"}, "colour": "red", "tags": [{"name": "x"}]}


def keep(config: Path, *resources: dict[str, Any]) -> None:
    """Store events of projects, as rules saw them."""

    async def fill() -> None:
        store = await Store.open(load(config, ENVIRON).settings.store, owner="test")
        try:
            for number, _ in enumerate(resources):
                await record(store, f"{number} of {len(resources)}", gid=f"g{number}")
            waiting = await store.unmatched(2_000)
            pairs = zip(waiting, resources, strict=True)
            await store.write_matched([matched(one, resource=resource) for one, resource in pairs])
        finally:
            await store.close()

    asyncio.run(fill())


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("{resource.price.amount: {gt: 4}}", [("other-type", 5, 34)]),
        ("{resource.price.amount: '4'}", []),
        ("{resource.price.amount: {ne: 4}}", []),
        ("resource.title == 4 or resource.title == 'Logo'", [("other-type", 5, 9)]),
        ("resource.tags startswith 'a'", [("other-type", 5, 9)]),
        ("resource.title is defined", []),
        ("{resource.tags: {any: {name: {gt: 4}}}}", [("other-type", 5, 39)]),
        ("resource.colour == 'red' and resource.colours == 'red'", [("unknown-field", 5, 38)]),
        ("resource.deadline_at < 4", []),
    ],
)
def test_lint_looks_at_stored_events(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], condition: str, found: list[Any]
) -> None:
    keep(lay(tmp_path, f"rules:\n{rule(f'if: {condition}')}"), LOGO, LOGO)
    assert codes(capsys) == found


def test_what_gates_count_by_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = f"rules:\n{rule('once: {per: 1d, by: [resource.gid, resource.owner.gid]}')}"
    keep(lay(tmp_path, text), LOGO, LOGO, LOGO | {"owner": {"gid": "u1"}})
    assert codes(capsys) == [("missing-key", 5, 40)]
    message = linted(capsys)[0]["message"]
    assert message == "`resource.owner.gid` was missing in 2 of 3 events: those count as one key"


def test_only_the_newest_events_are_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = lay(tmp_path, f"rules:\n{rule('if: {resource.title: {eq: 4}}')}")
    keep(config, LOGO | {"title": 4}, *[LOGO] * 1_000)
    assert codes(capsys) == [("other-type", 5, 27)]
    keep(config, LOGO | {"title": 4})
    assert codes(capsys) == []


# ---- rules -------------------------------------------------------------------------------------

SHOWN = """\
rules:
  # ours
  - name: One        # the first
    when: [Project created, "creads: project message *"]
    notify:
      - projects
      - {to: managers, title: "{{ resource.title }}"}
    body: |
      # A heading

      and words

  - {
      name: Two, when: "* *",
      notify: ops
    }
"""


def test_rules_are_listed_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(tmp_path, SHOWN)
    assert main(["rules", "list", "--json"]) == 0
    items = json.loads(capsys.readouterr().out)["items"]
    assert [one["name"] for one in items] == ["One", "Two"]
    assert items[0]["when"] == ["Project created", "creads: Project Message *"]
    assert items[0]["notify"] == ["projects", "managers"]
    assert (items[0]["file"], items[0]["line"], items[0]["enabled"]) == ("rules/messages.yaml", 3, True)
    assert main(["rules", "list"]) == 0
    assert "Two" in capsys.readouterr().out
    assert main(["rules", "show", "One"]) == 0
    first, second = SHOWN.split("  # ours\n")[1].split("\n  - {\n")
    assert capsys.readouterr().out == f"rules/messages.yaml:3: on\n\n{first}"
    assert main(["rules", "show", "Two", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == f"  - {{\n{second}".rstrip()


def test_a_rule_is_switched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(tmp_path, SHOWN)
    assert main(["rules", "disable", "Two"]) == 0
    assert capsys.readouterr().out == "rules/messages.yaml:13: “Two” is switched off\n"
    written = (tmp_path / "rules/messages.yaml").read_text()
    assert written == SHOWN.replace("name: Two,", "name: Two, enabled: false,")
    assert main(["rules", "disable", "Two", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "name": "Two",
        "file": "rules/messages.yaml",
        "line": 13,
        "enabled": False,
        "changed": False,
    }
    assert main(["rules", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["items"][1]["enabled"] is False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "On"], "there is no rule `On`: did you mean `One`?"),
        (["disable", "Three"], "there is no rule `Three`"),
        (["disable", "Aliased"], "rules/other.yaml:1:9: the rule `Aliased` cannot be switched by changing one line"),
    ],
)
def test_what_cannot_be_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    other = "rules: [{name: &n Aliased, when: '* *', notify: ops, enabled: &on true}, {<<: *n}]\n"
    other = other.replace("{<<: *n}", "{name: X, when: '* *', notify: ops, enabled: *on}")
    lay(tmp_path, f"{SHOWN}#--- rules/other.yaml\n{other}")
    assert main(["rules", *arguments]) == 1
    assert said in capsys.readouterr().err


# ---- schema ------------------------------------------------------------------------------------


def test_the_schema_is_printed_without_a_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    rules = json.loads(capsys.readouterr().out)
    assert "rules" in rules["properties"]
    assert main(["schema", "config"]) == 0
    assert "destinations" in json.loads(capsys.readouterr().out)["properties"]
