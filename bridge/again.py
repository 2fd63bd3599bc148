"""What people ask of what is past, what became of it, and how that is shown; for command line, API and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bridge.config.snapshot import Snapshot
from bridge.config.wording import choices, said, suggestion
from bridge.errors import BridgeError, WrongUsage
from bridge.model import Json, Notification, Planned
from bridge.planning import TemplateError
from bridge.store.rows import DeliveryRow


class NotReplayed(BridgeError):
    """What was asked for cannot be done; the text says why, and what can."""


class AskedWrongly(NotReplayed):
    """No such name, or too much at once."""


class NotChosen(AskedWrongly, WrongUsage):
    """It is not said which of many, or in a way that fits none."""


class NotThere(NotReplayed):
    """There is no such event or delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How something goes out again, and who asked for it."""

    who: str
    anew: bool = False  # rendered with today's rules; else with the words of then
    to: str | None = None  # another destination
    force: bool = False  # of an event: gates are not asked
    rule: str | None = None  # of an event: this rule only
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """One message that went out again, or, in a dry run, would."""

    id: int | None
    origin: int | None
    event_id: int | None
    rule: str | None
    destination: str
    state: str
    reason: str
    title: str
    body: str


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of one event or delivery."""

    items: Sequence[Again]
    warnings: Sequence[str] = ()


@dataclass(slots=True, kw_only=True)
class Sum:
    """What became of many deliveries."""

    count: int  # that are meant
    done: int = 0
    destinations: Mapping[str, int] = field(default_factory=dict)  # how many of them go where
    refused: dict[int, str] = field(default_factory=dict)  # delivery → why not
    warnings: list[str] = field(default_factory=list)


def check_names(snapshot: Snapshot, *, to: str | None = None, rule: str | None = None) -> None:
    settings = snapshot.settings
    if to is not None and to in settings.groups:
        raise AskedWrongly(f"{said(to)} is a group: name one of its members, {', '.join(settings.groups[to])}")
    if to is not None and to not in settings.destinations:
        help = f"{suggestion(to, settings.destinations)}destinations: {choices(settings.destinations)}"
        raise AskedWrongly(f"there is no destination {said(to)} in the configuration; {help}")
    names = [one.name for one in snapshot.rules]
    if rule is not None and rule not in names:
        raise AskedWrongly(f"there is no rule {said(rule)}; {suggestion(rule, names)}rules: {choices(names)}")


# ---- how it is told ------------------------------------------------------------------------------


def again_view(one: Again) -> Json:
    """As command line and API show it."""
    return {
        "id": None if one.id is None else str(one.id),
        "origin": None if one.origin is None else str(one.origin),
        "event_id": None if one.event_id is None else str(one.event_id),
        "rule": one.rule,
        "destination": one.destination,
        "state": one.state,
        "reason": one.reason or None,
        "title": one.title,
        "body": one.body,
    }


def outcome_view(outcome: Outcome, *, dry_run: bool) -> dict[str, Json]:
    """One event or delivery."""
    items = [again_view(one) for one in outcome.items]
    return {"dry_run": dry_run, "items": items, "warnings": list(outcome.warnings)}


def sum_view(done: Sum, *, dry_run: bool) -> dict[str, Json]:
    """Many deliveries."""
    return {
        "dry_run": dry_run,
        "count": done.count,
        "replayed": done.done,
        "destinations": dict(done.destinations),
        "refused": {str(id): why for id, why in done.refused.items()},
        "warnings": done.warnings,
    }


def would(planned: Planned, event_id: int) -> Again:
    note = planned.notification
    return Again(
        id=None,
        origin=None,
        event_id=event_id,
        rule=planned.rule,
        destination=planned.destination,
        state=planned.state,
        reason=planned.reason,
        title=note.title,
        body=note.body,
    )  # fmt: skip


def would_again(row: DeliveryRow, way: Way, words: Planned | None) -> Again:
    note = words.notification if words else Notification(title=row.title, body=row.body, format=row.format)
    return Again(
        id=None,
        origin=row.id,
        event_id=row.event_id,
        rule=row.rule,
        destination=way.to or row.destination,
        state="pending",
        reason="",
        title=note.title,
        body=note.body,
    )


def was(row: DeliveryRow) -> Again:
    return Again(
        id=row.id,
        origin=row.origin,
        event_id=row.event_id,
        rule=row.rule,
        destination=row.destination,
        state=row.state,
        reason=row.reason,
        title=row.title,
        body=row.body,
    )


def failed(error: TemplateError) -> str:
    return f"{error.file}:{error.line}: {error.message}; a plain text goes out instead"
