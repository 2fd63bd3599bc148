"""Matches what was recorded, a slice at a time, and tells what the clocks ask for. One replica at a time does it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

import structlog

from bridge import metrics
from bridge.clocks import NOBODY, Told, tell_bundle, tell_follow_up, tell_summary, told_of
from bridge.config.snapshot import Snapshot
from bridge.errors import StoreUnavailable
from bridge.model import Delivery, Matched, Recorded
from bridge.news import News, not_matched, not_told, template_failed, webhook_changed
from bridge.pipeline import match, recall, sent_in
from bridge.planning import Desk, Fitted, Quiet, TemplateError, fan_out, gates_needed, quiet
from bridge.rules import State
from bridge.store import Store

log = structlog.get_logger()

SLICE = 32  # events matched in one transaction: small, since accepts and sends wait for its statements
AT_ONCE = 50  # of each kind of clock in one round
MOST_NAMED = 3  # rules in the log line of a slow event
STRETCH = 0.001  # seconds of matching and rendering after which whoever waits has a turn: accepts go first
SLOW = 0.05  # seconds of matching and rendering after which an event is logged with the rules at fault


Waiting = tuple[Recorded, State]  # an event, and the resource that came with it
_Made = tuple[Matched, Sequence[TemplateError], Sequence[News]]  # what became of it, and what is to be told of that


class _Done(NamedTuple):
    """What is to be told of an event once it is written."""

    recorded: Recorded
    matched: Matched
    errors: Sequence[TemplateError]
    news: Sequence[News]
    seconds: float


class Matching:
    """slice() and ring() never run at the same time: gates count in the order of events."""

    def __init__(
        self,
        snapshot: Snapshot,
        store: Store,
        *,
        clock: Callable[[], float],
        read: Callable[[Recorded, Snapshot], State] = sent_in,
        rehearsing: bool = False,
    ) -> None:
        """`read` gives the resource that came with an event; a rehearsal is neither logged nor counted."""
        self.snapshot = snapshot
        self.failed: list[TemplateError] = []  # of a rehearsal
        self._news: list[News] = []
        self._done: list[_Done] = []  # of the slice that is being written
        self._store = store
        self._clock = clock
        self._read = read
        self._rehearsing = rehearsing
        self._quiet: Sequence[Quiet] = ()

    async def refresh(self) -> None:
        """Read the silences anew: somebody may have added or ended one."""
        self._quiet = quiet(await self._store.silences())

    def take_news(self) -> list[News]:
        """The troubles met since the last time, for who tells them."""
        news, self._news = self._news, []
        return news

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    def _desk(self) -> Desk:
        """For one slice: silences as they are now, gates as they will be read."""
        return Desk(quiet=self._quiet)

    # ---- events ----------------------------------------------------------------------------

    async def next(self, most: int, *, but: Sequence[Recorded] = ()) -> list[Waiting]:
        """The oldest events that wait, but for those of a slice that is being written."""
        waiting = await self._store.unmatched(most, [recorded.id for recorded in but])
        return [(recorded, self._read(recorded, self.snapshot)) for recorded in waiting]

    async def slice(self, events: Sequence[Waiting]) -> list[Matched]:
        """What becomes of events; it is to be written, and written() to be called, before the next are matched."""
        memory = await recall(events, self.snapshot, self._store)
        fitted: list[Fitted | _Made] = []
        spent: list[float] = []
        rested = time.perf_counter()
        for recorded, sent in events:
            began = time.perf_counter()
            try:
                # As of its arrival: an explanation later on says the same.
                came = datetime.fromtimestamp(recorded.received_at, UTC)
                fitted.append(match(recorded, sent, self.snapshot, memory, came))
            except Exception as fault:  # whatever it is, it must not stop the events behind this one
                fitted.append(self._unmatchable(recorded, fault))
            spent.append(time.perf_counter() - began)
            rested = await _rest(rested)
        desk, now = self._desk(), self._now()
        if wanted := {key for one in fitted if isinstance(one, Fitted) for key in gates_needed(one)}:
            desk.gates = await self._store.gates(wanted)
        self._done = []
        rested = time.perf_counter()
        for (recorded, _), one, seconds in zip(events, fitted, spent, strict=True):
            began = time.perf_counter()
            matched, errors, news = self._planned(one, desk, now) if isinstance(one, Fitted) else one
            planning = time.perf_counter() - began
            self._done.append(_Done(recorded, matched, errors, news, seconds + planning))
            if isinstance(one, Fitted) and seconds + planning > SLOW and not self._rehearsing:
                self._tell_slow(one, seconds, planning)
            rested = await _rest(rested)
        return [one.matched for one in self._done]

    def written(self) -> None:
        """Tell what became of the slice, now that it is on disk: whatever was not is matched again."""
        done, self._done = self._done, []
        for recorded, matched, errors, news, seconds in done:
            self._tell_errors(errors)
            self._news += news
            if not self._rehearsing:
                self._told(recorded, matched, seconds)

    def _planned(self, fitted: Fitted, desk: Desk, now: datetime) -> _Made:
        try:
            matched, errors = fan_out(fitted, self.snapshot, desk, now)
        except Exception as fault:  # likewise
            return self._unmatchable(fitted.recorded, fault)
        event = fitted.event
        of_webhook = event.type == "Webhook" and event.action in ("updated", "deleted") and not fitted.stale
        return matched, errors, [webhook_changed(event)] if of_webhook else []

    def _unmatchable(self, recorded: Recorded, fault: Exception) -> _Made:
        log.error("event.not_matched", event_id=recorded.id, exc_info=fault)
        matched = Matched(
            event_id=recorded.id,
            key=recorded.key,
            state="matched",
            version=self.snapshot.version,
            previous=None,
            filled={},
            resource=None,
            decisions=(),
            planned=(),
            remembered={},
        )
        return matched, [], [not_matched(recorded.id, type(fault).__name__)]

    def _tell_errors(self, errors: Iterable[TemplateError]) -> None:
        """Count, log and keep the news of templates that failed; a rehearsal only keeps what failed."""
        if self._rehearsing:
            self.failed += errors
            return
        for error in errors:
            metrics.TEMPLATE_ERRORS.labels(error.rule.name).inc()
            log.warning(
                "template.failed", event_id=error.event_id, rule=error.rule.name, file=error.file, line=error.line
            )
            self._news.append(template_failed(error))

    def _told(self, recorded: Recorded, matched: Matched, seconds: float) -> None:
        metrics.of(metrics.EVENTS, recorded.key.source, matched.state).inc()
        metrics.MATCH_SECONDS.observe(seconds)
        for decision in matched.decisions:
            metrics.of(metrics.FIRED, decision.rule).inc()
        log.info(
            "event.matched",
            event_id=recorded.id,
            source=recorded.key.source,
            type=recorded.key.type,
            action=recorded.action,
            gid=recorded.key.gid,
            state=matched.state,
            rules=[decision.rule for decision in matched.decisions],
            deliveries=len(matched.planned),
            ms=round(seconds * 1000, 2),
        )

    def _tell_slow(self, fitted: Fitted, matching: float, rendering: float) -> None:
        """Log the rules at fault: those whose conditions took longest, or those whose words did."""
        if matching >= rendering:
            spent = {rule.name: taken for rule, taken in self.snapshot.matcher.timed(fitted.event, fitted.facts)}
            rules = sorted(spent, key=spent.__getitem__, reverse=True)[:MOST_NAMED]
        else:
            rules = [rule.name for rule in fitted.rules][:MOST_NAMED]
        ms = round((matching + rendering) * 1000)
        log.warning("event.slow", event_id=fitted.event.id, ms=ms, rules=rules)

    # ---- clocks ----------------------------------------------------------------------------

    async def ring(self) -> list[Delivery]:
        """Tell the digests, summaries and follow-ups whose time has come."""
        at, given = self._clock(), list[Delivery]()
        store, snapshot, now = self._store, self.snapshot, datetime.fromtimestamp(at, UTC)
        for bundle in await store.due_bundles(at, AT_ONCE):
            given += await self._rung(
                tell_bundle(bundle, snapshot, store, now),
                f"what waited for {bundle.destination}",
                partial(store.tell_bundle, bundle, None),
            )
        for key, state in await store.due_summaries(at, AT_ONCE):
            given += await self._rung(
                tell_summary(key, state, snapshot, store, now),
                f"how many messages of “{key.rule}” were left out",
                partial(store.tell_summary, key, told_of(state), (), state.event_id),
            )
        # An event that waits to be matched may yet disarm what is due after it came.
        waits = await store.oldest_unmatched()
        for armed in await store.due_follow_ups(at if waits is None else min(at, waits), AT_ONCE):
            given += await self._rung(
                tell_follow_up(armed, snapshot, store, self._desk(), now),
                f"the follow-up of “{armed.rule}”",
                partial(store.tell_follow_up, armed, (), NOBODY, {}),
            )
        return given

    async def _rung(
        self, telling: Awaitable[Told], what: str, otherwise: Callable[[], Awaitable[list[Delivery]]]
    ) -> list[Delivery]:
        """What was told; whatever goes wrong, it must not stop the clocks behind this one, nor come due again."""
        try:
            given, errors = await telling
        except StoreUnavailable:
            raise
        except Exception as fault:
            log.exception("clock.fault", what=what)
            self._news.append(not_told(what, type(fault).__name__))
            return await otherwise()
        self._tell_errors(errors)
        return given


async def _rest(rested: float) -> float:
    """Let whoever waits have a turn, where the last one is long ago; gives when the last one was."""
    if time.perf_counter() - rested <= STRETCH:
        return rested
    await asyncio.sleep(0)
    return time.perf_counter()
