"""The schema of `when` and `if`. The words are those of docs/rules.md and docs/conditions.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bridge.config.schema.pieces import Schema, described, listed, ref
from bridge.model import fold
from bridge.rules.leaves import WRITTEN
from bridge.rules.operators import OPERATORS
from bridge.rules.paths import EVENT_FIELDS, ROOTS
from bridge.sources import SOURCES

PATH: Schema = {
    "type": "string",
    "pattern": rf"^({'|'.join(ROOTS)})(\.|\[|$)",
    "description": "a path, such as `resource.project.gid`",
}
OPERATOR_WORDS = {
    "eq": "equal",
    "ne": "there, and another value",
    "in": "one of them",
    "not_in": "there, and none of them",
    "gt": "greater; numbers with numbers, text with text",
    "gte": "greater or equal",
    "lt": "less",
    "lte": "less or equal",
    "contains": "text holds the text; list holds the item",
    "startswith": "text begins so",
    "endswith": "text ends so",
    "matches": "the RE2 pattern is found anywhere; `^…$` for the whole",
    "ieq": "equal without case",
    "icontains": "`contains` without case",
    "istartswith": "`startswith` without case",
    "iendswith": "`endswith` without case",
    "exists": "the field came; `null` counts as there",
    "any": "some element fits; paths begin at the element",
    "all": "every element fits; so does an empty list",
    "none": "no element fits; so does an empty list",
    "before": "a date before that one",
    "after": "a date after that one",
    "within": "at most that far from now: `2d` either way, `+2d` ahead only, `-2d` past only",
    "from": "it was that value, or one of a list, and changed",
    "to": "it now is that value, or one of a list, and changed",
    "changed": "differs from before; `false`: it does not",
}
EXAMPLES = {"before": ["now+2d", "2026-05-31"], "after": ["now-2d", "2026-05-31"], "within": ["2d", "+2d", "-2d"]}
# A value of each kind that may stand in a file: an operator's own check says which of them it takes.
KINDS: dict[str, Any] = {"string": "text", "number": 1, "boolean": True, "null": None, "array": ("text",)}
PLAIN: Schema = {"type": ["string", "number", "boolean", "null"]}


# ---- when --------------------------------------------------------------------------------------


def event() -> Schema:
    """One `when`: the documented spellings to choose from, and every other spelling of them."""
    return {
        "description": "`[source:] type action`; `*` stands for any",
        "anyOf": [{"enum": list(dict.fromkeys(_documented()))}, {"type": "string", "pattern": _other_spellings()}],
    }


def _documented() -> Iterable[str]:
    for source in SOURCES.values():
        for kind, actions in source.EVENTS.items():
            yield from (f"{kind} {action}" for action in (*actions, "*"))
    for source in SOURCES.values():
        yield from (f"* {action}" for actions in source.EVENTS.values() for action in actions)
    yield "* *"


def _other_spellings() -> str:
    if not all(source.EVENTS for source in SOURCES.values()):
        return r"\S\s+\S+\s*$"  # one of them may send anything
    sent = [(kind, actions) for source in SOURCES.values() for kind, actions in source.EVENTS.items()]
    events = [(rf"(?:{_spelled(kind)}|\*)", actions) for kind, actions in sent]
    kinds = "|".join(rf"{kind}\s+(?:{'|'.join(map(_spelled, actions))}|\*)" for kind, actions in events)
    return rf"^\s*(?:[^:]*:\s*)?(?:{kinds}|\*\s+\*)\s*$"


def _spelled(name: str) -> str:
    """A pattern for all spellings that compare as one; the patterns of JSON Schema know no case."""
    return r"[ _-]*".join(f"[{one}{one.upper()}]" if one.isalpha() else rf"\{one}" for one in fold(name))


# ---- if ----------------------------------------------------------------------------------------


def conditions() -> dict[str, Schema]:
    """The definitions that an `if` is made of."""
    fields = {f"resource.{path}": kinds for path, kinds in sorted(_fields().items())}
    known: dict[str, Schema] = {
        path: described(f"a field of {', '.join(kinds)}", ref("test")) for path, kinds in fields.items()
    }
    known |= {f"event.{name}": ref("test") for name in EVENT_FIELDS} | {"source": ref("test")}
    return {
        "condition": {
            "description": "a map of tests, a list of conditions, or one line: they must all hold",
            "anyOf": [
                {"type": "string", "pattern": r"\S", "examples": ["resource.price.amount >= 1000"]},
                {**listed(ref("condition")), "minItems": 1},
                _tests(ref("condition"), known, PATH["pattern"]),
            ],
        },
        "test": {
            "description": "a value: equal; a list: one of them; or a map of operators, which must all hold",
            "anyOf": [PLAIN, {**listed(PLAIN), "minItems": 1}, _operators()],
        },
        "element": {
            "description": "what each element is: a value, a list of values, or tests whose paths begin at the element",
            "anyOf": [PLAIN, {**listed(PLAIN), "minItems": 1}, _tests(ref("element_condition"), {}, ".")],
        },
        "element_condition": {
            "anyOf": [
                {"type": "string", "pattern": r"\S"},
                {**listed(ref("element_condition")), "minItems": 1},
                _tests(ref("element_condition"), {}, "."),
            ]
        },
    }


def _fields() -> dict[str, list[str]]:
    """Each path that some source is known to send → the types that have it."""
    found: dict[str, list[str]] = {}
    for source in SOURCES.values():
        for kind, paths in source.FIELDS.items():
            for path in paths:
                found.setdefault(path, []).append(kind)
    return found


def _tests(condition: Schema, fields: dict[str, Schema], paths: str) -> Schema:
    """A map of tests; `fields` are suggested, `paths` is what every path looks like."""
    several = {**listed(condition), "minItems": 1}
    return {
        "type": "object",
        "minProperties": 1,
        "properties": {
            "all": described("all of these hold", several),
            "any": described("some of these holds", several),
            "not": described("this does not hold", condition),
            **fields,
        },
        "patternProperties": {rf"^(?!(all|any|not)$){paths.removeprefix('^')}": ref("test")},
        "additionalProperties": False,
    }


def _operators() -> Schema:
    return {
        "type": "object",
        "minProperties": 1,
        "properties": {name: described(OPERATOR_WORDS[name], _right_side(name)) for name in WRITTEN},
        "additionalProperties": False,
    }


def _right_side(name: str) -> Schema:
    operator = OPERATORS[name]
    if operator.shape == "elements":
        return ref("element")
    taken = [kind for kind, value in KINDS.items() if operator.fits(value)] or ["string"]
    value: Schema = {"type": taken, **({"examples": EXAMPLES[name]} if name in EXAMPLES else {})}
    if not operator.other_path:
        return value
    other = {"type": "object", "properties": {"path": PATH}, "required": ["path"], "additionalProperties": False}
    return {"anyOf": [value, other]}
