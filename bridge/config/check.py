"""`bridge check`: everything that is wrong with the files, without serving them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bridge.config.report import Report
from bridge.config.snapshot import Read, in_order, read_all
from bridge.errors import Problem


def check(path: Path, environ: Mapping[str, str]) -> Report:
    """All problems of configuration, rules, conditions and templates in one run."""
    return report_of(read_all(path, environ), path)


def report_of(read: Read, path: Path, problems: Sequence[Problem] | None = None) -> Report:
    """What one reading found, or these problems of it."""
    return Report(
        problems=in_order(list(read.findings.problems if problems is None else problems)),
        files=len(read.texts),
        rules=read.rules,
        snapshot=read.snapshot,
        root=path.absolute().parent,
        texts=read.texts,
        hidden=read.findings.hidden,
        secrets=tuple(read.findings.secrets),
    )
