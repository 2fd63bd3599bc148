"""The newest snapshot that can be had: a file with an error keeps its last good text, the rest goes live."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bridge.config.files import shown_path
from bridge.config.parsing import RuleReader
from bridge.config.reading import Findings
from bridge.config.settings import Settings
from bridge.config.snapshot import RULES, TEMPLATES, Instead, Read, Snapshot, in_order, read_all
from bridge.errors import Problem
from bridge.model import Place, replace

DOCS = "docs/operations.md#reload"
Verify = Callable[[Snapshot], list[Problem]]
Refused = dict[str, tuple[Problem, ...]]  # file → why its change is not taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """What was good last: what is live, or at a start what was live before."""

    texts: Mapping[str, str] = field(default_factory=dict)  # rule and template files
    snapshot: Snapshot | None = None  # None at a start: then no configuration can stand in for a broken one


def nothing_more(_snapshot: Snapshot) -> list[Problem]:
    """A check that finds nothing."""
    return []


class Loader:
    """Loads the files of one configuration again and again; `verify` is asked of each snapshot before it is given."""

    def __init__(
        self,
        path: Path,
        environ: Mapping[str, str],
        *,
        reader: RuleReader | None = None,
        verify: Verify = nothing_more,
    ) -> None:
        self._path = path.absolute()
        self._environ = environ
        self._reader = reader or RuleReader()
        self._verify = verify
        self.began = 0.0  # when the last loading did

    def load(self, last: Last | None = None) -> Read:
        """What `bridge check` finds, and the snapshot to serve; None when there is no configuration to serve it by."""
        last, self.began = last or Last(), time.time()
        instead, refused = Instead(), Refused()
        first = read = self._read(instead)
        extra: list[Problem] = []
        while True:
            attempt = _Attempt(first, read, instead, last, self._path)
            culprits = attempt.culprits()
            if not culprits and read.snapshot is not None:
                failing = self._verify(read.snapshot)
                extra = in_order([*extra, *failing])
                culprits = attempt.failing(failing)
            instead_now = attempt.without(culprits)
            if instead_now == instead:
                break
            refused = culprits | refused
            instead = instead_now
            read = self._read(instead)
        self._reader.forget()
        return _with(first, read, refused, extra, last)

    def _read(self, instead: Instead) -> Read:
        return read_all(self._path, self._environ, instead, self._reader)


def _with(first: Read, read: Read, refused: Refused, extra: list[Problem], last: Last) -> Read:
    """The first reading, which is that of the disk, with the snapshot of the last one."""
    secrets = first.findings.secrets | read.findings.secrets | set(last.snapshot.secrets if last.snapshot else ())
    first.findings.problems += [*extra, *(one for why in refused.values() for one in why)]
    if read.snapshot is not None:
        first.snapshot = replace(
            read.snapshot,
            problems=tuple(in_order(first.findings.problems)),
            refused=dict(sorted(refused.items())),
            secrets=tuple(sorted(secrets)),
        )
    return first


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One reading, and which files brought its errors in."""

    first: Read  # of the disk
    read: Read
    instead: Instead  # what stood in for files of the disk in `read`
    last: Last
    path: Path

    def culprits(self) -> Refused:
        """The files to hold back next: those with errors of their own; else those that broke others; else those."""
        if gone := self._folders_gone():
            return gone
        errors, config = self._errors(self.read.findings.problems), self.path.name
        if config in errors and self.last.snapshot is None:
            return {}
        if own := {file: why for file, why in errors.items() if file == config or self._changed(file)}:
            return own
        named = {one: why for file, why in errors.items() for one in sorted(self.read.duplicates.get(file, ()))}
        if named := {file: why for file, why in named.items() if self._changed(file)}:
            return named
        every = tuple(one for why in errors.values() for one in why)
        deleted = {
            file: every
            for file in self.last.texts
            if file.endswith(TEMPLATES) and file not in self.first.texts and self._changed(file)
        }
        if deleted and any(one.code == "unknown-template" for one in every):
            return deleted
        if errors and self.last.snapshot is not None and self._changed(config):
            return {config: every}
        return errors

    def failing(self, problems: list[Problem]) -> Refused:
        """The changed files that do not pass; every changed one when what fails lies in a file that was not."""
        errors = self._errors(problems)
        files = sorted({*self.first.texts, *self.last.texts})
        changed = {file: tuple(problems) for file in files if file.endswith((RULES, TEMPLATES)) and self._changed(file)}
        return {file: why for file, why in errors.items() if file in changed} or (changed if errors else {})

    def without(self, culprits: Iterable[str]) -> Instead:
        """The next thing to try: a changed file as it was last, one that was not changed not at all."""
        files, settings = dict(self.instead.files), self.instead.settings
        for file in culprits:
            if file == self.path.name:
                settings = self.last.snapshot.settings if self.last.snapshot else None
            else:
                text = self.last.texts.get(file) if self._changed(file) else None
                files[file] = None if text is None else text.encode("utf-8", "surrogatepass")
        return Instead(settings=settings, files=files)

    def _changed(self, file: str) -> bool:
        """Whether what was read is a file of the disk that differs from the last good one."""
        if file == self.path.name:
            if self.instead.settings is not None:
                return False
            return self.last.snapshot is not None and self.read.settings != self.last.snapshot.settings
        return file not in self.instead.files and self.first.texts.get(file) != self.last.texts.get(file)

    def _errors(self, problems: list[Problem]) -> Refused:
        """File → its errors, but that a file cannot be read when something stands in for it."""
        found: Refused = {}
        for one in in_order(problems):
            file = one.place.file
            if one.severity == "error" and not (one.code == "file" and file in self.instead.files):
                found[file] = (*found.get(file, ()), one)
        return found

    def _folders_gone(self) -> Refused:
        """The files of a folder that is not there at all: more likely it is being exchanged than given up."""
        settings = self.read.settings
        if settings is None:
            return {}
        found: Refused = {}
        for folder, suffix in ((settings.rules, RULES), (settings.templates, TEMPLATES)):
            if folder.is_dir():
                continue
            for file in self.last.texts:
                if file.endswith(suffix) and self._changed(file) and _lies_in(file, folder, settings):
                    found[file] = (_gone(shown_path(folder, settings.path.parent)),)
        return found


def _lies_in(file: str, folder: Path, settings: Settings) -> bool:
    return (settings.path.parent / file).is_relative_to(folder)


def _gone(folder: str) -> Problem:
    findings = Findings()
    help = "put it back, or write `rules:` or `templates:` in the configuration"
    findings.tell(Place(folder, 1, 1), "folder", "this folder is gone", help=help, docs=DOCS)
    return findings.problems[0]
