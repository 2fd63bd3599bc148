"""`python -m benchmarks`: run each claim several times, print the medians beside what is aimed at."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from pathlib import Path

import uvloop

from benchmarks import pages, rules, trouble
from benchmarks.load import Result, Sink, load, quantile
from benchmarks.service import running

NOTHING = """\
rules:
  - {name: Nothing, when: Project Message created, if: {resource.type: never}, notify: sink}
"""
TROUBLES = ("down", "backlog", "fairness", "slow", "tls")


def busy() -> float:
    """CPU seconds that this machine spent so far, all processes."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    return (sum(fields) - fields[3] - fields[4]) / 100


def post(rule_file: str | None, *, count: int, rate: float = 0.0, delay: float = 0.0) -> tuple[Result, float, float]:
    """One load against a fresh service; gives the result, cores used by others, and memory in MB."""

    async def run() -> tuple[Result, float, float]:
        sink = Sink(delay)
        port = await sink.start()
        context = running(port, rule_file) if rule_file else running(port)
        service = await asyncio.to_thread(context.__enter__)
        try:
            await load(service.port, None, count=300, salt="warm")
            await asyncio.sleep(1)
            sink.seen.clear()
            sink.twice = 0
            began, before, own, used = time.perf_counter(), busy(), time.process_time(), service.cpu()
            result = await load(service.port, None if rule_file else sink, count=count, rate=rate)
            took = time.perf_counter() - began
            others = busy() - before - (time.process_time() - own) - (service.cpu() - used)
            return result, max(0.0, others / took), service.memory()
        finally:
            await asyncio.to_thread(context.__exit__, None, None, None)
            sink.stop()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


def show(name: str, found: str, aim: str) -> None:
    """One row."""
    print(f"{name:58} {found:>26}   {aim}", flush=True)


def without_service(events: int) -> None:
    """What rules cost, by themselves; the best of several rounds."""
    show("one condition, µs", f"{rules.leaf():.2f}", "< 1")
    # Before 100,000 rules fill the memory, which slows whatever is measured after them.
    show("last state and differences of a 10 KB resource, µs", f"{rules.state():.0f}", "< 200")
    few = rules.constants(10)
    for number in (10, 1_000, 10_000, 100_000):
        cost = rules.constants(number)
        aim = "<= 1.5 x" + (", < 10 µs" if number == 10_000 else "")
        show(f"matching one event among {number:,} rules, µs", f"{cost:.2f} ({cost / few:.2f} x)", aim)
    show("… among 2,000 rules that no index finds, µs", f"{rules.unindexed(2_000):,.0f}", "< 2,000")
    for edit, rate in rules.replayed(events):
        show(f"backtest of {events:,} events, {edit} edited: events/s", f"{rate:,.0f}", "> 835 in each of 2 processes")


def main() -> None:
    """All rows."""
    options = argparse.ArgumentParser(prog="python -m benchmarks")
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--count", type=int, default=4000)
    options.add_argument("--events", type=int, default=20_000, help="stored, to be replayed")
    options.add_argument("--rules-only", action="store_true", help="only what needs no service")
    options.add_argument("--pages", type=int, metavar="EVENTS", help="only what pages cost with so many events stored")
    options.add_argument("what", nargs="?", choices=TROUBLES, help="one kind of trouble, by itself")
    options.add_argument("--waiting", type=int, default=100_000, help="deliveries of `backlog`")
    wanted = options.parse_args()
    show("", "median", "aim")
    if wanted.what:
        in_trouble(wanted.what, wanted.waiting)
        return
    if wanted.pages:
        for row in pages.costs(wanted.pages):
            show(*row)
        return
    if wanted.rules_only:
        without_service(wanted.events)
        return

    def medians(title: str, rule_file: str | None, aim_rate: str, **load_options: float) -> None:
        rows = [post(rule_file, count=wanted.count, **load_options) for _ in range(wanted.runs)]
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
    for what in TROUBLES:
        in_trouble(what, wanted.waiting)
    without_service(wanted.events)
    for row in pages.costs(100_000):
        show(*row)


def in_trouble(what: str, waiting: int) -> None:
    """The rows of one kind of trouble, each measured once."""
    rows = {
        "down": lambda: trouble.down(10_000),
        "backlog": lambda: trouble.backlog(waiting),
        "fairness": lambda: trouble.fairness(150),
        "slow": lambda: trouble.slow_sink(5_000),
        "tls": lambda: trouble.tls(3_000),
    }
    for row in rows[what]():
        show(*row)


def _pair(runs: list[list[float]]) -> str:
    values = [(quantile(run, 0.5), quantile(run, 0.99)) for run in runs]
    return f"{statistics.median(v[0] for v in values):.1f} / {statistics.median(v[1] for v in values):.1f}"


if __name__ == "__main__":
    main()
