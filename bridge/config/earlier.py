"""Reads files of another time or place as a snapshot, with the settings of now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from bridge.config.settings import Settings
from bridge.config.snapshot import Instead, Read, Snapshot, read_all
from bridge.errors import Invalid, Problem
from bridge.model import replace


def elsewhere(settings: Settings, rules: Path) -> Read:
    """What the rules of another folder mean beside the templates and settings of now."""
    settings = replace(settings, rules=rules.absolute())
    return read_all(settings.path, {}, Instead(settings=settings))


def earlier(settings: Settings, files: Mapping[str, str], on_disk: Iterable[str]) -> tuple[Snapshot, list[Problem]]:
    """What an earlier version of rule and template files means, and why some of them can no longer be read.

    `on_disk`: the files that lie there now, in whose place those of the version stand. A file with an error, such as
    a destination that the configuration no longer has, is left out as a whole.
    """
    instead: dict[str, bytes | None] = dict.fromkeys(on_disk) | {name: text.encode() for name, text in files.items()}
    problems: list[Problem] = []
    while True:
        read = read_all(settings.path, {}, Instead(settings=settings, files=instead))
        if read.snapshot is not None:
            return read.snapshot, problems
        errors = [problem for problem in read.findings.problems if problem.severity == "error"]
        wrong = {problem.place.file for problem in errors if instead.get(problem.place.file) is not None}
        if not wrong:
            raise Invalid(errors)
        problems += [problem for problem in errors if problem.place.file in wrong]
        instead |= dict.fromkeys(wrong)
