"""`tests:` of a rule file → RuleTests: events as people write them, and what is to be told of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time

from bridge.config.reading import Fields, integer, lasting, shown, text, width_of, word, wrong
from bridge.config.wording import choices, said, suggestion
from bridge.model import Json, Node, Place, fold, replace
from bridge.rules import parse_when

TEST_KEYS = ("name", "event", "events", "previous", "known", "at", "until", "expect")
EVENT_KEYS = ("type", "action", "gid", "source", "resource")
KNOWN_KEYS = ("type", "gid", "source", "resource")
EXPECT_KEYS = ("title", "body", "contains", "count", "at")
TEST = "{name: …, event: {…}, expect: {…}}"

_OFFSET = re.compile(r"\+\s*(.+)")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)

Events = Mapping[str, tuple[str, Mapping[str, tuple[str, ...]]]]  # source → its type, and its types with their actions


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event of a test."""

    source: str
    type: str  # as documented; an unknown one as written
    action: str
    gid: str
    resource: dict[str, Json] | None
    after: float  # seconds since the test began


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A resource that is remembered when a test begins."""

    source: str
    type: str
    gid: str
    resource: dict[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What one destination must get; with nothing said, some message, whatever it says."""

    body: str | None = None
    title: str | None = None
    contains: str | None = None
    count: int | None = None
    at: float | time | None = None  # seconds since the test began, or a time of the day
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTest:
    """One test of a rule file."""

    name: str
    place: Place
    events: tuple[Happening, ...]
    previous: dict[str, Json] | None = None  # what the first event's resource differed in before
    known: tuple[Known, ...] = ()
    at: datetime | None = None  # when it begins, without a zone: in the configured one
    until: float = 0.0  # seconds that the clock goes on to, at least
    expect: Mapping[str, Expected] = field(default_factory=dict)  # by destination; whoever is absent gets nothing


def read_tests(file: Fields, events: Events, destinations: Collection[str]) -> list[RuleTest]:
    """The tests that are written well; each mistake of the others is told at its place."""
    node = file.node_of("tests")
    if node is None:
        return []
    if not isinstance(node.value, list):
        file.tell_key("tests", "wrong-type", "`tests` is a list", help="begin each test with `- name: …`")
        return []
    reader = _Reader(events, destinations)
    return [
        test
        for item in node.value
        if (fields := file.map(item, what="this test", kind="a test", example=TEST)) and (test := reader.test(fields))
    ]


