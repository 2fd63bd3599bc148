"""`bridge check`: everything that is wrong with the files, without serving them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bridge.config.report import Report
from bridge.config.snapshot import in_order, read_all


def check(path: Path, environ: Mapping[str, str]) -> Report:
    """All problems of configuration, rules, conditions and templates in one run."""
    read = read_all(path, environ)
    return Report(
        problems=in_order(read.findings.problems),
        files=len(read.texts),
        rules=read.rules,
        snapshot=read.snapshot,
        root=path.absolute().parent,
        texts=read.texts,
        hidden=read.findings.hidden,
        secrets=tuple(read.findings.secrets),
    )
