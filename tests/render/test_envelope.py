"""What outgoing webhooks post."""

from __future__ import annotations

import json
from typing import Literal

import pytest

from bridge.model import Event, Notification, replace
from bridge.render.envelope import check_envelope, enveloped
from bridge.sources.creads import Creads
from tests.told import BODY, EVENT, NOW, WORDS


def written(form: Literal["partners", "standard"], event: Event | None) -> Notification:
    return enveloped(WORDS, form, event=event, rule="News", now=NOW, redact={"token"})


def test_partners_get_the_body_as_it_came() -> None:
    note = written("partners", EVENT)
    assert (note.body.encode(), note.title, note.format) == (BODY, "A message", "text")


@pytest.mark.parametrize(
    ("event", "kept"),
    [
        (replace(EVENT, body=b""), EVENT.resource),
        (replace(EVENT, body=b"[1"), EVENT.resource),
        (replace(EVENT, body=b"{}", action="deleted"), None),
    ],
)
def test_an_envelope_made_anew(event: Event, kept: object) -> None:
    envelope = json.loads(written("partners", event).body)
    assert envelope["event"] == f"resource.{event.action}"
    assert (envelope["resource_type"], envelope["resource_gid"]) == ("Project Message", "559b")
    assert envelope.get("resource") == kept


def test_what_tells_of_no_single_event_is_a_notice() -> None:
    body = written("partners", None).body.encode()
    arrival = Creads("elsewhere", (b"x",)).read(body, 0.0)
    assert arrival is not None
    assert (arrival.type, arrival.action) == ("Notice", "created")
    assert json.loads(body)["resource"]["message"] == "**é**"


def test_a_notice_in_the_standard_form() -> None:
    told = json.loads(written("standard", None).body)
    assert (told["type"], told["data"]["event"], told["data"]["title"]) == ("bridge.notice", None, "A message")


def test_half_a_surrogate_pair_is_no_reason_to_stop() -> None:
    event = replace(EVENT, resource={"a\ud800": ["\udfff"]})
    assert json.loads(written("standard", event).body)["data"]["event"]["resource"] == {"a?": ["?"]}


def test_a_check_tells_nothing() -> None:
    assert Creads("elsewhere", (b"x",)).read(check_envelope("partners", NOW).encode(), 0.0) is None
    assert json.loads(check_envelope("standard", NOW))["type"] == "bridge.check"
