"""YAML bytes → positioned nodes, with every limit held on the event stream before anything is built."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml import events as yaml_events
from ruamel.yaml.error import YAMLError

from bridge.config.wording import lines_of, place_in, said, syntax_problem
from bridge.errors import Invalid, Problem
from bridge.model import Node, Place, Scalar, replace

MAX_BYTES = 1024 * 1024
MAX_LINES = 50_000
MAX_EVENTS = 20_000
MAX_DEPTH = 20
MAX_TAGS = 10_000  # characters in words that may be tags, which ruamel reads ten times slower than others
MAX_DIGITS = 30  # of a number: more than any JSON sender means, less than what costs time to read

DOCS = "docs/configuration.md#yaml"

# YAML's own invisible line breaks and whatever is not text: they would shift every position after them.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # can be written as an escape, cannot be kept as text

_TAGS = re.compile(r"(?:(?<=[\s\[{(,:-])|^)!\S+", re.MULTILINE)

_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "null": (type(None),),
}


def compose(text: bytes, file: str) -> Node | None:
    """The one document of a file; None when it is empty. Raises Invalid with all that is wrong."""
    node, problems = read(text, file)
    if problems:
        raise Invalid(problems)
    return node


def read(text: bytes, file: str) -> tuple[Node | None, list[Problem]]:
    """Like `compose`, but gives what could be read beside the problems."""
    problems: list[Problem] = []
    try:
        return _Builder(_decode(text, file), file, problems).document(), problems
    except Invalid as error:
        return None, [*problems, *error.problems]


def resolve(text: str) -> Scalar:
    """What a plain scalar means by the core schema of YAML 1.2; a date is text. ValueError: no number we keep."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise ValueError("this number is too long")
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        if len(text) > MAX_DIGITS or not math.isfinite(float(text)):
            raise ValueError("this number is too large")
        return float(text)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError("no event holds this number")
    return text


