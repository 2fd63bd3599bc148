"""A delivery as pages show it: its words, its attempts, and why it is where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bridge.config.snapshot import Snapshot
from bridge.picked import can_drop, can_repeat
from bridge.store.rows import AttemptRow, DeliveryRow
from bridge.web.alarms import sentence
from bridge.web.happened import Outcome, clean, outcome_of
from bridge.web.look import Look

LONGEST = 1500  # characters of a body
LAST = 8  # attempts


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a delivery's story."""

    mark: str
    kind: str
    at: float
    said: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One delivery."""

    row: DeliveryRow
    outcome: Outcome
    kind: str  # the service
    body: str
    is_html: bool
    reason: str
    steps: Sequence[Step]
    left_out: int  # earlier attempts
    choices: Sequence[str]  # what can be done with it


def shown(look: Look, snapshot: Snapshot, row: DeliveryRow) -> Shown:
    """What a page shows of it."""
    destination = snapshot.settings.destinations.get(row.destination)
    attempts = row.attempts[-LAST:]
    last = row.attempts[-1].reason if row.attempts else ""
    return Shown(
        row=row,
        outcome=outcome_of(look, row.state),
        kind=destination.kind.name if destination else "",
        body=row.body if len(row.body) <= LONGEST else f"{row.body[:LONGEST]}…",
        is_html=row.format == "html",
        reason=sentence(row.reason) if row.reason and row.reason != last else "",
        steps=[_step(look, row, attempt) for attempt in attempts],
        left_out=len(row.attempts) - len(attempts),
        choices=[
            *(() if can_repeat(row, None) else ("again",)),
            "elsewhere",
            *(() if can_drop(row) else ("drop",)),
        ],
    )


def _step(look: Look, row: DeliveryRow, attempt: AttemptRow) -> Step:
    mark, kind = {
        "delivered": ("delivered", "delivered"),
        "retry": ("failed", "held"),
    }.get(attempt.result, ("failed", "failed"))
    said = sentence(attempt.reason) if attempt.reason else look.say("{name} took it.", name=row.destination)
    details = [str(attempt.status) if attempt.status else "", clean(attempt.answer, 200), look.took(attempt.took_ms)]
    if attempt.retry_after:
        details.append(look.say("asked to wait {time}", time=look.lasting(attempt.retry_after)))
    if attempt.ambiguous:
        details.append(look.say("it may have arrived all the same"))
    return Step(
        mark=mark, kind=kind, at=attempt.at, said=Markup("{}").format(said), detail=", ".join(filter(None, details))
    )
