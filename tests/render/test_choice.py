"""Which template writes which notification, what it sees, and how a failing one is told."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import TemplateFailed
from bridge.model import Change, Event, Kind, Notification, Place, Rule, Target
from bridge.render import Templates
from tests.render.corpus import NOW, event, kind

CHAT = Kind(name="slack", words="chat", formats=("markdown", "text"), title_max=150, body_max=3000)
MAIL = Kind(name="mail", words="mail", formats=("html", "markdown", "text"), title_max=79, body_max=30_000)
SMS = Kind(name="sms", words="chat", formats=("text",), title_max=150, body_max=3000, code_spans=False)
DEFAULT = "{% block title %}D {{ event.gid }}{% endblock %}{% block body %}default{% endblock %}"


def loaded(**files: str) -> Templates:
    """Templates by name, `creads_project_created_md` meaning `creads/project.created.md.j2`."""
    named = {"default.md.j2": DEFAULT}
    named |= {name.replace("__", "/").replace("_in_", ".") + ".j2": text for name, text in files.items()}
    return Templates(named, locale="en_GB", timezone="Europe/Paris", links={}, public_url="https://b", why_link=False)


def sent(templates: Templates, target: Target | None = None, happened: Event | None = None, **how: Any) -> Notification:
    asked: dict[str, Any] = {"source_type": "creads", "kind": CHAT, "now": NOW, **how}
    return templates.render(happened or event({"title": "Logo"}), None, target, **asked)


def written(body: str, happened: Event | None = None, **how: Any) -> str:
    """What a rule's own body becomes."""
    target = Target(to="x", title="t", body=body, format=how.pop("format_", "text"))
    return sent(loaded(), target, happened, **how).body


# ---- which template ----------------------------------------------------------------------------


def test_a_named_template_goes_before_the_default_of_its_event() -> None:
    block = "{% block body %}"
    templates = loaded(
        creads__project_in_created_in_md=f"{block}of the event{{% endblock %}}",
        own_in_md=f"{block}named{{% endblock %}}",
    )
    assert not templates.problems
    assert sent(templates, Target(to="x", template="own.md.j2")).body == "named"
    assert sent(templates).body == "of the event"
    assert sent(templates, happened=event({}, type="Work")).body == "default"
    assert sent(templates, source_type="github").body == "default"


@pytest.mark.parametrize("type_", ["Project Message", "project_message", "project-message", "PROJECT MESSAGE"])
def test_any_spelling_of_a_type_finds_its_template(type_: str) -> None:
    templates = loaded(creads__project_message_in_created_in_md="{% block body %}found{% endblock %}")
    assert sent(templates, happened=event({}, type=type_)).body == "found"


@pytest.mark.parametrize("type_", ["../../etc/passwd", "..", "", "/", "\0", "default.md.j2", "project.created.md.j2?"])
def test_an_event_cannot_choose_a_file(type_: str) -> None:
    templates = loaded(own_in_md="{% block body %}named{% endblock %}")
    assert sent(templates, happened=event({}, type=type_)).body == "default"


def test_the_best_format_for_the_service_is_taken() -> None:
    body = "{{% block body %}}{}{{% endblock %}}"
    templates = loaded(
        creads__project_in_created_in_md=body.format("**md**"),
        creads__project_in_created_in_html=body.format("<b>html</b>"),
    )
    assert sent(templates).body == "**md**"
    assert (sent(templates, kind=MAIL).body, sent(templates, kind=MAIL).format) == ("<b>html</b>", "html")
    assert (sent(templates, kind=SMS).body, sent(templates, kind=SMS).format) == ("md", "text")
    assert (sent(templates, kind=MAIL, format="text").body, sent(templates, format="text").format) == ("md", "text")
    assert sent(templates, kind=MAIL, format="markdown").body == "**md**"


def test_what_an_entry_does_not_say_the_default_template_does() -> None:
    own_body = sent(loaded(), Target(to="x", body="{{ resource.title }} *as typed*"))
    assert (own_body.title, own_body.body, own_body.format) == ("D 55e8", "Logo *as typed*", "text")
    own_title = sent(loaded(), Target(to="x", title="T {{ resource.title }}"))
    assert (own_title.title, own_title.body, own_title.format) == ("T Logo", "default", "markdown")


def test_a_file_without_blocks_is_all_body() -> None:
    templates = loaded(own_in_md="{{ resource.title }}!")
    got = sent(templates, Target(to="x", template="own.md.j2"))
    assert (got.title, got.body) == ("Project created: Logo", "Logo!")


