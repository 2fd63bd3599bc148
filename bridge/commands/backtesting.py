"""backtest: what edited rules would have told otherwise of the events of the last days."""

from __future__ import annotations

import argparse
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from bridge import logs
from bridge.backtest import Difference, RuleSummary, Summary, differences, is_in_order
from bridge.commands.shared import FINE, begin_log, pretty, run_async
from bridge.config import report
from bridge.config.check import report_of
from bridge.config.earlier import earlier, elsewhere
from bridge.config.reading import lasting
from bridge.config.settings import Settings
from bridge.config.snapshot import Read, Snapshot, read_all
from bridge.errors import BridgeError, Invalid, Problem, WrongUsage
from bridge.model import Json, Node, Notification, Place
from bridge.store import Store
from bridge.store.past import Span

SPLIT_FROM = 4_000  # events that are worth two processes

Tell = Callable[[int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    """What is compared, and on which events."""

    old: Snapshot
    new: Snapshot
    left_out: list[Problem]  # of the old side
    span: Span


def backtest(wanted: argparse.Namespace, config: Path) -> int:
    """Compare, print; differences are no error."""
    sides = _sides(wanted, config)
    with _bar(sides.span.events) as tell:
        summary = _apart(sides, tell) if _can_split(sides) else run_async(_here(sides, sides.span, tell))
    mask = logs.mask_of(sides.new.secrets)
    print(mask(pretty(_as_json(summary, sides)) if wanted.json else as_text(summary, sides.left_out)))
    return FINE


# ---- what is compared ----------------------------------------------------------------------------


def _sides(wanted: argparse.Namespace, config: Path) -> _Sides:
    read = read_all(config, os.environ)
    edited, settings = read, read.settings
    if settings is None:
        raise _wrong(read, config)
    if wanted.rules is not None:
        if not wanted.rules.is_dir():
            raise BridgeError(f"{wanted.rules} is no folder: name the one that has the edited rule files")
        edited = elsewhere(settings, wanted.rules)
    if edited.snapshot is None:
        raise _wrong(edited, config)
    begin_log(edited.snapshot)
    files, span = run_async(_stored(settings, time.time() - _seconds(wanted.since), wanted.limit))
    if files is None:
        raise BridgeError("no rules were live in this store yet: there is nothing to compare with")
    old, left_out = earlier(settings, files, read.texts)
    return _Sides(old=old, new=edited.snapshot, left_out=left_out, span=span)


def _seconds(text: str) -> float:
    try:
        return lasting(Node(place=Place("", 1, 1), value=text, text=text))
    except Invalid as error:
        raise WrongUsage(f"--since: {error.problems[0].message}: {error.problems[0].help}") from error


def _wrong(read: Read, config: Path) -> BridgeError:
    return BridgeError(f"the files have errors\n\n{report.as_text(report_of(read, config))}")


async def _stored(settings: Settings, since: float, limit: int | None) -> tuple[dict[str, str] | None, Span]:
    store = await Store.open(settings.store, owner=f"cli:{os.getpid()}", releases=False)
    try:
        return await store.newest_version(), await store.past_span(since, limit)
    finally:
        await store.close()


# ---- in one process or two -----------------------------------------------------------------------


async def _here(sides: _Sides, span: Span, tell: Tell) -> Summary:
    store = await Store.open(sides.new.settings.store, owner=f"cli:{os.getpid()}", releases=False)
    try:
        return await differences(store, sides.old, sides.new, since=0.0, span=span, tell=tell)
    finally:
        await store.close()


def _can_split(sides: _Sides) -> bool:
    return sides.span.events >= SPLIT_FROM and not is_in_order(sides.old, sides.new)


def _apart(sides: _Sides, tell: Tell) -> Summary:
    """Each half in a process of its own."""
    first, last, events = sides.span
    middle = (first + last) // 2
    # A forked process has both snapshots as they are; no thread runs here, and the store is opened over there.
    context = get_context("fork")
    pipes: list[Connection] = []
    for span in (Span(first, middle, events // 2), Span(middle + 1, last, events // 2)):
        receiving, sending = context.Pipe(duplex=False)
        context.Process(target=_child, args=(sides, span, sending), daemon=True).start()
        sending.close()
        pipes.append(receiving)
    found: dict[int, Summary] = {}
    while len(found) < len(pipes):
        for pipe in wait([pipe for number, pipe in enumerate(pipes) if number not in found]):
            _hear(pipe, pipes, found, tell)  # type: ignore[arg-type]  # connections are all that was asked for
    whole = Summary()
    for number in sorted(found):
        whole.merge(found[number])
    return whole


def _hear(pipe: Connection, pipes: list[Connection], found: dict[int, Summary], tell: Tell) -> None:
    try:
        said = pipe.recv()
    except EOFError:
        raise BridgeError("a process that replayed events ended too early: is there memory enough?") from None
    if isinstance(said, int):
        tell(said)
    elif isinstance(said, Summary):
        found[pipes.index(pipe)] = said
    else:
        raise BridgeError(str(said))


def _child(sides: _Sides, span: Span, pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    try:
        pipe.send(run_async(_here(sides, span, pipe.send)))
    except BridgeError as error:
        pipe.send(str(error))


@contextmanager
def _bar(events: int) -> Iterator[Tell]:
    """Progress on standard error, where that is a terminal."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("events", total=events)
        yield lambda events: progress.advance(task, events)


# ---- how it prints -------------------------------------------------------------------------------


def as_text(summary: Summary, left_out: list[Problem]) -> str:
    """Each rule with what it would tell otherwise, and examples."""
    lines = [f"{one.place.file}:{one.place.line}: left out of what was live: {one.message}" for one in left_out]
    for one in summary.rules.values():
        counts = [f"{getattr(one, what)} {what}" for what in ("gone", "new", "changed") if getattr(one, what)]
        lines.append(f"{one.rule}  ({one.file}:{one.line}): {', '.join(counts)}")
        if one.failing:
            lines.append(f"  in {one.failing} of them the template fails: {one.failure}")
        for example in one.examples:
            lines.append(f"  {example.what}: event {example.event_id} → {example.destination}")
            lines += [f"    {line}" for line in ([example.why] if example.why else []) + example.diff]
    if summary.rules:
        lines.append(f"{summary.events:,} events replayed: {_counts(list(summary.rules.values()))}")
    else:
        lines.append(f"{summary.events:,} events replayed: nothing would differ")
    return "\n".join(logs.printable(line) for line in lines)


def _counts(found: list[RuleSummary]) -> str:
    return ", ".join(f"{sum(getattr(one, what) for one in found):,} {what}" for what in ("gone", "new", "changed"))


def _as_json(summary: Summary, sides: _Sides) -> dict[str, Json]:
    return {
        "events": summary.events,
        "before": sides.old.version,
        "after": sides.new.version,
        "left_out": [f"{one.place.file}:{one.place.line}: {one.message}" for one in sides.left_out],
        "rules": [_rule_view(one) for one in summary.rules.values()],
    }


def _rule_view(one: RuleSummary) -> dict[str, Json]:
    return {
        "rule": one.rule,
        "file": one.file,
        "line": one.line,
        "gone": one.gone,
        "new": one.new,
        "changed": one.changed,
        "failing": one.failing,
        "failure": one.failure or None,
        "examples": [_example(example) for example in one.examples],
    }


def _example(one: Difference) -> dict[str, Json]:
    return {
        "what": one.what,
        "event_id": str(one.event_id),
        "destination": one.destination,
        "why": one.why or None,
        "before": _words(one.before),
        "after": _words(one.after),
    }


def _words(note: Notification | None) -> dict[str, Json] | None:
    return None if note is None else {"title": note.title, "body": note.body, "format": note.format, "type": note.tone}
