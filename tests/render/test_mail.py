"""Mail as a page: its parts in order, in both languages, its text part, and that nothing of an event is live in it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bridge.delivery.kinds import MAIL
from bridge.htmltext import text_of
from bridge.model import Notification, Place, Rule, Target, Throttle, replace
from bridge.render import Item
from tests.render.cases import LAST, LOCALES, NOW, ROOT, SHARED, event_of, ours, templates
from tests.render.test_bundles import gathered

READY = {language: templates(language, why_link=False) for language in LOCALES}
RULE = Rule(name="proposals to review", place=Place("r.yaml", 1, 1), when=(), notify=())
MANAGERS = Target(to="managers")
STYLE = re.compile(r"<style>.*?</style>", re.S)


def sent(number: int, language: str = "en", target: Target = MANAGERS, **how: Any) -> Notification:
    given = ours()["cases"][language][number - 1]
    about = how.pop("about", {})
    if about:
        given = given | {"given": {**given["given"], "known": [project(about), *given["given"]["known"][1:]]}}
    ready = READY[language]
    return ready.render(event_of(given), RULE, target, source_type="creads", kind=MAIL, now=NOW, **how)


def project(about: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Project", "gid": "559befeeab59a", "resource": {"title": "Lorem ipsum dolor", **about}}


ABOUT = {
    "price": {"amount": 1020.0, "currency": "EUR"},
    "deadline_at": "2014-09-14T22:47:31-07:00",
    "owner": {"gid": "1", "firstname": "John", "lastname": "Doe"},
}
ENGLISH = """\
Proposal to review: Lorem ipsum dolor

Jack D. delivered 2 files
“Lorem ipsum dolor sit amet”

Accept or reject it. Accepting ends the project.

Price: €1,020.00
Deadline: Mon 15 Sept, 07:47 (in 5 days)
Ordered by: John Doe

Open the project:
https://orders.example.com/projects/559befeeab59a

--~
Creads · Wed 10 Sept, 09:00
Sent to managers by the rule “proposals to review”.
Why did I get this? https://bridge.example.com/events/11"""
FRENCH = """\
Proposition à valider : Lorem ipsum dolor

Jack D. a livré 2 fichiers
« Lorem ipsum dolor sit amet »

À accepter ou à refuser. L’acceptation clôt le projet.

Prix : 1 020,00 €
Échéance : lun. 15 sept. à 07:47 (dans 5 jours)
Commande de : John Doe

Ouvrir le projet :
https://orders.example.com/projects/559befeeab59a

--~
Creads · mer. 10 sept. à 09:00
Envoyé à managers par la règle « proposals to review ».
Pourquoi ce message ? https://bridge.example.com/events/11"""


def spaced(text: str) -> str:
    """With ordinary spaces where some do not break."""
    return text.replace("\u00a0", " ").replace("\u202f", " ")


@pytest.mark.parametrize(("language", "text"), [("en", ENGLISH), ("fr", FRENCH)])
def test_a_message_read_as_text(language: str, text: str) -> None:
    note = sent(11, language, about=ABOUT)
    assert note.format == "html"
    assert spaced(text_of(note.body)) == text.replace("~", " ")


def test_the_parts_of_a_message_in_their_order() -> None:
    page = sent(11, about=ABOUT).body
    assert re.findall(r'class="(from|title|text|said|ask|facts|btn|foot)"', page) == [
        *("from", "title", "text", "said", "ask", "facts", "btn", "foot")
    ]
    assert '<html lang="en-GB">' in page
    assert "<title>Proposal to review: Lorem ipsum dolor</title>" in page
    assert '<p class="ask"><strong>Accept or reject it.</strong> Accepting ends the project.</p>' in page
    assert '<th scope="row">Price</th><td>€1,020.00</td>' in page
    assert (
        '<td class="btn"><a href="https://orders.example.com/projects/559befeeab59a">Open the project</a></td>' in page
    )
    assert 'overflow:hidden">Jack D. delivered 2 files · Accept or reject it.' in page  # what clients show in lists


def test_a_change_shows_before_and_now() -> None:
    page = sent(5).body
    assert '<td class="was"><span class="tag">Before</span>In&nbsp;progress</td>' in page
    assert '<td class="now"><span class="tag">Now</span>Finished</td>' in page
    assert '<th scope="row">Ordered by</th><td>John Doe</td>' in page
    assert "Maintenant" in sent(5, "fr").body
    assert '<span class="was">€1,020.00</span> → <span class="now">€1,400.00</span>' in sent(6).body


def test_a_person_and_what_they_said() -> None:
    page = sent(10).body
    assert '<p class="text">Jack D.:</p><blockquote class="said">“Lorem ipsum dolor sit amet”</blockquote>' in page


def test_without_a_page_of_the_resource_the_button_opens_bridge() -> None:
    page = sent(25).body
    assert '<td class="btn"><a href="https://bridge.example.com/events/25">Open it in Bridge</a></td>' in page


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("number", range(1, LAST + 1))
def test_every_event_has_its_page(language: str, number: int) -> None:
    note = sent(number, language)
    assert (note.format, len(note.body) < MAIL.body_max) == ("html", True)
    assert "[[" not in note.body
    assert "**" not in text_of(note.body)
    assert note.thread.startswith("creads/")


