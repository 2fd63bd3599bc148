"""Replays stored events against other rules and tells what would differ. Nothing is sent or stored."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from bridge.config.snapshot import Snapshot
from bridge.explain import finding_view, unmet
from bridge.model import Event, GateKey, GateState, Key, Notification, Place, Recorded, Rule, Target
from bridge.planning import Fitted, ask, render, targets_of
from bridge.rules import changes_between, facts_of
from bridge.rules.evaluate import responsible
from bridge.rules.matcher import looks_at
from bridge.store import Store
from bridge.store.past import Past, Span
from bridge.store.text import from_json, resource_of

PAGE = 100  # events read at a time
EXAMPLES = 3  # kept of each kind of difference and rule

What = Literal["gone", "new", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One message that would be gone, new or another."""

    what: What
    event_id: int
    destination: str
    why: str  # of gone and new: what decides otherwise
    before: Notification | None = None
    after: Notification | None = None

    @property
    def diff(self) -> list[str]:
        """The lines of title and body that are gone (`- `), new (`+ `) or the same (`  `)."""
        lines = difflib.ndiff(_lines(self.before), _lines(self.after))
        return [line.rstrip("\n") for line in lines if not line.startswith("?")]


@dataclass(slots=True, kw_only=True)
class RuleSummary:
    """How often a rule would tell otherwise, with examples."""

    rule: str
    file: str
    line: int
    gone: int = 0
    new: int = 0
    changed: int = 0
    failing: int = 0  # new and changed messages whose template fails: plain text would go out
    failure: str = ""  # the first of them: file, line, message
    examples: list[Difference] = field(default_factory=list)

    def add(self, found: Difference) -> None:
        """Count one; the first few are kept."""
        count = getattr(self, found.what)
        setattr(self, found.what, count + 1)
        if count < EXAMPLES:
            self.examples.append(found)

    def merge(self, other: RuleSummary) -> None:
        """Add what was found among later events."""
        for one in other.examples:
            if sum(known.what == one.what for known in self.examples) < EXAMPLES:
                self.examples.append(one)
        for name in ("gone", "new", "changed", "failing"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.failure = self.failure or other.failure


@dataclass(slots=True, kw_only=True)
class Summary:
    """What a replay found."""

    events: int = 0  # looked at
    rules: dict[str, RuleSummary] = field(default_factory=dict)

    def merge(self, other: Summary) -> None:
        """Add what was found among later events."""
        self.events += other.events
        for name, found in other.rules.items():
            if name in self.rules:
                self.rules[name].merge(found)
            else:
                self.rules[name] = found


async def differences(
    store: Store,
    old: Snapshot,
    new: Snapshot,
    *,
    since: float,
    limit: int | None = None,
    span: Span | None = None,
    tell: Callable[[int], object] = lambda events: None,
) -> Summary:
    """What the new snapshot would have told otherwise of the events since a moment, or of a span of them.

    Both sides see each event as it was kept, `previous` and filled references included, and their gates count by
    the events' own times, from nothing. Silences are not asked, and no clock rings: follow-ups, summaries and the
    wording of digests are left out. `tell` hears how many more events were looked at.
    """
    comparison = Comparison(old, new)
    span = span or await store.past_span(since, limit)
    if not comparison.differs:  # then no event can tell
        return Summary(events=span.events)
    after = span.first - 1
    while after < span.last and (page := await store.past(after, span.last, PAGE)):
        for past in page:
            if comparison.compare(past):
                await asyncio.sleep(0)  # inside of the service, accepts go first
        after = page[-1].id
        tell(len(page))
    return comparison.summary


def is_in_order(old: Snapshot, new: Snapshot) -> bool:
    """Whether what becomes of an event depends on those before it, so that spans cannot be told apart."""
    return Comparison(old, new).counts


@dataclass(slots=True)
class _Side:
    snapshot: Snapshot
    rules: Mapping[str, Rule]
    gates: dict[GateKey, GateState] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Told:
    """What one side made of one rule, entry of `notify` and destination."""

    rule: Rule
    target: Target
    state: str  # pending, held, merged, suppressed
    reason: str


@dataclass(frozen=True, slots=True)
class _Case:
    """One event, rule and destination."""

    event: Event
    facts: Mapping[str, Any]
    rule: str
    destination: str
    before: _Told | None
    after: _Told | None


_Spot = tuple[str, str, int]  # rule, destination, the how-manieth time


class Comparison:
    """Asks both sides about one event after the other; only rules that may tell otherwise are looked at."""

    def __init__(self, old: Snapshot, new: Snapshot) -> None:
        self.summary = Summary()
        self._old, self._new = (_Side(one, {rule.name: rule for rule in one.rules}) for one in (old, new))
        same_templates = old.template_files == new.template_files
        self._touched = _touched(self._old, self._new, same_templates=same_templates)
        self._same_words = {
            name
            for name in self._old.rules.keys() & self._new.rules.keys()
            if same_templates and _words_of(self._old.rules[name]) == _words_of(self._new.rules[name])
        }
        self._looked_at = [
            rule for side in (self._old, self._new) for rule in side.snapshot.rules if rule.name in self._touched
        ]
        self._fits: dict[tuple[str, str, str], bool] = {}

    @property
    def differs(self) -> bool:
        """Whether any rule may tell otherwise."""
        return bool(self._touched)

    @property
    def counts(self) -> bool:
        """Whether a gate of theirs counts."""
        return any(rule.once or rule.throttle for rule in self._looked_at)

    def compare(self, past: Past) -> bool:
        """Ask both sides; false when no rule in question looks at such an event."""
        self.summary.events += 1
        kind = past.source, past.type, past.action
        if kind not in self._fits:
            self._fits[kind] = looks_at(self._looked_at, *kind)
        if not self._fits[kind]:
            return False
        event = _event_of(past)
        facts = facts_of(event, event.received_at)
        before, after = (self._told(side, event, facts) for side in (self._old, self._new))
        for spot in before | after:
            self._judge(_Case(event, facts, spot[0], spot[1], before.get(spot), after.get(spot)))
        return True

    def _told(self, side: _Side, event: Event, facts: Mapping[str, Any]) -> dict[_Spot, _Told]:
        told: dict[_Spot, _Told] = {}
        fired = [rule for rule in side.snapshot.matcher.match(event, facts) if rule.name in self._touched]
        fitted = _fitted(event, facts, fired)
        for rule in fired:
            targets = targets_of(rule, side.snapshot)
            state, reason = "pending", ""
            if rule.once or rule.throttle or rule.hours or rule.digest:
                names = tuple(dict.fromkeys(name for _, name in targets))
                asked = ask(fitted, rule, side.snapshot, side.gates, event.received_at, names)
                side.gates.update(asked.counted)
                state, reason = asked.state, asked.reason
            for number, (target, name) in enumerate(targets):
                told[rule.name, name, number] = _Told(rule, target, state, reason)
        return told

    def _judge(self, case: _Case) -> None:
        was, will = (told is not None and told.state != "suppressed" for told in (case.before, case.after))
        if was != will:
            self._add_one_sided(case, "gone" if was else "new")
        elif was:
            self._add_changed(case)

    def _add_one_sided(self, case: _Case, what: What) -> None:
        found = self._summary_of(case.rule)
        shown, why = getattr(found, what) < EXAMPLES, ""
        before = self._rendered(case, case.before, self._old) if what == "gone" and shown else None
        after = self._rendered(case, case.after, self._new, found) if what == "new" else None
        if shown:
            why = _why_not(case, self._new, case.after) if what == "gone" else _why_not(case, self._old, case.before)
        found.add(_difference(case, what, why, before, after))

    def _add_changed(self, case: _Case) -> None:
        one, other = case.before, case.after
        if one is None or other is None or (one.state == other.state and case.rule in self._same_words):
            return
        found = RuleSummary(rule=case.rule, file="", line=0)
        before, after = self._rendered(case, one, self._old), self._rendered(case, other, self._new, found)
        why = "" if one.state == other.state else f"{_said(one)}; now {_said(other)}"
        if why or before != after:
            found.add(_difference(case, "changed", why, before, after))
            self._summary_of(case.rule).merge(found)

    def _rendered(
        self, case: _Case, told: _Told | None, side: _Side, found: RuleSummary | None = None
    ) -> Notification | None:
        if told is None:
            return None
        at = case.event.received_at
        note, error = render(case.event, told.rule, told.target, case.destination, side.snapshot, at)
        if error is not None and found is not None:
            found.failing += 1
            found.failure = found.failure or f"{error.file}:{error.line}: {error.message}"
        return note

    def _summary_of(self, name: str) -> RuleSummary:
        if name not in self.summary.rules:
            place = (self._new.rules.get(name) or self._old.rules[name]).place
            self.summary.rules[name] = RuleSummary(rule=name, file=place.file, line=place.line)
        return self.summary.rules[name]


# ---- which rules may tell otherwise --------------------------------------------------------------


def _touched(old: _Side, new: _Side, *, same_templates: bool) -> frozenset[str]:
    """The names of rules that say something else, or whose surroundings do."""
    names = old.rules.keys() | new.rules.keys()
    if not same_templates:
        return frozenset(names)
    changed = {name for name in names if _bare(old.rules.get(name)) != _bare(new.rules.get(name))}
    one, other = (
        [rule.name for rule in side.snapshot.matcher.rules if rule.name not in changed] for side in (old, new)
    )
    stops = any(rule.stop for side in (old, new) for rule in side.rules.values() if rule.name in changed)
    moved = one != other and any(rule.stop for rule in old.rules.values())
    return frozenset(names) if stops or moved else frozenset(changed)


def _words_of(rule: Rule) -> object:
    return _bare((rule.notify, rule.labels))


def _bare(value: Any) -> object:
    """What a rule says, without where: 1 is not true."""
    if isinstance(value, Place):
        return None
    if is_dataclass(value) and not isinstance(value, type):
        said = (getattr(value, one.name) for one in fields(value) if one.name not in ("line", "column"))
        return (type(value), *map(_bare, said))
    return tuple(map(_bare, value)) if isinstance(value, tuple) else (type(value), value)


# ---- one event -----------------------------------------------------------------------------------


def _event_of(past: Past) -> Event:
    previous, resource = from_json(past.previous), resource_of(past.resource, past.body)
    return Event(
        id=past.id,
        source=past.source,
        type=past.type,
        action=past.action,
        gid=past.gid,
        received_at=datetime.fromtimestamp(past.received_at, UTC),
        resource=resource,
        previous=previous,
        changes=changes_between(previous, resource),
        filled=from_json(past.filled) or {},
    )


def _fitted(event: Event, facts: Mapping[str, Any], rules: list[Rule]) -> Fitted:
    recorded = Recorded(
        id=event.id,
        key=Key(event.source, event.type, event.gid),
        action=event.action,
        received_at=event.received_at.timestamp(),
        body=b"",
    )
    return Fitted(recorded=recorded, event=event, facts=facts, stale=False, rules=rules, remembered={})


def _difference(
    case: _Case, what: What, why: str, before: Notification | None, after: Notification | None
) -> Difference:
    return Difference(
        what=what, event_id=case.event.id, destination=case.destination, why=why, before=before, after=after
    )


def _why_not(case: _Case, side: _Side, told: _Told | None) -> str:
    """Why one side tells nothing."""
    rule, event = side.rules.get(case.rule), case.event
    if told is not None:
        return told.reason
    if rule is None:
        return "there is no such rule"
    if not rule.enabled:
        return "switched off"
    if not looks_at([rule], event.source, event.type, event.action):
        return "its `when` does not fit"
    failed = responsible(rule.condition, case.facts) if rule.condition else []
    if failed:
        return "; ".join(unmet(finding_view(one, side.snapshot.settings.redact)) for one in failed[:EXAMPLES])
    fired = side.snapshot.matcher.match(event, case.facts)
    return f"it does not tell {case.destination}" if rule in fired else f"stopped by “{fired[-1].name}”"


def _said(told: _Told) -> str:
    return told.reason or "sent at once"


def _lines(note: Notification | None) -> list[str]:
    return [] if note is None else [line for line in (note.title, *note.body.split("\n")) if line]
