"""No template of the security corpus gets out of the closed environment, or runs away."""

from __future__ import annotations

import html
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.render.corpus import CANARY, ROOM, Trial, read

CORPUS = read("templates")
ITEMS: list[dict[str, Any]] = CORPUS["items"]
CONTEXT: dict[str, Any] = CORPUS["context"]
FORBIDDEN: list[str] = CORPUS["about"]["always_forbidden_in_output"]


@pytest.fixture(autouse=True)
def canary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", CANARY)


@pytest.mark.parametrize("inline", [False, True], ids=["file", "inline"])
@pytest.mark.parametrize("item", ITEMS, ids=[f"{item['id']}-{item['class']}" for item in ITEMS])
def test_template(item: dict[str, Any], inline: bool) -> None:
    before = json.dumps(CONTEXT)
    begun = time.process_time()
    trial = Trial(item, CONTEXT, inline=inline)
    assert time.process_time() - begun < 1
    told = " ".join(problem.message + problem.help for problem in trial.problems) + trial.failure
    for text in (trial.output or "", told):
        assert not [word for word in FORBIDDEN if word in text]
    if item["expect"] == "refused":
        assert trial.problems
        assert all(problem.place.line >= 1 for problem in trial.problems)
    elif item["expect"] == "blocked":
        assert trial.output is None
    else:
        _check_output(item, trial)
    assert json.dumps(CONTEXT) == before


def _check_output(item: dict[str, Any], trial: Trial) -> None:
    if trial.output is None:
        assert not item.get("must_output")
        return
    assert len(trial.output) < ROOM
    assert not [word for word in item.get("must_not_output", ()) if word in trial.output]
    assert item.get("must_output", "") in html.unescape(trial.output).replace("\\", "").replace("\u2060", "")


def test_all_of_them_together_stay_within_memory_and_let_other_threads_run() -> None:
    """In a process of its own: what it takes at most, and how long another thread had to wait."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.render.bounds"],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    megabytes, milliseconds = map(float, done.stdout.split())
    assert megabytes < 64
    assert milliseconds < 250