def test_tone_comes_from_the_entry_or_from_the_template() -> None:
    templates = loaded(own_in_md="{% block type %} warning\n{% endblock %}{% block body %}x{% endblock %}")
    assert sent(templates, Target(to="x", template="own.md.j2")).tone == "warning"
    assert sent(templates, Target(to="x", template="own.md.j2", tone="success")).tone == "success"
    assert sent(loaded()).tone == "info"


def test_a_template_may_extend_and_import_another() -> None:
    templates = loaded(
        base_in_md="{% block title %}B{% endblock %}{% block body %}[{% block inner %}{% endblock %}]{% endblock %}",
        _m_in_md="{% macro bold(x) %}**{{ x }}**{% endmacro %}",
        own_in_md='{% extends "base.md.j2" %}{% from "_m.md.j2" import bold %}'
        "{% block inner %}{{ bold(resource.title) }}{% endblock %}",
    )
    assert not templates.problems
    got = sent(templates, Target(to="x", template="own.md.j2"))
    assert (got.title, got.body) == ("B", "[**Logo**]")


# ---- what it sees ------------------------------------------------------------------------------


def test_names() -> None:
    changes = {"status": Change("draft", "paid"), "price.amount": Change(1, 2)}
    happened = event({"title": "Logo", "items": 3}, changes=changes, previous={"status": "draft"})
    seen = "{{ changes.status.old }}→{{ changes.status.new }} {{ changes['price.amount'].old }}"
    assert written(seen, happened) == "draft→paid 1"
    assert (
        written("{{ changes.price.amount.new }} {{ changes.fields|join(', ') }}", happened) == "2 price.amount, status"
    )
    assert written("{% for path, one in changes|items %}{{ path }}={{ one.new }};{% endfor %}", happened) == (
        "status=paid;price.amount=2;"
    )
    assert written("{{ resource.items }} {{ previous.status }} {{ source }} {{ event.type }}", happened) == (
        "3 draft creads Project"
    )
    assert written("{{ links.event }} {{ links.mute }}", happened) == "https://b/events/1 https://b/events/1/mute"


def test_a_rule_is_seen() -> None:
    rule = Rule(name="R", place=Place("rules/a.yaml", 4, 1), when=(), notify=(), labels=("a", "b"))
    target = Target(
        to="x", title="t", body="{{ rule.name }} {{ rule.file }}:{{ rule.line }} {{ rule.labels|join('+') }}"
    )
    how: dict[str, Any] = {"source_type": "creads", "kind": CHAT, "now": NOW}
    assert loaded().render(event({}), rule, target, **how).body == "R rules/a.yaml:4 a+b"


def test_what_is_missing_is_false_but_an_error_when_printed() -> None:
    assert written("{{ 'no' if not resource.owner.firstname }}{{ resource.x.y.z or ' way' }}") == "no way"
    assert written("{% if previous %}a{% else %}b{% endif %}{{ resource.nope is defined }}") == "bfalse"
    assert written("{{ resource.nope|default('d') }}{% for x in resource.nope %}x{% endfor %}") == "d"
    for template in (
        "{{ resource.nope }}",
        "{{ 'a' ~ resource.nope }}",
        "{{ resource.nope|upper }}",
        "{{ previous.a }}",
    ):
        with pytest.raises(TemplateFailed, match="is missing"):
            written(template)


def test_null_prints_nothing_and_takes_its_line_along() -> None:
    happened = event({"title": None, "status": "paid"})
    assert written("{{ resource.title }}\n{{ resource.status }}\n\nend", happened) == "paid\n\nend"


def test_values_are_printed_as_in_json() -> None:
    happened = event({"a": True, "b": [1, "x", None], "c": {"k": 1.5}, "d": -5})
    assert written(
        "{{ resource.a }} {{ resource.b }} {{ resource.c }} {{ resource.d }}", happened, kind=kind("text", "raw")
    ) == ('true [1, "x", null] {"k": 1.5} -5')
    assert written("{{ resource.d }}", happened) == "-5"


def test_secret_fields_are_masked_everywhere() -> None:
    resource = {"Token": "s1", "deep": [{"pass-word": {"x": "s2"}, "secret": None}], "ok": "y"}
    changes = {
        "token": Change("s3", "s4"),
        "auth.authorization.x": Change("s5", "s6"),
        "deep": Change([{"token": "s7"}], []),
    }
    happened = event(resource, changes=changes, previous={"token": "s8"})
    everything = "{{ resource|tojson }}{{ changes|tojson }}{{ previous|tojson }}{{ changes.token.new }}"
    text = written(everything, happened, kind=kind("text", "raw"))
    assert not [secret for secret in (f"s{n}" for n in range(1, 9)) if f'"{secret}"' in text]
    assert '"ok": "y"' in text
    assert '"secret": null' in text
    assert resource["Token"] == "s1"


