"""Templates and data that ran away once, beside those of the corpus: each ends within a second of CPU."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import pytest

from bridge.errors import TemplateFailed
from bridge.model import Change, Format, Target
from tests.render.corpus import NOW, event, kind, loaded

TEMPLATES = loaded({})
PATHS = {f"a{number}.b": Change(1, 2) for number in range(9_000)}
MANY = "{{% for i in range(10000) %}}{{% for j in range(4) %}}{}{{% endfor %}}{{% endfor %}}"


def seconds(body: str, value: Any = "", format_: Format = "markdown") -> float:
    target = Target(to="x", title="t", body=body, format=format_)
    happened = event({"v": value}, changes=PATHS)
    begun = time.process_time()
    with suppress(TemplateFailed):
        TEMPLATES.render(happened, None, target, source_type="", kind=kind(format_, "mail"), now=NOW)
    return time.process_time() - begun


@pytest.mark.parametrize(
    "body",
    [
        "{% if changes.zz %}x{% endif %}",
        "{% if changes.a1.b.old %}x{% endif %}",
        "{% if changes.fields %}x{% endif %}",
        "{% set x = now|datetime %}",
        "{% set x = {'amount': i * j, 'currency': 'EUR'}|money %}",
        "{% set x = i|number %}",
        "{% set x = ('<b>' ~ i ~ j)|plain %}",
        "{% if resource.v == resource.v ~ '' %}x{% endif %}",
        "{% set x = resource.v[1:] %}",
        "{% if 'b' in resource.v %}x{% endif %}",
    ],
)
def test_dear_work_in_a_loop(body: str) -> None:
    assert seconds(MANY.format(body), "a" * 10_000) < 1


@pytest.mark.parametrize(
    "piece", ["<div>", "<rt>", "<b></i>", "<b></p>", "<b><p>", "<!--", "<a href='", "&amp;", "<p>"]
)
def test_html_that_its_parser_is_slow_with(piece: str) -> None:
    assert seconds("{{ resource.v|plain }}", piece * 200_000) < 1
    assert seconds("{% for i in range(10) %}{% set x = (resource.v ~ i)|plain %}{% endfor %}", piece * 20_000) < 1
    assert seconds("{% for i in range(10000) %}" + piece + "{% endfor %}", format_="html") < 1


@pytest.mark.parametrize(
    "piece", ["www.a.", "[", "[a](", "_", "a://", "&", "1", "http://a.", "@", "`", "![x](https://", "\u202e", "é", "-"]
)
def test_texts_that_take_time_to_make_dead(piece: str) -> None:
    assert seconds("{{ resource.v }}", piece * (250_000 // len(piece))) < 1
    assert seconds("{{ resource.v|shorten(100) }}", piece * (900_000 // len(piece))) < 1


@pytest.mark.parametrize("number", [1e300, 10**4_000, float("inf"), float("nan"), -(10**18)])
@pytest.mark.parametrize(
    "body",
    ["{{ resource.v|number }}", "{{ resource.v|percent }}", "{{ {'amount': resource.v, 'currency': 'EUR'}|money }}"],
)
def test_numbers_beyond_all_sense(number: float, body: str) -> None:
    assert seconds(body, number) < 1
