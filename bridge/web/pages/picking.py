"""Deliveries sent again, elsewhere, or dropped: one or many, and never before their number was told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from quart import Blueprint, Response, g, request
from werkzeug.exceptions import BadRequest, NotFound

from bridge.again import NotReplayed, Sum, Way
from bridge.picked import can_drop, can_repeat, drop_these, repeat_these
from bridge.store.rows import DeliveryRow
from bridge.web.access import see
from bridge.web.chosen import KINDS, Chosen, chosen
from bridge.web.console import Console, href
from bridge.web.happened import clean
from bridge.web.look import Look
from bridge.web.pages.deliveries import line_of

SHOWN = 12  # of what was chosen
REFUSALS = 5  # told
LONGEST_WHY = 200


def routes(console: Console) -> Blueprint:
    """The routes of these forms."""
    page = Blueprint("picking", __name__)

    @page.post("/deliveries/confirm")
    async def confirm() -> Response:
        form = await request.form
        kind = form.get("do", "")
        if kind not in KINDS:
            raise BadRequest(console.look().say("This form says nothing to do."))
        return await _ask(console, kind, await chosen(console, form))

    @page.post("/deliveries/<kind>")
    async def act(kind: str) -> Response:
        if kind not in KINDS:
            raise NotFound
        form = await request.form
        wanted = await chosen(console, form)
        before = (await console.store.counts.tip()).audit
        done = await _act(console, kind, wanted, form.get("to", ""), clean(form.get("why", ""), LONGEST_WHY))
        if not done.done:
            none = [console.look().say("No such delivery was chosen.")]
            return await _ask(console, kind, wanted, refused=[*done.refused.values()][:REFUSALS] or none)
        console.kept.forget()
        console.window.wake()
        return see(href(wanted.back, did=kind, after=str(before)))

    return page


async def _act(console: Console, kind: str, wanted: Chosen, to: str, why: str) -> Sum:
    snapshot, now = console.window.snapshot(), datetime.fromtimestamp(console.window.clock(), UTC)
    if kind == "drop":
        return await drop_these(console.store, wanted.ids, g.user, why)
    if kind == "elsewhere" and not to:
        raise BadRequest(console.look().say("This form says nothing to do."))
    way = Way(who=g.user, to=to if kind == "elsewhere" else None)
    try:
        return await repeat_these(console.store, snapshot, wanted.ids, way, now)
    except NotReplayed as error:
        raise BadRequest(str(error)) from error


async def _ask(console: Console, kind: str, wanted: Chosen, refused: Sequence[str] = ()) -> Response:
    """Tell how many are meant, and ask; `refused`: why nothing was done."""
    look, rows = console.look(), await console.store.replays.deliveries(wanted.ids)
    repeated = {} if kind == "drop" else await console.store.replays.repeated(wanted.ids)
    fit = [row for row in rows if row.id not in repeated and not _why_not(kind, row)]
    return await console.page(
        "confirm.html",
        status=409 if refused else 200,
        here="/deliveries",
        kind=kind,
        count=len(fit),
        lines=[line_of(look, row) for row in fit[:SHOWN]],
        left=_left(look, kind, len(rows) - len(fit) - len(repeated), len(repeated)),
        ids=() if wanted.destination else [row.id for row in fit],
        fields=wanted.fields,
        back=wanted.back,
        destinations=[(name, name) for name in console.window.snapshot().settings.destinations],
        refused=refused,
    )


def _why_not(kind: str, row: DeliveryRow) -> str:
    return can_drop(row) if kind == "drop" else can_repeat(row, "" if kind == "elsewhere" else None)


def _left(look: Look, kind: str, others: int, repeated: int) -> list[Any]:
    """What of the chosen is left out, and why."""
    told = []
    if others and kind == "drop":
        told.append(look.say("Left out: {number}. Only what waits or failed can be dropped.", number=others))
    elif others:
        told.append(look.say("Left out: {number}. What waits or is held leaves by itself.", number=others))
    if repeated:
        told.append(look.say("Left out: {number}. It was sent again before.", number=repeated))
    return told
