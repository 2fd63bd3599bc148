"""Every mistake of a file as people see it: `golden/<name>.yaml` is checked, `golden/<name>.out` is what is printed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.config.check import check
from bridge.config.report import as_text
from tests.config.folder import ENVIRON, lay

GOLDEN = Path(__file__).with_name("golden")
UPDATE = os.environ.get("BRIDGE_UPDATE_GOLDEN") == "1"


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.yaml")))
def test_what_is_printed(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = lay(tmp_path, (GOLDEN / f"{name}.yaml").read_text(encoding="utf-8"))
    monkeypatch.chdir(tmp_path)
    printed = as_text(check(config, ENVIRON)) + "\n"
    out = GOLDEN / f"{name}.out"
    if UPDATE:
        out.write_text(printed, encoding="utf-8")
    assert printed == out.read_text(encoding="utf-8")


def test_there_is_an_answer_for_every_mistake() -> None:
    assert {path.stem for path in GOLDEN.glob("*.out")} == {path.stem for path in GOLDEN.glob("*.yaml")}
