"""Fields that a template prints and no source is known to send: warnings, since senders change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bridge.config.reading import Findings
from bridge.errors import Problem
from bridge.model import Place, fold, replace
from bridge.render import Templates
from bridge.render.check import column_of
from bridge.render.paths import Said
from bridge.rules.findings import Findings as Found
from bridge.rules.leaves import Scope
from bridge.sources import Source

DOCS = "docs/templates.md"
Sent = tuple[Iterable[str], Mapping[str, frozenset[str]]]  # documented types that may come, and their fields


def check_files(
    templates: Templates, files: Mapping[str, str], texts: Mapping[str, str], sources: Iterable[type[Source]],
    findings: Findings,
) -> None:  # fmt: skip
    """Templates whose name says of what event they tell; `files`: template → its file as problems name it."""
    for source in {source.type: source for source in sources}.values():
        types = {fold(known): known for known in source.EVENTS}
        for name in files:
            folder, _, stem = name.rpartition("/")
            known = types.get(fold(stem.split(".")[0]))
            if folder == source.type and known is not None:
                sent = ((known,), {known: source.FIELDS.get(known, frozenset())})
                findings.problems += unknown_fields(templates.said(name), texts[name], files[name], sent)


def unknown_fields(said: Iterable[Said], text: str, file: str, sent: Sent) -> list[Problem]:
    """One warning for each path and line; lines and columns count from the start of the text."""
    types, fields = sent
    problems = []
    for path, line, word in said:
        if path[0] == "changes" and path[1] == "fields":
            continue
        scope = Scope(tuple(types), fields, findings=Found(DOCS))
        column, width = column_of(text, line, word)
        scope.path(path, Place(file, line, column), width)
        for one in scope.findings.problems:
            help = one.help if one.help.startswith("did you mean") else "printed while it is missing, it is an error"
            problems.append(replace(one, help=help, severity="warning"))
    return problems
