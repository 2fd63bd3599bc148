"""`why_link`: each message for people ends with a link to why it came, whatever its format and however it was cut."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bridge.delivery.kinds import CONSOLE, FORM, JSON, MAIL, NTFY, SLACK, TEAMS, TELEGRAM, WEBHOOK, XML
from bridge.model import Event, Format, Kind, Place, Rule, Target
from bridge.render.links import rule_anchor
from tests.render.cases import templates

NOW = datetime(2026, 1, 14, 9, 0, tzinfo=UTC)
NAME = "Big) <b>project</b> [x]"
PAGE = f"https://bridge.example.com/events/17#{rule_anchor(NAME)}"
OWN = Target(to="x", title="T", body="{{ resource.title }}")


def sent(
    kind: Kind, target: Target | None = OWN, *, title: str = "Logo", format: Format | None = None, **more: Any
) -> str:
    event = Event(
        id=17,
        source="creads",
        type="Project",
        action="created",
        gid="p1",
        received_at=NOW,
        resource={"title": title},
        previous=None,
        changes={},
    )
    rule = Rule(name=NAME, place=Place("rules/a.yaml", 2, 5), when=(), notify=())
    ready = templates(**more)
    return ready.render(event, rule, target, source_type="creads", kind=kind, now=NOW, format=format).body


@pytest.mark.parametrize(
    ("kind", "written", "line"),
    [
        (SLACK, "markdown", f"\n[Why this message?]({PAGE})"),
        (TEAMS, "markdown", f"\n\n[Why this message?]({PAGE})"),
        (SLACK, "text", f"\nWhy this message? {PAGE}"),
        (NTFY, "text", f"\nWhy this message? {PAGE}"),
        (CONSOLE, "text", f"\nWhy this message? {PAGE}"),
        (TELEGRAM, "html", f'<p><a href="{PAGE}">Why this message?</a></p>'),
    ],
)
def test_it_ends_with_the_link(kind: Kind, written: Format, line: str) -> None:
    body = sent(kind, Target(to="x", title="T", body="{{ resource.title }}", format=written))
    assert body.endswith(line)
    assert body.count(PAGE) == 1


@pytest.mark.parametrize("kind", [SLACK, TEAMS, NTFY, CONSOLE, TELEGRAM])
def test_a_text_that_is_cut_keeps_it(kind: Kind) -> None:
    body = sent(kind, title="word " * 10_000)
    assert PAGE in body.rpartition("\n")[2]
    assert len(body) <= kind.body_max
    assert "…" in body


def test_the_templates_that_ship_have_it_in_their_last_line_once() -> None:
    body = sent(SLACK, None)
    assert body.endswith(f"[Why this message?]({PAGE})")
    assert body.count("Why this message?") == 1


def test_as_plain_text_its_question_ends_with_one_sign() -> None:
    assert sent(CONSOLE, None).endswith(f"Why this message? {PAGE}")


def test_a_mail_has_it_at_its_foot() -> None:
    assert "Why did I get this?" in sent(MAIL)


@pytest.mark.parametrize("kind", [JSON, XML, FORM, WEBHOOK])
@pytest.mark.parametrize("target", [OWN, None])
def test_programs_never_get_it(kind: Kind, target: Target | None) -> None:
    assert "Why this message?" not in sent(kind, target)
    assert "bridge.example.com" not in sent(kind, target)


def test_it_is_off_unless_asked_for() -> None:
    assert sent(SLACK, why_link=False) == "Logo"
