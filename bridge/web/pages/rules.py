"""Rules: what is in force, what is refused, what fired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from quart import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from bridge.config.snapshot import Snapshot
from bridge.errors import Problem
from bridge.model import Rule
from bridge.web import charts
from bridge.web.console import Console
from bridge.web.files import RuleLine, line_of, on_disk, source, told
from bridge.web.history import Week
from bridge.web.look import Look

MOST = 40  # rules on a page


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShown:
    """One rule file."""

    name: str
    refused: Markup | None  # why its change is not taken
    warned: Markup | None
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
        )

    return page


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
                count=len(rules),
                lines=[line_of(look, snapshot, rule, fired) for rule in shown],
            )
        )
    return found


def _told(snapshot: Snapshot, file: str, problems: Sequence[Problem]) -> Markup | None:
    return told(snapshot, file, problems, on_disk(snapshot, file)) if problems else None


def _elsewhere(snapshot: Snapshot) -> Markup | None:
    """What is said of the configuration and the templates; their lines are not shown, a secret may stand there."""
    files = {*snapshot.files, *snapshot.refused}
    problems = [one for one in snapshot.problems if one.place.file not in files and one.severity != "info"]
    return told(snapshot, "", problems, None) if problems else None