# ---- how it fails ------------------------------------------------------------------------------


def test_a_failure_is_told_with_file_and_line() -> None:
    templates = loaded(
        _m_in_md="{% macro m(x) %}\n\n{{ x.nope }}\n{% endmacro %}",
        own_in_md='{% from "_m.md.j2" import m %}\n{% block body %}\n{{ m(resource) }}{% endblock %}',
        two_in_md="{% block body %}\nfine\n{{ 1 / 0 }}{% endblock %}",
    )
    for name, file, line in (("own.md.j2", "_m.md.j2", 3), ("two.md.j2", "two.md.j2", 3)):
        with pytest.raises(TemplateFailed) as failed:
            sent(templates, Target(to="x", template=name))
        assert (failed.value.file, failed.value.line) == (file, line)


def test_a_failure_of_a_rules_own_words_is_told_at_their_line() -> None:
    place = Place("rules/a.yaml", 7, 5)
    wrong_body = Target(to="x", body="one\n{{ resource.nope }}", place=place, title_line=8, body_line=10)
    wrong_title = Target(to="x", title="{{ resource.nope }}", body="one", place=place, title_line=8, body_line=10)
    for target, line in ((wrong_body, 11), (wrong_title, 8)):
        with pytest.raises(TemplateFailed) as failed:
            sent(loaded(), target)
        assert (failed.value.file, failed.value.line) == ("rules/a.yaml", line)


@pytest.mark.parametrize("body", ["{{ links.resource }}", "{{ links['resource'] }}"])
def test_a_missing_link_is_told_by_its_path(body: str) -> None:
    with pytest.raises(TemplateFailed, match=r"`links\.resource` is missing"):
        sent(loaded(), Target(to="x", body=body))


def test_a_template_that_is_not_there_or_not_sound_is_a_failure() -> None:
    templates = loaded(bad_in_md="{% block body %}{{ nope }}{% endblock %}")
    assert [(one.place.file, one.place.line, one.place.column, one.code) for one in templates.problems] == [
        ("bad.md.j2", 1, 20, "unknown-name")
    ]
    for name in ("bad.md.j2", "none.md.j2"):
        with pytest.raises(TemplateFailed):
            sent(templates, Target(to="x", template=name))
    assert sent(templates).body == "default"


@pytest.mark.parametrize("resource", [None, {}, {"title": 5}, {"title": None}, {"title": "<!here> *x*\n"}])
def test_the_fallback_cannot_fail(resource: dict[str, Any] | None) -> None:
    rule = Rule(name="R <!channel>", place=Place("a", 1, 1), when=(), notify=())
    for service in (CHAT, MAIL, SMS, kind("markdown", "raw")):
        for happened in (event({}), Event(**(vars_of(event({})) | {"resource": resource}))):
            got = loaded().fallback(happened, rule, kind=service, now=NOW)
            assert got.title.startswith("Project created: ")
            assert "https://b/events/1" in got.body
            assert "R " in got.body
            assert service.words != "chat" or "<!" not in got.title + got.body


def vars_of(happened: Event) -> dict[str, Any]:
    return {name: getattr(happened, name) for name in Event.__slots__}


# ---- files to take along -----------------------------------------------------------------------

PICTURE = {"url": "https://cre.ads/a.png?sig=x*y*", "variations": {"thumb": {"url": "https://cre.ads/t.png"}}}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{ resource.image.url }}", ["https://cre.ads/a.png?sig=x*y*"]),
        ("{{ resource.image }}", ["https://cre.ads/a.png?sig=x*y*"]),
        ("{{ resource.files }}", ["https://cre.ads/1.pdf", "https://cre.ads/2.pdf"]),
        (
            "{% for one in resource.files %}{{ one.url }}\n{% endfor %}",
            ["https://cre.ads/1.pdf", "https://cre.ads/2.pdf"],
        ),
        ("https://wiki.example/logo.png", ["https://wiki.example/logo.png"]),
        ("{{ resource.missing.url }}", []),
        ("{{ resource.missing or '' }}", []),
        ("{{ 1 / 0 }}", []),
        ("{{ broken", []),
        ("[[", []),
    ],
)
def test_addresses_of_files_stand_as_they_came(text: str, found: list[str]) -> None:
    files = [{"url": f"https://cre.ads/{number}.pdf"} for number in (1, 2)]
    target = Target(to="x", title="t", body="b", attach=(text,))
    got = sent(loaded(), target, event({"image": PICTURE, "files": files}))
    assert (got.title, got.body, list(got.attach)) == ("t", "b", found)


def test_a_notification_knows_what_it_is_about() -> None:
    assert sent(loaded(), happened=event({}, type="Project Message", gid="5")).thread == "creads/projectmessage/5"
