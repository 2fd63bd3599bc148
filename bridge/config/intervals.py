"""`time_intervals:` of the configuration: named hours of named weekdays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from zoneinfo import ZoneInfo

from bridge.config.reading import Fields, Reader, T, list_of, shown, text, word, wrong
from bridge.config.wording import choices, said, suggestion
from bridge.config.zones import zone
from bridge.gates import Interval
from bridge.gates.hours import EVERY_DAY
from bridge.model import Node

INTERVAL_KEYS = ("weekdays", "times", "holidays", "timezone")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXAMPLE = '{weekdays: [mon-fri], times: ["09:00-18:00"]}'

_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
_TIMES = re.compile(rf"({_TIME})-({_TIME}|24:00)", re.ASCII)


def read_intervals(top: Fields, timezone: str) -> Mapping[str, Interval]:
    """The intervals by name; one that names no zone is in the configuration's."""
    intervals = {}
    for name, fields in top.named("time_intervals", one="interval", example=EXAMPLE):
        fields.only(INTERVAL_KEYS)
        if not {"weekdays", "times", "holidays"} & fields.entries.keys():
            fields.findings.tell(
                fields.node.place, "empty", f"interval {said(name)} says no time", help=f"write {EXAMPLE}"
            )
        intervals[name] = Interval(
            weekdays=frozenset[int]().union(*fields.get("weekdays", _some(_weekdays), ())) or EVERY_DAY,
            spans=fields.get("times", _some(_times), ()),
            holidays=fields.get("holidays", _holidays, ""),
            zone=ZoneInfo(fields.get("timezone", zone, timezone)),
        )
    return intervals


def _some(read: Reader[T]) -> Reader[tuple[T, ...]]:
    """A list of one or more: an empty one may mean always or never."""

    def read_all(node: Node) -> tuple[T, ...]:
        if node.value == []:
            wrong(node, "this list is empty", help="write one or more, or delete the line", code="empty-list")
        return list_of(read)(node)

    return read_all


def _weekdays(node: Node) -> frozenset[int]:
    """`mon`, or `mon-fri`; `fri-mon` goes over the weekend."""
    first, dash, last = text(node).partition("-")
    if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
        wrong(node, f"{shown(node)} is no weekday", help="write mon, tue, wed, thu, fri, sat, sun, or mon-fri")
    begin = WEEKDAYS.index(first)
    days = (WEEKDAYS.index(last) - begin) % 7 if dash else 0
    return frozenset((begin + count) % 7 for count in range(days + 1))


def _times(node: Node) -> tuple[time, time]:
    found = _TIMES.fullmatch(text(node))
    if not found or found[1] == found[2]:
        wrong(node, f"{shown(node)} is no time of the day", help='write "09:00-18:00", in quotes')
    # A span that ends at 00:00 ends at the next midnight.
    return time.fromisoformat(found[1]), time.fromisoformat("00:00" if found[2] == "24:00" else found[2])


def _holidays(node: Node) -> str:
    """`FR`, or `FR-57` for a part of a country."""
    from holidays import country_holidays, list_supported_countries  # noqa: PLC0415  # 20 MB, for those who ask

    code = word(node)
    country, dash, part = code.partition("-")
    countries = list_supported_countries()
    if country not in countries or (dash and not part):
        help = f"{suggestion(country, countries)}write a country such as FR or GB, or a part of one such as GB-SCT"
        wrong(node, f"no holidays are known of {shown(node)}", help=help, code="holidays")
    try:
        country_holidays(country, subdiv=part or None)
    except NotImplementedError:
        parts = [f"{country}-{one}" for one in countries[country]]
        help = f"{suggestion(code, parts)}write {country}" + (f", or a part of it: {choices(parts)}" if parts else "")
        wrong(node, f"no holidays are known of {shown(node)}", help=help, code="holidays")
    return code