def test_a_rules_own_words_get_the_page_too() -> None:
    own = Target(to="managers", title="T", body="One & two\n{{ resource.message }}\n**not bold**")
    page = sent(10, target=own).body
    assert '<p class="text">One &amp; two</p>' in page
    assert '<p class="text">**not bold**</p>' in page
    bold = replace(own, body="**Now** [see](https://wiki.example/a) [no](javascript:x)", format="markdown")
    page = sent(10, target=bold).body
    assert '<p class="ask"><strong>Now</strong> <a href="https://wiki.example/a">see</a> no</p>' in page


def test_a_destination_can_ask_for_text() -> None:
    note = sent(11, format="text")
    assert (note.format, "<" in note.body) == ("text", False)


@pytest.mark.parametrize("value", [*'<>"&', "]]>", "</style><script>", "[[page]]", "--></div>", 'x" onclick="y'])
def test_an_events_words_cannot_leave_their_place(value: str) -> None:
    body = "{{ resource.message }}\nA: {{ resource.message }}\nA → {{ resource.message }}"
    own = Target(to="x", title="{{ resource.message }}", body=body)
    given = ours()["cases"]["en"][9]
    hostile = given | {"given": {**given["given"], "resource": {"message": f"a{value}b"}}}
    note = READY["en"].render(event_of(hostile), RULE, own, source_type="creads", kind=MAIL, now=NOW)
    plain = sent(10, target=replace(own, title="ab", body="ab\nA: ab\nA → ab"))
    assert STYLE.findall(note.body) == STYLE.findall(plain.body)
    elements = re.compile(r"<(/?[a-z0-9]+)")
    assert elements.findall(note.body) == elements.findall(plain.body)


def test_style_comes_from_the_frame_alone() -> None:
    own = Target(to="x", title="t", body="<p style='color:red'>{{ resource.message }}</p>", format="text")
    page = sent(10, target=own).body
    frame = (ROOT / "bridge" / "render" / "mail.html").read_text("utf-8")
    assert page.count("style=") - page.count("&lt;p style=") == frame.count("style=")


def test_a_text_too_long_for_a_mail_is_cut_before_it_is_laid_out() -> None:
    own = Target(to="x", title="t", body="{% for n in range(8000) %}'\"{% endfor %}")
    page = sent(10, target=own).body
    assert len(page) <= MAIL.body_max
    assert page.rstrip().endswith("</html>")


@pytest.mark.skipif(not (SHARED / "messages").is_dir(), reason="the mails (../shared/messages) are not here")
@pytest.mark.parametrize("name", ["mail.html", "mail-change.html", "mail-digest.html"])
def test_the_frame_has_the_rules_of_the_design(name: str) -> None:
    frame = (ROOT / "bridge" / "render" / "mail.html").read_text("utf-8")
    design = (SHARED / "messages" / name).read_text("utf-8")
    (style,) = STYLE.findall(design)
    lines = [line for line in style.split("\n")[1:-1] if not line.startswith("@media (prefers")]
    assert [line for line in lines if line not in frame] == []


# ---- digests and summaries ---------------------------------------------------------------------


def test_a_digest_has_what_waits_and_then_the_news() -> None:
    note = READY["en"].digest(gathered("en", MAIL), kind=MAIL, now=NOW, rule="morning summary", to="managers")
    assert (note.title, note.format, note.thread) == ("6 messages from Creads, 2 to answer", "html", "")
    text = text_of(note.body)
    assert text.startswith(
        "6 messages from Creads, 2 to answer\n\nWAITING FOR AN ANSWER: 2\n\n"
        "Proposal to review: Lorem ipsum dolor\n08:52 · Jack D. delivered 2 files\n\n"
    )
    assert "NEWS: 4\n\nProject finished: Nullam quis lacinia\n08:31 · In progress → Finished\n" in spaced(text)
    assert text.endswith("-- \nWed 10 Sept, 07:47 to 08:52\nSent to managers by the rule “morning summary”.")
    assert '<a href="https://bridge.example.com/events/5">Project finished: Nullam quis lacinia</a>' in note.body
    assert note.body.count('class="item wait"') == 2


def test_a_digest_of_many_counts_the_rest() -> None:
    (one, *_) = gathered("en", MAIL)
    many = [replace(one, event_id=number) for number in range(13)]
    text = text_of(READY["en"].digest(many, kind=MAIL, now=NOW).body)
    assert "and 3 more" in text


def test_fallback_texts_stand_in_a_digest_too() -> None:
    plain = Notification(title="<b>A</b>", body="**x** <i>y</i>", format="text")
    items = [Item(notification=plain, at=NOW, event_id=1, source="creads")] * 2
    page = READY["en"].digest(items, kind=MAIL, now=NOW).body
    assert "&lt;b&gt;A&lt;/b&gt;" in page
    assert "**x** &lt;i&gt;y&lt;/i&gt;" in page


def test_a_summary_is_a_page_too() -> None:
    note = READY["fr"].summary("comments", Throttle(max=5, per=3600), 12, kind=MAIL)
    assert note.format == "html"
    assert '<td class="btn"><a href="https://bridge.example.com/events?rule=comments">Les voir</a></td>' in note.body
