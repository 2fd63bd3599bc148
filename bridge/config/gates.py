"""A rule's gates and the keys they count by, as values; and the shape of `tests`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Literal, cast

from bridge.config.reading import (
    Fields,
    Reader,
    T,
    boolean,
    integer,
    lasting_or,
    one_of,
    one_or_more,
    shown,
    text,
    width_of,
    word,
    wrong,
)
from bridge.config.wording import choices, said, suggestion
from bridge.errors import Problem
from bridge.model import Digest, Hours, Node, Once, Path, Throttle, replace
from bridge.rules.findings import Findings
from bridge.rules.leaves import Scope
from bridge.rules.paths import BadPath, parse_path

Sent = tuple[Sequence[str], Mapping[str, frozenset[str]]]  # documented types that may come, and their fields

_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)


def read_once(rule: Fields, sent: Sent) -> Once | None:
    once = rule.inner("once", example="{per: 1d, by: resource.gid}")
    if once is None:
        return None
    once.only(("per", "by"))
    per = needed(once, "per", lasting_or("to tell of every event, delete `once`"))
    by = _paths(once, "by", sent)
    return None if per is None else Once(per=per, by=by)


def read_throttle(rule: Fields, sent: Sent) -> Throttle | None:
    throttle = rule.inner("throttle", example="{max: 20, per: 1h}")
    if throttle is None:
        return None
    throttle.only(("max", "per", "by", "summary"))
    most = needed(throttle, "max", integer(1, 1_000_000, below="a rule that is to tell nobody says `enabled: false`"))
    per = needed(throttle, "per", lasting_or("to tell of every event, delete `throttle`"))
    by, summary = _paths(throttle, "by", sent), throttle.get("summary", boolean, default=True)
    return None if most is None or per is None else Throttle(max=most, per=per, by=by, summary=summary)


def read_hours(rule: Fields, intervals: Collection[str]) -> Hours | None:
    hours = rule.inner("hours", example="{only: office, otherwise: hold}")
    if hours is None:
        return None
    hours.only(("only", "otherwise"))
    only = needed(hours, "only", _interval(intervals))
    otherwise = hours.get("otherwise", one_of(("hold", "drop"), "otherwise"), "hold")
    return None if only is None else Hours(only=only, otherwise=cast(Literal["hold", "drop"], otherwise))


def read_digest(rule: Fields, sent: Sent) -> Digest | None:
    digest = rule.inner("digest", example="{every: 30m, by: resource.project.gid}")
    if digest is None:
        return None
    digest.only(("every", "at", "by", "max"))
    if not {"every", "at"} & digest.entries.keys():
        digest.missing("every", 'write every: 30m, or at: "09:00"')
    elif {"every", "at"} <= digest.entries.keys():
        message = "`at` stands beside `every`: a digest is told after a time, or at times of the day"
        digest.tell_key("at", "two-times", message, help="delete one of them")
    every = digest.get("every", lasting_or("to tell of each event at once, delete `digest`"), None)
    at = digest.get("at", _times, ())
    by, most = (
        _paths(digest, "by", sent),
        digest.get("max", integer(1, 1000, below="without `max` only its time ends it"), None),
    )
    return Digest(every=every, at=at, by=by, max=most) if every or at else None


def read_same(unless: Fields, this: Sent, that: Sent) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The paths that are read in the first event, and those that are read in the later one."""
    node = unless.node_of("same")
    if node is None or not isinstance(node.value, dict):
        return _paths(unless, "same", this, that), _paths(unless, "same", that, this)
    same = Fields(node, unless.findings, what=f"`same` of {unless.what}", kind="`same`", docs=unless.docs)
    same.only(("this", "that"))
    for key in ("this", "that"):
        if key not in same.entries:
            same.missing(key, "write {this: resource.gid, that: resource.project.gid}")
    first, later = _paths(same, "this", this), _paths(same, "that", that)
    if first and later and len(first) != len(later):
        message = f"`this` and `that` are compared path by path, and are {len(first)} and {len(later)}"
        same.tell_key("that", "same", message, help="write as many here as there")
    return first, later


def needed(fields: Fields, key: str, read: Reader[T]) -> T | None:
    """A value that must be there; None, with a problem, where it is not."""
    if key not in fields.entries:
        fields.missing(key)
    return fields.get(key, read, None)


def _paths(fields: Fields, key: str, sent: Sent, other: Sent | None = None) -> tuple[Path, ...]:
    """The path that a key names, or the list of them; `other`: an event in which it is read as well."""
    node = fields.node_of(key)
    if node is None:
        return ()
    items = node.value if isinstance(node.value, list) else [node]
    if not items:
        fields.tell_key(key, "empty-list", f"`{key}` names no path", help="write one, or delete the line")
    return tuple(path for item in items if (path := _path(item, fields, sent, other)))


def _path(node: Node, fields: Fields, sent: Sent, other: Sent | None) -> Path | None:
    written = fields.take(node, word, None)
    if written is None:
        return None
    try:
        path = parse_path(written)
    except BadPath as bad:
        message = f"{said(written)} is no path: {bad}"
        fields.findings.tell(node.place, "bad-path", message, help=bad.help, docs=fields.docs, width=width_of(node))
        return None
    known, problems = _looked_up(path, node, fields, sent)
    differ = other is not None and not _looked_up(path, node, fields, other)[1]
    fields.findings.problems += [
        replace(one, help=_until_sent(one.help, differ)) if one.severity == "warning" else one for one in problems
    ]
    return path if known else None


def _looked_up(path: Path, node: Node, fields: Fields, sent: Sent) -> tuple[bool, list[Problem]]:
    """Whether the path can be read, and what is to be told of it."""
    scope = Scope(*sent, findings=Findings(fields.docs))
    return scope.path(path, node.place, width_of(node)), scope.findings.problems


def _until_sent(help: str, differ: bool) -> str:
    """What to do about a path that is not known to be sent; `differ`: in one of two events alone."""
    if differ:
        return "where the two events differ, write same: {this: resource.project.gid, that: resource.gid}"
    return help if help.startswith("did you mean") else "it is missing, and all events count as one, until it is sent"


def _times(node: Node) -> tuple[str, ...]:
    if node.value == []:
        wrong(node, "this list names no time", help='write "09:00", in quotes', code="empty-list")
    return one_or_more(_clock)(node)


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
