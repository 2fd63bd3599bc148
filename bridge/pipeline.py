"""The product on one page: accept() a post, match() an event, deliver() a message; planning has what lies between.

receive → record → match → render → deliver; nothing here waits for a clock or knows a table.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from bridge.config.snapshot import Snapshot
from bridge.delivery.retry import DEFAULT_SCHEDULE, next_attempt
from bridge.delivery.senders import Senders
from bridge.errors import BadEnvelope, GivenBack, SenderGone
from bridge.model import (
    Delivery,
    Destination,
    Key,
    Memory,
    Outcome,
    Receipt,
    Recorded,
    Settled,
    replace,
)
from bridge.planning import Fitted
from bridge.rules import State, facts_of, state_of, understand
from bridge.sources.base import Source
from bridge.store import Store

ATTEMPT_SECONDS = 15.0  # how long one attempt may take


# ---- receive and record ------------------------------------------------------------------------


async def accept(
    source: Source, headers: Sequence[tuple[bytes, bytes]], body: bytes, *, store: Store, window: float, now: float
) -> Receipt | None:
    """Verify, read and record one post; None is a void post, which a source sends to see whether we answer.

    Raises BadSignature, BadEnvelope, StoreUnavailable. When it returns, the event is on disk.
    """
    source.verify(headers, body)
    arrival = source.read(body, now)
    return None if arrival is None else await store.record(arrival, window=window)


# ---- match -------------------------------------------------------------------------------------


def sent_in(recorded: Recorded, snapshot: Snapshot) -> State:
    """The resource that came with an event; none too when its source is no longer configured."""
    if (source := snapshot.sources.get(recorded.key.source)) is None:
        return State()
    try:
        body = recorded.body
        return state_of(recorded.key, source.resource_of(body), source, source.stands_in(body))
    except BadEnvelope:  # taken by an earlier version with wider bounds: it must not stop the events behind it
        return State()


async def recall(events: Sequence[tuple[Recorded, State]], snapshot: Snapshot, store: Store) -> dict[Key, Memory]:
    """All that is remembered of the resources these events are about, and of those they refer to."""
    wanted: set[Key] = set()
    for event, sent in events:
        wanted.add(event.key)
        wanted |= sent.leads_to()
    memory = await store.remember(wanted)
    # What is remembered leads one step further: a Comment's work knows its project.
    further: set[Key] = set()
    for key, known in memory.items():
        further |= state_of(key, known.resource, snapshot.sources.get(key.source)).leads_to()
    return memory | await store.remember(further - wanted)


def match(recorded: Recorded, sent: State, snapshot: Snapshot, memory: dict[Key, Memory], now: datetime) -> Fitted:
    """The rules that fire on one event. `memory` is brought up to date for the events behind it."""
    source = snapshot.sources.get(recorded.key.source)
    understood = understand(recorded, sent, source, memory)
    memory.update(understood.remembered)
    facts = facts_of(understood.event, now)
    return Fitted(
        recorded=recorded,
        event=understood.event,
        facts=facts,
        stale=understood.stale,
        rules=[] if understood.stale else snapshot.matcher.match(understood.event, facts),
        remembered=understood.remembered,
        stands_in=sent.stands_in if understood.event.resource is sent.resource else None,
    )


# ---- deliver -----------------------------------------------------------------------------------


async def deliver(delivery: Delivery, destination: Destination, senders: Senders, *, at: float) -> Settled:
    """Try once to send a delivery, and decide what becomes of it. Raises GivenBack when it was not tried."""
    try:
        outcome = await senders.send(
            id=delivery.id,
            url=destination.url,
            notification=delivery.notification,
            deadline=ATTEMPT_SECONDS,
            signing=destination.signing,
            parts=delivery.parts,
        )
    except GivenBack:
        raise
    except SenderGone as gone:
        reason, blameless = "the sender process ended during this attempt", not gone.suspect
        outcome = Outcome(result="retry", reason=reason, ambiguous=True, blameless=blameless, parts=gone.parts)
    record = replace(outcome, reason=_of_repeat(outcome.reason)) if delivery.ambiguous else outcome
    if outcome.result == "delivered":
        return Settled(delivery=delivery, at=at, outcome=record, state="delivered")
    due = next_attempt(
        delivery.attempts + 1,
        outcome,
        destination.schedule or DEFAULT_SCHEDULE,
        give_up_after=destination.give_up_after,
        created_at=delivery.created_at,
        now=at + outcome.took_ms / 1000,
        jitter=random.uniform(-1, 1),  # noqa: S311 -- spreads retries, guards nothing
    )
    state: Literal["failed", "pending"] = "failed" if due is None else "pending"
    reason = outcome.reason
    if due is None and (delivery.ambiguous or outcome.ambiguous):  # whoever sends it again is to know
        reason += "; an attempt may have arrived all the same"
    return Settled(delivery=delivery, at=at, outcome=record, state=state, reason=reason, next_at=due)


def _of_repeat(reason: str) -> str:
    said = "a repeat: an attempt before it may have arrived"
    return f"{said}; {reason}" if reason else said
