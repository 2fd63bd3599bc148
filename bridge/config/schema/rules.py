"""The schema of rule files. The words are those of docs/rules.md."""

from __future__ import annotations

from bridge.config.destinations import FORMATS
from bridge.config.rule_tests import EVENT_KEYS, EXPECT_KEYS, KNOWN_KEYS, TEST_KEYS
from bridge.config.rules import FILE_KEYS, FOLLOW_UP_KEYS, LONGEST_NAME, RULE_KEYS, TARGET_KEYS, TONES
from bridge.config.schema.conditions import PATH, conditions, event
from bridge.config.schema.pieces import (
    DIALECT,
    FLAG,
    SPAN,
    TEXT,
    WHOLE,
    WORD,
    Schema,
    Words,
    keyed,
    listed,
    one_of,
    one_or_more,
    ref,
)
from bridge.render.check import NAMES
from bridge.render.filters import all_filters
from bridge.render.speech import Speech

BY = one_or_more(PATH)
AT_LEAST_ONE = {"type": "integer", "minimum": 1}

ONCE: Words = {
    "per": ("for how long one event per key passes", SPAN),
    "by": ("what the key is made of", BY),
}
THROTTLE: Words = {
    "max": ("so many pass", AT_LEAST_ONE),
    "per": ("… in any such time", SPAN),
    "by": ("what is counted by", BY),
    "summary": ("false: nobody is told how many were left out", FLAG),
}
HOURS: Words = {
    "only": ("a name of `time_intervals` in the configuration", WORD),
    "otherwise": ("outside of it: hold until it opens (the default), or drop", one_of(("hold", "drop"))),
}
DIGEST: Words = {
    "every": ("sent so long after its first item", SPAN),
    "at": ("sent at these times of the day, in quotes", one_or_more({**WORD, "examples": ["09:00", "17:00"]})),
    "by": ("one digest for each value of this", BY),
    "max": ("sent at once when so many are in", AT_LEAST_ONE),
}
SAME: Words = {
    "this": ("read in the event that armed it", BY),
    "that": ("read in the later event", BY),
}
UNLESS: Words = {
    "when": ("the later event that makes it needless", ref("when")),
    "if": ("… where this holds", ref("condition")),
    "same": ("what both events must have alike", {"anyOf": [BY, keyed(tuple(SAME), SAME, needed=SAME)]}),
}
FOLLOW_UP: Words = {
    "after": ("how long after the rule fired", SPAN),
    "unless": ("the later event that makes it needless", keyed(tuple(UNLESS), UNLESS, needed=("when",))),
    "notify": ("whom to tell then", ref("notify")),
    "title": ("the title: a template on one line", ref("template_text")),
    "body": ("the text: a template", ref("template_text")),
    "template": ("a file below templates/ that writes both", WORD),
}
_TITLE = ("the title: a template on one line, always plain text", ref("template_text"))
_BODY = ("the text: a template", ref("template_text"))
_FORMAT = ("what the body is; text unless said", one_of(FORMATS))
_TEMPLATE = ("a file below templates/ that writes title and body, instead of `title`, `body` and `format`", WORD)
TARGET: Words = {
    "to": ("a destination or a group of the configuration", WORD),
    "title": _TITLE,
    "body": _BODY,
    "format": _FORMAT,
    "template": _TEMPLATE,
    "type": ("the colour or icon, where the service has one", one_of(TONES)),
    "attach": ("addresses of files to attach: templates", one_or_more(ref("template_text"))),
}
_STEP = keyed(FOLLOW_UP_KEYS, FOLLOW_UP, needed=("after", "notify"))
RULE: Words = {
    "name": (
        "a text on one line, unique over all files",
        {"type": "string", "pattern": r"\S", "maxLength": LONGEST_NAME},
    ),
    "when": ("which events", ref("when")),
    "if": ("which of them: all unless said", ref("condition")),
    "notify": ("whom to tell", ref("notify")),
    "title": _TITLE,
    "body": _BODY,
    "format": _FORMAT,
    "template": _TEMPLATE,
    "description": ("for the reader of the file and of the API", TEXT),
    "enabled": ("false switches the rule off; it stays checked", FLAG),
    "labels": ("a word or a list of words; templates see them as `rule.labels`", one_or_more(WORD)),
    "owner": ("a destination that is told of this rule's errors", WORD),
    "priority": ("higher rules are asked first; 0 unless said", WHOLE),
    "stop": ("true: when this rule fires, no rule after it is asked", FLAG),
    "once": ("passes one event per key in a time", keyed(tuple(ONCE), ONCE, needed=("per",))),
    "throttle": ("passes so many in a time", keyed(tuple(THROTTLE), THROTTLE, needed=("max", "per"))),
    "hours": ("passes in named hours", keyed(tuple(HOURS), HOURS, needed=("only",))),
    "digest": ("gathers messages into one", keyed(tuple(DIGEST), DIGEST)),
    "follow_up": ("who is told later, unless something happens before", one_or_more(_STEP)),
}
_GID: Schema = {"type": ["string", "integer"]}
KNOWN: Words = {
    "type": ("a type, as in `when`", WORD),
    "gid": ("which one", _GID),
    "source": ("a source of the configuration; else the first that sends this type", WORD),
    "resource": ("what is known of it", {"type": "object"}),
}
EVENT: Words = {
    "type": ("a type, as in `when`", WORD),
    "action": ("an action, as in `when`", WORD),
    "gid": ("which resource it is about", _GID),
    "source": ("a source of the configuration; else the first that sends this type", WORD),
    "resource": ("what the event carries", {"type": "object"}),
    "at": ("when it comes, from the start of the clock on", {**WORD, "examples": ["+10m", "+25h"]}),
}
EXPECTED: Words = {
    "title": ("the exact title", TEXT),
    "body": ("the exact body", TEXT),
    "contains": ("a text that the body holds", TEXT),
    "count": ("how many messages", {"type": "integer", "minimum": 0}),
    "at": ("when: so long after the start, or a time of the day", {**WORD, "examples": ["+24h", "09:00"]}),
}
_MESSAGE = {"anyOf": [{"type": ["string", "null"]}, keyed(EXPECT_KEYS, EXPECTED)]}
_KNOWN = keyed(KNOWN_KEYS, KNOWN, needed=("type", "gid", "resource"))
TEST: Words = {
    "name": ("what is tried", WORD),
    "event": ("the event that comes", keyed(EVENT_KEYS, EVENT, needed=("type", "action"))),
    "events": ("a series of events", listed(keyed(("at", *EVENT_KEYS), EVENT, needed=("type", "action")))),
    "previous": ("the resource's state before", {"type": "object"}),
    "known": ("what is remembered of other resources", one_or_more(_KNOWN)),
    "at": ("where the clock starts", {**WORD, "examples": ["2026-11-24 09:00"]}),
    "until": ("how far the clock goes", {**WORD, "examples": ["+25h"]}),
    "expect": (
        "destination → exact text, `{title, body, contains, count, at}` or `~`; whoever is not named must get nothing",
        {"anyOf": [{"const": "nothing"}, {"type": "object", "additionalProperties": _MESSAGE}]},
    ),
}
FILE: Words = {
    "rules": (
        "when something happens, if this holds, notify them",
        {"type": ["array", "null"], "items": keyed(RULE_KEYS, RULE, needed=("name", "when", "notify"))},
    ),
    "tests": (
        "what `bridge test` tries",
        {"type": ["array", "null"], "items": keyed(TEST_KEYS, TEST, needed=("name", "expect"))},
    ),
}


def rule_file() -> Schema:
    """The whole schema."""
    return {
        "$schema": DIALECT,
        "title": "Bridge: a file of rules",
        "description": "When something happens, if this holds, notify them.",
        **keyed(FILE_KEYS, FILE),
        "$defs": {
            "when": {"anyOf": [ref("event"), {**listed(ref("event")), "minItems": 1}]},
            "event": event(),
            **conditions(),
            "notify": {"anyOf": [WORD, _target(), {**listed({"anyOf": [WORD, _target()]}), "minItems": 1}]},
            "template_text": _template_text(),
        },
    }


def _target() -> Schema:
    return keyed(TARGET_KEYS, TARGET, needed=("to",))


def _template_text() -> Schema:
    """Completion inside a text is beyond JSON Schema: its hint names what may stand there."""
    filters = sorted(all_filters(Speech("en", "UTC")))
    return {
        "type": "string",
        "description": f"Jinja: {{{{ name }}}} or {{{{ name|filter }}}}. Names: {', '.join(NAMES)}. "
        f"Filters: {', '.join(filters)}.",
    }
