"""One event: why did anybody, or nobody, hear of it?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from markupsafe import Markup
from quart import Blueprint, Response
from werkzeug.exceptions import NotFound

from bridge.config.snapshot import Snapshot
from bridge.explain import event_of, event_view, redacted
from bridge.model import Decision, Event, Rule
from bridge.render.links import rule_anchor
from bridge.rules import Matcher, explain_condition, facts_of
from bridge.store.rows import DeliveryRow, EventRow
from bridge.web import conditions, starters
from bridge.web.chosen import just_done
from bridge.web.code import yaml
from bridge.web.console import Console
from bridge.web.deliveries import Shown, shown
from bridge.web.hands import just_did
from bridge.web.happened import STATES, headline, short, what
from bridge.web.look import Look
from bridge.web.tree import Tree

MOST_RULES = 30
MOST_CONDITIONS = 25  # of one rule
MOST_CHANGES = 40
LONGEST_RAW = 2500  # characters of a payload
OPEN = 3  # rules that did not fire and start unfolded


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What one rule made of the event."""

    name: str
    place: str  # projects.yaml:9
    line: int
    known: bool  # still in force
    fired: bool
    why: Markup
    conditions: Sequence[conditions.Row]
    is_open: bool

    @property
    def anchor(self) -> str:
        """Where messages of this rule lead to."""
        return rule_anchor(self.name)


def routes(console: Console) -> Blueprint:
    """The routes of this page."""
    page = Blueprint("event", __name__)

    @page.get("/events/<int:id>")
    async def event(id: int) -> Response:
        look, snapshot = console.look(), console.window.snapshot()
        row = await console.store.event(id) if id < 2**63 else None
        if row is None:
            raise NotFound(
                look.say(
                    "There is no event {id}. It never existed, or it was older than {keep} and has been deleted.",
                    id=str(id),
                    keep=look.lasting(snapshot.settings.keep.events),
                )
            )
        deliveries = await console.store.deliveries_of([id])
        matcher = await console.matchers.of(row.version) if row.has_payload else None
        return await console.page("event.html", live=True, **_values(look, snapshot, row, deliveries, matcher),
                                  before=await _before(console, row), done=await just_done(console, look),
                                  replayed=await _replayed(console, id))  # fmt: skip

    return page


async def _replayed(console: Console, id: int) -> str:
    """What became of this event when the reader had it run through the rules a moment ago."""
    row = await just_did(console)
    return row.detail.partition(": ")[2] if row and row.detail.startswith(f"event {id}:") else ""


async def _before(console: Console, row: EventRow) -> EventRow | None:
    """The event that told of the state before."""
    if row.previous is None:
        return None
    earlier = await console.store.events(gid=row.gid, source=row.source, before=row.id, limit=1)
    return earlier[0] if earlier else None


def _values(
    look: Look, snapshot: Snapshot, row: EventRow, deliveries: Sequence[DeliveryRow], matcher: Matcher | None
) -> dict[str, Any]:
    hidden = snapshot.settings.redact
    view = event_view(row, (), snapshot, None)
    changes: Mapping[str, Any] = view["changes"]
    remembered = {path: look.lasting(row.received_at - at) for path, at in row.filled.items()}
    tree = Tree({path: _old(change) for path, change in changes.items()}, remembered)
    fields = tree.below(view["resource"]) if view["resource"] else []
    decided, others = _decided(look, snapshot, row, deliveries, matcher)
    return {
        "row": row,
        "title": headline(row, hidden),
        "what": what(row),
        "answer": _answer(look, row, decided, deliveries),
        "deliveries": _in_order(look, snapshot, deliveries),
        "decided": decided[:MOST_RULES],
        "more_rules": max(0, len(decided) - MOST_RULES),
        "other_rules": others,
        "rules_known": matcher is not None,
        "fields": fields,
        "cut": tree.cut,
        "remembered": {f"resource.{path}": lasting for path, lasting in remembered.items()},
        "raw": _raw(row, hidden),
        "changes": [(path, *_both(change)) for path, change in list(changes.items())[:MOST_CHANGES]],
        "more_changes": max(0, len(changes) - MOST_CHANGES),
        "rule_yaml": yaml(_rule_yaml(snapshot, view)),
        "test_yaml": yaml(_test_yaml(row, view, deliveries, hidden)),
    }


def _old(change: Any) -> str:
    return short(change["old"]) if isinstance(change, dict) else str(change)


def _both(change: Any) -> tuple[str, str]:
    """Before and after; what is masked is no change that can be told."""
    return (
        (short(change["old"], 200), short(change["new"], 200))
        if isinstance(change, dict)
        else (str(change), str(change))
    )


# ---- deliveries ------------------------------------------------------------------------------------


def _in_order(look: Look, snapshot: Snapshot, deliveries: Sequence[DeliveryRow]) -> list[Shown]:
    """Those that did not arrive first."""
    return [shown(look, snapshot, row) for row in sorted(deliveries, key=lambda row: STATES.index(row.state))]


