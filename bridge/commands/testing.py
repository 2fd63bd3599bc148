"""test: the tests that stand in rule files."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from bridge.commands.shared import FINE, PROBLEMS, loaded, pretty, run_async
from bridge.errors import BridgeError
from bridge.logs import printable
from bridge.rehearsal import Result, rehearse


def test(wanted: argparse.Namespace, config: Path) -> int:
    """Run the tests of all rule files, or those whose name contains a text; 1 when one fails."""
    snapshot = loaded(config)
    chosen = [one for one in snapshot.tests if wanted.name is None or wanted.name.casefold() in one.name.casefold()]
    if wanted.name is not None and not chosen:
        raise BridgeError(f"no test has “{wanted.name}” in its name; there are {len(snapshot.tests)} in all")
    began = time.perf_counter()

    async def run() -> int:
        results = await rehearse(snapshot, chosen)
        if wanted.junit:
            _write_junit(results, wanted.junit, time.perf_counter() - began)
        print(pretty(_as_json(results)) if wanted.json else as_text(results))
        return PROBLEMS if any(result.wrong for result in results) else FINE

    return run_async(run())


def as_text(results: Sequence[Result]) -> str:
    """Each test on a line, with what is wrong below it."""
    lines = []
    for result in results:
        place = result.test.place
        lines.append(f"{'✗' if result.wrong else '✓'} {result.test.name}  ({place.file}:{place.line})")
        lines += [f"    {line}" for one in result.wrong for line in one.splitlines()]
        lines += [f"    ! {one}" for one in result.noted]
    failed = sum(bool(result.wrong) for result in results)
    lines.append(
        "No rule file has tests; docs/rules.md#tests shows how to write one."
        if not results
        else f"{len(results)} {'test' if len(results) == 1 else 'tests'}, {failed} failed"
    )
    return "\n".join(printable(line) for line in lines)


def _as_json(results: Sequence[Result]) -> list[dict[str, object]]:
    return [
        {
            "name": result.test.name,
            "file": result.test.place.file,
            "line": result.test.place.line,
            "passed": not result.wrong,
            "wrong": list(result.wrong),
            "noted": list(result.noted),
        }
        for result in results
    ]


def _write_junit(results: Sequence[Result], path: Path, seconds: float) -> None:
    failed = sum(bool(result.wrong) for result in results)
    suite = Element(
        "testsuite",
        name="bridge test",
        tests=str(len(results)),
        failures=str(failed),
        errors="0",
        time=f"{seconds:.3f}",
    )
    for result in results:
        place = result.test.place
        case = SubElement(
            suite,
            "testcase",
            classname=printable(place.file),
            name=printable(result.test.name),
            file=printable(place.file),
            line=str(place.line),
        )
        if result.wrong:
            failure = SubElement(case, "failure", message=printable(result.wrong[0].splitlines()[0]))
            failure.text = "\n".join(printable(line) for one in result.wrong for line in one.splitlines())
    indent(suite)
    try:
        ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise BridgeError(f"{path} cannot be written: {error.strerror}") from error
