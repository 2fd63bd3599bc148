"""`time_intervals:` of the configuration: named hours of named weekdays."""

from __future__ import annotations

import re

from bridge.config.reading import Fields, list_of, shown, text, wrong
from bridge.config.wording import said
from bridge.config.zones import zone
from bridge.model import Node

INTERVAL_KEYS = ("weekdays", "times", "holidays", "timezone")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXAMPLE = '{weekdays: [mon-fri], times: ["09:00-18:00"]}'

_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
_TIMES = re.compile(rf"({_TIME})-({_TIME}|24:00)")


def read_intervals(top: Fields) -> tuple[str, ...]:
    """The names of the intervals that are written well; what they mean comes with the rules' `hours`."""
    names = []
    for name, fields in top.named("time_intervals", one="interval", example=EXAMPLE):
        fields.only(INTERVAL_KEYS)
        if not {"weekdays", "times", "holidays"} & fields.entries.keys():
            fields.findings.tell(
                fields.node.place, "empty", f"interval {said(name)} says no time", help=f"write {EXAMPLE}"
            )
        fields.get("weekdays", list_of(_weekdays), ())
        fields.get("times", list_of(_times), ())
        fields.get("holidays", text, "")
        fields.get("timezone", zone, "")
        names.append(name)
    return tuple(names)


def _weekdays(node: Node) -> str:
    written = text(node)
    for part in written.split("-"):
        if part not in WEEKDAYS:
            wrong(node, f"{shown(node)} is no weekday", help="write mon, tue, wed, thu, fri, sat, sun, or mon-fri")
    return written


def _times(node: Node) -> str:
    written = text(node)
    found = _TIMES.fullmatch(written)
    if not found or found[1] == found[2]:
        wrong(node, f"{shown(node)} is no time of the day", help='write "09:00-18:00", in quotes')
    return written
