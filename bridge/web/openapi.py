"""/api/v1/openapi.json: one table of what the API does; a test compares it with the routes that there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from quart import Blueprint, Response

from bridge import __version__
from bridge.web.access import needed_role
from bridge.web.api import DELIVERY_STATES, EVENT_STATES, LARGEST_PAGE, LONGEST_FILTER, OUTCOMES, PAGE
from bridge.web.problem import answer
from bridge.web.schemas import (
    COMPONENTS,
    DROP_MANY,
    ID,
    INSTANT,
    NOTHING,
    PAUSE,
    REDIRECT,
    REDIRECT_MANY,
    REPLAY_DELIVERY,
    REPLAY_EVENT,
    REPLAY_MANY,
    RESUME,
    SILENCE,
    TEXT,
    Schema,
    named,
    one_of,
    page_of,
)

PREFIX = "/api/v1"
DOCUMENT = "/api/v1/openapi.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One value in the query or in the path."""

    name: str
    schema: Schema
    about: str
    place: str = "query"  # or "path"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that the API does."""

    method: str = "GET"
    path: str  # below /api/v1, parameters in braces
    summary: str
    parameters: tuple[Parameter, ...] = ()
    body: Schema | None = None  # of a request
    status: int = 200  # when all went well
    answer: Schema | None = None  # None: no body
    media: str = "application/json"  # of the answer
    problems: tuple[int, ...] = field(default=())  # beside 401, 403 of what changes something, 421, 503


_PAGE = (
    Parameter(name="cursor", schema={"type": "string", "pattern": "^[1-9][0-9]{0,17}$"}, about="`next` of a page"),
    Parameter(
        name="limit",
        schema={"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE},
        about="how many",
    ),
)


def _filters(states: tuple[str, ...], *more: Parameter) -> tuple[Parameter, ...]:
    word = {"type": "string", "maxLength": LONGEST_FILTER}
    return (
        *_PAGE,
        Parameter(name="gid", schema=word, about="the resource's id at the sender"),
        Parameter(name="type", schema=word, about="of the resource, in any of its spellings"),
        Parameter(name="action", schema=word, about="what happened to it"),
        Parameter(name="source", schema=word, about="who sent it, as the configuration names them"),
        Parameter(name="rule", schema=word, about="a rule that sent something"),
        Parameter(name="destination", schema=word, about="where something was sent"),
        Parameter(name="state", schema=one_of(*states), about="how far it is"),
        *more,
        Parameter(name="q", schema=word, about="a part of a text, exactly"),
        Parameter(name="since", schema=INSTANT, about="not before this time"),
        Parameter(name="until", schema=INSTANT, about="before this time"),
    )


OUTCOME = Parameter(name="outcome", schema=one_of(*OUTCOMES), about="who was told of it")
DELIVERY_ID = Parameter(name="delivery_id", schema=ID, about="of the delivery", place="path")
SILENCE_ID = Parameter(name="silence_id", schema=ID, about="of the silence", place="path")
RULE_NAME = Parameter(name="rule_name", schema={**TEXT, "minLength": 1}, about="as it stands in its file", place="path")
DESTINATION_NAME = Parameter(
    name="destination_name", schema={**TEXT, "minLength": 1}, about="as the configuration has it", place="path"
)
EVENT_ID = Parameter(name="event_id", schema=ID, about="of the event", place="path")

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        path="/events",
        summary="Events, newest first",
        parameters=_filters(EVENT_STATES, OUTCOME),
        answer=page_of("Event"),
        problems=(400,),
    ),
    Operation(
        path="/events/{event_id}",
        summary="One event with its decisions and deliveries",
        parameters=(EVENT_ID,),
        answer=named("Event"),
        problems=(404,),
    ),
    Operation(
        path="/deliveries",
        summary="Deliveries, newest first",
        parameters=_filters(DELIVERY_STATES),
        answer=page_of("Delivery"),
        problems=(400,),
    ),
    Operation(path="/destinations", summary="How each destination stands", answer=page_of("Destination")),
    *(
        Operation(
            method="POST",
            path=f"/destinations/{{destination_name}}/{verb}",
            summary=summary,
            parameters=(DESTINATION_NAME,),
            body=given,
            answer=named(component),
            problems=problems,
        )
        for verb, summary, given, component, problems in (
            ("pause", "Hold what comes for a destination", PAUSE, "Destination", (400, 404, 409)),
            ("resume", "Let go what a paused destination holds", RESUME, "Destination", (400, 404, 409)),
            ("test", "Send a destination one message now, past its queue", NOTHING, "Tested", (400, 404)),
        )
    ),
    Operation(
        path="/audit", summary="Who did what, newest first", parameters=_PAGE, answer=page_of("Audit"), problems=(400,)
    ),
    Operation(path="/rules", summary="Rule files with their rules and problems", answer=page_of("RuleFile")),
    *(
        Operation(
            method="POST",
            path=f"/rules/{{rule_name}}/{verb}",
            summary=f"Switch a rule {how}: one line of its file is written",
            parameters=(RULE_NAME,),
            body=NOTHING,
            answer=named("Switched"),
            problems=(400, 404, 409),
        )
        for verb, how in (("enable", "on"), ("disable", "off"))
    ),
    Operation(
        method="POST",
        path="/events/{event_id}/replay",
        summary="Match an event anew with today's rules",
        parameters=(EVENT_ID,),
        body=REPLAY_EVENT,
        answer=named("Replayed"),
        problems=(400, 404, 409),
    ),
    Operation(
        method="POST",
        path="/deliveries/{delivery_id}/replay",
        summary="Send a delivery again",
        parameters=(DELIVERY_ID,),
        body=REPLAY_DELIVERY,
        answer=named("Replayed"),
        problems=(400, 404, 409),
    ),
    Operation(
        method="POST",
        path="/deliveries/{delivery_id}/redirect",
        summary="Send a delivery to another destination, one that waits instead",
        parameters=(DELIVERY_ID,),
        body=REDIRECT,
        answer=named("Replayed"),
        problems=(400, 404, 409),
    ),
    Operation(
        method="POST",
        path="/deliveries/{delivery_id}/drop",
        summary="Have a delivery that waits or failed go to nobody",
        parameters=(DELIVERY_ID,),
        body=NOTHING,
        answer=named("Delivery"),
        problems=(400, 404, 409),
    ),
    Operation(
        method="POST",
        path="/deliveries/replay",
        summary="Send many again, each once",
        body=REPLAY_MANY,
        answer=named("ManyReplayed"),
        problems=(400, 409),
    ),
    Operation(
        method="POST",
        path="/deliveries/redirect",
        summary="Send several to another destination, those that wait instead",
        body=REDIRECT_MANY,
        answer=named("ManyReplayed"),
        problems=(400, 409),
    ),
    Operation(
        method="POST",
        path="/deliveries/drop",
        summary="Have several that wait or failed go to nobody",
        body=DROP_MANY,
        answer=named("ManyReplayed"),
        problems=(400, 409),
    ),
    Operation(
        path="/silences",
        summary="What keeps messages from people now or later, newest first",
        parameters=(
            Parameter(
                name="all", schema={"type": "string", "enum": ["true", "false"]}, about="those that are over too"
            ),
        ),
        answer=page_of("Silence"),
        problems=(400,),
    ),
    Operation(
        method="POST",
        path="/silences",
        summary="Keep messages from people for a while",
        body=SILENCE,
        status=201,
        answer=named("NewSilence"),
        problems=(400,),
    ),
    Operation(
        method="DELETE",
        path="/silences/{silence_id}",
        summary="End a silence now",
        parameters=(SILENCE_ID,),
        answer=named("Silence"),
        problems=(404, 409),
    ),
    Operation(
        path="/stream",
        summary="Server-sent events: something happened, look again",
        answer=TEXT,
        media="text/event-stream",
    ),
    Operation(path="/openapi.json", summary="This document", answer={"type": "object"}),
)


