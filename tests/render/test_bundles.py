"""Several messages in one: digests, summaries of a throttle, and follow-ups, with the words of the golden pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bridge.model import Event, Format, Kind, Notification, Target, Throttle, replace
from bridge.render import Item, Templates
from tests.render.cases import CHAT, LOCALES, NOW, event_of, ours, templates

WHY = "Why this message? https://bridge.example.com/events/"
MAIL = Kind(name="mail", words="mail", formats=("html", "markdown", "text"), title_max=79, body_max=30_000)
READY = {language: templates(language) for language in LOCALES}
SMS = Kind(name="ntfy", words="chat", formats=("text",), title_max=200, body_max=7800, code_spans=False)
TELEGRAM = Kind(name="telegram", words="chat", formats=("markdown", "text"), title_max=0, body_max=4096)
DAY = timedelta(days=1)

# The digest of case 40: each of its events at its time, with the name that it has there.
GATHERED = {
    11: ("08:52", "Lorem ipsum dolor"),
    2: ("07:47", "Cogito Ergo Sum"),
    5: ("08:31", "Nullam quis lacinia"),
    6: ("08:20", "Vestibulum quis fringilla"),
    17: ("08:14", "Quisque ac ligula"),
    25: ("08:02", "Lorem ipsum dolor"),
}


def case(language: str, number: int) -> dict[str, Any]:
    found: dict[str, Any] = ours()["cases"][language][number - 1]
    return found


def told(happened: Event, kind: Kind = CHAT, language: str = "en", **how: Any) -> Notification:
    target = how.pop("target", None)
    return READY[language].render(happened, None, target, source_type="creads", kind=kind, now=NOW, **how)


def gathered(language: str, kind: Kind = CHAT) -> list[Item]:
    items = []
    for number, (time, name) in sorted(GATHERED.items()):
        note = told(event_of(case(language, number)), kind, language)
        note = replace(
            note,
            title=note.title.replace("Lorem ipsum dolor", name),
            body=note.body if note.title else note.body.replace("Lorem ipsum dolor", name, 1),
        )
        at = datetime.fromisoformat(f"2014-09-10T{time}+02:00")
        items.append(Item(notification=note, at=at, event_id=number, source="creads"))
    return items


@pytest.mark.parametrize("language", LOCALES)
def test_a_digest(language: str) -> None:
    sent = READY[language].digest(gathered(language), kind=CHAT, now=NOW)
    expected = case(language, 40)
    assert (sent.title, sent.body, sent.format) == (expected["title"], expected["body"], "markdown")
    assert sent.tone == "warning"


@pytest.mark.parametrize("language", LOCALES)
def test_a_follow_up(language: str) -> None:
    expected = case(language, 41)
    late = event_of(case(language, 11) | {"number": 41})
    late = replace(late, received_at=datetime.fromisoformat(expected["given"]["received_at"]))
    sent = told(late, language=language, waited=2 * DAY.total_seconds())
    assert (sent.title, sent.body) == (expected["title"], expected["body"])


@pytest.mark.parametrize("language", LOCALES)
def test_a_summary_of_a_throttle(language: str) -> None:
    sent = READY[language].summary("comments", Throttle(max=5, per=3600), 12, kind=CHAT)
    expected = case(language, 42)
    assert (sent.title, sent.body, sent.tone) == (expected["title"], expected["body"], "info")


# ---- digests -----------------------------------------------------------------------------------


def test_one_item_goes_out_as_itself() -> None:
    (one, *_) = gathered("en")
    assert READY["en"].digest([one], kind=CHAT, now=NOW) is one.notification


def test_after_ten_items_the_rest_is_counted() -> None:
    many = [item(f"Title {n}", "text", minutes=n) for n in range(14)]
    sent = READY["en"].digest(many, kind=CHAT, now=NOW)
    lines = sent.body.split("\n")
    assert (sent.title, sent.tone) == ("14 messages from Creads", "info")
    assert lines[0] == "- [Title 13](https://bridge.example.com/events/13) · text"
    assert (len(lines), lines[-1]) == (11, "and 4 more")


@pytest.mark.parametrize("kind", [CHAT, MAIL], ids=["chat", "mail"])
def test_title_and_rest_count_those_that_were_not_read(kind: Kind) -> None:
    many = [item(f"Title {n}", "text", minutes=n) for n in range(12)]
    sent = READY["en"].digest(many, kind=kind, now=NOW, total=1500)
    assert sent.title == "1500 messages from Creads"
    assert "1490 more" in sent.body


def test_whole_items_are_left_out_where_a_service_takes_little() -> None:
    many = [item("Title " + "x" * 60, "y" * 80, minutes=n) for n in range(8)]
    small = replace(CHAT, body_max=500)
    sent = READY["en"].digest(many, kind=small, now=NOW)
    assert len(sent.body) <= 500
    assert sent.body.endswith(f"y\nand {8 - sent.body.count('- [')} more")


def test_of_several_sources_none_is_named() -> None:
    items = [item("A", "a"), replace(item("B", "b"), source="github")]
    assert READY["en"].digest(items, kind=CHAT, now=NOW).title == "2 messages"


def test_a_service_that_takes_text_gets_no_addresses_in_between() -> None:
    sent = READY["en"].digest(gathered("en", SMS), kind=SMS, now=NOW)
    assert sent.format == "text"
    assert sent.title == "6 messages from Creads, 2 to answer"
    assert sent.body.split("\n")[0] == "- Proposal to review: Lorem ipsum dolor · Jack D. delivered 2 files"
    assert "](" not in sent.body


def test_a_service_without_titles() -> None:
    sent = READY["en"].digest(gathered("en", TELEGRAM), kind=TELEGRAM, now=NOW)
    assert (sent.title, sent.body.split("\n")[0]) == ("", "**6 messages from Creads, 2 to answer**")
    assert "[Proposal to review: Lorem ipsum dolor](https://bridge.example.com/events/11) · Jack D." in sent.body


def test_a_title_cannot_end_its_link_or_make_another_in_mail() -> None:
    mail = Kind(name="mail", words="mail", formats=("markdown", "text"), title_max=79, body_max=30_000)
    hostile = "A](https://evil.example/x) [b](https://evil.example/y) **c**"
    sent = READY["en"].digest([item(hostile, "a"), item("B", "b")], kind=mail, now=NOW)
    assert "](https://evil" not in sent.body
    assert "**c" not in sent.body


def item(title: str, body: str, *, minutes: int = 0, format_: Format = "markdown") -> Item:
    note = Notification(title=title, body=body, format=format_)
    return Item(notification=note, at=NOW + timedelta(minutes=minutes), event_id=minutes, source="creads")


def test_a_message_in_parts_is_told_by_its_words() -> None:
    sent = READY["en"].digest([item("A", "(1/2)\none\f(2/2)\ntwo"), item("B", "b")], kind=CHAT, now=NOW)
    assert "- [A](https://bridge.example.com/events/0) · one\n" in sent.body


# ---- summaries ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("per", "title", "rate"),
    [
        (86_400, "1 more message in the last day", "3 a day"),
        (1_800, "1 more message in the last 30 minutes", "3 in 30 minutes"),
        (129_600, "1 more message in the last 36 hours", "3 in 36 hours"),
        (45, "1 more message in the last 45 seconds", "3 in 45 seconds"),
    ],
)
def test_any_time_of_a_throttle(per: float, title: str, rate: str) -> None:
    sent = READY["en"].summary("a & b", Throttle(max=3, per=per), 1, kind=SMS)
    assert sent.title == title
    assert sent.body == (
        f"The rule “a & b” sends {rate}; these were not sent.\nSee them: https://bridge.example.com/events?rule=a%20%26%20b"
    )


# ---- follow-ups and digests that a rule words itself -------------------------------------------


def test_any_other_message_says_since_when_it_waits() -> None:
    sent = told(event_of(case("en", 1)), waited=3600)
    assert sent.title == "Unanswered for 1 hour · New project: Lorem ipsum dolor"
    assert sent.body.startswith("Waiting since Wed 10 Sept, 09:00\nJohn Doe ordered")


def test_a_rule_words_its_follow_up_itself() -> None:
    target = Target(to="x", title="{{ resource.title }} waits {{ waited }}", body="{{ waited }}")
    sent = told(event_of(case("en", 1)), target=target, waited=36 * 3600)
    assert (sent.title, sent.body) == ("Lorem ipsum dolor waits 36 hours", f"36 hours\n{WHY}1")
    at_once = told(event_of(case("en", 1)), target=replace(target, body="{{ waited or 'now' }}", title="t"))
    assert at_once.body == f"now\n{WHY}1"


def test_a_rule_words_its_digest_itself() -> None:
    body = "{{ count }}: {% for one in events %}{{ one.event.gid }} {{ one.resource.title }}; {% endfor %}"
    target = Target(to="x", title="t", body=body)
    assert READY["en"].words_digests(target)
    several = [event_of(case("en", number)) for number in (1, 2)]
    sent = told(several[-1], target=target, events=several)
    assert sent.body == f"2: 559befeeab59f Lorem ipsum dolor; 559befeeab59f Lorem ipsum dolor;\n{WHY}2"


def test_most_rules_leave_that_to_bridge() -> None:
    for target in (None, Target(to="x"), Target(to="x", body="{{ waited }}"), Target(to="x", body="{{ broken")):
        assert not READY["en"].words_digests(target)
    own = Templates(
        {"own.md.j2": "{% block body %}{% for one in events %}{% endfor %}{% endblock %}"},
        locale="en_GB",
        timezone="UTC",
        links={},
        public_url="https://b",
        why_link=False,
    )
    assert own.words_digests(Target(to="x", template="own.md.j2"))
    assert not own.words_digests(Target(to="x", template="gone.md.j2"))
