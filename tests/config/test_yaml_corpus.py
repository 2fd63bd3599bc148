"""The corpus `yaml`: hostile files end as a problem with its place, in bounded time and memory, and say no secret."""

from __future__ import annotations

import base64
import gzip
import json
import re
import resource
import time
from pathlib import Path
from typing import Any

import pytest

from bridge.config.check import check
from bridge.config.report import as_github, as_json, as_text
from tests.config.folder import ENVIRON, lay

CORPUS = json.loads((Path(__file__).resolve().parents[1] / "corpus" / "yaml.json").read_text())
SECONDS = 2.0  # of CPU
KIBIBYTES = 200 * 1024  # over what was used before
GOOD = "rules:\n  - {name: Good, when: Project created, notify: ops}\n"
CANARY = "canary-3f9a71c2-in-the-environment"
_RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")


def document_of(line: dict[str, Any]) -> bytes:
    if "document_base64" in line:
        return base64.b64decode(line["document_base64"])
    document = line["document"]
    if isinstance(document, dict):
        return gzip.decompress(base64.b64decode(document["$gzip"]))
    return str(document).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("line", CORPUS["items"], ids=lambda line: f"{line['id']}-{line['class']}")
def test_a_hostile_file(line: dict[str, Any], tmp_path: Path) -> None:
    path = lay(tmp_path, f"#--- rules/good.yaml\n{GOOD}")
    file = "config.yaml" if line["as"] == "config" else "rules/x.yaml"
    (tmp_path / file).write_bytes(document_of(line))
    environ = {**ENVIRON, "BRIDGE_ADMIN_TOKEN": CANARY, "PATH": CANARY}
    peak, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    report = check(path, environ)
    printed = [as_text(report), as_json(report), as_github(report)]
    assert time.process_time() - started < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < KIBIBYTES
    assert all(problem.place.line > 0 and problem.place.column > 0 for problem in report.problems)
    assert not any(problem.place.file == "rules/good.yaml" for problem in report.problems)
    if line["expect"] == "problem":
        assert any(one.place.file == file and one.severity == "error" for one in report.problems)
        assert report.snapshot is None
    if line["as"] == "rules":
        assert report.rules >= 1, "the good file beside it is read all the same"
    for text in printed:
        assert not _RAW.search(text)
        assert CANARY not in text
        assert not any(secret in text for secret in ENVIRON.values())
        assert "root:x:0" not in text