def _decode(raw: bytes, file: str) -> str:
    if len(raw) > MAX_BYTES:
        _refuse(Place(file, 1, 1), "too-large", f"this file has {len(raw):,} bytes", "at most 1 MiB; split it")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        _refuse(Place(file, 1, 1), "encoding", "this file is saved as UTF-16", "save it as UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = place_in(raw[: error.start].decode("utf-8-sig"), error.start, file)
        _refuse(place, "encoding", f"the byte {raw[error.start]:#04x} is not UTF-8", "save the file as UTF-8")
    lines = len(lines_of(text))
    if lines > MAX_LINES:
        _refuse(Place(file, MAX_LINES, 1), "too-large", f"this file has {lines:,} lines", "at most 50,000; split it")
    if found := _FORBIDDEN.search(text):
        message = f"the invisible character U+{ord(found[0]):04X}"
        _refuse(
            place_in(text, found.start(), file), "character", message, "delete it, or write it as an escape in quotes"
        )
    marked = 0
    for found in _TAGS.finditer(text):
        marked += len(found[0])
        if marked > MAX_TAGS:
            _refuse(place_in(text, found.start(), file), "too-large", "too many words begin with `!`", "write fewer")
    return text


def _refuse(place: Place, code: str, message: str, help: str, width: int = 1) -> NoReturn:
    raise Invalid([Problem(place=place, code=code, message=message, help=help, docs=DOCS, width=width)])


@dataclass(slots=True)
class _Anchored:
    """A node that aliases may repeat, and what each repetition costs."""

    node: Node | None = None  # None while it is being read: an alias to it now is a circle
    events: int = 0
    characters: int = 0
    height: int = 0


class _Builder:
    """Builds nodes from the events as they come, so that a bomb stops the reading and not the machine."""

    def __init__(self, text: str, file: str, problems: list[Problem]) -> None:
        self.text, self.file, self.problems = text, file, problems
        self.events = 0
        self.characters = 0
        self.deepest = 0
        self.anchors: dict[str, _Anchored] = {}
        self.stream = self._counted(text)

    def document(self) -> Node | None:
        next(self.stream)
        event = next(self.stream)
        if isinstance(event, yaml_events.StreamEndEvent):
            return None
        if event.version not in (None, (1, 2)) or event.tags:
            _refuse(
                Place(self.file, 1, 1),
                "directive",
                "a `%` line is not understood here",
                "delete it: files are YAML 1.2",
            )
        node = self._node(next(self.stream), 1)
        next(self.stream)
        event = next(self.stream)
        if not isinstance(event, yaml_events.StreamEndEvent):
            help = "one file holds one; delete the `---`"
            self._tell(self._place(event), "documents", "a second document begins here", help)
        return None if node.value is None else node

    def _counted(self, text: str) -> Iterator[Any]:
        try:
            for event in YAML(typ="safe", pure=True).parse(text):
                self._count(event, 1, 0)
                yield event
        except (YAMLError, ValueError, OverflowError) as error:
            # ValueError and OverflowError: an escape beyond Unicode, which ruamel hands to chr() unlooked.
            raise Invalid([syntax_problem(error, text, self.file, DOCS)]) from None

    def _count(self, event: Any, events: int, characters: int) -> None:
        self.events += events
        self.characters += characters
        if self.events > MAX_EVENTS:
            _refuse(
                self._place(event),
                "too-large",
                f"over {MAX_EVENTS:,} keys and values, aliases counted as often as used",
                "split the file" if events == 1 else "write fewer aliases",
            )
        if self.characters > MAX_BYTES:
            _refuse(self._place(event), "too-large", "aliases repeat over 1 MiB of text", "write fewer aliases")

    def _place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _tell(self, place: Place, code: str, message: str, help: str, width: int = 1) -> None:
        self.problems.append(Problem(place=place, code=code, message=message, help=help, docs=DOCS, width=width))

    def _node(self, event: Any, depth: int) -> Node:
        self.deepest = max(self.deepest, depth)
        if depth > MAX_DEPTH:
            _refuse(self._place(event), "too-deep", f"nested more than {MAX_DEPTH} deep", "write it flatter")
        if isinstance(event, yaml_events.AliasEvent):
            return self._alias(event, depth)
        if event.anchor is None:
            return self._fresh(event, depth)
        anchored = self.anchors[event.anchor] = _Anchored()
        before, outer, self.deepest = (self.events, self.characters), self.deepest, depth
        anchored.node = self._fresh(event, depth)
        anchored.events, anchored.characters = self.events - before[0] + 1, self.characters - before[1]
        anchored.height = self.deepest - depth
        self.deepest = max(outer, self.deepest)
        return anchored.node

    def _alias(self, event: Any, depth: int) -> Node:
        place, width = self._place(event), len(event.anchor) + 1
        anchored = self.anchors.get(event.anchor)
        if anchored is None:
            _refuse(
                place, "alias", f"no anchor `&{said(event.anchor)[1:-1]}` stands before this", "define it first", width
            )
        if anchored.node is None:
            _refuse(place, "alias", "this alias stands inside what it repeats", "an alias cannot hold itself", width)
        if depth + anchored.height > MAX_DEPTH:
            _refuse(place, "too-deep", f"nested more than {MAX_DEPTH} deep", "write it flatter", width)
        self._count(event, anchored.events, anchored.characters)
        return anchored.node

    def _fresh(self, event: Any, depth: int) -> Node:
        if isinstance(event, yaml_events.ScalarEvent):
            return self._scalar(event)
        tag = "seq" if isinstance(event, yaml_events.SequenceStartEvent) else "map"
        if event.tag not in (None, "!", _CORE + tag):
            self._unknown_tag(event)
        return self._list(event, depth) if tag == "seq" else self._map(event, depth)

    def _list(self, start: Any, depth: int) -> Node:
        items: list[Node] = []
        while not isinstance(event := next(self.stream), yaml_events.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return Node(place=self._place(start), value=items)

    def _map(self, start: Any, depth: int) -> Node:
        if self.text.startswith("{{", start.start_mark.index):
            help = 'write "{{ … }}", or begin a longer text on the line after a `|`'
            _refuse(self._place(start), "quotes", "a text that begins with `{{` stands in quotes", help, 2)
        entries: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        merged: list[Node] = []
        while not isinstance(event := next(self.stream), yaml_events.MappingEndEvent):
            key = self._key(event, depth)
            value = self._node(next(self.stream), depth + 1)
            if key is None:
                continue
            if _merges(key):
                merged += value.value if isinstance(value.value, list) else [value]
                continue
            if value.text == "" and value.style == "plain":
                # YAML puts a value that is not there wherever the next one begins.
                value = replace(value, place=key.place, end=key.end)
            if key.text in entries:
                first = keys[key.text].line
                message = f"the key {said(key.text)} stands twice in this map; the first is on line {first}"
                self._tell(key.place, "duplicate-key", message, "delete one of them", _width(key))
                continue
            entries[key.text], keys[key.text] = value, key.place
        for one in merged:  # refused; but what they were to bring must not be told as missing too
            for name, node in one.value.items() if isinstance(one.value, dict) else ():
                entries.setdefault(name, node)
                keys.setdefault(name, one.keys[name])
        return Node(place=self._place(start), value=entries, keys=keys)

    def _key(self, event: Any, depth: int) -> Node | None:
        """The key as text; None, with a problem, for what cannot be one."""
        key = self._node(event, depth + 1)
        if isinstance(key.value, list | dict):
            self._tell(key.place, "key", "a list or map cannot be a key", "a key is one word; quote a text with `{`")
            return None
        if _merges(key):
            self._tell(key.place, "merge-key", "merge keys (`<<`) are not read", "write the keys out", 2)
        if not key.text.strip():
            self._tell(key.place, "key", "this key is empty", "write its name before the `:`")
            return None
        return key

    def _scalar(self, event: Any) -> Node:
        start, end = event.start_mark, event.end_mark
        line, column, index = start.line + 1, start.column + 1, start.index
        if event.anchor is not None or event.tag is not None:
            # The mark stands at the anchor or the tag; the text comes after them.
            skipped = len(re.match(r"(?:[&!]\S*\s*)*", self.text[index : end.index])[0])  # type: ignore[index]  # matches always
            passed = lines_of(self.text[index : index + skipped])
            column = len(passed[-1]) + (column if len(passed) == 1 else 1)
            line, index = line + len(passed) - 1, index + skipped
        place = Place(self.file, line, column)
        self._count(event, 0, len(event.value))
        written = self.text[index : end.index]
        style, exact, indent = _style(event, written)
        return Node(
            place=place,
            value=self._value(event, place, written),
            text=_lines_of_block(written, indent) if style == "block" else event.value,
            style=style,
            exact=exact,
            indent=indent,
            end=Place(self.file, end.line + 1, end.column + 1),
        )

    def _value(self, event: Any, place: Place, written: str) -> Scalar:
        text: str = event.value
        if _UNSTORABLE.search(text):
            self._tell(
                place, "character", "this text has a NUL or half a character in it", "delete the escape", len(written)
            )
            return _UNSTORABLE.sub("", text)
        tag = (event.tag or "").removeprefix(_CORE)
        if tag not in _SCALAR_TAGS and tag not in ("", "!"):
            self._unknown_tag(event)
            return text
        if tag in ("str", "!") or (not tag and not event.implicit[0]):
            return text
        try:
            value = resolve(text)
        except ValueError as error:
            self._tell(
                place, "number", f"{error}", "write a smaller number, or quote it as text", min(len(written), 60)
            )
            return text
        if tag and type(value) not in _SCALAR_TAGS[tag]:
            self._tell(self._place(event), "tag", f"the tag `!!{tag}` does not fit {said(text)}", "delete the tag")
        return value

    def _unknown_tag(self, event: Any) -> None:
        tag = str(event.tag).removeprefix(_CORE)
        help = "delete it: text, numbers, true, false, lists and maps need no tag; a condition says `not`"
        self._tell(self._place(event), "tag", f"the tag {said(tag)} is not read", help)


def _merges(key: Node) -> bool:
    return key.style == "plain" and key.text == "<<"


def _width(key: Node) -> int:
    end = key.end
    return end.column - key.place.column if end and end.line == key.place.line else 1


def _style(event: Any, written: str) -> tuple[Any, bool, int]:
    """(style, whether offsets of the text are columns of the file, indentation of a block)"""
    if event.style in ("'", '"'):
        return "quoted", written[1:-1] == event.value, 0
    if event.style is None:
        return "plain", written == event.value, 0
    first = next((line for line in written.split("\n")[1:] if line.strip()), "")
    return "block", True, len(first) - len(first.lstrip(" "))


def _lines_of_block(written: str, indent: int) -> str:
    """A block scalar's lines as written, without their indentation: one character for one of its value's."""
    return "\n".join(line[indent:] for line in lines_of(written)[1:])
