"""Small typed readers over positioned nodes: each gives a value or says, at its place, what is allowed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar

from bridge.config.nodes import resolve
from bridge.config.wording import choices, nearest, said, suggestion
from bridge.errors import Invalid, Problem, Severity
from bridge.model import Node, Place, Scalar, replace

T = TypeVar("T")
D = TypeVar("D")
Reader = Callable[[Node], T]

MOST_UNKNOWN_KEYS = 20  # told of one map; a file that is wrong all over needs no more
LONGEST_DURATION = 10 * 365 * 86400.0

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
DURATION = re.compile(r"([0-9]{1,9})(ms|s|m|h|d)")
RATE = re.compile(r"([0-9]{1,6})/(s|m|h|d)")


@dataclass(slots=True)
class Findings:
    """What reading files brings beside their values."""

    problems: list[Problem] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)  # values to mask wherever they appear
    hidden: list[tuple[Place, Place]] = field(default_factory=list)  # from, to: never shown of a source line

    def hide(self, node: Node) -> None:
        """Keep a value and all below it out of every source line."""
        if isinstance(node.value, dict):
            for inner in node.value.values():
                self.hide(inner)
        elif isinstance(node.value, list):
            for inner in node.value:
                self.hide(inner)
        elif node.end and node.value is not None:
            self.hidden.append((node.place, node.end))

    def hide_keys(self, node: Node) -> None:
        """Keep addresses that stand as keys out of every text: a `url:` was forgotten, and they hold tokens."""
        waiting = [node]
        while waiting:
            one = waiting.pop()
            for key, place in one.keys.items():
                if "://" in key and not key.startswith("console://"):
                    self.secrets.add(key)
                    self.hidden.append((place, replace(place, column=place.column + len(key) + 1)))
            if isinstance(one.value, dict | list):
                waiting += one.value.values() if isinstance(one.value, dict) else one.value

    def unfilled(self, node: Node) -> bool:
        """Whether a variable in this value could not be filled in, which is a problem of its own already."""
        return is_filled(node) and any(
            one.code == "variable" and one.place.line == node.place.line for one in self.problems
        )

    def tell(
        self,
        place: Place,
        code: str,
        message: str,
        *,
        help: str = "",
        docs: str = "",
        severity: Severity = "error",
        width: int = 1,
    ) -> None:
        self.problems.append(
            Problem(place=place, code=code, message=message, help=help, docs=docs, severity=severity, width=width)
        )


def kind_of_value(node: Node) -> str:
    """What a value is, in words."""
    value = node.value
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    return "a text" if isinstance(value, str) else "a number"


def width_of(node: Node) -> int:
    """How many characters of its line a scalar takes."""
    if node.end and node.end.line == node.place.line:
        return max(1, node.end.column - node.place.column)
    return 1


def is_filled(node: Node) -> bool:
    """Whether `${…}` gave this value: what may be shown of it is `node.text`."""
    return isinstance(node.value, str) and node.text != node.value and "${" in node.text


def shown(node: Node) -> str:
    """A value as a message may show it: never what a variable held."""
    return said(node.text) if not isinstance(node.value, list | dict) else kind_of_value(node)


def wrong(node: Node, message: str, *, help: str = "", code: str = "value") -> NoReturn:
    raise Invalid([Problem(place=node.place, code=code, message=message, help=help, width=width_of(node))])


def scalar(node: Node) -> Scalar | list[Node] | dict[str, Node]:
    """The value; of a text that a variable gave, what it would mean if it stood in the file."""
    if is_filled(node) and isinstance(node.value, str):
        try:
            return resolve(node.value)
        except ValueError:
            return node.value
    return node.value


def text(node: Node) -> str:
    if not isinstance(node.value, str):
        quote = f'put quotes round it: "{node.text}"' if isinstance(node.value, bool | int | float) else ""
        wrong(node, f"a text is needed here, this is {kind_of_value(node)}", help=quote, code="wrong-type")
    return node.value


def word(node: Node) -> str:
    """A text that is not empty."""
    value = text(node)
    if not value.strip():
        wrong(node, "this text is empty", help="write one, or delete the line")
    return value


def boolean(node: Node) -> bool:
    value = scalar(node)
    if not isinstance(value, bool):
        yes = str(value).lower() in ("yes", "on", "1", "y")
        no = str(value).lower() in ("no", "off", "0", "n")
        help = "write `true`" if yes else "write `false`" if no else "write `true` or `false`"
        wrong(node, f"{shown(node)} is neither true nor false", help=help, code="wrong-type")
    return value


def integer(low: int, high: int, *, below: str = "") -> Reader[int]:
    """A whole number in these bounds; `below`: what to do instead of writing one that is too low."""

    def read(node: Node) -> int:
        value = scalar(node)
        if not isinstance(value, int) or isinstance(value, bool):
            help = "write it without a fraction" if isinstance(value, float) else "write digits, without quotes"
        elif value < low:
            help = f"write {low} or more{below and f'; {below}'}"
        elif value > high:
            help = f"write {high} at most"
        else:
            return value
        wrong(node, f"{shown(node)} is no whole number from {low:,} to {high:,}", help=help)

    return read


def duration(node: Node) -> float:
    """Seconds."""
    found = DURATION.fullmatch(node.value) if isinstance(node.value, str) else None
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0.0
    if not found:
        hint = f"did you mean `{node.value}s`? " if isinstance(node.value, int) else ""
        wrong(node, f"{shown(node)} is not a duration", help=f"{hint}write 300ms, 5s, 2m, 1h or 3d", code="duration")
    if seconds > LONGEST_DURATION:
        wrong(node, f"{shown(node)} is longer than ten years", help="write 3650d at most", code="duration")
    return seconds


def written(seconds: float) -> str:
    """As `duration` reads it: 8s, 36h, 3d."""
    unit = next((unit for unit in ("d", "h", "m", "s") if seconds % _UNITS[unit] == 0), "ms")
    return f"{seconds / _UNITS[unit]:.0f}{unit}"


def lasting(node: Node) -> float:
    """A duration over nothing, in seconds."""
    return lasting_or("")(node)


def lasting_or(instead: str) -> Reader[float]:
    """A duration over nothing; `instead`: what to do where nothing is meant."""

    def read(node: Node) -> float:
        seconds = duration(node)
        if seconds == 0:
            help = f"write 1ms or more, such as 5s, 2m, 1h or 3d{instead and f'; {instead}'}"
            wrong(node, "this duration is nothing", help=help, code="duration")
        return seconds

    return read


def rate(node: Node) -> float:
    """How many a second."""
    found = RATE.fullmatch(node.value) if isinstance(node.value, str) else None
    if not found:
        hint = f"did you mean `{node.value}/s`? " if isinstance(node.value, int) else ""
        help = f"{hint}write 1/s, 30/m, 100/h or 500/d, and 999999/s at most"
        wrong(node, f"{shown(node)} is not a rate", help=help, code="rate")
    if int(found[1]) == 0:
        help = "write 1/d or more; `bridge destinations pause NAME` holds a destination"
        wrong(node, f"{shown(node)} lets nothing through", help=help, code="rate")
    return int(found[1]) / _UNITS[found[2]]


def one_of(allowed: Sequence[str], noun: str) -> Reader[str]:
    def read(node: Node) -> str:
        if node.value not in allowed:
            hint = suggestion(node.text, allowed) if isinstance(node.value, str) else ""
            wrong(
                node,
                f"unknown {noun} {shown(node)}",
                help=f"{hint}write {_or(allowed)}",
                code=f"unknown-{noun.replace(' ', '-')}",
            )
        return str(node.value)

    return read


def _or(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def list_of(read: Reader[T]) -> Reader[tuple[T, ...]]:
    def read_all(node: Node) -> tuple[T, ...]:
        if not isinstance(node.value, list):
            wrong(node, f"a list is needed here, this is {kind_of_value(node)}", help="write [a, b]", code="wrong-type")
        return _each(node.value, read)

    return read_all


def one_or_more(read: Reader[T]) -> Reader[tuple[T, ...]]:
    """A value, or a list of them."""
    return lambda node: _each(node.value if isinstance(node.value, list) else [node], read)


def _each(nodes: list[Node], read: Reader[T]) -> tuple[T, ...]:
    values: list[T] = []
    problems: list[Problem] = []
    for node in nodes:
        try:
            values.append(read(node))
        except Invalid as error:
            problems.extend(error.problems)
    if problems:
        raise Invalid(problems)
    return tuple(values)


class Fields:
    """One map of a file, read key by key; what is wrong is told, and reading goes on."""

    def __init__(
        self, node: Node, findings: Findings, *, what: str, docs: str, kind: str = "", example: str = ""
    ) -> None:
        self.node, self.findings, self.docs = node, findings, docs
        self.what = what  # this one: “destination `ops`”
        self.kind = kind or what  # any of its kind: “a destination”
        self.example = example  # how such a map is written
        self.entries: Mapping[str, Node] = node.value if isinstance(node.value, dict) else {}
        self.meant: set[str] = set()  # what unknown keys were probably meant to be

    def only(self, allowed: Sequence[str], *, secret_keys: Collection[str] = ()) -> None:
        """Tell of every key that is not allowed. What may be one of `secret_keys` misspelt is not shown."""
        unknown = [key for key in self.entries if key not in allowed]
        for key in unknown[:MOST_UNKNOWN_KEYS]:
            meant = nearest(key, allowed)
            if secret_keys and (meant is None or meant in secret_keys):
                self.findings.hide(self.entries[key])
            self.meant |= {meant} if meant else set()
            self.tell_key(
                key,
                "unknown-key",
                f"unknown key {said(key)} in {self.what}",
                help=f"{suggestion(key, allowed)}keys of {self.kind}: {choices(allowed)}",
            )

    def tell_key(self, key: str, code: str, message: str, *, help: str = "", severity: Severity = "error") -> None:
        """A problem that stands at a key."""
        self.findings.tell(
            self.node.keys[key], code, message, help=help, docs=self.docs, severity=severity, width=len(key)
        )

    def missing(self, key: str, help: str = "") -> None:
        """A key that is not there is told at the map's first one, unless another is that one misspelt."""
        if key in self.meant:
            return
        first = next(iter(self.node.keys.values()), self.node.place)
        width = len(next(iter(self.node.keys), " "))
        message = f"{self.what} has no {said(key)}"
        if not help and self.example:
            help = f"write {self.example}"
        self.findings.tell(first, "missing-key", message, help=help, docs=self.docs, width=width)

    def node_of(self, key: str) -> Node | None:
        """The node of a key; None where there is no key or its variable is empty."""
        node = self.entries.get(key)
        return None if node is None or (is_filled(node) and node.value == "") else node

    def get(self, key: str, read: Reader[T], default: D) -> T | D:
        node = self.node_of(key)
        return default if node is None else self.take(node, read, default)

    def take(self, node: Node, read: Reader[T], default: D) -> T | D:
        """What `read` makes of a node, or the default and a problem."""
        if node.value is None:
            message = f"a value is missing in {self.what}"
            self.findings.tell(node.place, "empty", message, help="write one, or delete the line", docs=self.docs)
            return default
        try:
            return read(node)
        except Invalid as error:
            if not self.findings.unfilled(node):
                self.findings.problems.extend(replace(one, docs=one.docs or self.docs) for one in error.problems)
            return default

    def inner(self, key: str, *, what: str = "", example: str = "") -> Fields | None:
        """The map under a key."""
        node = self.node_of(key)
        return None if node is None else self.map(node, what=what or f"`{key}` of {self.what}", example=example)

    def map(self, node: Node, *, what: str, kind: str = "", example: str = "") -> Fields | None:
        """A node as a map; None, with a problem, when it is none."""
        if isinstance(node.value, dict):
            return Fields(node, self.findings, what=what, docs=self.docs, kind=kind, example=example)
        self.findings.tell(
            node.place,
            "wrong-type",
            f"a map is needed here, this is {kind_of_value(node)}",
            help=f"write {example}" if example else "write `key: value` lines below it",
            docs=self.docs,
            width=width_of(node),
        )
        return None

    def named(self, key: str, *, one: str, example: str = "") -> Iterable[tuple[str, Fields]]:
        """The maps below a key by the names people gave them."""
        entries = self.inner(key, what=f"`{key}`", example=f"`name: {example}` lines below it")
        for name, node in entries.entries.items() if entries else ():
            kind = f"{'an' if one[0] in 'aeio' else 'a'} {one}"
            fields = self.map(node, what=f"{one} {said(name)}", kind=kind, example=example)
            if fields:
                yield name, fields
