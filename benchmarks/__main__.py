"""`python -m benchmarks`: run each claim several times, print the medians beside what is aimed at."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

import uvloop

from benchmarks.load import Result, Sink, load, quantile
from benchmarks.service import running
from bridge.model import Event, Leaf, Place, Rule, Target, Trigger
from bridge.rules import Matcher, changes_between, facts_of

NOTHING = """\
rules:
  - {name: Nothing, when: Project Message created, if: {resource.type: never}, notify: sink}
"""


def busy() -> float:
    """CPU seconds that this machine spent so far, all processes."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return (sum(fields) - fields[3] - fields[4]) / 100


def post(rules: str | None, *, count: int, rate: float = 0.0, delay: float = 0.0) -> tuple[Result, float, float]:
    """One load against a fresh service; gives the result, cores used by others, and memory in MB."""

    async def run() -> tuple[Result, float, float]:
        sink = Sink(delay)
        port = await sink.start()
        context = running(port, rules) if rules else running(port)
        service = await asyncio.to_thread(context.__enter__)
        try:
            await load(service.port, None, count=300, salt="warm")
            await asyncio.sleep(1)
            sink.seen.clear()
            sink.twice = 0
            began, before, own, used = time.perf_counter(), busy(), time.process_time(), service.cpu()
            result = await load(service.port, None if rules else sink, count=count, rate=rate)
            took = time.perf_counter() - began
            others = busy() - before - (time.process_time() - own) - (service.cpu() - used)
            return result, max(0.0, others / took), service.memory()
        finally:
            await asyncio.to_thread(context.__exit__, None, None, None)
            sink.stop()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


def matching(rules: int) -> float:
    """Microseconds to match an event when each rule has a constant of its own."""
    place, when = Place("rules/a.yaml", 1, 1), (Trigger(source="*", type="project", action="updated"),)
    matcher = Matcher(
        [
            Rule(
                name=f"r{number}",
                place=place,
                when=when,
                notify=(Target(to="sink"),),
                condition=Leaf(path=("resource", "organization", "gid"), op="eq", expected=f"o{number}"),
            )
            for number in range(rules)
        ]
    )
    now = datetime.now(UTC)
    resource = {"gid": "1", "organization": {"gid": "o3"}, "status": "paid"}
    event = Event(
        id=1, source="creads", type="Project", action="updated", gid="1", received_at=now,
        resource=resource, previous=None, changes=changes_between(None, None),
    )  # fmt: skip
    facts = facts_of(event, now)
    best = float("inf")
    for _ in range(7):
        began = time.perf_counter()
        for _ in range(2000):
            matcher.match(event, facts)
        best = min(best, (time.perf_counter() - began) / 2000)
    return best * 1e6


def show(name: str, found: str, aim: str) -> None:
    """One row."""
    print(f"{name:58} {found:>26}   {aim}", flush=True)


def main() -> None:
    """All rows."""
    options = argparse.ArgumentParser(prog="python -m benchmarks")
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--count", type=int, default=4000)
    wanted = options.parse_args()
    show("", "median", "aim")

    def medians(title: str, rules: str | None, aim_rate: str, **load_options: float) -> None:
        rows = [post(rules, count=wanted.count, **load_options) for _ in range(wanted.runs)]  # type: ignore[arg-type]
        results = [row[0] for row in rows]
        median = statistics.median
        others = " ".join(f"{row[1]:.2f}" for row in rows)
        show(
            f"{title}: accepts/s",
            f"{median(r.accepts_per_s for r in results):,.0f}",
            f"{aim_rate} (others used {others} cores)",
        )
        show("    answer p50 / p99, ms", _pair([r.ack for r in results]), "p99 < 30")
        if results[0].arrived:
            show("    events/s to the sink", f"{median(r.arrived_per_s for r in results):,.0f}", ">= 2,200")
            show("    arrival p50 / p99, ms", _pair([r.latency for r in results]), "")
            lost = sum(wanted.count - r.arrived for r in results)
            show("    lost / twice", f"{lost} / {sum(r.twice for r in results)}", "0 / 0")
        show("    resident memory of all processes, MB", f"{max(row[2] for row in rows):.0f}", "< 180")

    medians("nothing matches", NOTHING, ">= 7,000")
    medians("one message each through json://", None, ">= 5,000")
    paced = post(None, count=1000, rate=100)
    show("at 100 events/s: arrival p50 / p99, ms", _pair([paced[0].latency]), "< 10 / < 40")
    many = "rules:\n" + "".join(
        f"  - {{name: Rule {n}, when: Project updated, if: {{resource.organization.gid: o{n}}}, notify: sink}}\n"
        for n in range(1000)
    )
    with running(9, many) as service:
        show("start to ready with 1,000 rules, s", f"{service.ready_after:.2f}", "< 3")
    few = matching(10)
    for rules in (10, 1_000, 100_000):
        cost = matching(rules)
        show(f"matching one event among {rules:,} rules, µs", f"{cost:.2f} ({cost / few:.2f} x)", "<= 1.5 x")


def _pair(runs: list[list[float]]) -> str:
    values = [(quantile(run, 0.5), quantile(run, 0.99)) for run in runs]
    return f"{statistics.median(v[0] for v in values):.1f} / {statistics.median(v[1] for v in values):.1f}"


if __name__ == "__main__":
    main()
