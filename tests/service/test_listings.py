"""What `bridge events` and `bridge deliveries` print for people."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.cli import main
from bridge.commands.shared import moment
from bridge.web.api import DELIVERY_STATES, EVENT_STATES
from tests.docs.test_examples import ENVIRON, lay


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("CREADS_WEBHOOK_SECRET", ENVIRON["CREADS_WEBHOOK_SECRET"])
    return str(lay(tmp_path, {}))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["events"], "No events yet: `bridge send SOURCE FILE` posts one.\n"),
        (["events", "--type", "Project"], "No events.\n"),
        (["deliveries"], "No deliveries.\n"),
    ],
    ids=" ".join,
)
def test_nothing_is_said_in_words(asked: list[str], said: str, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", config, *asked]) == 0
    assert capsys.readouterr().out == said


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["deliveries", "--state", "bogus"], "bridge deliveries: `state` is one of pending, held, merged,"),
        (["events", "--since", "bogus"], "bridge events: `since` is a time such as"),
        (["events", "--limit", "201"], "bridge events: `limit` is a whole number from 1 to 200."),
        (["events", "--limit", "0"], "argument --limit: '0' is no whole number over 0"),
        (["explain", "abc"], "bridge explain: abc cannot be read"),
    ],
)
def test_what_cannot_be_asked_is_wrong_usage(
    asked: list[str], said: str, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["--config", config, *asked])
    except SystemExit as ended:  # argparse's way
        code = int(ended.code or 0)
    assert (code, said in capsys.readouterr().err) == (2, True)


def test_an_event_that_is_not_there_is_a_problem(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", config, "explain", "999"]) == 1
    assert "there is no event 999" in capsys.readouterr().err


def test_a_time_can_be_broken_between_day_and_hour() -> None:
    assert moment("2026-11-24T08:43:13.205+00:00") == "2026-11-24 08:43:13"


@pytest.mark.parametrize(("command", "states"), [("events", EVENT_STATES), ("deliveries", DELIVERY_STATES)])
def test_the_help_names_every_state(command: str, states: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert " ".join(capsys.readouterr().out.split()).count(", ".join(states)) == 1
