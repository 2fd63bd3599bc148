"""One immutable snapshot of everything people wrote: settings, sources, rules, templates; swapped whole."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from bridge.config.files import file_order, read_folder
from bridge.config.parsing import RuleFile, RuleReader, uncollected
from bridge.config.reading import Findings
from bridge.config.rule_tests import RuleTest
from bridge.config.rules import Known, RuleFiles, tell_duplicate
from bridge.config.settings import Settings, read_settings
from bridge.config.shipped import shipped
from bridge.config.template_fields import check_files
from bridge.config.unwanted import look_through_template
from bridge.errors import Invalid, Problem
from bridge.model import Place, Rule, replace
from bridge.render import Templates
from bridge.rules import Matcher
from bridge.sources import SOURCES, Source

RULES, TEMPLATES = ".yaml", ".j2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What one version of the files means."""

    settings: Settings
    sources: Mapping[str, Source]  # by configured name
    rules: tuple[Rule, ...]
    tests: tuple[RuleTest, ...]
    matcher: Matcher
    unless: Matcher | None  # what disarms follow-ups, one rule for each step; None when nothing does
    watched: Mapping[str, tuple[Rule, int]]  # a rule of `unless` → the rule and step it disarms
    templates: Templates
    files: Mapping[str, str]  # rule file, from the configuration's folder → its text
    template_files: Mapping[str, str]  # likewise, those that do not ship with Bridge
    version: str  # a hash over rule and template files
    secrets: tuple[str, ...] = field(repr=False)  # every value to mask
    problems: tuple[Problem, ...]  # what `bridge check` says of the files as they lie there
    refused: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)  # file whose change is not live → why
    waiting: tuple[str, ...] = ()  # keys of the configuration that were changed, and are taken at the next start

    @property
    def texts(self) -> dict[str, str]:
        """Every file of this version that people wrote."""
        return {**self.files, **self.template_files}

    def stays(self, refused: str) -> bool:
        """Whether an earlier text of a refused file is in force, or nothing of it."""
        return refused == self.settings.path.name or refused in self.files or refused in self.template_files


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """What to take in place of what lies on the disk."""

    settings: Settings | None = None
    files: Mapping[str, bytes | None] = field(default_factory=dict)  # rules and templates; None: as if not there


@dataclass(slots=True)
class Read:
    """What one reading of all files gave."""

    findings: Findings = field(default_factory=Findings)
    texts: dict[str, str] = field(default_factory=dict)  # every file that was read, as problems name it
    rules: int = 0
    settings: Settings | None = None
    duplicates: dict[str, set[str]] = field(default_factory=dict)  # file → those before it with rules of its names
    snapshot: Snapshot | None = None


def switched_on(snapshot: Snapshot) -> Snapshot:
    """The same with every rule on."""
    rules = [replace(rule, enabled=True) for rule in snapshot.rules]
    return replace(snapshot, rules=tuple(rules), **_matching(rules))


def _matching(rules: Sequence[Rule]) -> dict[str, Any]:
    """What of a snapshot finds the rules of an event."""
    watchers = _watchers(rules)
    return {
        "matcher": Matcher(rules),
        "unless": Matcher([watcher for watcher, *_ in watchers]) if watchers else None,
        "watched": {watcher.name: (rule, step) for watcher, rule, step in watchers},
    }


def load(path: Path, environ: Mapping[str, str]) -> Snapshot:
    """The snapshot to serve; raises Invalid, with every problem, when there is an error."""
    read = read_all(path, environ)
    if read.snapshot is None:
        raise Invalid(in_order(read.findings.problems))
    return read.snapshot


def rules_of(files: Mapping[str, str], settings: Settings, sources: Mapping[str, Source]) -> tuple[Rule, ...]:
    """The rules of an earlier version of the files, as far as they can still be read: today's names may differ."""
    known = _known(settings, {name: type(source) for name, source in sources.items()}, templates=())
    rule_files = RuleFiles(known=known, findings=Findings())
    for name, text in files.items():
        if name.endswith(RULES):
            rule_files.read(name, text.encode())
    return tuple(rule_files.rules)


def in_order(problems: list[Problem]) -> list[Problem]:
    """By file, line and column; the same thing said twice is said once."""
    unique = {(one.place, one.code, one.message): one for one in reversed(problems)}
    return sorted(unique.values(), key=lambda one: (one.place.file, one.place.line, one.place.column, one.code))


def read_all(
    path: Path, environ: Mapping[str, str], instead: Instead | None = None, reader: RuleReader | None = None
) -> Read:
    """Read and check everything, in one go; a `reader` that is used again reads only what changed."""
    read, path, instead = Read(), path.absolute(), instead or Instead()
    settings = read.settings = instead.settings or _settings(path, environ, read)
    if settings is None:
        return read
    root, findings = path.parent, read.findings
    template_texts, template_files = _template_files(settings, root, read, instead)
    templates = _templates(settings, template_texts, template_files, findings)
    types = {name: SOURCES[one.type] for name, one in settings.sources.items() if one.type in SOURCES}
    check_files(templates, template_files, template_texts, types.values(), findings)
    contents = _contents(settings.rules, root, RULES, findings, instead)
    rule_files = (reader or RuleReader()).read(
        contents,
        _known(settings, types, templates=tuple(template_texts)),
        locale=settings.locale,
        timezone=settings.timezone,
    )
    rules = _joined(rule_files, read)
    read.rules = len(rules)
    files = {name: _text(content) for name, content in contents.items()}
    read.texts |= files
    if not any(problem.severity == "error" for problem in findings.problems):
        if not settings.rules.is_dir():
            _tell_no_rules(settings, path, findings)
        with uncollected():
            read.snapshot = Snapshot(
                **_matching(rules),
                settings=settings,
                sources={name: SOURCES[one.type](name, one.secrets) for name, one in settings.sources.items()},
                rules=tuple(rules),
                tests=tuple(test for file in rule_files.values() for test in file.tests),
                templates=templates,
                files=files,
                template_files={name: read.texts[name] for name in template_files.values() if name in read.texts},
                version=_version({**files, **template_texts}),
                secrets=tuple(sorted(findings.secrets)),
                problems=tuple(in_order(findings.problems)),
            )
    return read


