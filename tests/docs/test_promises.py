"""Each promise of docs/reliability.md is held by tests that exist."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT, text_of

PAGE = "docs/reliability.md"
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
PROMISES = [line for line in text_of(PAGE).splitlines() if line.startswith("- **")]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda line: line[4:44])
def test_a_promise_names_tests_that_exist(promise: str) -> None:
    named = TEST.findall(promise)
    assert named, f"no test holds it: {promise}"
    for file, name in named:
        text = (ROOT / file).read_text(encoding="utf-8") if (ROOT / file).exists() else ""
        assert re.search(rf"^(?:async )?def {name}\(", text, re.MULTILINE), f"{file} has no {name}"


def test_every_fault_is_played_for_a_promise() -> None:
    """A file of faults that no promise names would be work for nothing."""
    files = {f"tests/faults/{file.name}" for file in (ROOT / "tests/faults").glob("test_*.py")}
    assert len(PROMISES) > 30
    assert files <= {file for promise in PROMISES for file, _ in TEST.findall(promise)}
