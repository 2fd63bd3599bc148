"""Texts shortened to what each service takes, and Markdown made plain for those that take only text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model import Event, Format, Kind, Notification, Target
from bridge.render import Templates
from tests.render.corpus import NOW, event

TEMPLATES = Templates({}, locale="en_GB", timezone="UTC", links={}, public_url="https://bridge.example", why_link=False)


def sent(
    body: str, title: str = "Title", format_: Format = "markdown", happened: Event | None = None, **of: Any
) -> Notification:
    split = of.pop("split", False)
    usual: dict[str, Any] = {"name": "s", "words": "chat", "formats": (format_,), "title_max": 250, "body_max": 3000}
    target = Target(to="x", title=title, body=body, format=of.pop("written", format_))
    kind = Kind(**(usual | of))
    return TEMPLATES.render(happened or event({}), None, target, source_type="", kind=kind, now=NOW, split=split)


@pytest.mark.parametrize(
    ("body", "most", "expected"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two, three", 10, "one two…"),
        ("abcdefghij", 5, "abcd…"),
        ("see [the page](https://x.example/a) now", 20, "see…"),
        ("see `a b c d` now", 10, "see…"),
        ("**bold words here**", 14, "**bold**…"),
        ("a\nb\nc d", 6, "a\nb\nc…"),
        ("[a](https://x.example/long)", 8, "…"),
        ("abcd\u0301\u0301efgh", 6, "abc…"),
        ("ab👩\u200d👩\u200d👧cdefg", 6, "ab…"),
        ("ab🇫🇷🇩🇪cdefg", 4, "ab…"),
    ],
)
def test_a_body_is_cut_where_it_can_be(body: str, most: int, expected: str) -> None:
    assert sent(body, body_max=most).body == expected


def test_html_stays_whole_when_cut() -> None:
    body = "<p><b>one two &amp; three</b> four</p>" * 5
    got = sent(body, format_="html", body_max=60).body
    assert len(got) <= 60
    assert got.count("<b>") == got.count("</b>")
    assert got.count("<p>") == got.count("</p>")
    assert "…" in got
    assert sent(body, format_="html", body_max=5).body == "…"


def test_a_title_is_one_line_within_its_limit() -> None:
    got = sent("b", "a\n{{ resource.t }} " + "word " * 100, happened=event({"t": "x\r\ny\u2028z"}))
    assert got.title.startswith("a x y z word")
    assert len(got.title) <= 250
    assert got.title.endswith("word…")
    assert sent("b", "one two three", title_max=9).title == "one two…"


def test_a_service_without_titles_gets_it_as_the_first_line() -> None:
    assert sent("body", "A *b*", title_max=0).body == "**A ∗b∗**\nbody"
    assert sent("body", "A <b>", format_="html", title_max=0).body == "<b>A &lt;b&gt;</b><br>body"
    assert sent("body", "A", format_="text", title_max=0).body == "A\nbody"
    assert sent("body", "A", title_max=0).title == ""


def test_lines_are_parted_where_a_single_line_end_vanishes() -> None:
    body = "one\ntwo\n\nthree\n- a\n- b"
    assert sent(body, blank_lines=True).body == "one\n\ntwo\n\nthree\n- a\n- b"
    assert sent(body, format_="text", blank_lines=True).body == body


def test_addresses_stand_without_backticks_where_there_are_no_code_spans() -> None:
    happened = event({"u": "https://evil.example/x"})
    assert sent("{{ resource.u }}", happened=happened).body == "`evil.example/…`"
    assert sent("{{ resource.u }}", happened=happened, code_spans=False).body == "evil.example/…"
    assert sent("{{ resource.u|address }}", happened=happened).body == "`https://evil.example/x`"
    assert sent("b", "{{ resource.u }}", happened=happened).title == "evil.example"


def test_markdown_becomes_text_for_a_service_that_takes_only_text() -> None:
    body = "**Now** `code` {{ links.event|link('Open it') }}\n- **a** 2 ** 3"
    got = sent(body, written="markdown", format_="text")
    assert (got.body, got.format) == ("Now code Open it: https://bridge.example/events/1\n- a 2 ** 3", "text")


@given(st.text(max_size=60), st.integers(min_value=3, max_value=40), st.sampled_from(["markdown", "html", "text"]))
def test_whatever_the_event_says_it_fits(value: str, most: int, format_: Format) -> None:
    body = (
        "<p>{{ resource.v }} <b>{{ resource.v }}</b></p>"
        if format_ == "html"
        else "{{ resource.v }} **{{ resource.v }}**"
    )
    for words in ("chat", "mail", "raw"):
        got = sent(body, "{{ resource.v }}", format_, event({"v": value}), title_max=most, body_max=most, words=words)
        assert len(got.title) <= most
        assert 0 < len(got.body) <= most
        assert not set("\r\n\0\u2028\u2029") & set(got.title)
        (got.title + got.body).encode()


# ---- in parts ----------------------------------------------------------------------------------


def in_parts(body: str, **of: Any) -> list[str]:
    return sent(body, split=True, **of).body.split("\f")


def test_a_long_body_goes_in_numbered_parts() -> None:
    lines = [f"line {number} " + "x" * 20 for number in range(10)]
    parts = in_parts("\n".join(lines), body_max=100)
    assert [part.split("\n")[0] for part in parts] == ["(1/4)", "(2/4)", "(3/4)", "(4/4)"]
    assert [line for part in parts for line in part.split("\n")[1:]] == lines
    assert all(len(part) <= 100 for part in parts)


def test_a_body_that_fits_has_no_number() -> None:
    assert in_parts("short", body_max=100) == ["short"]
    assert sent("word " * 100, body_max=100).body.endswith("word…")


def test_a_long_line_is_broken_between_words_and_bold_goes_on() -> None:
    parts = in_parts("**" + "word " * 30 + "end** after", body_max=60)
    assert parts[0].startswith("(1/4)\n**word")
    assert all(part.count("**") == 2 for part in parts)
    assert "wor**" not in "".join(parts)
    assert parts[-1].endswith("end** after")


def test_the_last_of_ten_parts_is_cut() -> None:
    parts = in_parts("word " * 1000, body_max=60)
    assert len(parts) == 10
    assert parts[-1].startswith("(10/10)\n")
    assert parts[-1].endswith("…")


def test_an_event_cannot_make_parts() -> None:
    assert in_parts("{{ resource.t }}", happened=event({"t": "a\fb"})) == ["a b"]


def test_html_and_programs_get_one_body() -> None:
    assert len(in_parts("<p>" + "word " * 100 + "</p>", format_="html", body_max=60)) == 1
    assert len(in_parts("word " * 100, words="raw", body_max=60)) == 1


@given(st.text(max_size=300), st.integers(min_value=40, max_value=120), st.sampled_from(["markdown", "text"]))
def test_whatever_the_event_says_its_parts_fit(value: str, most: int, format_: Format) -> None:
    body = "{{ resource.v }}\n**{{ resource.v }}** {{ resource.v }}"
    for part in in_parts(body, format_=format_, happened=event({"v": value}), body_max=most):
        assert 0 < len(part) <= most
