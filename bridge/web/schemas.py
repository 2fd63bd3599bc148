"""What the API answers, as JSON Schema: each name is a component of the OpenAPI document."""

from __future__ import annotations

from typing import Any

from bridge.logs import MASK
from bridge.picked import MOST
from bridge.web.api import DELIVERY_STATES, EVENT_STATES

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
YES_OR_NO: Schema = {"type": "boolean"}
ANYTHING: Schema = {}
ID: Schema = {"type": "string", "pattern": "^[0-9]{1,19}$"}
INSTANT: Schema = {"type": "string", "format": "date-time"}


def optional(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def named(component: str) -> Schema:
    """A component."""
    return {"$ref": f"#/components/schemas/{component}"}


def list_of(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def map_of(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def one_of(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


def closed(sometimes: tuple[str, ...] = (), /, **properties: Schema) -> Schema:
    """An object with these fields and no others; all are there but those in `sometimes`."""
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in sometimes],
        "additionalProperties": False,
    }


def page_of(component: str) -> Schema:
    """One page of a list."""
    return closed(
        items=list_of(named(component)), next=optional({**ID, "description": "the `cursor` of the next page"})
    )


FINDING = closed(("reason",), path=TEXT, op=TEXT, expected=ANYTHING, found=ANYTHING, reason=TEXT)
CONDITION = closed(
    ("reason",),
    path=TEXT,
    op=TEXT,
    expected=ANYTHING,
    found=ANYTHING,
    reason=TEXT,
    truth=optional({**YES_OR_NO, "description": "null: unknown"}),
    line={**NUMBER, "description": "of the rule's file"},
)
FOLLOW_UP = closed(rule=TEXT, step=NUMBER, armed_at=INSTANT, due_at=INSTANT)
CHANGE = {"anyOf": [closed(old=ANYTHING, new=ANYTHING), {"const": MASK}]}

_AGAIN: Schema = closed(
    id=optional({**ID, "description": "null in a dry run"}),
    origin=optional(ID),
    event_id=optional(ID),
    rule=optional(TEXT),
    destination=TEXT,
    state=one_of(*DELIVERY_STATES),
    reason=optional(TEXT),
    title=TEXT,
    body=TEXT,
)
_WAY: dict[str, Schema] = {
    "to": {**TEXT, "description": "another destination"},
    "dry_run": {**YES_OR_NO, "description": "only say what would be sent"},
}


def _given(*needed: str, **properties: Schema) -> Schema:
    """The body of a request."""
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": list(needed)} if needed else {}),
    }


REPLAY_EVENT = _given(**_WAY, rule=TEXT, force={**YES_OR_NO, "description": "gates are not asked"})
REPLAY_DELIVERY = _given(**_WAY, anew={**YES_OR_NO, "description": "rendered with today's rules"})
REDIRECT = _given("to", **_WAY, anew=YES_OR_NO)
NOTHING = _given()
_IDS: Schema = {**list_of({"type": "string", "pattern": "^[0-9]{1,18}$"}), "minItems": 1, "maxItems": MOST}
DROP_MANY = _given("ids", ids=_IDS, why={**TEXT, "description": "for the audit list"})
REDIRECT_MANY = _given("ids", "to", **_WAY, anew=YES_OR_NO, ids=_IDS)
PAUSE = _given(why=optional({**TEXT, "description": "others will read it"}))
RESUME = _given(failed=optional({**YES_OR_NO, "description": "what failed lately is sent again too"}))
REPLAY_MANY = _given(
    **_WAY,
    ids={**_IDS, "description": "these; else `filter`"},
    anew=YES_OR_NO,
    filter=map_of(TEXT) | {"description": "named as the filters of deliveries; `state` is `failed` unless said"},
)
_LONGEST_TEXT = {**TEXT, "maxLength": 2000}
SILENCE: Schema = {
    "type": "object",
    "description": "At least one of the first six, or `everything`.",
    "properties": {
        **dict.fromkeys(("rule", "destination", "source", "type", "gid"), _LONGEST_TEXT),
        "where": {**_LONGEST_TEXT, "description": "an `if` on one line"},
        "everything": YES_OR_NO,
        "for": {**TEXT, "examples": ["2h"]},
        "from": INSTANT,
        "why": _LONGEST_TEXT,
    },
    "required": ["for", "why"],
    "additionalProperties": False,
}
_SILENCE_SHOWN: dict[str, Schema] = {
    "id": ID,
    "state": one_of("planned", "active", "expired"),
    **dict.fromkeys(("rule", "destination", "source", "type", "gid", "where"), optional(TEXT)),
    "starts_at": INSTANT,
    "ends_at": INSTANT,
    "why": TEXT,
    "who": TEXT,
    "created_at": INSTANT,
    "ended_by": optional(TEXT),
}

COMPONENTS: dict[str, Schema] = {
    "Event": closed(
        ("reason", "follow_ups"),
        id=ID,
        source=TEXT,
        type=TEXT,
        action=TEXT,
        gid=TEXT,
        received_at=INSTANT,
        state=one_of(*EVENT_STATES),
        duplicates=NUMBER,
        payload_kept={
            **YES_OR_NO,
            "description": "false: `resource` and `changes` are older than `keep` and were deleted",
        },
        resource=optional({"type": "object", "description": f"as rules saw it; what is secret is {MASK}"}),
        remembered=map_of(INSTANT),
        changes=map_of(CHANGE),
        decisions=list_of(named("Decision")),
        deliveries=list_of(named("Delivery")),
        reason={**TEXT, "description": "of one event: why no rule was asked"},
        follow_ups={**list_of(FOLLOW_UP), "description": "of one event: those that it armed and that still wait"},
    ),
    "Decision": closed(
        ("reason", "conditions"),
        rule=TEXT,
        file=TEXT,
        line=NUMBER,
        fired=YES_OR_NO,
        failed=list_of(FINDING),
        reason=TEXT,
        conditions={**list_of(CONDITION), "description": "of one event: all that the rule asks"},
    ),
    "Delivery": closed(
        id=ID,
        event_id=optional(ID),
        rule=optional(TEXT),
        destination=TEXT,
        kind={**TEXT, "examples": ["event", "digest", "follow_up", "summary", "news", "replay", "fallback"]},
        origin=optional({**ID, "description": "the delivery that this one repeats"}),
        state=one_of(*DELIVERY_STATES),
        reason=optional(TEXT),
        next_at=optional(INSTANT),
        title=TEXT,
        body=TEXT,
        attempts=list_of(named("Attempt")),
    ),
    "Attempt": closed(
        at=INSTANT,
        outcome=one_of("delivered", "retry", "failed"),
        reason=optional(TEXT),
        status=optional(NUMBER),
        ambiguous=YES_OR_NO,
        took_ms=NUMBER,
        retry_after=optional({"type": "number", "description": "seconds that the service asked to wait"}),
        answer=optional({**TEXT, "description": "the start of the service's answer, without secrets"}),
    ),
    "Destination": closed(
        name=TEXT,
        kind={**TEXT, "description": "the service"},
        state=one_of("active", "paused"),
        paused_since=optional(INSTANT),
        paused_by=optional({**TEXT, "description": "a name, or `failures`"}),
        reason=optional(TEXT),
        next_probe_at=optional(INSTANT),
        concurrency=NUMBER,
        rate=optional({"type": "number", "description": "sends a second at most"}),
        fallback=optional(TEXT),
        waiting=closed(pending=NUMBER, held=NUMBER, merged=NUMBER),
        oldest_waiting=optional(INSTANT),
        failed={**NUMBER, "description": "in 7 days"},
        last_delivered_at=optional(INSTANT),
        last_error=optional(closed(at=INSTANT, reason=optional(TEXT), status=optional(NUMBER))),
    ),
    "Tested": closed(
        outcome=one_of("delivered", "retry", "failed"),
        reason=optional(TEXT),
        status=optional(NUMBER),
        ambiguous=YES_OR_NO,
        took_ms=NUMBER,
    ),
    "RuleFile": closed(
        file=TEXT,
        refused={**YES_OR_NO, "description": "an earlier version of this file is in force"},
        rules=list_of(named("Rule")),
        problems=list_of(named("FileProblem")),
    ),
    "Rule": closed(
        name=TEXT,
        line=NUMBER,
        enabled=YES_OR_NO,
        priority=NUMBER,
        description=TEXT,
        labels=list_of(TEXT),
        notify=list_of(TEXT),
    ),
    "Audit": closed(id=ID, at=INSTANT, who=TEXT, what=TEXT, detail=TEXT),
    "Switched": closed(
        name=TEXT,
        file=TEXT,
        line=NUMBER,
        enabled=YES_OR_NO,
        changed={**YES_OR_NO, "description": "false: it was so already"},
        in_force={**YES_OR_NO, "description": "false: not yet, or the file is refused for what else is wrong in it"},
    ),
    "FileProblem": closed(
        line=NUMBER,
        column=NUMBER,
        severity=one_of("error", "warning", "info"),
        code=TEXT,
        message=TEXT,
        help=TEXT,
    ),
    "Replayed": closed(dry_run=YES_OR_NO, items=list_of(_AGAIN), warnings=list_of(TEXT)),
    "ManyReplayed": closed(
        dry_run=YES_OR_NO,
        count=NUMBER,
        replayed=NUMBER,
        destinations=map_of(NUMBER),
        refused=map_of(TEXT),
        warnings=list_of(TEXT),
    ),
    "Silence": closed(**_SILENCE_SHOWN),
    "NewSilence": closed(**_SILENCE_SHOWN, warnings=list_of(TEXT)),
    "Problem": {
        "type": "object",
        "properties": {"type": TEXT, "title": TEXT, "status": NUMBER, "detail": TEXT},
        "required": ["type", "title", "status", "detail"],
    },
}