def _answer(look: Look, row: EventRow, decided: Sequence[Decided], deliveries: Sequence[DeliveryRow]) -> Markup:
    """The page's question, answered."""
    if row.state == "received":
        return look.say("Not matched yet.")
    if row.state == "stale":
        return look.say("It told nobody: something newer was already known of this resource.")
    fired = sum(one.fired for one in decided)
    if not decided:
        sentences = [look.say("No rule waits for “{what}”: nobody was told.", what=what(row))]
    elif not fired:
        sentences = [look.say("None of its {number} rules fired: nobody was told.", number=len(decided))]
    else:
        sentences = [look.say("{fired} of {number} rules fired.", fired=fired, number=len(decided))]
    phrases = {
        "failed": "It did not reach {names}.",
        "held": "It is held for {names}.",
        "pending": "It is on its way to {names}.",
        "merged": "It is gathered for {names}.",
        "suppressed": "It was kept from {names}.",
        "delivered": "It reached {names}.",
    }
    for state in STATES:
        names = dict.fromkeys(one.destination for one in deliveries if one.state == state)
        if names:
            bold = Markup(", ").join(Markup("<b>{}</b>").format(name) for name in names)
            sentences.append(look.say(phrases[state], names=bold))
    return Markup(" ").join(sentences)


# ---- rules -----------------------------------------------------------------------------------------


def _decided(
    look: Look, snapshot: Snapshot, row: EventRow, deliveries: Sequence[DeliveryRow], matcher: Matcher | None
) -> tuple[list[Decided], int]:
    """What each rule that waits for such an event made of it, fired ones first; and how many wait for others."""
    if row.state != "matched":
        return [], len(matcher.rules) if matcher else 0
    event = event_of(row)
    facts = facts_of(event, event.received_at)
    decisions = matcher.decisions(event, facts) if matcher else list(row.decisions)
    rules = {rule.name: rule for rule in (matcher.rules if matcher else ())}
    in_force = {rule.name for rule in snapshot.rules}
    told: dict[str, list[str]] = {}
    for delivery in deliveries:
        told.setdefault(delivery.rule or "", []).append(delivery.destination)
    found: list[Decided] = []
    for decision in sorted(decisions, key=lambda one: not one.fired):
        rule = rules.get(decision.rule)
        findings = explain_condition(rule.condition, facts)[:MOST_CONDITIONS] if rule and rule.condition else []
        opened = sum(one.is_open for one in found)
        found.append(
            Decided(
                name=decision.rule,
                place=f"{decision.file.rpartition('/')[2]}:{decision.line}",
                line=decision.line,
                known=decision.rule in in_force,
                fired=decision.fired,
                why=_why(look, decision, rule, event, told.get(decision.rule, []), snapshot.settings.redact),
                conditions=conditions.rows(look, findings, snapshot.settings.redact),
                is_open=bool(findings) and not decision.fired and opened < OPEN,
            )
        )
    return found, len(rules) - len(decisions)


def _why(
    look: Look, decision: Decision, rule: Rule | None, event: Event, told: Sequence[str], hidden: frozenset[str]
) -> Markup:
    if decision.fired:
        names = (
            dict.fromkeys(told) or dict.fromkeys(target.to for target in rule.notify) if rule else dict.fromkeys(told)
        )
        return look.say("fired, for {names}", names=", ".join(names)) if names else look.say("fired")
    if decision.reason == "switched off":
        return look.say("did not fire: it is switched off")
    if decision.reason:
        return look.say("did not fire: {reason}", reason=decision.reason)
    if not decision.failed:
        return look.say("did not fire")
    first = decision.failed[0]
    changed = first.path.removeprefix("resource.") in event.changes
    sentence = look.say("did not fire: {why}", why=conditions.why(look, first, hidden, changed=changed))
    if len(decision.failed) > 1:
        sentence += ", " + look.say("and {number} more", number=len(decision.failed) - 1)
    return sentence


# ---- raw, and what to copy -------------------------------------------------------------------------


def _raw(row: EventRow, hidden: frozenset[str]) -> str:
    """The body as it came, but for what is masked."""
    if not row.body:
        return ""
    try:
        body = json.dumps(redacted(msgspec.json.decode(row.body), hidden), ensure_ascii=False, indent=1)
    except (msgspec.DecodeError, RecursionError):
        return ""
    return body if len(body) <= LONGEST_RAW else f"{body[:LONGEST_RAW]}…"


def _rule_yaml(snapshot: Snapshot, view: Any) -> str:
    destination = next(iter(snapshot.settings.destinations), "somebody")
    return starters.rule(view["type"], view["action"], view["resource"], view["changes"], destination)


def _test_yaml(row: EventRow, view: Any, deliveries: Sequence[DeliveryRow], hidden: frozenset[str]) -> str:
    told = [one.destination for one in deliveries if one.kind == "event" and one.state != "suppressed"]
    previous = redacted(row.previous, hidden)
    name = f"{headline(row, hidden)[:60]} {row.action}"
    return starters.test(name, row.type, row.action, view["resource"], previous, view["changes"], told)
