"""An event with every decision and delivery, as the API and `bridge explain` show it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from bridge.config.snapshot import Snapshot, rules_of
from bridge.errors import BadEnvelope, BridgeError, WrongUsage
from bridge.logs import MASK
from bridge.model import Armed, Decision, Event, Finding, Json, Key, Recorded, fold
from bridge.pipeline import match, recall, sent_in
from bridge.planning import Desk, fan_out, gates_needed, quiet
from bridge.rules import Matcher, changes_between, explain_condition, facts_of
from bridge.store import Store
from bridge.store.rows import AttemptRow, DeliveryRow, EventRow

MOST_RULES = 50_000  # of earlier versions, in memory


class Matchers:
    """The rules of earlier times, read beside the event loop; those asked for last are kept."""

    def __init__(self, store: Store, snapshot: Callable[[], Snapshot]) -> None:
        self._store = store
        self._snapshot = snapshot
        self._known: dict[str, Matcher] = {}
        self._reading = asyncio.Lock()

    async def of(self, version: str | None) -> Matcher | None:
        """The matcher of a version; None when nothing is known of it."""
        now = self._snapshot()
        if version is None or version == now.version:
            return now.matcher if version else None
        async with self._reading:
            if version not in self._known:
                files = await self._store.version(version)
                if files is None:
                    return None
                self._known[version] = await asyncio.to_thread(_matcher, files, now)
            found = self._known[version] = self._known.pop(version)
            while len(self._known) > 1 and sum(len(one.rules) for one in self._known.values()) > MOST_RULES:
                del self._known[next(iter(self._known))]
            return found


def _matcher(files: Mapping[str, str], now: Snapshot) -> Matcher:
    return Matcher(rules_of(files, now.settings, now.sources))


def redacted(value: Json, hidden: frozenset[str]) -> Json:
    """A copy of `value` without what stands under a key named in `redact`."""
    if isinstance(value, Mapping):
        return {
            key: MASK if fold(str(key)) in hidden and item is not None else redacted(item, hidden)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [redacted(item, hidden) for item in value]
    return value


def sees(hidden: frozenset[str]) -> Callable[[bytes, str], bool]:
    """Whether a payload has a text where nothing is redacted; ASCII letters in either case, as the store compares."""

    def has(body: bytes, text: str) -> bool:
        try:
            value = msgspec.json.decode(body)
            shown = redacted(value, hidden)
        except (msgspec.DecodeError, RecursionError):
            return False
        if shown == value:
            return True
        written = (json.dumps(shown, ensure_ascii=False), msgspec.json.encode(shown).decode())
        return any(text.lower() in one.lower() for one in written)

    return has


def brief(value: Any) -> str:
    """A value on one line, cut where it is long."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 80 else text[:79] + "…"


