"""What an edited rule and template would make of an event: nothing is sent, nothing is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from bridge.config.files import shown_path
from bridge.config.report import Report, as_text
from bridge.config.snapshot import Instead, Read, Snapshot, in_order, read_all
from bridge.delivery.kinds import MAIL, SLACK
from bridge.errors import BridgeError, Problem, TemplateFailed
from bridge.explain import event_of, read_event
from bridge.model import Decision, Event, Finding, Json, Kind, Memory, Notification, Rule, Target, replace
from bridge.pipeline import match, recall, sent_in
from bridge.planning import targets_of
from bridge.rules import explain_condition, facts_of
from bridge.store import Store
from bridge.store.rows import EventRow

FILE = "try.yaml"  # what the edited rule is called in problems
MOST_RULES = 5
MOST_TARGETS = 3
MOST_FINDINGS = 40
LONGEST = 256 * 1024  # characters of a text

PLAIN = Kind(name="text", words="raw", formats=("text",), title_max=250, body_max=32768)


class NotTried(BridgeError):
    """The event cannot be used; the text says which part of it, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What the edited texts mean."""

    snapshot: Snapshot | None  # of the edited rules alone; None when they cannot be read
    said: str  # in the words of `bridge check`; empty when there is nothing to say


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The words for one destination: as it gets them, and as others would."""

    to: str
    service: str
    chat: Notification | None = None
    mail: Notification | None = None
    plain: Notification | None = None
    failed: str = ""  # why the template failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of one rule."""

    rule: Rule
    fits: bool  # whether its `when` waits for such an event
    decision: Decision | None
    findings: Sequence[Finding] = ()
    said: Sequence[Said] = field(default_factory=tuple)


# ---- the texts -----------------------------------------------------------------------------------


def edited(snapshot: Snapshot, rule: str, template: tuple[str, str] | None) -> Edited:
    """Read an edited rule file and, as (name, text), one template, beside the settings and templates in force.

    Takes long enough to be called in a thread.
    """
    settings = snapshot.settings
    root = settings.path.parent
    name = shown_path(settings.rules / FILE, root)
    others = [*snapshot.files, *snapshot.refused]
    files: dict[str, bytes | None] = dict.fromkeys(others)
    files |= {file: text.encode() for file, text in snapshot.template_files.items()}
    files[name] = rule.encode("utf-8", "replace")
    if template is not None and template[0]:
        path = (settings.templates / template[0]).resolve()
        if not path.is_relative_to(settings.templates.resolve()) or path.suffix != ".j2":
            return Edited(snapshot=None, said="a template is named as its file below `templates`, and ends in `.j2`")
        files[shown_path(settings.templates / template[0], root)] = template[1].encode("utf-8", "replace")
    read = read_all(settings.path, {}, Instead(settings=settings, files=files))
    return Edited(snapshot=read.snapshot, said=_said(read, snapshot, name))


def _said(read: Read, snapshot: Snapshot, name: str) -> str:
    problems = [replace(one, docs="") for one in in_order(read.findings.problems) if _is_of(one, name)]
    report = Report(
        problems=problems, files=1, rules=read.rules, snapshot=None, texts=read.texts, secrets=snapshot.secrets
    )
    lines = as_text(report).replace(name, FILE).rstrip().split("\n")
    return "\n".join(lines[:-1]).rstrip() if problems else ""  # without its count


def _is_of(problem: Problem, name: str) -> bool:
    """Errors wherever they are: they keep the rule from being read; the rest only of what was edited."""
    return problem.severity == "error" or problem.place.file == name


# ---- the event -----------------------------------------------------------------------------------


def stored(row: EventRow) -> Event:
    """A stored event as rules saw it."""
    return replace(event_of(row), body=row.body)


async def pasted(snapshot: Snapshot, store: Store, body: str, previous: str, now: datetime) -> Event:
    """An event as its sender would post it, beside what is remembered, or the state before as it is given.

    Of that, a few fields are enough: the others are as in the event. Raises NotTried.
    """
    try:
        recorded = read_event(body.encode("utf-8", "replace"), snapshot, now)
    except BridgeError as error:
        raise NotTried(str(error)) from None
    sent = sent_in(recorded, snapshot)
    memory = await recall([(recorded, sent)], snapshot, store)
    known = memory.get(recorded.key, Memory())
    before = _object(previous)
    if before is not None:
        known = replace(known, resource={**(sent.resource or {}), **before})
    memory[recorded.key] = replace(known, modified_at=None)  # what is tried is never stale
    return match(recorded, sent, snapshot, memory, now).event


def _object(text: str) -> dict[str, Json] | None:
    """A JSON object; None where nothing is written."""
    if not text.strip():
        return None
    try:
        value = msgspec.json.decode(text.encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise NotTried(f"the state before is no JSON: {error}") from None
    if not isinstance(value, dict):
        raise NotTried('the state before is one JSON object, such as {"status": "open"}')
    return value


# ---- what becomes of it --------------------------------------------------------------------------


def tried(snapshot: Snapshot, event: Event, now: datetime) -> list[Tried]:
    """What the first rules of an edited snapshot make of an event, with all that they would say."""
    facts = facts_of(event, now)
    decisions: Mapping[str, Decision] = {one.rule: one for one in snapshot.matcher.decisions(event, facts)}
    return [
        Tried(
            rule=rule,
            fits=rule.name in decisions,
            decision=decisions.get(rule.name),
            findings=explain_condition(rule.condition, facts)[:MOST_FINDINGS] if rule.condition else (),
            said=[_say(snapshot, event, rule, target, name, now) for target, name in _targets(snapshot, rule)],
        )
        for rule in snapshot.rules[:MOST_RULES]
    ]


def _targets(snapshot: Snapshot, rule: Rule) -> list[tuple[Target, str]]:
    return targets_of(rule, snapshot)[:MOST_TARGETS]


def _say(snapshot: Snapshot, event: Event, rule: Rule, target: Target, name: str, now: datetime) -> Said:
    """Three formats of one message; a template that fails says so once."""
    service = snapshot.settings.destinations[name].kind.name
    try:
        chat, mail, plain = (_render(snapshot, event, rule, target, kind, now) for kind in (SLACK, MAIL, PLAIN))
    except TemplateFailed as failure:
        return Said(to=name, service=service, failed=f"{failure.file}, line {failure.line}: {failure}")
    return Said(to=name, service=service, chat=chat, mail=mail, plain=plain)


def _render(snapshot: Snapshot, event: Event, rule: Rule, target: Target, kind: Kind, now: datetime) -> Notification:
    source = snapshot.sources.get(event.source)
    return snapshot.templates.render(event, rule, target, source_type=source.type if source else "", kind=kind, now=now)
