"""Rules: what is in force, what is refused, what fired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from quart import Blueprint, Response, g, request
from werkzeug.exceptions import NotFound

from bridge.config.rule_tests import RuleTest
from bridge.config.snapshot import Snapshot
from bridge.errors import Problem
from bridge.model import Rule
from bridge.web import charts
from bridge.web.access import see
from bridge.web.console import Console, href
from bridge.web.files import NEVER, RuleLine, line_of, on_disk, source, told
from bridge.web.hands import is_sure, just_did
from bridge.web.history import Week
from bridge.web.look import Look
from bridge.web.revisions import difference, revisions
from bridge.web.switching import NotSwitched, switch

MOST = 40  # rules on a page
MOST_TESTS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShown:
    """One rule file."""

    name: str
    refused: Markup | None  # why its change is not taken
    warned: Markup | None
    stays: bool  # of a refused one: an earlier text is in force
    tests: int
    failing: int  # of the tests
    count: int
    lines: Sequence[RuleLine]


def routes(console: Console) -> Blueprint:
    """The routes of this page."""
    page = Blueprint("rules", __name__)

    @page.get("/rules")
    async def rules() -> Response:
        look, snapshot = console.look(), console.window.snapshot()
        wanted = request.args.get("q", "").strip().casefold()[:200]
        only = request.args.get("file", "")
        files = _files(look, snapshot, await console.fired(look), wanted, only)
        return await console.page(
            "rules.html",
            live=True,
            files=files,
            wanted=request.args.get("q", "")[:200],
            only=only,
            rules=len(snapshot.rules),
            enabled=sum(rule.enabled for rule in snapshot.rules),
            file_count=len(snapshot.files),
            elsewhere=_elsewhere(snapshot),
            said=await _said(console, look),
        )

    @page.get("/rule")
    async def rule() -> Response:
        look, snapshot = console.look(), console.window.snapshot()
        name = request.args.get("name", "")
        found = next((rule for rule in snapshot.rules if rule.name == name), None)
        if found is None:
            raise NotFound(look.say("No rule in force is called “{name}”.", name=name[:100]))
        line = line_of(look, snapshot, found, await console.fired(look))
        days = [look.today.timestamp() - back * 86400 for back in range(6, -1, -1)]
        return await console.page(
            "rule.html",
            live=True,
            here="/rules",
            line=line,
            source=source(snapshot, found),
            refused=_told(snapshot, found.place.file, snapshot.refused.get(found.place.file, ())),
            bars=charts.bars(line.fired.days, 70, 44),
            days=[look.weekday(day) for day in days],
            tests=tests_of(snapshot, found.place.file)[:MOST_TESTS],
            said=await _said(console, look),
            **await _history(console, found.place.file),
        )

    _switching(page, console)
    return page


def _switching(page: Blueprint, console: Console) -> None:
    """A rule on or off, by hand."""

    @page.post("/rules/switch")
    async def switched() -> Response:
        look, form = console.look(), await request.form
        name, on = form.get("rule", ""), form.get("on") == "1"
        found = next((rule for rule in console.window.snapshot().rules if rule.name == name), None)
        if found is None:
            raise NotFound(look.say("No rule in force is called “{name}”.", name=name[:100]))
        if not on and not is_sure(form):
            fired = (await console.fired(look)).get(name, NEVER)
            return await console.page("rule-off.html", here="/rules", rule=found, fired=fired, wrong="")
        try:
            await switch(console.window, name, g.user, enabled=on)
        except NotSwitched as error:
            return await console.page("rule-off.html", status=409, here="/rules", rule=found, fired=NEVER, wrong=error)
        console.kept.forget()
        return see(href("/rule", name=name, did="rule.enabled" if on else "rule.disabled"))


async def _said(console: Console, look: Look) -> tuple[str, str, Markup] | None:
    """What became of a rule that the reader switched a moment ago."""
    row = await just_did(console)
    if row is None or row.what not in ("rule.enabled", "rule.disabled"):
        return None
    on, (name, _, place) = row.what == "rule.enabled", row.detail.rpartition(": ")
    rule = next((one for one in console.window.snapshot().rules if one.name == name), None)
    if rule is None or rule.enabled is not on:
        words = look.say(
            "It is written, and not in force: {place}. If the file is refused, its panel says why.", place=place
        )
        return "warn", "held", words
    if on:
        return "delivered", "delivered", look.say("“{name}” is switched on.", name=name)
    return "suppressed", "suppressed", look.say("“{name}” is switched off.", name=name)


async def _history(console: Console, file: str) -> dict[str, Any]:
    """The revisions of a file, and the one that is looked at."""
    every = await revisions(console, file)
    wanted = request.args.get("version", "")
    chosen = next((one for one in every if one.hash == wanted), every[0] if every else None)
    return {"revisions": every, "chosen": chosen, "difference": difference(chosen) if chosen else None}


def _files(look: Look, snapshot: Snapshot, fired: Mapping[str, Week], wanted: str, only: str) -> list[FileShown]:
    """Refused files first; of the rules, as many as fit."""
    by_file: dict[str, list[Rule]] = {file: [] for file in (*snapshot.refused, *sorted(snapshot.files))}
    for rule in snapshot.rules:
        if wanted in rule.name.casefold():
            by_file.setdefault(rule.place.file, []).append(rule)
    left, found = MOST, []
    for file, rules in by_file.items():
        if (only and file != only) or (wanted and not rules):
            continue
        shown = rules[: max(0, left)]
        left -= len(shown)
        warnings = [one for one in snapshot.problems if one.place.file == file and file not in snapshot.refused]
        found.append(
            FileShown(
                name=file,
                refused=_told(snapshot, file, snapshot.refused.get(file, ())),
                warned=_told(snapshot, file, warnings) if shown else None,
                stays=snapshot.stays(file),
                tests=len(tests_of(snapshot, file)),
                failing=sum(bool(wrong) for _, wrong in tests_of(snapshot, file)),
                count=len(rules),
                lines=[line_of(look, snapshot, rule, fired) for rule in shown],
            )
        )
    return found


def tests_of(snapshot: Snapshot, file: str) -> list[tuple[RuleTest, str]]:
    """The tests of a file in force, and what is wrong with each, if anything.

    They ran before this version was taken: those that failed are among its problems.
    """
    wrong = {one.place: one.message for one in snapshot.problems if one.code == "test-failed"}
    return [(test, wrong.get(test.place, "")) for test in snapshot.tests if test.place.file == file]


def _told(snapshot: Snapshot, file: str, problems: Sequence[Problem]) -> Markup | None:
    return told(snapshot, file, problems, on_disk(snapshot, file)) if problems else None


def _elsewhere(snapshot: Snapshot) -> Markup | None:
    """What is said of the configuration and the templates; their lines are not shown, a secret may stand there."""
    files = {*snapshot.files, *snapshot.refused}
    problems = [one for one in snapshot.problems if one.place.file not in files and one.severity != "info"]
    return told(snapshot, "", problems, None) if problems else None
