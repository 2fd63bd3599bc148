"""The shapes of a rule's gates and follow-ups: checked like the rest, though this version does nothing with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from bridge.config.reading import (
    Fields,
    boolean,
    integer,
    lasting,
    one_of,
    one_or_more,
    shown,
    text,
    word,
    wrong,
)
from bridge.config.wording import choices, suggestion
from bridge.model import Node

FOLLOW_UP_KEYS = ("after", "unless", "notify", "title", "body", "template")
TEST_KEYS = ("name", "event", "events", "previous", "known", "at", "until", "expect")

_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_PATH_START = re.compile(r"(resource|previous|changes|event|source)\b")


def check_gates(rule: Fields, intervals: Collection[str], nested: Callable[[Fields], None]) -> None:
    """Tell what is wrong in a rule's gates and follow-ups; `nested` reads what a follow-up step names."""
    if once := rule.inner("once", example="{per: 1d, by: resource.gid}"):
        once.only(("per", "by"))
        _needs(once, "per")
        once.get("per", lasting, 0.0)
        once.get("by", one_or_more(_path), ())
    if throttle := rule.inner("throttle", example="{max: 20, per: 1h}"):
        throttle.only(("max", "per", "by", "summary"))
        _needs(throttle, "max", "per")
        throttle.get("max", integer(1, 1_000_000), 1)
        throttle.get("per", lasting, 0.0)
        throttle.get("by", one_or_more(_path), ())
        throttle.get("summary", boolean, default=True)
    if hours := rule.inner("hours", example="{only: office, otherwise: hold}"):
        hours.only(("only", "otherwise"))
        _needs(hours, "only")
        hours.get("only", _interval(intervals), "")
        hours.get("otherwise", one_of(("hold", "drop"), "otherwise"), "hold")
    _digest(rule)
    _follow_up(rule, nested)


def _digest(rule: Fields) -> None:
    digest = rule.inner("digest", example="{every: 30m, by: resource.project.gid}")
    if digest is None:
        return
    digest.only(("every", "at", "by", "max"))
    if not {"every", "at"} & digest.entries.keys():
        digest.missing("every", 'write every: 30m, or at: "09:00"')
    digest.get("every", lasting, 0.0)
    digest.get("at", one_or_more(_clock), ())
    digest.get("by", one_or_more(_path), ())
    digest.get("max", integer(1, 1000), 1)


def _follow_up(rule: Fields, nested: Callable[[Fields], None]) -> None:
    node = rule.node_of("follow_up")
    for step in () if node is None else node.value if isinstance(node.value, list) else [node]:
        fields = rule.map(step, what="`follow_up`", example="{after: 24h, notify: managers}")
        if fields is None:
            continue
        fields.only(FOLLOW_UP_KEYS)
        _needs(fields, "after", "notify")
        fields.get("after", lasting, 0.0)
        for key in ("title", "body", "template"):
            fields.get(key, text, "")
        nested(fields)


def check_tests(file: Fields) -> None:
    """Tell what is wrong in the shape of `tests`."""
    node = file.node_of("tests")
    if node is None:
        return
    if not isinstance(node.value, list):
        file.tell_key("tests", "wrong-type", "`tests` is a list", help="begin each test with `- name: …`")
        return
    for item in node.value:
        test = file.map(item, what="a test", example="{name: …, event: {…}, expect: {…}}")
        if test is not None:
            test.only(TEST_KEYS)
            _needs(test, "name", "expect")
            test.get("name", word, "")


def _needs(fields: Fields, *keys: str) -> None:
    for key in keys:
        if key not in fields.entries:
            fields.missing(key)


def _path(node: Node) -> str:
    path = word(node)
    if not _PATH_START.match(path):
        wrong(node, f"{shown(node)} is no path", help="write resource.project.gid")
    return path


def _clock(node: Node) -> str:
    if not _CLOCK.fullmatch(text(node)):
        wrong(node, f"{shown(node)} is no time of the day", help='write "09:00", in quotes')
    return text(node)


def _interval(known: Collection[str]) -> Callable[[Node], str]:
    def read(node: Node) -> str:
        name = text(node)
        if name not in known:
            defined = choices(known) if known else "the configuration has none under `time_intervals:`"
            wrong(node, f"unknown interval {shown(node)}", help=f"{suggestion(name, known)}intervals: {defined}")
        return name

    return read
