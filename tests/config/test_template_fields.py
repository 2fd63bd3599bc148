"""Warnings of fields in templates: what Bridge gives is known to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.config.check import check
from bridge.config.template_fields import OURS
from bridge.model import Place, Rule
from bridge.render.links import links
from bridge.render.seen import rule_seen
from tests.config.folder import ENVIRON, lay
from tests.render.corpus import event


def test_all_that_bridge_gives_is_known() -> None:
    given = links(event({}), {"Project": "https://orders.example.com/{gid}"}, public_url="https://b.example")
    assert {*given, "why"} == {*OURS["links"]}
    assert tuple(rule_seen(Rule(name="R", place=Place("a", 1, 1), when=(), notify=()))) == OURS["rule"]


@pytest.mark.parametrize(
    ("body", "warned"),
    [
        ("{{ resource.l|default('') }} {{ resource.l|d('x')|upper }} {{ rule.foo|default('') }}", []),
        ("{{ resource.l or resource.m or 'x' }} {{ (resource.l or resource.m)|default('') }}", []),
        ("{{ resource.l|default('') }} {{ resource.l }}", ["l"]),
        ("{{ resource.l|upper|default('') }}", ["l"]),
        ("{{ resource.l|default(resource.m) }}", ["m"]),
        ("{{ resource.l or resource.m }}", ["m"]),
        ("{{ resource.titel|default('') }}", ["titel"]),  # a slip all the same
    ],
)
def test_what_has_a_default_may_be_missing(body: str, warned: list[str], tmp_path: Path) -> None:
    rule = f'rules:\n  - {{name: A, when: Project created, notify: ops, body: "{body}"}}\n'
    found = check(lay(tmp_path, rule), ENVIRON).problems
    assert [one.message for one in found] == [f"Project is not known to send `{field}`" for field in warned]
