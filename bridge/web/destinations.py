"""A destination as pages show it: how it stands, what waits, what was sent, and what it last said."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bridge.config.snapshot import Snapshot
from bridge.model import Destination
from bridge.store.figures import Stuck
from bridge.store.rows import AttemptRow, DeliveryRow, DestinationRow
from bridge.web.alarms import sentence
from bridge.web.console import Console
from bridge.web.look import Look

DAY = 86400.0
LOOKED_AT = 20  # of a destination's newest deliveries, for what it last said


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one destination stands."""

    name: str
    destination: Destination
    row: DestinationRow | None  # of a paused one
    waiting: int
    held: int  # of those that wait, by its pause
    failed: int  # of the last 7 days, not sent again
    sent: int  # in 24 hours
    missed: int  # in 24 hours
    median: int | None  # milliseconds
    slowest: int | None  # of a hundred, the second slowest
    rate: str

    @property
    def state(self) -> str:
        """paused, failing or active"""
        return "paused" if self.row else "failing" if self.failed else "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One attempt, and the delivery it was of."""

    attempt: AttemptRow
    delivery: DeliveryRow


async def standings(console: Console, look: Look, snapshot: Snapshot, names: Sequence[str]) -> list[Standing]:
    """Those that want something done first."""
    counts, troubles = console.store.counts, await console.troubles()
    since = look.now - DAY
    written = await console.kept.get(("sent", *names), lambda: counts.by_destination(names, since))
    took = await console.kept.get(("took", *names), lambda: counts.took(names))
    waiting = await console.kept.get("waiting", counts.waiting)
    undelivered = await console.kept.get("undelivered", lambda: counts.undelivered(since, DAY))
    queue, open_, missed = Counter[str](), Counter[str](), Counter[str]()
    for line in waiting:
        queue[line.destination] += line.count
    for one in undelivered:
        open_[one.destination] += one.number
        missed[one.destination] += one.number if one.state in ("failed", "held") else 0
    stuck: dict[str, list[Stuck]] = defaultdict(list)
    for group in troubles.stuck:
        stuck[group.destination].append(group)
    found = []
    for name in names:
        destination = snapshot.settings.destinations[name]
        held = sum(group.count for group in stuck[name] if group.state == "held")
        times = took.get(name) or []
        found.append(
            Standing(
                name=name,
                destination=destination,
                row=troubles.paused.get(name),
                waiting=queue[name] + held,
                held=held,
                failed=sum(group.count for group in stuck[name] if group.state == "failed"),
                sent=max(0, written.get(name, 0) - open_[name]),
                missed=missed[name],
                median=times[len(times) // 2] if times else None,
                slowest=times[-2 if len(times) > 50 else -1] if times else None,
                rate=f"{destination.rate:g}/s" if destination.rate else look.say("no limit"),
            )
        )
    order = {"paused": 0, "failing": 1, "active": 2}
    return sorted(found, key=lambda one: (order[one.state], -one.sent, one.name))


async def tries(console: Console, name: str) -> list[Tried]:
    """The last attempts, the newest first."""
    rows = await console.store.deliveries(destination=name, limit=LOOKED_AT)
    found = [Tried(attempt=attempt, delivery=row) for row in rows for attempt in row.attempts]
    return sorted(found, key=lambda one: -one.attempt.at)


def last_word(look: Look, standing: Standing, tried: Sequence[Tried]) -> Markup:
    """What a destination last said, as a sentence, and what comes next."""
    parts: list[Markup | str] = []
    last = tried[0].attempt if tried else None
    if standing.row and standing.row.reason:
        parts.append(Markup("{}").format(sentence(standing.row.reason)))
    elif last is None:
        parts.append(look.say("Nothing was sent there yet."))
    elif last.result == "delivered":
        parts.append(look.say("Taken at {at}.", at=look.at(last.at)))
    else:
        parts.append(Markup("{}").format(sentence(last.reason)))
    if standing.row and standing.row.by == "hand" and standing.row.who:
        parts.append(look.say("Paused by {who}.", who=standing.row.who))
    if standing.failed:
        parts.append(look.say("{count} failed.", n=standing.failed))
    if standing.row and standing.row.probe_at is not None:
        parts.append(look.say("Next probe {at}.", at=look.at(standing.row.probe_at)))
    return Markup(" ").join(parts)


def used_by(snapshot: Snapshot, name: str) -> list[str]:
    """The rules that tell it, by themselves or through a group."""
    groups: Mapping[str, Sequence[str]] = snapshot.settings.groups
    return [
        rule.name
        for rule in snapshot.rules
        if any(name in groups.get(target.to, (target.to,)) for target in rule.notify)
    ]
