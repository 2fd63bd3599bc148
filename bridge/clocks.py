"""What the clocks ask for: digests, what `hours` held, throttle summaries, follow-ups. Each ends in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bridge.config.snapshot import Snapshot
from bridge.explain import event_of
from bridge.gates.gates import ask_once
from bridge.gates.key import key_of
from bridge.model import (
    Armed,
    Delivery,
    GateKey,
    GateState,
    Key,
    Notification,
    Planned,
    Recorded,
    Rule,
    Target,
    replace,
)
from bridge.planning import NOTHING, Asked, Desk, Fitted, TemplateError, hours_of, render, silenced_by
from bridge.render.bundles import Item
from bridge.rules import facts_of
from bridge.store import Store
from bridge.store.bundles import TOLD
from bridge.store.pausing import AWAY
from bridge.store.rows import Bundle, DeliveryRow, EventRow

Told = tuple[list[Delivery], list[TemplateError]]
NOBODY = Key("", "", "")


def rule_named(snapshot: Snapshot, name: str) -> Rule | None:
    """The rule as it is now; None when it was removed or renamed since."""
    return next((rule for rule in snapshot.rules if rule.name == name), None)


# ---- digests, and what `hours` held ----------------------------------------------------------------


async def tell_bundle(bundle: Bundle, snapshot: Snapshot, store: Store, now: datetime) -> Told:
    """Send what was gathered: joined under a title, or alone as the message it would have been."""
    if bundle.kind == TOLD:
        return await store.tell_bundle(bundle, None), []
    items = await store.bundle_items(bundle.id)
    if len(items) < 2 or bundle.destination not in snapshot.settings.destinations:
        return await store.tell_bundle(bundle, None), []
    worded = [] if bundle.kind == AWAY else [item.event_id for item in items if item.event_id]
    events = [event for id in worded if (event := await store.event(id))]
    note, error = _joined(bundle, items, events, snapshot, now)
    planned = Planned(rule=bundle.rule or None, destination=bundle.destination, notification=note, kind="digest")
    return await store.tell_bundle(bundle, planned), [error] if error else []


def _joined(
    bundle: Bundle, items: Sequence[DeliveryRow], events: Sequence[EventRow], snapshot: Snapshot, now: datetime
) -> tuple[Notification, TemplateError | None]:
    rule = rule_named(snapshot, bundle.rule)
    target = target_of(rule, bundle.destination, snapshot) if rule else None
    if rule and target and events and snapshot.templates.words_digests(target):
        every = [event_of(row) for row in events]
        return render(every[-1], rule, target, bundle.destination, snapshot, now, events=every)
    destination = snapshot.settings.destinations[bundle.destination]
    gathered = [
        Item(
            notification=Notification(title=item.title, body=item.body, format=item.format, tone=item.tone),
            at=datetime.fromtimestamp(item.created_at, UTC),
            event_id=item.event_id,
            source=item.source or "",
        )
        for item in items
    ]
    note = snapshot.templates.digest(
        gathered,
        kind=destination.kind,
        now=now,
        format=destination.format,
        rule=bundle.rule,  # in a mail's footer, as `to`
        to=bundle.destination,
        away=bundle.destination if bundle.kind == AWAY else "",
        total=bundle.items,
    )
    return note, None


def target_of(rule: Rule, destination: str, snapshot: Snapshot) -> Target | None:
    """The entry of `notify` that leads to a destination."""
    groups = snapshot.settings.groups
    return next((one for one in rule.notify if destination in groups.get(one.to, (one.to,))), None)


# ---- throttle summaries ----------------------------------------------------------------------------


async def tell_summary(key: GateKey, state: GateState, snapshot: Snapshot, store: Store, now: datetime) -> Told:
    """Say how many messages a throttle left out, to those who did not get them; outside its rule's hours, later."""
    rule = rule_named(snapshot, key.rule)
    known = snapshot.settings.destinations
    planned = []
    if rule and rule.throttle and rule.throttle.summary and state.left_out:
        kept = hours_of(rule, snapshot, now) or Asked()
        for name in state.destinations:
            if name in known:
                place = known[name]
                note = snapshot.templates.summary(
                    rule.name, rule.throttle, state.left_out, kind=place.kind, format=place.format
                )
                planned.append(
                    _kept(Planned(rule=rule.name, destination=name, notification=note, kind="summary"), kept)
                )
    return await store.tell_summary(key, told_of(state), tuple(planned), state.event_id), []


def told_of(state: GateState) -> GateState:
    """What a throttle counts after its summary."""
    return replace(state, left_out=0, due_at=None, event_id=None, destinations=())


def _kept(one: Planned, kept: Asked) -> Planned:
    return replace(one, state=kept.state, reason=kept.reason, bundle=kept.bundle)


# ---- follow-ups ------------------------------------------------------------------------------------


async def tell_follow_up(armed: Armed, snapshot: Snapshot, store: Store, desk: Desk, now: datetime) -> Told:
    """Say that something did not happen in time; with the first event's names, and `waited`."""
    rule, row = rule_named(snapshot, armed.rule), await store.event(armed.event_id)
    key = Key(row.source, row.type, row.gid) if row else NOBODY
    if rule is None or row is None or not rule.enabled or armed.step >= len(rule.follow_up):
        return await store.tell_follow_up(armed, (), key, {}), []
    event = event_of(row)
    recorded = Recorded(id=row.id, key=key, action=row.action, received_at=row.received_at, body=b"")
    facts = facts_of(event, now)
    fitted = Fitted(recorded=recorded, event=event, facts=facts, stale=False, rules=(rule,), remembered={})
    targets = [
        (target, name)
        for target in rule.follow_up[armed.step].notify
        for name in snapshot.settings.groups.get(target.to, (target.to,))
    ]
    silenced = {name: why for _, name in targets if (why := silenced_by(desk, fitted, rule, name, now))}
    kept = Asked()
    if any(name not in silenced for _, name in targets):
        kept = await _asked(armed, rule, fitted, snapshot, store, now)
    waited = max(0.0, now.timestamp() - row.received_at)
    planned, errors = [], []
    for target, name in targets:
        note, error = render(event, rule, target, name, snapshot, now, waited=waited)
        one = Planned(rule=rule.name, destination=name, notification=note, kind="follow_up")
        planned.append(_kept(one, Asked("suppressed", silenced[name]) if name in silenced else kept))
        errors += [error] if error else []
    return await store.tell_follow_up(armed, tuple(planned), key, kept.counted), errors


async def _asked(armed: Armed, rule: Rule, fitted: Fitted, snapshot: Snapshot, store: Store, now: datetime) -> Asked:
    """What the rule's `once`, counted for each step, and its `hours` say. What they drop does not count as passed."""
    counted: dict[GateKey, GateState] = {}
    if rule.once:
        key = GateKey(rule.name, f"once of follow-up {armed.step + 1}", key_of(rule.once.by, fitted.facts))
        state = (await store.gates([key])).get(key, NOTHING)
        passes, counted[key], reason = ask_once(rule.once, state, now.timestamp())
        if not passes:
            return Asked("suppressed", reason)
    held = hours_of(rule, snapshot, now) or Asked()
    return held if held.state == "suppressed" else replace(held, counted=counted)