def instant(seconds: float | None) -> str | None:
    """Epoch seconds as ISO 8601 in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def event_of(row: EventRow) -> Event:
    """A stored event as rules saw it when it was matched."""
    return Event(
        id=row.id,
        source=row.source,
        type=row.type,
        action=row.action,
        gid=row.gid,
        received_at=datetime.fromtimestamp(row.received_at, UTC),
        resource=row.resource,
        previous=row.previous,
        changes=changes_between(row.previous, row.resource),
        filled=row.filled,
        body=row.body,
    )


def event_view(row: EventRow, deliveries: Sequence[DeliveryRow], snapshot: Snapshot, matcher: Matcher | None) -> Json:
    """The event with secrets masked; its decisions are worked out anew, with the rules of its time."""
    hidden = snapshot.settings.redact
    event = event_of(row)
    decisions: Iterable[Decision] = row.decisions
    if matcher is not None and row.state == "matched" and row.has_payload:
        decisions = matcher.decisions(event, facts_of(event, event.received_at))
    changes = {path: {"old": change.old, "new": change.new} for path, change in event.changes.items()}
    return {
        "id": str(row.id),
        "source": row.source,
        "type": row.type,
        "action": row.action,
        "gid": row.gid,
        "received_at": instant(row.received_at),
        "state": row.state,
        "duplicates": row.duplicates,
        "payload_kept": row.has_payload,
        "resource": redacted(row.resource, hidden),
        "remembered": {path: instant(at) for path, at in row.filled.items()},
        "changes": {path: MASK if _hidden_path(path, hidden) else redacted(c, hidden) for path, c in changes.items()},
        "decisions": [decision_view(decision, hidden) for decision in decisions],
        "deliveries": [delivery_view(delivery) for delivery in deliveries],
    }


async def explain_event(row: EventRow, snapshot: Snapshot, store: Store, matcher: Matcher | None) -> Json:
    """A stored event with all conditions of each rule, and the follow-ups that it armed and that still wait."""
    view = event_view(row, await store.deliveries_of([row.id]), snapshot, matcher)
    return _in_full(view, row, matcher, await store.follow_ups(of_event=row.id), snapshot.settings.redact)


def _in_full(
    view: dict[str, Any], row: EventRow, matcher: Matcher | None, armed: Iterable[Armed], hidden: frozenset[str]
) -> dict[str, Any]:
    if row.state == "stale":
        view["reason"] = _why_stale(row)
    event = event_of(row)
    facts = facts_of(event, event.received_at)
    known = matcher is not None and row.state == "matched" and row.has_payload
    rules = {rule.name: rule for rule in matcher.rules} if matcher and known else {}
    for decision in view["decisions"]:
        rule = rules.get(decision["rule"])
        found = explain_condition(rule.condition, facts) if rule and rule.condition else []
        decision["conditions"] = [_condition_view(one, hidden) for one in found]
    view["follow_ups"] = [follow_up_view(one) for one in armed]
    return view


def _why_stale(row: EventRow) -> str:
    sent, known = ((state or {}).get("modified_at") for state in (row.resource, row.previous))
    if sent is None or known is None:
        return "a newer state of this resource was known"
    return f"a newer state was known, modified at {known}; this one was at {sent}"


def _condition_view(finding: Finding, hidden: frozenset[str]) -> Json:
    view: dict[str, Any] = finding_view(finding, hidden)
    if _hidden_path(finding.path, hidden) and not isinstance(finding.expected, bool):
        view["expected"] = MASK  # where it holds, it says what stands there
    return view | {"truth": finding.truth, "line": finding.line}


def follow_up_view(armed: Armed) -> Json:
    """A follow-up that waits for its time."""
    return {
        "rule": armed.rule,
        "step": armed.step + 1,
        "armed_at": instant(armed.armed_at),
        "due_at": instant(armed.due_at),
    }


async def explain_file(path: Path, snapshot: Snapshot, store: Store, now: datetime) -> Json:
    """What the rules of now would make of an event in a file, beside what is remembered. Nothing is sent or stored.

    Raises BridgeError when no source can read the file.
    """
    recorded = read_file(path, snapshot, now)
    sent = sent_in(recorded, snapshot)
    memory = await recall([(recorded, sent)], snapshot, store)
    fitted = match(recorded, sent, snapshot, memory, now)
    desk = Desk(gates=await store.gates(set(gates_needed(fitted))), quiet=quiet(await store.silences()))
    matched, errors = fan_out(fitted, snapshot, desk, now)
    row = EventRow(
        id=0,
        source=recorded.key.source,
        type=recorded.key.type,
        action=recorded.action,
        gid=recorded.key.gid,
        received_at=recorded.received_at,
        state=matched.state,
        duplicates=0,
        body=recorded.body,
        version=matched.version,
        previous=matched.previous,
        resource=matched.resource,
        filled=matched.filled,
        decisions=matched.decisions,
    )
    view = event_view(row, [], snapshot, snapshot.matcher)
    view = _in_full(view, row, snapshot.matcher, matched.armed, snapshot.settings.redact)
    told = [f"{error.file}:{error.line}: {error.message}" for error in errors]
    view["deliveries"] = [
        {
            "id": None,
            "event_id": None,
            "rule": planned.rule,
            "destination": planned.destination,
            "kind": planned.kind,
            "origin": None,
            "state": "not sent",
            "reason": "; ".join([planned.reason, *told] if planned.reason else told) or None,
            "next_at": None,
            "title": planned.notification.title,
            "body": planned.notification.body,
            "attempts": [],
        }
        for planned in matched.planned
    ]
    return view


def read_file(path: Path, snapshot: Snapshot, now: datetime) -> Recorded:
    """An event file as the first source that can read it. Raises BridgeError; WrongUsage when there is no such file."""
    try:
        body = path.read_bytes()
    except OSError as error:
        raise WrongUsage(f"{path} cannot be read: {error.strerror}") from error
    return read_event(body, snapshot, now, what=str(path))


def read_event(body: bytes, snapshot: Snapshot, now: datetime, *, what: str = "this") -> Recorded:
    """A body as the first source that can read it. Raises BridgeError."""
    reason = "there is no source in the configuration"
    for source in snapshot.sources.values():
        try:
            arrival = source.read(body, now.timestamp())
        except BadEnvelope as error:
            reason = str(error)
            continue
        if arrival is not None:
            key = Key(arrival.source, arrival.type, arrival.gid)
            return Recorded(id=0, key=key, action=arrival.action, received_at=arrival.received_at, body=body)
        reason = "a check without an event: rules never see it"
    raise BridgeError(f"{what} is no event: {reason}")


def decision_view(decision: Decision, hidden: frozenset[str]) -> Json:
    """One rule's decision with the conditions that failed."""
    view: dict[str, Any] = {
        "rule": decision.rule,
        "file": decision.file,
        "line": decision.line,
        "fired": decision.fired,
        "failed": [finding_view(finding, hidden) for finding in decision.failed],
    }
    return view | ({"reason": decision.reason} if decision.reason else {})


