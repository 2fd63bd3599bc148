"""Warnings of fields in templates: what Bridge gives is known to them."""

from __future__ import annotations

from bridge.config.template_fields import OURS
from bridge.model import Place, Rule
from bridge.render.links import links
from bridge.render.seen import rule_seen
from tests.render.corpus import event


def test_all_that_bridge_gives_is_known() -> None:
    given = links(event({}), {"Project": "https://orders.example.com/{gid}"}, public_url="https://b.example")
    assert {*given, "why"} == {*OURS["links"]}
    assert tuple(rule_seen(Rule(name="R", place=Place("a", 1, 1), when=(), notify=()))) == OURS["rule"]
