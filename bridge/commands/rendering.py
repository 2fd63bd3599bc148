"""render: the words that people would get, nothing sent."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from msgspec import structs

from bridge import logs
from bridge.commands.shared import FINE, PROBLEMS, pretty, reading
from bridge.config.snapshot import Snapshot
from bridge.config.wording import choices, suggestion
from bridge.errors import BridgeError
from bridge.explain import event_of, read_file
from bridge.model import Event, Json, Notification, Place, Rule, Target, replace
from bridge.pipeline import match, recall, sent_in
from bridge.planning import TemplateError, targets_of
from bridge.planning import render as words_of
from bridge.rules import facts_of
from bridge.store import Store

NO_RULE = Rule(name="", place=Place("", 1, 1), when=(), notify=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What one destination would get."""

    rule: str
    destination: str
    kind: str
    note: Notification
    error: TemplateError | None

    def view(self) -> Json:
        """For programs."""
        found = self.error and {"file": self.error.file, "line": self.error.line, "message": self.error.message}
        return {
            "rule": self.rule or None,
            "destination": self.destination,
            "kind": self.kind,
            **structs.asdict(self.note),
            "error": found,
        }


def render(wanted: argparse.Namespace, config: Path) -> int:
    """Print the notifications of one event; 1 when a template fails."""

    async def work(store: Store, snapshot: Snapshot) -> int:
        now = datetime.now(UTC)
        event, fired = await _event(wanted.event, snapshot, store, now)
        every = [
            _rendered(event, rule, target, name, snapshot, now)
            for rule in _rules(wanted.rule, fired, snapshot, asked=wanted.template is not None)
            for target, name in _targets(wanted, rule, snapshot)
        ]
        if wanted.json:
            print(pretty([one.view() for one in every]))
        else:
            print(_as_text(every, event))
        for one in every:
            if one.error and not wanted.json:
                print(f"{one.error.file}:{one.error.line}: {one.error.message}", file=sys.stderr)
        return PROBLEMS if any(one.error for one in every) else FINE

    return reading(work, config)


async def _event(named: str, snapshot: Snapshot, store: Store, now: datetime) -> tuple[Event, list[Rule]]:
    """A stored event, or one in a file beside what is remembered; and the rules of now that fire on it."""
    if not named.isdigit():
        recorded = read_file(Path(named), snapshot, now)
        sent = sent_in(recorded, snapshot)
        fitted = match(recorded, sent, snapshot, await recall([(recorded, sent)], snapshot, store), now)
        return fitted.event, list(fitted.rules)
    row = await store.event(int(named)) if int(named) < 2**63 else None
    if row is None:
        raise BridgeError(f"there is no event {named}; `bridge events` lists what is kept")
    if not row.has_payload:
        raise BridgeError(f"the payload of event {named} is no longer kept (`keep` in the configuration)")
    if row.state == "received":
        raise BridgeError(f"event {named} was not matched yet; try again in a moment")
    event = event_of(row)
    return event, list(snapshot.matcher.match(event, facts_of(event, event.received_at)))


def _rules(named: str | None, fired: list[Rule], snapshot: Snapshot, *, asked: bool) -> list[Rule]:
    """The rules whose words are wanted; with a template alone, no rule in particular."""
    if named is None:
        return [NO_RULE] if asked else fired
    names = [rule.name for rule in snapshot.rules]
    if named not in names:
        help = suggestion(named, names) or f"there are {choices(names)}"
        raise BridgeError(f"no rule is called `{named}`: {help.strip()}")
    return [rule for rule in snapshot.rules if rule.name == named]


def _targets(wanted: argparse.Namespace, rule: Rule, snapshot: Snapshot) -> list[tuple[Target, str]]:
    """(how it is worded, destination)"""
    known = snapshot.settings.destinations
    name = wanted.destination
    if name is not None and name not in known:
        help = suggestion(name, known) or f"there are {choices(known)}"
        raise BridgeError(f"no destination is called `{name}`: {help.strip()}")
    targets = targets_of(rule, snapshot)
    if name is not None:
        own = [one for one in targets if one[1] == name]
        if own or (wanted.rule is None and wanted.template is None):
            targets = own  # of all rules that fire, those that tell it
        else:
            targets = [(targets[0][0] if targets else Target(to=name), name)]
    elif not targets:
        targets = [(Target(to=one), one) for one in list(known)[:1]]
    if wanted.template is None:
        return targets
    return [(replace(target, template=wanted.template, title=None, body=None), to) for target, to in targets]


def _rendered(event: Event, rule: Rule, target: Target, name: str, snapshot: Snapshot, now: datetime) -> Rendered:
    note, error = words_of(event, rule, target, name, snapshot, now)
    kind = snapshot.settings.destinations[name].kind.name
    return Rendered(rule=rule.name, destination=name, kind=kind, note=note, error=error)


def _as_text(every: list[Rendered], event: Event) -> str:
    if not every:
        return f"No rule tells anybody of this {event.type} {event.action}. `--rule NAME` renders one all the same."
    lines = []
    for one in every:
        lines += [f"── {one.rule or 'no rule'} → {one.destination} ({one.kind}, {one.note.format})", one.note.title, ""]
        lines += [*one.note.body.split("\n"), *(f"attached: {address}" for address in one.note.attach), ""]
    return "\n".join(logs.printable(line) for line in lines).rstrip("\n")