@dataclass(frozen=True, slots=True)
class _Reader:
    events: Events
    destinations: Collection[str]

    def test(self, fields: Fields) -> RuleTest | None:
        before = len(fields.findings.problems)
        fields.only(TEST_KEYS)
        name = fields.get("name", word, "")
        fields.what = f'test "{name[:60]}"' if name else fields.what
        for key in ("name", "expect"):
            if key not in fields.entries:
                fields.missing(key, "write {managers: ~}, or `nothing`" if key == "expect" else "")
        test = RuleTest(
            name=name,
            place=fields.node.place,
            events=self._events(fields),
            previous=fields.get("previous", _object, None),
            known=tuple(self._known(fields)),
            at=fields.get("at", _moment, None),
            until=fields.get("until", _offset, 0.0),
            expect=self._expect(fields),
        )
        return test if len(fields.findings.problems) == before else None

    def _events(self, fields: Fields) -> tuple[Happening, ...]:
        if "event" in fields.entries and "events" in fields.entries:
            fields.tell_key("events", "two-times", "`events` stands beside `event`", help="delete one of them")
            return ()
        if one := fields.inner("event", example="{type: Project, action: created, resource: {…}}"):
            one.kind = "an event"
            return tuple(event for event in [self._event(one, EVENT_KEYS)] if event)
        node = fields.node_of("events")
        if node is None:
            if "event" not in fields.entries:
                fields.missing("event", "write event: {type: Project, action: created, resource: {…}}")
            return ()
        if not isinstance(node.value, list) or not node.value:
            help = "begin each event with `- at: +10m`"
            fields.tell_key("events", "wrong-type", "`events` is a list of events", help=help)
            return ()
        maps = [fields.map(item, what="this event", kind="an event", example="{at: +10m, …}") for item in node.value]
        found = [event for one in maps if one and (event := self._in_series(one))]
        if sorted(found, key=lambda event: event.after) != found:
            fields.tell_key("events", "order", "these events are not in the order of their `at`", help="sort them")
        return tuple(found)

    def _in_series(self, fields: Fields) -> Happening | None:
        """One event of several; an event that stands a level too deep, under a key of its own, is one mistake."""
        keys = ("at", *EVENT_KEYS)
        for key, inner in fields.entries.items():
            if key not in keys and isinstance(inner.value, dict) and {"type", "action"} & inner.value.keys():
                help = "write its keys beside `at`: {at: +10m, type: Project, action: created}"
                fields.tell_key(key, "unknown-key", f"unknown key {said(key)} in {fields.what}", help=help)
                deeper = Fields(inner, fields.findings, what=fields.what, kind=fields.kind, docs=fields.docs)
                self._event(deeper, keys)
                return None
        return self._event(fields, keys)

    def _event(self, fields: Fields, keys: tuple[str, ...]) -> Happening | None:
        before = len(fields.findings.problems)
        fields.only(keys)
        for key in ("type", "action"):
            if key not in fields.entries:
                fields.missing(key, "write type: Project, and action: created, updated or deleted")
        source, type_ = self._source_and_type(fields)
        action = fields.get("action", word, "")
        resource = fields.get("resource", _object, None)
        gid = fields.get("gid", _gid, None)
        if gid is None:
            own = (resource or {}).get("gid")
            gid = str(own) if isinstance(own, (str, int)) else f"test-{fold(type_)}"
        if len(fields.findings.problems) == before:
            when = f"{source}: {type_} {action}" if source else f"{type_} {action}"
            _, problems = parse_when(Node(place=fields.node.place, value=when, text=when, exact=False), self.events)
            for one in problems:
                at = fields.entries["action" if one.code == "unknown-action" else "type"]
                fields.findings.problems.append(replace(one, place=at.place, width=width_of(at)))
        if len(fields.findings.problems) > before:
            return None
        if resource is not None and "gid" not in resource:
            resource = {"gid": gid, **resource}
        actions = self.events[source][1].get(type_, ()) if source in self.events else ()
        action = next((known for known in actions if fold(known) == fold(action)), action)
        after = fields.get("at", _offset, 0.0)
        return Happening(source=source, type=type_, action=action, gid=gid, resource=resource, after=after)

    def _source_and_type(self, fields: Fields) -> tuple[str, str]:
        """The source, by default the first one that sends such a type; and the type as it documents it."""
        written = fields.get("type", word, "")
        source = fields.get("source", self._source, None)
        for name in [source] if source else list(self.events):
            for known in self.events[name][1]:
                if fold(known) == fold(written):
                    return name, known
        return source or next(iter(self.events), ""), written

    def _source(self, node: Node) -> str:
        name = text(node)
        if name not in self.events:
            help = f"{suggestion(name, self.events)}sources: {choices(self.events)}"
            wrong(node, f"unknown source {shown(node)}", help=help, code="unknown-source")
        return name

    def _known(self, fields: Fields) -> list[Known]:
        node = fields.node_of("known")
        if node is None:
            return []
        items = node.value if isinstance(node.value, list) else [node]
        found = []
        for item in items:
            one = fields.map(item, what="this known resource", kind="one", example="{type: …, gid: …, resource: {…}}")
            if one is None:
                continue
            one.only(KNOWN_KEYS)
            for key in ("type", "gid", "resource"):
                if key not in one.entries:
                    one.missing(key)
            source, type_ = self._source_and_type(one)
            gid, resource = one.get("gid", _gid, ""), one.get("resource", _object, None)
            found.append(Known(source=source, type=type_, gid=gid, resource={"gid": gid, **(resource or {})}))
        return found

    def _expect(self, fields: Fields) -> dict[str, Expected]:
        node = fields.entries.get("expect")
        if node is None or (isinstance(node.value, str) and node.value.strip() == "nothing"):
            return {}
        what = f"`expect` of {fields.what}"
        entries = fields.map(node, what=what, kind="`expect`", example="{managers: ~}, or `nothing`")
        found: dict[str, Expected] = {}
        for name, inner in entries.entries.items() if entries else ():
            if name not in self.destinations:
                help = f"{suggestion(name, self.destinations)}destinations: {choices(self.destinations)}"
                place = fields.node.keys.get(name) or (node.keys[name])
                fields.findings.tell(
                    place, "unknown-destination", f"unknown destination `{name}`", help=help, width=len(name)
                )
                continue
            found[name] = _expected(inner, fields)
        return found


def _expected(node: Node, fields: Fields) -> Expected:
    if node.value is None:
        return Expected(place=node.place)
    if not isinstance(node.value, dict):
        return Expected(body=fields.take(node, _any_text, None), place=node.place)
    what = Fields(node, fields.findings, what=f"`expect` of {fields.what}", kind="what is expected", docs=fields.docs)
    what.only(EXPECT_KEYS)
    return Expected(
        body=what.get("body", text, None),
        title=what.get("title", text, None),
        contains=what.get("contains", text, None),
        count=what.get("count", integer(0, 10_000, below="0 is none"), None),
        at=what.get("at", _time_of, None),
        place=node.place,
    )


# ---- values --------------------------------------------------------------------------------------


def _any_text(node: Node) -> str:
    if isinstance(node.value, list):
        wrong(node, "a text or a map is needed here, this is a list", help="write the body, or {contains: …, count: 2}")
    return text(node)


def _gid(node: Node) -> str:
    value = node.value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else word(node)


def _object(node: Node) -> dict[str, Json]:
    if not isinstance(node.value, dict):
        wrong(node, f"a map of fields is needed here, this is {shown(node)}", help="write {title: Logo}")
    return {key: plain(inner) for key, inner in node.value.items()}


def plain(node: Node) -> Json:
    """A node as the JSON it stands for."""
    if isinstance(node.value, dict):
        return {key: plain(inner) for key, inner in node.value.items()}
    if isinstance(node.value, list):
        return [plain(inner) for inner in node.value]
    return node.value


def _offset(node: Node) -> float:
    """`+10m`: seconds since the test began."""
    found = _OFFSET.fullmatch(node.text.strip())
    if node.text.strip() in ("0", "+0", "+0s", "+0m"):
        return 0.0
    if not found:
        wrong(node, f"{shown(node)} is no time of a test", help="write +10m or +25h: so long after it began")
    return lasting(Node(place=node.place, value=found[1], text=found[1], style=node.style, end=node.end))


def _moment(node: Node) -> datetime:
    try:
        return datetime.fromisoformat(node.text.strip())
    except ValueError:
        wrong(node, f"{shown(node)} is no date with a time", help='write "2026-11-24 09:00", in quotes')


def _time_of(node: Node) -> float | time:
    if clock := _CLOCK.fullmatch(node.text.strip()):
        return time(int(clock[1]), int(clock[2]))
    return _offset(node)
