"""A silence as somebody asks for it: checked against the configuration, and shown; for command line, API and pages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from unicodedata import east_asian_width

from bridge.config.reading import lasting
from bridge.config.snapshot import Snapshot
from bridge.config.wording import choices, said, suggestion
from bridge.errors import BridgeError, Invalid, Problem
from bridge.explain import instant
from bridge.logs import printable
from bridge.model import Json, Node, Place, Silence
from bridge.rules import parse_condition

CRITERIA = ("rule", "destination", "source", "type", "gid", "where")
LONGEST = 2000  # characters of a criterion or a reason


class BadSilence(BridgeError):
    """A silence that cannot be kept; the text says which part of it, what is allowed, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody asks for, as texts; None: not said."""

    who: str
    lasts: str | None = None  # "2h"
    starts: str | None = None  # ISO 8601; without: now
    why: str | None = None
    everything: bool = False
    rule: str | None = None
    destination: str | None = None
    source: str | None = None
    type: str | None = None
    gid: str | None = None
    where: str | None = None  # an `if` on one line


def read_silence(asked: Asked, snapshot: Snapshot, now: float) -> tuple[Silence, list[Problem]]:
    """The silence, and warnings about its expression. Raises BadSilence."""
    texts = {name: getattr(asked, name) for name in (*CRITERIA, "lasts", "starts", "why")}
    for name, text in texts.items():
        if text is not None and (not text.strip() or len(text) > LONGEST):
            raise BadSilence(f"`{_spoken(name)}` has from 1 to {LONGEST:,} characters")
    _check_breadth(asked)
    if asked.why is None:
        raise BadSilence("say why: people who miss a message will ask")
    rule, destination, source = _names(asked, snapshot)
    kind = _type(asked.type, source, snapshot)
    warnings = _check_where(asked.where, kind, source, snapshot)
    starts = _moment(asked.starts, now)
    ends = starts + _lasting(asked.lasts)
    if ends <= now:
        raise BadSilence(f"this silence would be over already: it ends at {instant(ends)}")
    silence = Silence(
        id=0,
        starts_at=starts,
        ends_at=ends,
        reason=asked.why,
        who=asked.who,
        rule=rule,
        destination=destination,
        source=source,
        type=kind,
        gid=asked.gid,
        where=_one_line(asked.where),
        created_at=now,
    )  # fmt: skip
    return silence, warnings


def state_of(silence: Silence, now: float) -> str:
    """`planned`, `active` or `expired`."""
    if silence.ends_at <= now:
        return "expired"
    return "active" if silence.starts_at <= now else "planned"


def silence_view(silence: Silence, now: float) -> dict[str, Json]:
    """As command line and API show it."""
    return {
        "id": str(silence.id),
        "state": state_of(silence, now),
        **{name: getattr(silence, name) for name in CRITERIA},
        "starts_at": instant(silence.starts_at),
        "ends_at": instant(silence.ends_at),
        "why": silence.reason,
        "who": silence.who,
        "created_at": instant(silence.created_at),
        "ended_by": silence.ended_by,
    }


def pointed(problem: Problem, text: str) -> str:
    """A problem of an expression, with the expression and a mark below the spot."""
    before = (" " if east_asian_width(one) not in ("W", "F") else "\u3000" for one in text[: problem.place.column - 1])
    lines = [printable(problem.message), f"  {_drawn(text)}", f"  {''.join(before)}{'^' * problem.width}"]
    return "\n".join([*lines, *([f"  {problem.help}"] if problem.help else [])])


# ---- what it says --------------------------------------------------------------------------------


def _check_breadth(asked: Asked) -> None:
    given = [name for name in CRITERIA if getattr(asked, name) is not None]
    if not given and not asked.everything:
        raise BadSilence(f"say what to silence: {', '.join(map(_spoken, CRITERIA))}, or `everything`")
    if given and asked.everything:
        raise BadSilence(f"`everything` leaves nothing to choose: drop it, or `{_spoken(given[0])}`")


def _names(asked: Asked, snapshot: Snapshot) -> tuple[str | None, str | None, str | None]:
    settings = snapshot.settings
    if asked.destination is not None and asked.destination in settings.groups:
        members = ", ".join(settings.groups[asked.destination])
        raise BadSilence(f"{said(asked.destination)} is a group: silence its members, {members}")
    _check_name("rule", asked.rule, [rule.name for rule in snapshot.rules])
    _check_name("destination", asked.destination, settings.destinations)
    _check_name("source", asked.source, settings.sources)
    return asked.rule, asked.destination, asked.source


def _check_name(what: str, name: str | None, known: Collection[str]) -> None:
    if name is not None and name not in known:
        help = f"{suggestion(name, known)}{what}s: {choices(known)}"
        raise BadSilence(f"there is no {what} {said(name)}; {help}")


def _type(name: str | None, source: str | None, snapshot: Snapshot) -> str | None:
    """The type in its documented spelling; a source of which nothing is known may send any."""
    if name is None:
        return None
    sources = [one for key, one in snapshot.sources.items() if source in (None, key)]
    for one in sources:
        if documented := one.documented(name):
            return documented
    if all(one.EVENTS for one in sources):
        _check_name("type", name, list(dict.fromkeys(kind for one in sources for kind in one.EVENTS)))
    return name


def _check_where(text: str | None, kind: str | None, source: str | None, snapshot: Snapshot) -> list[Problem]:
    """The warnings about an expression. Raises BadSilence, with the mistakes in it."""
    text = _one_line(text)
    if text is None:
        return []
    place = Place("where", 1, 1)
    node = Node(place=place, value=text, text=text, style="plain", end=Place("where", 1, len(text) + 1))
    fields: dict[str, frozenset[str]] = {}
    for name, one in snapshot.sources.items():
        for type, paths in one.FIELDS.items() if source in (None, name) else ():
            fields[type] = fields.get(type, frozenset()) | paths
    _, problems = parse_condition(node, types=(kind,) if kind in fields else (), fields=fields)
    if errors := [one for one in problems if one.severity == "error"]:
        raise BadSilence("in `where`: " + "\n".join(pointed(one, text) for one in errors))
    return problems


def _one_line(text: str | None) -> str | None:
    """An expression is one line; a break in it is as good as a space, and keeps the marks below it right."""
    return None if text is None else text.translate({ord(space): " " for space in "\n\r\t"})


def _lasting(text: str | None) -> float:
    if text is None:
        raise BadSilence("say for how long: `for` is a duration such as 30m, 2h or 3d")
    try:
        return lasting(Node(place=Place("for", 1, 1), value=text, text=text))
    except Invalid as error:
        found = error.problems[0]
        raise BadSilence(f"`for`: {found.message}; {found.help}") from None


def _moment(text: str | None, now: float) -> float:
    if text is None:
        return now
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise BadSilence(f"`from`: {said(text)} is no time; write one such as 2026-11-24T09:00:00Z") from None


def _spoken(name: str) -> str:
    return {"lasts": "for", "starts": "from"}.get(name, name)


def _drawn(text: str) -> str:
    return "".join(character if printable(character) == character else "�" for character in text)
