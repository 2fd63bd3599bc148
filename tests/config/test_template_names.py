"""The corpus `paths`, class `template-name`: a name leads to a template of the folder, or is unknown."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from bridge.config.check import check
from bridge.config.report import as_text
from tests.config.folder import ENVIRON, lay

CORPUS = json.loads((Path(__file__).resolve().parents[1] / "corpus" / "paths.json").read_text("utf-8"))
LINES = [line for line in CORPUS["items"] if line["class"] == "template-name"]


def value_of(line: dict[str, Any]) -> str:
    value = line["value"]
    if isinstance(value, dict):
        return gzip.decompress(base64.b64decode(value["$gzip"])).decode("utf-8", "surrogatepass")
    return str(value)


@pytest.mark.parametrize("line", LINES, ids=lambda line: str(line["id"]))
def test_a_template_is_named_and_never_opened_by_its_path(line: dict[str, Any], tmp_path: Path) -> None:
    rule = {"name": "A rule", "when": "Project created", "notify": "ops", "template": value_of(line)}
    report = check(lay(tmp_path, json.dumps({"rules": [rule]})), ENVIRON)
    assert {problem.code for problem in report.problems} <= {"unknown-template", "character"}, as_text(report)
    assert report.snapshot is None