def unmet(view: Mapping[str, Any]) -> str:
    """A condition as finding_view() gives it, on one line."""
    why = view.get("reason") or f"found {brief(view['found'])}"
    return f"{view['path']} {view['op']} {brief(view['expected'])}: {why}"


def finding_view(finding: Finding, hidden: frozenset[str]) -> Json:
    """One condition: what it expected, what it found."""
    found = MASK if _hidden_path(finding.path, hidden) and finding.found is not None else finding.found
    expected = finding.expected
    if isinstance(expected, dict) and "value" in expected and _hidden_path(str(expected.get("path")), hidden):
        expected = expected | {"value": MASK}  # a right side that is another path
    view: dict[str, Any] = {
        "path": finding.path,
        "op": finding.op,
        "expected": redacted(expected, hidden),
        "found": redacted(found, hidden),
    }
    return view | ({"reason": finding.reason} if finding.reason else {})


def delivery_view(row: DeliveryRow) -> Json:
    """One delivery with its attempts."""
    return {
        "id": str(row.id),
        "event_id": None if row.event_id is None else str(row.event_id),
        "rule": row.rule,
        "destination": row.destination,
        "kind": row.kind,
        "origin": None if row.origin is None else str(row.origin),
        "state": row.state,
        "reason": row.reason or None,
        "next_at": instant(row.next_at),
        "title": row.title,
        "body": row.body,
        "attempts": [attempt_view(attempt) for attempt in row.attempts],
    }


def attempt_view(attempt: AttemptRow) -> Json:
    """One attempt."""
    return {
        "at": instant(attempt.at),
        "outcome": attempt.result,
        "reason": attempt.reason or None,
        "status": attempt.status,
        "ambiguous": attempt.ambiguous,
        "took_ms": attempt.took_ms,
        "retry_after": attempt.retry_after,
        "answer": attempt.answer or None,
    }


def _hidden_path(path: str, hidden: frozenset[str]) -> bool:
    return any(fold(part) in hidden for part in path.replace("[", ".").split("."))
