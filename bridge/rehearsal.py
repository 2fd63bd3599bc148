"""Runs the tests of rule files: real gates, clocks, templates and tables on a store of their own; nothing is sent."""

from __future__ import annotations

import asyncio
import difflib
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from bridge.clocks import rule_named
from bridge.config.rule_tests import Expected, Happening, RuleTest
from bridge.config.snapshot import Snapshot, switched_on
from bridge.errors import Problem
from bridge.explain import event_of, finding_view, unmet
from bridge.matching import Matching
from bridge.model import Arrival, Delivery, Key, Memory, Notification, Outcome, Recorded, Rule, Settled, Target
from bridge.rules import State, facts_of, state_of
from bridge.store import Store

BEGINS = datetime(2026, 1, 14, 10, 0)  # noqa: DTZ001 -- a Wednesday morning, in the configured zone
MOST_EVENTS = 1_000  # of one test that are asked which rules they fired
MOST_RINGS = 10_000  # of clocks in one test


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message that a test gave."""

    destination: str
    rule: str | None
    notification: Notification
    at: float  # epoch seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one test; it passed when nothing is wrong."""

    test: RuleTest
    wrong: Sequence[str] = field(default_factory=tuple)  # a sentence each, with a difference below it
    noted: Sequence[str] = field(default_factory=tuple)  # what is most likely not meant, on a line each
    fired: frozenset[str] = frozenset()  # names of the rules that fired in it


async def rehearse(snapshot: Snapshot, tests: Iterable[RuleTest]) -> list[Result]:
    """Run tests, one after the other, on all rules of the snapshot.

    A test that fails for want of a rule that is switched off passes all the same: who switches a rule off in a hurry
    need not rewrite its tests, and they go on guarding it.
    """
    results = await _rehearse(snapshot, tests)
    wrong = [result.test for result in results if result.wrong]
    if not wrong or all(rule.enabled for rule in snapshot.rules):
        return results
    passing = {id(one.test) for one in await _rehearse(switched_on(snapshot), wrong) if not one.wrong}
    return [Result(test=one.test) if id(one.test) in passing else one for one in results]


async def _rehearse(snapshot: Snapshot, tests: Iterable[RuleTest]) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="bridge-test-") as folder:
        clock = _Clock()
        store = await Store.open(f"sqlite:///{Path(folder) / 'test.db'}", owner="test", clock=clock)
        try:
            return [await _Stage(snapshot, store, clock, test).result() for test in tests]
        finally:
            await store.close()


def failing(snapshot: Snapshot) -> list[Problem]:
    """The tests of a snapshot that fail; runs an event loop of its own, so not to be called in one."""
    return problems(asyncio.run(rehearse(snapshot, snapshot.tests))) if snapshot.tests else []


def fired_in_tests(snapshot: Snapshot) -> frozenset[str]:
    """The rules that some test makes fire, were they all switched on; runs an event loop of its own, as `failing`."""
    results = asyncio.run(rehearse(switched_on(snapshot), snapshot.tests)) if snapshot.tests else []
    return frozenset().union(*(result.fired for result in results))


def problems(results: Sequence[Result]) -> list[Problem]:
    """The tests that failed, as problems at their places; and what is to be noted of all, as warnings."""
    failed = [
        Problem(
            place=result.test.place,
            code="test-failed",
            message=f"test “{result.test.name}” fails: {result.wrong[0].splitlines()[0]}",
            help="\n          ".join(["`bridge test` shows all of it", *result.wrong[0].splitlines()[1:6]]),
            docs="docs/rules.md#tests",
        )
        for result in results
        if result.wrong
    ]
    return failed + [
        Problem(
            place=result.test.place,
            code="test-template",
            message=f"in test “{result.test.name}” {noted}",
            help="write `or` behind what may be missing, or let the test send it",
            docs="docs/templates.md#missing-values",
            severity="warning",
        )
        for result in results
        for noted in result.noted
    ]


