"""bridge backtest: what edited rules would have told otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.backtest import Summary
from bridge.cli import main
from bridge.commands import backtesting
from tests.backtest.history import live, project, rewrite
from tests.config.folder import CONFIG, ENVIRON, lay

BIG = """\
rules:
  - name: Big
    when: Project updated
    if: {resource.price.amount: {gte: 1000}}
    notify: projects
    title: "{{ resource.title }}"
    body: "{{ resource.price.amount }} now"
"""
EVENTS = [project(f"p{amount}", price={"amount": amount, "currency": "EUR"}) for amount in (500, 1000, 2000)]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["backtest", "--json", *arguments]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def counts(answer: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {one["rule"]: (one["gone"], one["new"], one["changed"]) for one in answer["rules"]}


def test_nothing_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live(lay(tmp_path, BIG), EVENTS)
    assert main(["backtest"]) == 0
    told = capsys.readouterr()
    assert told.out == "3 events replayed: nothing would differ\n"
    assert told.err == "", "a progress bar where there is no terminal"


def test_a_message_that_would_be_gone_says_which_condition_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = lay(tmp_path, BIG)
    live(config, EVENTS)
    rewrite(config, BIG.replace("1000", "1500"))
    assert main(["backtest"]) == 0
    assert (
        capsys.readouterr().out
        == """\
Big  (rules/messages.yaml:2): 1 gone
  gone: event 2 → projects
    resource.price.amount gte 1500: found 1000
    - Logo
    - 1000 now
3 events replayed: 1 gone, 0 new, 0 changed
"""
    )


def test_new_messages_and_another_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = lay(tmp_path, BIG)
    live(config, EVENTS)
    rewrite(config, BIG.replace("1000", "400").replace(" now", " EUR"))
    answer = found(capsys)
    assert counts(answer) == {"Big": (0, 1, 2)}
    new, *changed = answer["rules"][0]["examples"]
    assert (new["event_id"], new["why"]) == ("1", "resource.price.amount gte 1000: found 500")
    assert new["after"] == {"title": "Logo", "body": "500 EUR", "format": "text", "type": "info"}
    assert [(one["before"]["body"], one["after"]["body"]) for one in changed] == [
        ("1000 now", "1000 EUR"),
        ("2000 now", "2000 EUR"),
    ]


def test_examples_are_few_and_counts_are_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = lay(tmp_path, BIG)
    live(config, [project(f"p{n}", price={"amount": 5000, "currency": "EUR"}) for n in range(9)])
    rewrite(config, BIG.replace("notify: projects", "notify: managers"))
    answer = found(capsys)
    assert counts(answer) == {"Big": (9, 9, 0)}
    assert [one["what"] for one in answer["rules"][0]["examples"]].count("gone") == 3
    assert answer["rules"][0]["examples"][0]["why"] == "it does not tell projects"


@pytest.mark.parametrize(
    ("edited", "why"),
    [
        (BIG.replace("    when", "    enabled: false\n    when"), "switched off"),
        (BIG.replace("Project updated", "Project created"), "its `when` does not fit"),
        (BIG.replace("name: Big", "name: Other"), "there is no such rule"),
        (
            "rules:\n  - {name: First, when: Project *, notify: ops, stop: true, priority: 1}\n"
            + BIG.removeprefix("rules:\n"),
            "stopped by “First”",
        ),
    ],
)
def test_why_a_rule_would_tell_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], edited: str, why: str
) -> None:
    config = lay(tmp_path, BIG)
    live(config, EVENTS)
    rewrite(config, edited)
    big = next(one for one in found(capsys)["rules"] if one["rule"] == "Big")
    assert (big["gone"], big["examples"][0]["why"]) == (2, why)


def test_gates_count_by_the_times_of_the_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = lay(tmp_path, BIG)
    live(config, [project(f"p{n}", price={"amount": 5000, "currency": "EUR"}) for n in range(6)], every=1800.0)
    rewrite(config, BIG + "    throttle: {max: 1, per: 1h}\n")
    answer = found(capsys)
    assert counts(answer) == {"Big": (3, 0, 0)}
    assert "throttled: 1 in 1 h" in answer["rules"][0]["examples"][0]["why"]


def test_a_digest_tells_later(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = lay(tmp_path, BIG)
    live(config, EVENTS)
    rewrite(config, BIG + "    digest: {every: 30m}\n")
    answer = found(capsys)
    assert counts(answer) == {"Big": (0, 0, 2)}
    assert answer["rules"][0]["examples"][0]["why"].startswith("sent at once; now ")


def test_a_template_counts_too_and_one_that_fails_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = "rules:\n  - {name: All, when: Project *, notify: projects, template: own.md.j2}\n"
    words = "{% block title %}T{% endblock %}{% block body %}{{ resource.title }}{% endblock %}"
    config = lay(tmp_path, f"{rules}#--- templates/own.md.j2\n{words}")
    live(config, EVENTS)
    rewrite(config, words.replace("resource.title", "resource.brief"), "templates/own.md.j2")
    answer = found(capsys)
    assert counts(answer) == {"All": (0, 0, 3)}
    assert answer["rules"][0]["failing"] == 3
    assert answer["rules"][0]["failure"].startswith("own.md.j2:1: ")


def test_rules_of_another_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    live(lay(tmp_path, BIG), EVENTS)
    edited = tmp_path / "edited"
    edited.mkdir()
    (edited / "new.yaml").write_text(BIG.replace("1000", "1500"))
    answer = found(capsys, "--rules", "edited")
    assert counts(answer) == {"Big": (1, 0, 0)}
    assert answer["rules"][0]["file"] == "edited/new.yaml"
    (edited / "new.yaml").write_text(BIG.replace("gte", "gtee"))
    assert main(["backtest", "--rules", "edited"]) == 1
    assert "edited/new.yaml:4" in capsys.readouterr().err


def test_how_far_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = lay(tmp_path, BIG)
    live(config, EVENTS, ago=3 * 3600.0, every=3600.0)
    rewrite(config, BIG.replace("notify: projects", "notify: ops"))
    assert found(capsys, "--since", "150m")["events"] == 2
    assert found(capsys, "--limit", "1")["events"] == 1
    assert main(["backtest", "--since", "soon"]) == 2
    assert "`soon` is not a duration" in capsys.readouterr().err


def test_what_was_live_and_can_no_longer_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = lay(tmp_path, BIG)
    live(config, EVENTS)
    lay(tmp_path, BIG.replace("to: projects", "team"), config=CONFIG.replace("projects", "team"))
    rewrite(config, BIG.replace("notify: projects", "notify: team"))
    answer = found(capsys)
    assert answer["left_out"][0].startswith("rules/messages.yaml:5: unknown destination `projects`")
    assert counts(answer) == {"Big": (0, 2, 0)}


def test_nothing_was_live(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(tmp_path, BIG)
    assert main(["backtest"]) == 1
    assert "no rules were live" in capsys.readouterr().err


def test_halves_in_two_processes_find_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = lay(tmp_path, BIG)
    live(config, EVENTS * 2)
    rewrite(config, BIG.replace("1000", "1500"))
    whole = found(capsys)
    forked: list[object] = []
    inner = backtesting._apart

    def noted(sides: Any, tell: Any) -> Summary:
        forked.append(sides)
        return inner(sides, tell)

    monkeypatch.setattr(backtesting, "SPLIT_FROM", 2)
    monkeypatch.setattr(backtesting, "_apart", noted)
    assert found(capsys) == whole
    assert forked
