"""No text of an event is live where its notification goes: no mention, no link, no markup, whatever strangers type."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from markdown_it import MarkdownIt

from bridge.model import Format, Kind, Notification, Place, Rule, Target
from bridge.render.links import rule_anchor
from tests.render.cases import ROOT, templates
from tests.render.corpus import NOW, event, kind, read

ITEMS: list[dict[str, Any]] = read("texts")["items"]
SHIPPED = templates()
WHY = f"https://bridge.example.com/events/1#{rule_anchor('r')}"
BARE = templates(why_link=False)
FRAME = frozenset((ROOT / "bridge" / "render" / "mail.html").read_text("utf-8").split("\n"))
TITLE_AND_BODY: dict[Format, str] = {
    "markdown": "{{ resource.title }}",
    "text": "{{ resource.title }}",
    "html": '<p title="{{ resource.title }}">{{ resource.title }}</p>',
}
BOTH: list[tuple[Format, Any]] = [("markdown", "chat"), ("text", "chat")]
CHANNELS: dict[str, list[tuple[Format, Any]]] = {
    **dict.fromkeys(("slack", "discord", "mattermost", "google_chat", "matrix"), BOTH),
    "teams": [("markdown", "chat")],
    "telegram": [("html", "chat"), ("markdown", "chat")],
    "mail_html": [("html", "mail")],
    "mail_headers": [("html", "mail"), ("markdown", "mail"), ("text", "mail")],
}


def of(*classes: str) -> Any:
    """The corpus' lines of these classes, as a test's argument."""
    found = [item for item in ITEMS if item["class"] in classes]
    return pytest.mark.parametrize("item", found, ids=[item["id"] for item in found])


def every_way(value: str, format_: Format, words: Any) -> list[Notification]:
    """The value in a rule's own words, in the shipped template of its event and in the plain fallback."""
    service = kind(format_, words)
    hostile = {"title": value, "description": value, "owner": {"firstname": value, "lastname": value}}
    happened = event(hostile)
    own = Target(to="x", title="{{ resource.title }}", body=TITLE_AND_BODY[format_], format=format_)
    rule = Rule(name="r", place=Place("rules/a.yaml", 1, 1), when=(), notify=(own,))
    asked: dict[str, Any] = {"source_type": "creads", "kind": service, "now": NOW}
    return [
        SHIPPED.render(happened, rule, own, **asked),
        SHIPPED.render(happened, rule, None, **asked),
        SHIPPED.render(event(hostile, type=value, gid=value), rule, None, **asked),
        SHIPPED.fallback(happened, rule, kind=service, now=NOW),
    ]


def in_markdown(text: str) -> tuple[list[str], set[str]]:
    """The blocks that CommonMark makes of it, and what it finds within lines."""
    tokens = MarkdownIt("commonmark").enable("table").enable("strikethrough").parse(text)
    within = {inner.type for token in tokens for inner in token.children or []}
    return [token.type for token in tokens], within


@of("mention-slack", "mention-discord", "mention-teams", "mention-other", "link", "html", "mail-header")
def test_nothing_that_the_service_acts_on_is_left(item: dict[str, Any]) -> None:
    for channel, live in item["must_not_live"].items():
        for format_, words in CHANNELS.get(channel, ()):
            for sent in every_way(item["value"], format_, words):
                text = sent.title if channel == "mail_headers" else without_frame(sent.body)
                if channel == "mail_html" and sent.format != "html":
                    continue  # text and Markdown get their HTML from the mail's own conversion
                assert not [sign for sign in live if sign in text and not _shown_as_text(sign, channel)]
                assert not {"\r", "\n", "\u2028", "\0"} & set(sent.title)


def without_frame(body: str) -> str:
    """A mail without the lines that every mail has: its head with style and meta."""
    return "\n".join(line for line in body.split("\n") if line not in FRAME)


def _shown_as_text(sign: str, channel: str) -> bool:
    """What acts only in an attribute of HTML, tried below, or outside of JSON's strings, which are not written here."""
    return (channel == "mail_html" and sign in ("javascript:", "data:text/html")) or sign == '"mention"'


@of("link", "html")
def test_no_address_of_an_event_stands_in_an_attribute(item: dict[str, Any]) -> None:
    own = Target(to="x", title="t", body='<a href="{{ resource.title|url }}">see</a>', format="html")
    sent = SHIPPED.render(
        event({"title": item["value"]}), None, own, source_type="", kind=kind("html", "mail"), now=NOW
    )
    for scheme in ("javascript:", "data:", "file:", "tg:", "slack:"):
        assert f'href="{scheme}' not in sent.body


@of("markdown", "link", "mention-slack", "mention-discord", "html")
def test_it_stays_one_paragraph_of_words(item: dict[str, Any]) -> None:
    own = Target(to="x", title="t", body="{{ resource.title }}", format="markdown")
    for words in ("chat", "mail"):
        happened = event({"title": item["value"]})
        sent = BARE.render(happened, None, own, source_type="", kind=kind("markdown", words), now=NOW)
        blocks, within = in_markdown(sent.body)
        assert blocks == ["paragraph_open", "inline", "paragraph_close"]
        assert within <= {"text", "code_inline"}


@pytest.mark.parametrize("item", ITEMS, ids=[item["id"] for item in ITEMS])
def test_links_and_bold_are_ours_alone(item: dict[str, Any]) -> None:
    """The shipped template's body, whatever the event says, has our two links and no other."""
    _, sent, *_ = every_way(item["value"], "markdown", "chat")
    links = [token for token in MarkdownIt("commonmark").parse(sent.body) for token in token.children or []]
    found = [dict(token.attrs)["href"] for token in links if token.type == "link_open"]
    assert found == ["https://orders.example.com/projects/55e8", WHY]


@pytest.mark.parametrize("item", ITEMS, ids=[item["id"] for item in ITEMS])
@pytest.mark.parametrize("most", [7, 60])
def test_whatever_is_cut_can_be_sent(item: dict[str, Any], most: int) -> None:
    for format_, words in (("markdown", "chat"), ("html", "mail"), ("text", "raw")):
        own = Target(to="x", title="{{ resource.title }}", body=TITLE_AND_BODY[format_], format=format_)
        small = Kind(name="small", words=words, formats=(format_,), title_max=most, body_max=most)
        sent = SHIPPED.render(event({"title": item["value"]}), None, own, source_type="", kind=small, now=NOW)
        for text in (sent.title, sent.body):
            assert len(text) <= most
            text.encode()
            assert not text or not unicodedata.combining(text[0])


def test_programs_get_the_words_as_they_are() -> None:
    value = "**bold** [x](https://e.example/?a=1) <!channel> @here `code`"
    own = Target(to="x", title="{{ resource.title }}", body="{{ resource.title }}", format="markdown")
    for format_ in ("markdown", "text"):
        sent = SHIPPED.render(event({"title": value}), None, own, source_type="", kind=kind(format_, "raw"), now=NOW)
        assert sent.title == sent.body == value