@dataclass(slots=True)
class _Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class _Stage:
    """One test on an empty store, with its own clock."""

    def __init__(self, snapshot: Snapshot, store: Store, clock: _Clock, test: RuleTest) -> None:
        self._snapshot, self._store, self._clock, self._test = snapshot, store, clock, test
        self._zone = ZoneInfo(snapshot.settings.timezone)
        begins = test.at or BEGINS
        self._begins = (begins if begins.tzinfo else begins.replace(tzinfo=self._zone)).timestamp()
        self._matching = Matching(snapshot, store, clock=clock, read=_resource_of, rehearsing=True)
        self._said: list[Said] = []

    async def result(self) -> Result:
        """Play the events and the clocks between them, then compare."""
        await self._store.empty()
        self._clock.now = self._begins
        await self._store.write_memory(self._remembered())
        for number, event in enumerate(self._test.events):
            await self._wait_until(self._begins + event.after)
            await self._send(event, number)
        await self._wait_until(self._begins + self._test.until)
        events = await self._store.events(limit=MOST_EVENTS)
        fired = frozenset(decision.rule for row in events for decision in row.decisions)
        return Result(test=self._test, wrong=tuple(await self._wrong()), noted=tuple(self._noted()), fired=fired)

    def _remembered(self) -> dict[Key, Memory]:
        memory = {
            Key(one.source, one.type, one.gid): Memory(resource=one.resource, at=self._begins)
            for one in self._test.known
        }
        if self._test.previous is not None and self._test.events:
            first = self._test.events[0]
            before = {**(first.resource or {}), **self._test.previous}
            memory[Key(first.source, first.type, first.gid)] = Memory(resource=before, at=self._begins)
        return memory

    async def _send(self, event: Happening, number: int) -> None:
        body = msgspec.json.encode(event.resource)
        digest = sha256(b"%d" % number).digest()  # the same again is news in a test
        await self._store.record(
            Arrival(
                source=event.source,
                type=event.type,
                action=event.action,
                gid=event.gid,
                body=body,
                digest=digest,
                received_at=self._clock.now,
            ),
            window=0.0,
        )
        given = await self._store.write_matched(await self._matching.slice(await self._matching.next(1)))
        self._matching.written()
        await self._take(given)

    async def _wait_until(self, end: float) -> None:
        """Let the clocks ring that are due by then, or by now where that is later."""
        end = max(end, self._clock.now)
        for _ in range(MOST_RINGS):
            rings_at = await self._store.next_clock()
            if rings_at is None or rings_at > end:
                break
            self._clock.now = max(self._clock.now, rings_at)
            await self._take(await self._matching.ring())
        self._clock.now = end

    async def _take(self, given: Sequence[Delivery]) -> None:
        """All that may be sent counts as delivered."""
        while given:
            for one in given:
                self._said.append(
                    Said(destination=one.destination, rule=one.rule, notification=one.notification, at=self._clock.now)
                )
                delivered = Outcome(result="delivered")
                await self._store.settle(
                    Settled(delivery=one, at=self._clock.now, outcome=delivered, state="delivered")
                )
            given = await self._store.claim(100)

    # ---- compare ---------------------------------------------------------------------------

    async def _wrong(self) -> list[str]:
        wrong: list[str] = []
        expect = {
            name: expected
            for to, expected in self._test.expect.items()
            for name in self._snapshot.settings.groups.get(to, (to,))
        }
        for name, expected in expect.items():
            got = [one for one in self._said if one.destination == name]
            if got or expected.count == 0:
                wrong += self._compared(name, expected, got)
            else:
                wrong.append("\n".join([f"{name} must get a message, and got none", *await self._why_none(name)]))
        for name in dict.fromkeys(one.destination for one in self._said):
            if name not in expect:
                got = [one for one in self._said if one.destination == name]
                wrong.append(f"{name} must get nothing, and got {_many(len(got))}\n{self._shown(got)}")
        return wrong

    def _noted(self) -> Iterable[str]:
        """The templates that failed: they stop nobody from being told something, and a test may ask for no more."""
        return dict.fromkeys(
            f"a template fails, and plain text goes out instead: {error.file}:{error.line}: {error.message}"
            for error in self._matching.failed
        )

    def _compared(self, name: str, expected: Expected, got: Sequence[Said]) -> Iterable[str]:
        count = expected.count
        if count is not None and len(got) != count:
            yield f"{name} must get {_many(count)}, and got {_many(len(got))}\n{self._shown(got)}"
            return
        says_something = expected.body is not None or expected.title is not None or expected.contains is not None
        if count is None and len(got) > 1 and (says_something or expected.at is not None):
            yield f"{name} must get one message, and got {_many(len(got))}\n{self._shown(got)}"
            return
        if got and not any(self._fits(expected, one) for one in got):
            yield f"{name} got other words, or at another time\n{self._difference(expected, got[0])}"

    def _fits(self, expected: Expected, one: Said) -> bool:
        note = one.notification
        return (
            expected.body in (None, note.body)
            and expected.title in (None, note.title)
            and (expected.contains is None or expected.contains in f"{note.title}\n{note.body}")
            and self._in_time(expected.at, one.at)
        )

    def _in_time(self, wanted: float | time | None, at: float) -> bool:
        if isinstance(wanted, time):
            local = datetime.fromtimestamp(at, self._zone)
            return (local.hour, local.minute) == (wanted.hour, wanted.minute)
        return wanted is None or abs(at - self._begins - wanted) < 1.0

    def _difference(self, expected: Expected, one: Said) -> str:
        note, lines = one.notification, list[str]()
        for what, wanted, found in (("title", expected.title, note.title), ("body", expected.body, note.body)):
            if wanted is not None and wanted != found:
                lines += [f"{what}:", *_diff(wanted, found)]
        if expected.contains is not None and expected.contains not in f"{note.title}\n{note.body}":
            lines += [
                f"- contains: {expected.contains}",
                *(f"+ {line}" for line in (note.title, *note.body.split("\n"))),
            ]
        if not self._in_time(expected.at, one.at):
            wanted_at = f"{expected.at:%H:%M}" if isinstance(expected.at, time) else _offset(expected.at or 0.0)
            lines += [f"- at: {wanted_at}", f"+ at: {self._when(one)}"]
        return "\n".join(lines)

    def _shown(self, got: Sequence[Said]) -> str:
        return "\n".join(
            f"+ {self._when(one)}  {f'by “{one.rule}”: ' if one.rule else ''}{one.notification.title}: "
            f"{one.notification.body}".rstrip()[:300]
            for one in got[:10]
        )

    def _when(self, one: Said) -> str:
        return f"{_offset(one.at - self._begins)} ({datetime.fromtimestamp(one.at, self._zone):%a %H:%M})"

    async def _why_none(self, name: str) -> list[str]:
        """What kept the rules that tell this destination from doing so."""
        lines = list[str]()
        for row in reversed(await self._store.events(limit=20)):
            event = event_of(row)
            for decision in self._snapshot.matcher.decisions(event, facts_of(event, event.received_at)):
                rule = rule_named(self._snapshot, decision.rule)
                if rule is None or name not in _told_by(rule, self._snapshot):
                    continue
                if decision.fired:
                    lines += self._why_not_later(rule, name, event.received_at.timestamp())
                    continue
                why = (
                    [decision.reason]
                    if decision.reason
                    else [unmet(finding_view(one, frozenset())) for one in decision.failed]
                )
                lines += [f"  “{rule.name}” did not fire on {row.type} {row.action}: {one}" for one in why]
        for delivery in await self._store.deliveries(destination=name, limit=20):
            lines.append(f"  “{delivery.rule}”: {delivery.state}, {delivery.reason}")
        return lines or ["  no rule that tells it looks at such an event"]

    def _why_not_later(self, rule: Rule, name: str, since: float) -> Iterable[str]:
        """What kept a follow-up of a rule that fired from telling this destination."""
        for step in rule.follow_up:
            due, stops = _offset(since + step.after - self._begins), _offset(self._clock.now - self._begins)
            if name not in _names(step.notify, self._snapshot):
                continue
            if since + step.after > self._clock.now:
                yield f"  “{rule.name}” tells it at {due}, and the test stops at {stops}: write until: {due}, or later"
            else:
                yield f"  “{rule.name}” would have told it at {due}: what fits `unless` came before"


def _resource_of(recorded: Recorded, snapshot: Snapshot) -> State:
    return state_of(recorded.key, msgspec.json.decode(recorded.body), snapshot.sources.get(recorded.key.source))


def _told_by(rule: Rule, snapshot: Snapshot) -> set[str]:
    return _names([*rule.notify, *(target for step in rule.follow_up for target in step.notify)], snapshot)


def _names(targets: Iterable[Target], snapshot: Snapshot) -> set[str]:
    groups = snapshot.settings.groups
    return {name for target in targets for name in groups.get(target.to, (target.to,))}


def _diff(wanted: str, found: str) -> list[str]:
    lines = difflib.ndiff(wanted.split("\n"), found.split("\n"))
    return [line.rstrip("\n") for line in lines]


def _many(count: int) -> str:
    return "no message" if count == 0 else "one message" if count == 1 else f"{count} messages"


def _offset(seconds: float) -> str:
    if seconds < 60:
        return f"+{seconds:.0f}s"
    minutes = round(seconds / 60)
    return f"+{minutes}m" if minutes < 60 else f"+{minutes // 60}h" + (f"{minutes % 60}m" if minutes % 60 else "")
