"""`bridge lint`: warnings about rule files without errors, from their text, their rules and what was seen of events."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import cast

from bridge.config.edit import rules_in
from bridge.config.nodes import read
from bridge.config.reading import Findings
from bridge.config.report import Report
from bridge.config.rule_tests import RuleTest
from bridge.config.rules import Known, RuleFiles
from bridge.config.snapshot import Snapshot, in_order
from bridge.config.wording import lines_of, said
from bridge.errors import Problem
from bridge.model import Node, Place, replace
from bridge.rules.lint import Ground, Linted, Sent, lint
from bridge.rules.seen import Seen
from bridge.sources import Source

DOCS = "docs/editors.md#what-lint-warns-of"
TEXTS = frozenset({"if", "title", "body", "description", "name"})  # where a ` #` is more likely meant than a comment

_CUT = re.compile(r"[ \t]+#(?=\S)\S*")


def lint_files(found: Report, snapshot: Snapshot, seen: Mapping[str, Seen], fired: Collection[str]) -> Report:
    """The report of a check without errors, with lint's warnings among its own; `fired`: rules that fire in a test."""
    nodes = {file: node for file, text in snapshot.files.items() if (node := read(text.encode(), file)[0])}
    by_place = {rule.place: rule for node in nodes.values() for rule in rules_in(node)}
    rules = [Linted(rule=rule, node=by_place[rule.place]) for rule in snapshot.matcher.rules if rule.place in by_place]
    sources = {name: (source.type, source.EVENTS) for name, source in snapshot.sources.items()}
    quiet = {
        Sent(event.source, event.type, event.action) for test in snapshot.tests if _quiet(test) for event in test.events
    }
    problems = _without_fields_seen(found, snapshot, seen) if seen else list(found.problems)
    problems += lint(rules, Ground(sources=sources, seen=seen, fired=fired, quiet=quiet))
    for file, node in nodes.items():
        lines = lines_of(snapshot.files[file])
        problems += (problem for rule in rules_in(node) for problem in _cut(rule, lines, spoken=False))
    return replace(found, problems=in_order(problems))


def _without_fields_seen(found: Report, snapshot: Snapshot, seen: Mapping[str, Seen]) -> list[Problem]:
    """What was found; fields that no documentation names, but stored events carry, are known after all."""
    settings = snapshot.settings
    known = Known(
        sources={name: _knowing(type(source), seen) for name, source in snapshot.sources.items()},
        destinations=[*settings.destinations, *settings.groups],
        intervals=tuple(settings.time_intervals),
        templates=(),
    )
    files = RuleFiles(known=known, findings=Findings())
    for name, text in snapshot.files.items():
        files.read(name, text.encode())
    left = {(one.place, one.code, one.message) for one in files.findings.problems}
    return [
        one
        for one in found.problems
        if one.code != "unknown-field"
        or one.place.file not in snapshot.files
        or (one.place, one.code, one.message) in left
    ]


def _knowing(source: type[Source], seen: Mapping[str, Seen]) -> type[Source]:
    """A source that also knows the fields that were seen."""
    fields = {
        name: paths | (frozenset(seen[name].kinds) if name in seen else frozenset())
        for name, paths in source.FIELDS.items()
    }
    return cast(type[Source], type(source.__name__, (source,), {"FIELDS": fields}))


def _quiet(test: RuleTest) -> bool:
    """Whether a test says that nobody is told anything."""
    return all(expected.count == 0 for expected in test.expect.values())


def _cut(node: Node, lines: list[str], *, spoken: bool) -> Iterator[Problem]:
    """Texts that end sooner than they seem to, because a ` #` begins a comment."""
    if isinstance(node.value, dict):
        for key, inner in node.value.items():
            yield from _cut(inner, lines, spoken=spoken or key in TEXTS)
    elif isinstance(node.value, list):
        for inner in node.value:
            yield from _cut(inner, lines, spoken=spoken)
    elif spoken and node.style == "plain" and node.text and node.end:
        found = _CUT.match(lines[node.end.line - 1], node.end.column - 1)
        if found:
            column = found.end() - len(found[0].lstrip()) + 1
            place = Place(node.place.file, node.end.line, column)
            message = f"a comment begins here: {said(found[0].strip())} and what follows is no part of the text"
            help = "put quotes round the whole text; if a comment is meant, write a space behind the `#`"
            yield Problem(
                place=place,
                code="cut",
                message=message,
                help=help,
                docs=DOCS,
                severity="warning",
                width=len(found[0].strip()),
            )
