"""Fields that a template prints and no source is known to send, or Bridge never gives: warnings, as senders change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bridge.config.reading import Findings
from bridge.errors import Problem
from bridge.model import Path, Place, fold, replace
from bridge.render import Templates
from bridge.render.check import column_of
from bridge.render.paths import Said
from bridge.rules.findings import Findings as Found
from bridge.rules.leaves import Scope
from bridge.rules.paths import dotted
from bridge.rules.wording import choices, suggestion
from bridge.rules.wording import said as spoken
from bridge.sources import Source

DOCS = "docs/templates.md"
OURS: Mapping[str, tuple[str, ...]] = {  # what Bridge gives beside the event
    "rule": ("name", "file", "line", "labels"),
    "links": ("event", "resource", "leads_to", "mute", "why"),
}
Sent = tuple[Iterable[str], Mapping[str, frozenset[str]]]  # documented types that may come, and their fields


def check_files(
    templates: Templates, files: Mapping[str, str], texts: Mapping[str, str], sources: Iterable[type[Source]],
    findings: Findings,
) -> None:  # fmt: skip
    """A template's name may say of what event it tells; `files`: template → its file as problems name it."""
    types = {(source.type, fold(known)): (known, source) for source in sources for known in source.EVENTS}
    for name in files:
        folder, _, stem = name.rpartition("/")
        sent: Sent = (), {}
        if told := types.get((folder, fold(stem.split(".")[0]))):
            known, source = told
            sent = (known,), {known: source.FIELDS.get(known, frozenset())}
        findings.problems += unknown_fields(templates.said(name), texts[name], files[name], sent)


def unknown_fields(said: Iterable[Said], text: str, file: str, sent: Sent) -> list[Problem]:
    """One warning for each path and line; lines and columns count from the start of the text."""
    types, fields = sent
    problems = []
    for path, line, word, guarded in said:
        if path[0] == "changes" and path[1] == "fields":
            continue
        found = Found(DOCS)
        column, width = column_of(text, line, word)
        if path[0] in OURS:
            _our_field(path, Place(file, line, column), width, found)
        else:
            Scope(tuple(types), fields, findings=found).path(path, Place(file, line, column), width)
        for one in found.problems:
            near = one.help.startswith("did you mean")
            if guarded and not near:
                continue
            help = one.help if near else "printed while it is missing, it is an error"
            problems.append(replace(one, help=help, severity="warning"))
    return problems


def _our_field(path: Path, at: Place, width: int, findings: Found) -> None:
    root, known = path[0], OURS[str(path[0])]
    field = dotted(tuple(step for step in path[1:] if isinstance(step, str)))
    if field and field not in known:
        help = f"{suggestion(field, known)}fields of `{root}`: {choices(known)}"
        findings.tell(at, "unknown-field", f"`{root}` has no field {spoken(field)}", help=help, width=width)