def document(operations: tuple[Operation, ...] = OPERATIONS) -> dict[str, Any]:
    """The OpenAPI document."""
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(PREFIX + one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Bridge", "version": __version__, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": COMPONENTS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "`admin_token` of the configuration"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "bridge",
                    "description": "the cookie of who signed in; what changes something needs `X-CSRF-Token` too",
                },
            },
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    """One operation with every answer that it may give."""
    acts = needed_role(one.method, PREFIX + one.path) == "operate"
    answers: dict[str, Any] = {str(one.status): _answer(one.status, one.media, one.answer)}
    for status in sorted({401, 421, 503, *one.problems, *([403] if acts else [])}):
        answers[str(status)] = _answer(status, "application/problem+json", named("Problem"))
    answers["503"]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
    found: dict[str, Any] = {
        "operationId": f"{one.method.lower()}{_name(one.path)}",
        "summary": one.summary,
        "description": f"For the role `{'operate' if acts else 'view'}`.",
        "responses": answers,
    }
    if one.parameters:
        found["parameters"] = [
            {
                "name": given.name,
                "in": given.place,
                "required": given.place == "path",
                "schema": given.schema,
                "description": given.about,
            }
            for given in one.parameters
        ]
    if one.body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": one.body}}}
    return found


def _answer(status: int, media: str, schema: Schema | None) -> dict[str, Any]:
    said: Mapping[str, Any] = {"content": {media: {"schema": schema}}} if schema is not None else {}
    return {"description": HTTPStatus(status).phrase, **said}


def _name(path: str) -> str:
    return "".join(f"_{part.strip('{}').replace('.', '_')}" for part in path.split("/") if part)


def pages() -> Blueprint:
    """The route of this page."""
    openapi = Blueprint("openapi", __name__)
    made = document()

    @openapi.get(DOCUMENT)
    async def show() -> Response:
        return answer(made)

    return openapi
