"""replay: what is past goes out again."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bridge.again import Outcome, Sum, Way, outcome_view, sum_view
from bridge.commands.shared import FINE, PROBLEMS, pretty, reading, table, user
from bridge.config.snapshot import Snapshot
from bridge.errors import WrongUsage
from bridge.logs import printable
from bridge.replay import REPEATABLE, redirect_delivery, replay_delivery, replay_event, replay_many
from bridge.store import Store
from bridge.store.rows import Filters
from bridge.web.api import filters

MANY = ("since", "until", "destination", "rule", "state")
_WHAT = re.compile(r"(?:(e|event:)|(d|delivery:))?([0-9]{1,18})")


def replay(wanted: argparse.Namespace, config: Path) -> int:
    """Replay one event, one delivery, or many deliveries, beside a running service, which sends them."""
    event, delivery, wrong = _which(wanted)
    if wrong:
        raise WrongUsage(wrong)
    way = Way(
        who=wanted.who or user(),
        anew=wanted.anew,
        to=wanted.to,
        force=wanted.force,
        rule=wanted.rule if event else None,
        dry_run=wanted.dry_run,
    )

    async def work(store: Store, snapshot: Snapshot) -> int:
        now = datetime.now(UTC)
        if event:
            return _one(await replay_event(store, snapshot, event, way, now), wanted)
        if delivery:
            again = redirect_delivery if way.to else replay_delivery
            return _one(await again(store, snapshot, delivery, way, now), wanted)
        with _bar(shown=not wanted.json) as progress:
            done = await replay_many(store, snapshot, _filters(wanted), way, now, progress=progress)
        return _many(done, wanted)

    return reading(work, config)


def _which(wanted: argparse.Namespace) -> tuple[int | None, int | None, str]:
    """The event, the delivery, or neither; and what is wrong with how it was asked."""
    event, delivery = None, wanted.delivery
    if wanted.what is not None:
        found = _WHAT.fullmatch(wanted.what)
        if not found or int(found[3]) == 0:
            return None, None, f"{wanted.what[:40]!r} is neither an event (17, e17) nor a delivery (d31)"
        if delivery is not None:
            return None, None, "name one event or one delivery"
        event, delivery = (None, int(found[3])) if found[2] else (int(found[3]), None)
    many = [name for name in MANY if getattr(wanted, name) is not None and not (name == "rule" and event)]
    if (event or delivery) and many:
        return None, None, f"--{many[0]} chooses among many deliveries: leave out the one you name, or --{many[0]}"
    if not (event or delivery or many):
        return None, None, "name an event (17), a delivery (d31), or say which: --since, --destination, --rule"
    if wanted.force and not event:
        return None, None, "--force goes with an event: gates are not asked for a delivery in any case"
    if wanted.anew and event:
        return None, None, "--anew goes with deliveries: an event is always matched and rendered anew"
    return event, delivery, ""


def _filters(wanted: argparse.Namespace) -> Filters:
    given = {name: str(value) for name in MANY if (value := getattr(wanted, name)) is not None}
    chosen = filters(given, REPEATABLE)
    del chosen["limit"]
    return cast(Filters, chosen)


def _one(outcome: Outcome, wanted: argparse.Namespace) -> int:
    if wanted.json:
        print(pretty(outcome_view(outcome, dry_run=wanted.dry_run)))
        return FINE
    if not outcome.items:
        print("No rule fires on it today: nothing is sent.")
    else:
        rows = [
            [str(one.id or "–"), one.destination, one.state, one.rule or "–", one.title, one.reason]
            for one in outcome.items
        ]
        table("Delivery", "Destination", "State", "Rule", "Title", "Reason", rows=rows)
    _warn(outcome.warnings)
    if wanted.dry_run:
        print("Nothing was sent: a dry run.")
    return FINE


def _many(done: Sum, wanted: argparse.Namespace) -> int:
    if wanted.json:
        print(pretty(sum_view(done, dry_run=wanted.dry_run)))
    else:
        places = ", ".join(f"{count:,} to {name}" for name, count in sorted(done.destinations.items()))
        if not done.count:
            print("Nothing fits that was not sent again already.")
        elif wanted.dry_run:
            print(f"{done.count:,} would be sent again: {places}. Nothing was sent: a dry run.")
        else:
            print(f"{done.done:,} of {done.count:,} are sent again: {places}.")
        _warn([f"delivery {id}: {why}" for id, why in done.refused.items()])
        _warn(done.warnings)
    return PROBLEMS if done.refused else FINE


def _warn(lines: Sequence[str]) -> None:
    for line in lines[:20]:
        print(f"warning: {printable(line)}", file=sys.stderr)
    if len(lines) > 20:
        print(f"warning: … and {len(lines) - 20:,} more", file=sys.stderr)


@contextmanager
def _bar(*, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """A progress bar where somebody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("Replaying"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not (shown and console.is_terminal)) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, count: bar.update(task, completed=done, total=count)
