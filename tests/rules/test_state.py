"""Earlier state and references: what an event means beside what is remembered, and what is remembered of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from bridge.model import Key, Memory, Recorded
from bridge.rules import State, fill, learnt, state_of, understand
from bridge.rules.state import Understood
from bridge.sources.creads import Creads

SOURCE = Creads("shop", (b"a secret of sixteen bytes",))
PROJECT, WORK, OWNER = Key("shop", "Project", "p1"), Key("shop", "Work", "w1"), Key("shop", "User", "u1")
COMMENT, MESSAGE = Key("shop", "Comment", "c1"), Key("shop", "Project Message", "m1")
PROJECT_NOW = {"gid": "p1", "title": "Logo", "status": "draft", "owner": {"gid": "u1", "firstname": "Zoé"}}


def known(at: float = 5.0, /, **resource: Any) -> Memory:
    return Memory(resource=resource, at=at)


def filled_in(key: Key, resource: dict[str, Any], memory: dict[Key, Memory]) -> tuple[dict[str, Any], dict[str, float]]:
    return fill(key, state_of(key, resource, SOURCE), SOURCE, memory)


# ---- references --------------------------------------------------------------------------------


def test_references_are_found_at_any_depth() -> None:
    resource = {
        "project": {"gid": "p1", "owner": {"gid": "u1"}},
        "files": [{"worker": {"gid": "k1"}}],
        "parent": {"gid": "w1"},
        "winner": {"gid": "x"},
        "user": None,
        "product": {"gid": 5},
        "organization": {"gid": ""},
    }
    assert state_of(MESSAGE, resource, SOURCE).leads_to() == {PROJECT, OWNER, WORK, Key("shop", "Worker", "k1")}
    assert state_of(MESSAGE, None, SOURCE).leads_to() == set()


def test_a_comment_leads_to_what_its_uri_names() -> None:
    assert state_of(COMMENT, {"uri": "/works/w1"}, SOURCE).leads_to() == {WORK}
    assert state_of(COMMENT, {"uri": "nonsense"}, SOURCE).leads_to() == set()


def test_references_tell_of_others() -> None:
    resource = {
        "project": {"gid": "p1", "title": "Logo", "href": None},
        "user": {"gid": "u1"},
        "x": {"gid": "1", "a": 2},
    }
    assert learnt(state_of(MESSAGE, resource, SOURCE)) == {PROJECT: {"title": "Logo"}}
    assert learnt(state_of(MESSAGE, None, SOURCE)) == {}


def test_a_reference_gets_the_remembered_fields_it_lacks() -> None:
    resource = {"message": "Hi", "project": {"gid": "p1", "title": None}}
    before = copy.deepcopy(resource)
    memory = {
        PROJECT: Memory(
            resource={"gid": "p1", "title": "Logo", "status": "draft"}, learned={"status": "x", "a": 1}, at=9
        )
    }
    filled, paths = filled_in(MESSAGE, resource, memory)
    assert filled == {"message": "Hi", "project": {"gid": "p1", "title": None, "status": "draft", "a": 1}}
    assert paths == {"project.status": 9, "project.a": 9}
    assert resource == before


def test_references_inside_what_was_filled_are_filled_once_more() -> None:
    memory = {
        WORK: known(1, gid="w1", project={"gid": "p1"}),
        PROJECT: known(2, gid="p1", title="Logo", owner={"gid": "u1"}),
        OWNER: known(3, gid="u1", firstname="Zoé"),
    }
    filled, paths = filled_in(Key("shop", "Work", "w2"), {"parent": {"gid": "w1"}}, memory)
    assert filled == {"parent": {"gid": "w1", "project": {"gid": "p1", "title": "Logo", "owner": {"gid": "u1"}}}}
    assert paths == {"parent.project": 1, "parent.project.title": 2, "parent.project.owner": 2}


def test_a_comment_is_filled_with_its_work_and_project() -> None:
    memory = {WORK: known(1, gid="w1", project={"gid": "p1"}), PROJECT: known(2, gid="p1", title="Logo")}
    filled, paths = filled_in(COMMENT, {"uri": "/works/w1", "message": "Hi"}, memory)
    project = {"gid": "p1", "title": "Logo"}
    assert filled["message"] == "Hi"
    assert filled["work"] == {"gid": "w1", "project": project}
    assert filled["subject"] == {"type": "Work", "gid": "w1", "project": project}
    assert filled["project"] == project
    assert paths["subject.project.title"] == 2


def test_a_comment_on_a_project() -> None:
    filled, _ = filled_in(COMMENT, {"uri": "/projects/p1"}, {PROJECT: known(gid="p1", title="Logo")})
    assert filled["project"] == {"gid": "p1", "title": "Logo"}
    assert filled["subject"] == {"type": "Project", "gid": "p1", "title": "Logo"}


def test_a_comment_on_something_unknown() -> None:
    filled, paths = filled_in(COMMENT, {"uri": "/works/w1", "project": {"gid": "p9"}}, {})
    assert filled == {
        "uri": "/works/w1",
        "work": {"gid": "w1"},
        "subject": {"type": "Work", "gid": "w1"},
        "project": {"gid": "p9"},
    }
    assert paths == {}


def test_circles_end() -> None:
    memory = {
        WORK: known(gid="w1", parent={"gid": "w2"}),
        Key("shop", "Work", "w2"): known(gid="w2", parent={"gid": "w1"}),
    }
    filled, _ = filled_in(Key("shop", "Work", "w3"), {"parent": {"gid": "w1"}}, memory)
    assert filled == {"parent": {"gid": "w1", "parent": {"gid": "w2", "parent": {"gid": "w1"}}}}


# ---- state -------------------------------------------------------------------------------------


def seen(action: str, sent: dict[str, Any] | None, memory: dict[Key, Memory], key: Key = PROJECT) -> Understood:
    recorded = Recorded(id=3, key=key, action=action, received_at=100.0, body=b"")
    return understand(recorded, state_of(key, sent, SOURCE), SOURCE, memory)


def test_the_first_sight() -> None:
    first = seen("updated", PROJECT_NOW, {})
    assert first.event.previous is None
    assert first.event.changes == {}
    assert first.remembered == {
        PROJECT: Memory(resource=PROJECT_NOW, at=100.0),
        OWNER: Memory(learned={"firstname": "Zoé"}, at=100.0),
    }


def test_the_next_state_knows_what_changed() -> None:
    memory = {PROJECT: known(**PROJECT_NOW)}
    event = seen("updated", {**PROJECT_NOW, "status": "paid"}, memory).event
    assert event.previous == PROJECT_NOW
    assert event.changes == {"status": ("draft", "paid")}


def test_what_is_filled_in_did_not_change() -> None:
    bare = {**PROJECT_NOW, "owner": {"gid": "u1"}}
    memory = {PROJECT: known(**bare), OWNER: known(gid="u1", firstname="Zoé")}
    event = seen("updated", {**bare, "title": "New"}, memory).event
    assert event.resource is not None
    assert event.resource["owner"] == {"gid": "u1", "firstname": "Zoé"}
    assert list(event.changes) == ["title"]
    assert event.previous is not None
    assert event.previous["owner"] == event.resource["owner"]


def test_of_a_deletion_the_resource_is_the_last_state() -> None:
    gone = seen("deleted", None, {PROJECT: known(**PROJECT_NOW)})
    assert gone.event.resource == gone.event.previous == PROJECT_NOW
    assert gone.event.changes == {}
    assert gone.remembered == {PROJECT: Memory(resource=PROJECT_NOW, deleted=True, at=100.0)}
    assert seen("deleted", None, {}).event.resource is None


@pytest.mark.parametrize(
    ("sent", "known_at", "stale"),
    [
        ("2015-08-04T15:24:23+0000", "2015-08-04T15:24:24+0000", True),
        ("2015-08-04T17:24:23+02:00", "2015-08-04T15:24:23+0000", False),
        ("2015-08-04T15:24:25+0000", "2015-08-04T15:24:24+0000", False),
        (None, "2015-08-04T15:24:24+0000", False),
        ("soon", "2015-08-04T15:24:24+0000", False),
        ("2015-08-04T15:24:23+0000", None, False),
    ],
)
def test_an_older_state_is_stale_and_changes_nothing(sent: str | None, known_at: str | None, stale: bool) -> None:
    memory = {PROJECT: Memory(resource=PROJECT_NOW, modified_at=known_at, at=5.0)}
    late = seen("updated", {**PROJECT_NOW, "modified_at": sent}, memory)
    assert late.stale is stale
    assert (late.remembered == {}) is stale


def test_a_source_that_is_no_longer_configured() -> None:
    recorded = Recorded(id=3, key=PROJECT, action="updated", received_at=100.0, body=b"")
    assert understand(recorded, State(), None, {}).event.resource is None
