"""What a form chose among deliveries: those that were picked, or all that a destination did not get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from quart import g, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from bridge.picked import MOST
from bridge.web.alarms import sentence
from bridge.web.console import WEEK, Console
from bridge.web.hands import FRESH
from bridge.web.look import Look

KINDS = ("again", "elsewhere", "drop")
LARGEST = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Some deliveries, and the fields of a form that choose them again."""

    ids: tuple[int, ...]
    fields: Mapping[str, str]  # without the ids, where they were picked
    destination: str = ""  # all that this one did not get
    event: int | None = None  # whose page the form stands on

    @property
    def back(self) -> str:
        """Where the form stands."""
        return f"/events/{self.event}" if self.event else "/deliveries"


async def chosen(console: Console, form: MultiDict[str, str]) -> Chosen:
    """Read the form. `all` names a destination, `cause` one reason there, `upto` the newest that was counted."""
    look, event = console.look(), form.get("event", "")
    destination, cause = form.get("all", ""), form.get("cause", "")
    own = _number(look, event) if event else None
    if not destination:
        picked = form.getlist("id")
        if len(picked) > MOST:
            raise BadRequest(look.say("At most {number} at once.", number=MOST))
        ids = tuple(sorted({_number(look, one) for one in picked}))
        return Chosen(ids=ids, fields={"event": event} if event else {}, event=own)
    upto = _number(look, form["upto"]) if form.get("upto") else LARGEST
    reasons = None
    if cause:
        stuck = await console.store.counts.stuck(look.now - WEEK)
        reasons = {one.reason for one in stuck if one.destination == destination and sentence(one.reason) == cause}
    found = await console.store.counts.stuck_ids(look.now - WEEK, destination, MOST, reasons=reasons, upto=upto)
    given = {"all": destination, "cause": cause, "upto": str(found[-1]) if found else ""}
    return Chosen(
        ids=tuple(found), fields={name: text for name, text in given.items() if text}, destination=destination
    )


def _number(look: Look, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadRequest(look.say("This form says nothing to do."))
    return int(text)


async def just_done(console: Console, look: Look) -> tuple[str, str] | None:
    """What the reader of this page did to deliveries a moment ago, as the audit list has it: kind and sentence."""
    kind, after = request.args.get("did", ""), request.args.get("after", "")
    if kind not in KINDS or not after.isascii() or not after.isdigit():
        return None
    rows = await console.store.audits(limit=MOST)
    own = [one for one in rows if one.id > int(after[:18]) and one.who == g.user and one.at > look.now - FRESH]
    counts = [one.detail.partition(":")[0] for one in own if one.what.startswith("deliveries.")]
    number = sum(int(count) for count in counts if count.isdigit())
    if not number:
        return None
    if kind == "drop":
        return kind, look.say("1 message was dropped: nobody gets it.|{count} messages were dropped.", n=number)
    return kind, look.say("1 message is on its way.|{count} messages are on their way.", n=number)
