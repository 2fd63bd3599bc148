"""What wants attention, the worst first: one trouble, one cause, and where to go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bridge.config.snapshot import Snapshot
from bridge.errors import Problem
from bridge.store.figures import Stuck
from bridge.store.rows import DestinationRow
from bridge.web.console import Troubles, href
from bridge.web.happened import clean
from bridge.web.look import Look

MOST = 8  # alarms of one kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One row."""

    mark: str
    kind: str  # whose colour
    title: str
    cause: Markup
    links: Sequence[tuple[str, str]]  # address, words


def alarms(look: Look, snapshot: Snapshot, troubles: Troubles) -> list[Alarm]:
    """All there are."""
    by_destination: dict[str, list[Stuck]] = defaultdict(list)
    for group in troubles.stuck:
        by_destination[group.destination].append(group)
    paused = [_paused(look, row, by_destination.pop(name, [])) for name, row in troubles.paused.items()]
    others = [
        _failed(look, name, groups, known=name in snapshot.settings.destinations)
        for name, groups in by_destination.items()
    ]
    unheard = snapshot.settings.no_operator_hears(troubles.paused)
    return [
        *([_unheard(look, snapshot.settings.operators)] if unheard else []),
        *paused[:MOST],
        *others[:MOST],
        *[_refused(look, file, problems[0]) for file, problems in list(snapshot.refused.items())[:MOST]],
        *[_silent(look, snapshot, name, at) for name, at in list(troubles.silent.items())[:MOST]],
    ]


def sentence(text: str) -> str:
    """A reason as the beginning of a sentence."""
    line = clean(text, 300)
    return f"{line[:1].upper()}{line[1:]}{'' if line.endswith(('.', '!', '?', '…')) or not line else '.'}"


def _see(look: Look, name: str, count: int) -> tuple[str, str]:
    return href("/deliveries", destination=name), look.say("See it|See the {count}", n=count)


def _unheard(look: Look, operators: Sequence[str]) -> Alarm:
    cause = look.say(
        "Each destination of “operators” is paused: {names}. Until one is resumed, look here and in the log.",
        names=", ".join(operators),
    )
    title = look.say("No operator can be told of troubles")
    links = [("/destinations", look.say("Mend and resume"))]
    return Alarm(mark="failed", kind="failed", title=title, cause=cause, links=links)


def _paused(look: Look, row: DestinationRow, groups: Sequence[Stuck]) -> Alarm:
    failed = sum(group.count for group in groups if group.state == "failed")
    held = sum(group.count for group in groups if group.state == "held")
    cause = [Markup("{}").format(sentence(row.reason))] if row.reason else []
    if row.by == "hand" and row.who:
        cause.append(look.say("Paused by {who}.", who=row.who))
    if failed:
        cause.append(look.say("{count} failed.", n=failed))
    cause.append(look.say("{count} wait since {at}.", n=held, at=look.at(row.since)))
    if row.probe_at is not None:
        cause.append(look.say("Next probe {at}.", at=look.at(row.probe_at)))
    links = [_see(look, row.name, failed + held)] if failed + held else []
    links.append((f"/destinations/{row.name}", look.say("Mend and resume")))
    return Alarm(
        mark="held", kind="held", title=look.say("{name} is paused", name=row.name),
        cause=Markup(" ").join(cause), links=links,
    )  # fmt: skip


def _failed(look: Look, name: str, groups: Sequence[Stuck], *, known: bool) -> Alarm:
    count = sum(group.count for group in groups)
    why = max(groups, key=lambda group: group.count).reason
    title = (
        look.say("{name} gave up on 1 message|{name} gave up on {count} messages", n=count, name=name)
        if known
        else look.say("{name} is not in the configuration: 1 message waits|{name} is not in the configuration:"
                      " {count} messages wait", n=count, name=name)
    )  # fmt: skip
    return Alarm(
        mark="failed" if known else "held", kind="failed" if known else "held", title=title,
        cause=Markup("{}").format(sentence(why)), links=[_see(look, name, count)],
    )  # fmt: skip


def _refused(look: Look, file: str, problem: Problem) -> Alarm:
    cause = look.say(
        "Line {line}, column {column}: {message}. Its last good version stays in force.",
        line=str(problem.place.line),
        column=str(problem.place.column),
        message=clean(problem.message, 300),
    )
    title = look.say("{file} is refused", file=file)
    return Alarm(mark="warn", kind="failed", title=title, cause=cause, links=[("/rules", look.say("Show the line"))])


def _silent(look: Look, snapshot: Snapshot, name: str, heard: float) -> Alarm:
    every = snapshot.settings.sources[name].expect_every or 0.0
    cause = look.say(
        "No event for {lasting}; one is expected at least every {every}. Its webhook may be disabled at the sender.",
        lasting=look.lasting(look.now - heard),
        every=look.lasting(every),
    )
    title = look.say("{name} is silent", name=name)
    return Alarm(
        mark="pending", kind="held", title=title, cause=cause, links=[("/sources", look.say("Check the source"))]
    )