def _tell_no_rules(settings: Settings, path: Path, findings: Findings) -> None:
    folder = f"{os.path.relpath(settings.rules, path.parent)}/"
    help = f"write a rule file there, such as `{folder}projects.yaml`"
    message = f"there is no folder `{folder}`: nobody is told of anything"
    place = Place(path.name, 1, 1)
    findings.tell(place, "no-rules", message, help=help, docs="docs/rules.md", severity="warning")


def _contents(
    folder: Path, root: Path, suffix: str, findings: Findings, instead: Instead, *, counted: bool = True
) -> dict[str, bytes]:
    """The files of a folder, with those that stand instead of them, in their order."""
    contents = read_folder(folder, root, suffix, findings) if folder.is_dir() else {}
    if not counted or not instead.files:
        return contents
    for name, content in instead.files.items():
        if content is None:
            contents.pop(name, None)
        elif name.endswith(suffix) and (root / name).is_relative_to(folder):
            contents[name] = content
    return {name: contents[name] for name in sorted(contents, key=file_order)}


def _joined(files: Mapping[str, RuleFile], read: Read) -> list[Rule]:
    """The rules of all files, in order; names are compared here."""
    findings, names = read.findings, dict[str, str]()
    rules: list[Rule] = []
    for name, file in files.items():
        rules += file.rules
        findings.problems += file.problems
        findings.secrets |= file.secrets
        findings.hidden += file.hidden
        for rule, node in file.names.items():
            first = names.setdefault(rule, name)
            if first != name:
                read.duplicates.setdefault(name, set()).add(first)
                tell_duplicate(node, files[first].names[rule].place, findings)
    return rules


def _watchers(rules: Sequence[Rule]) -> list[tuple[Rule, Rule, int]]:
    """(a rule that fires on what disarms a step, the step's rule, its number).

    Those of rules that are switched off too: one that is switched on again in time must know what happened meanwhile.
    """
    return [
        (
            Rule(
                name=f"{rule.name}\n{number}",
                place=rule.place,
                when=step.unless.when,
                condition=step.unless.condition,
                notify=(),
            ),
            rule,
            number,
        )
        for rule in rules
        for number, step in enumerate(rule.follow_up)
        if step.unless
    ]


def _settings(path: Path, environ: Mapping[str, str], read: Read) -> Settings | None:
    try:
        content = path.read_bytes()
    except OSError:
        content = None
    if content is not None:
        read.texts[path.name] = _text(content)
    return read_settings(path, environ, read.findings, content)


def _known(settings: Settings, sources: Mapping[str, type[Source]], *, templates: Collection[str]) -> Known:
    return Known(
        sources=sources,
        destinations=[*settings.destinations, *settings.groups],
        intervals=settings.time_intervals,
        templates=templates,
    )


def _text(content: bytes) -> str:
    return content.decode("utf-8-sig", "replace")


def _template_files(
    settings: Settings, root: Path, read: Read, instead: Instead
) -> tuple[dict[str, str], dict[str, str]]:
    """(template → text, template → its file as problems name it): those that ship, under those of the folder."""
    texts, files = {}, {}
    ours = shipped("templates")
    for folder, counted in ((ours, False), (settings.templates, True)):
        if counted and folder.resolve() == ours:
            continue
        for file, content in _contents(folder, root, TEMPLATES, read.findings, instead, counted=counted).items():
            name = (root / file).relative_to(folder).as_posix()
            texts[name], files[name] = _text(content), file
            if counted:
                read.texts[file] = texts[name]
                look_through_template(texts[name], file, read.findings)
                if not texts[name].strip():
                    help, docs = "write the blocks `title` and `body`, or delete the file", "docs/templates.md"
                    read.findings.tell(Place(file, 1, 1), "empty", "this template is empty", help=help, docs=docs)
    return texts, files


def _templates(settings: Settings, texts: Mapping[str, str], files: Mapping[str, str], findings: Findings) -> Templates:
    templates = _loaded(
        tuple(texts.items()),
        settings.locale,
        settings.timezone,
        tuple((name, tuple(source.links.items())) for name, source in settings.sources.items()),
        settings.public_url,
        settings.why_link,
        settings.redact,
    )
    findings.problems += [
        replace(one, place=replace(one.place, file=files.get(one.place.file, one.place.file)))
        for one in templates.problems
    ]
    return templates


@lru_cache(maxsize=4)  # most changes are to rules, and templates take the longest to read
def _loaded(
    texts: tuple[tuple[str, str], ...],
    locale: str,
    timezone: str,
    links: tuple[tuple[str, tuple[tuple[str, str], ...]], ...],
    public_url: str,
    why_link: bool,
    redact: frozenset[str],
) -> Templates:
    return Templates(
        dict(texts),
        locale=locale,
        timezone=timezone,
        links={name: dict(pages) for name, pages in links},
        public_url=public_url,
        why_link=why_link,
        redact=redact,
    )


def _version(texts: Mapping[str, str]) -> str:
    """A short hash over all of them and their names."""
    whole = hashlib.sha256()
    for name, text in sorted(texts.items()):
        whole.update(f"{len(name)}:{name}{len(text)}:{text}".encode("utf-8", "surrogatepass"))
    return whole.hexdigest()[:16]
