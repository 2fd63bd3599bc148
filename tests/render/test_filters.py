"""What the filters write, in the configured locale and time zone, and what the checks say before anything runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bridge.model import Target
from bridge.render import Templates
from tests.render.corpus import event, kind

NOW = datetime.fromisoformat("2014-09-10T09:00+02:00")
LOCALES = {"en": "en_GB", "fr": "fr_FR", "de": "de-DE"}


def templates(language: str = "en", **files: str) -> Templates:
    return Templates(
        files,
        locale=LOCALES[language],
        timezone="Europe/Paris",
        links={"creads": {"Project": "https://o.example/{gid}"}},
        public_url="https://b.example/",
        why_link=False,
    )


def written(
    body: str, resource: dict[str, Any], language: str = "en", format_: Any = "markdown", words: Any = "chat"
) -> str:
    target = Target(to="x", title="t", body=body, format=format_)
    happened = event(resource)
    how: dict[str, Any] = {"source_type": "creads", "kind": kind(format_, words), "now": NOW}
    return templates(language).render(happened, None, target, **how).body


@pytest.mark.parametrize(
    ("given", "filters", "expected"),
    [
        ("2014-09-14T22:47:31-07:00", "date", {"en": "15 Sept 2014", "fr": "15 sept. 2014", "de": "15.09.2014"}),
        ("2015-08-04T15:24:23+0000", "time", {"en": "17:24", "fr": "17:24"}),
        ("2014-09-14T22:47:31-07:00", "datetime", {"en": "Mon 15 Sept, 07:47", "fr": "lun. 15 sept. à 07:47"}),
        ("2015-08-04T15:24:23+0000", "datetime", {"en": "Tue 4 Aug 2015, 17:24"}),
        ("2014-09-08T09:00:00+02:00", "ago", {"en": "2 days ago", "fr": "il y a 2 jours"}),
        ("2014-09-10T23:00:00+02:00", "deadline", {"en": "Wed 10 Sept, 23:00 (today)"}),
        ("2014-09-11T00:10:00+02:00", "deadline", {"en": "Thu 11 Sept, 00:10 (tomorrow)"}),
        ("2014-09-08T23:00:00+02:00", "deadline", {"en": "Mon 8 Sept, 23:00 (2 days overdue)"}),
        ("2014-09-09T23:00:00+02:00", "deadline", {"en": "Tue 9 Sept, 23:00 (1 day overdue)"}),
        ({"amount": 1020.0, "currency": "EUR"}, "money", {"en": "€1,020.00", "fr": "1\u202f020,00\u00a0€"}),
        ({"amount": -5, "currency": "GBP"}, "money", {"en": "-£5.00"}),
        (12345.5, "number", {"en": "12,345.5", "de": "12.345,5"}),
        (0.999, "percent", {"en": "99%", "fr": "99\u00a0%"}),
        ("<p>a &amp; b</p><script>x</script><p>c</p>", "plain", {"en": "a & b c"}),
        ("one two three four", "shorten(10)", {"en": "one two…"}),
        ("Donaudampfschifffahrt", "shorten(10)", {"en": "Donaudamp…"}),
        ("Hello", "quote", {"en": "“Hello”", "fr": "«\u00a0Hello\u00a0»"}),
        ("abc", "upper", {"en": "ABC"}),
        (["b", "a", "b"], "unique|sort|join(', ')", {"en": "a, b"}),
        ([{"u": "x"}, {"u": "y"}], "map(attribute='u')|join('+')", {"en": "x+y"}),
        ([3, 1, 2], "sum", {"en": "6"}),
        ({"b": 1, "a": 2}, "dictsort|first|first", {"en": "a"}),
        ("a,b", "replace(',', ';')", {"en": "a;b"}),
        (2.567, "round(1)", {"en": "2.6"}),
        ("7", "int", {"en": "7"}),
    ],
)
def test_values(given: Any, filters: str, expected: dict[str, str]) -> None:
    for language, text in expected.items():
        assert written("{{ resource.v|" + filters + " }}", {"v": given}, language) == text


@pytest.mark.parametrize(
    "name", ["date", "time", "datetime", "ago", "deadline", "money", "number", "percent", "quote", "plain"]
)
@pytest.mark.parametrize(
    "value", [None, "soon", 5, True, [], {}, {"amount": "x", "currency": "EUR"}, {"amount": 5, "currency": None}]
)
def test_a_wrong_shape_leaves_out_its_part(name: str, value: Any) -> None:
    if (name in ("quote", "plain") and isinstance(value, str)) or (name in ("number", "percent") and value == 5):
        return
    assert written("<{{ resource.v|" + name + " }}>", {"v": value}) == "<>"
    assert written("<{{ resource.nope|" + name + " }}>", {}) == "<>"


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2014-02-30", "+" * 30])
def test_an_impossible_date_leaves_out_its_part(value: str) -> None:
    assert written("<{{ resource.v|datetime }}{{ resource.v|deadline }}>", {"v": value}) == "<>"


# ---- links -------------------------------------------------------------------------------------


def test_links_are_made_of_our_addresses_only() -> None:
    ours, theirs = "{{ links.resource|link('Open') }}", "{{ resource.url|link('Open') }}"
    data = {"url": "https://evil.example/a?b='c"}
    assert written(ours, data) == "[Open](https://o.example/55e8)"
    assert written(ours, data, format_="text") == "Open: https://o.example/55e8"
    assert written(ours, data, format_="html") == '<a href="https://o.example/55e8">Open</a>'
    assert written(theirs, data) == "Open (`evil.example/…`)"
    assert written(theirs, data, format_="html", words="mail") == "Open (https://evil.example/a?b='c)"
    assert written("{{ links.nope|link('Open') }}x", data) == "x"
    assert written("{{ links.event|link(resource.url) }}", {"url": "a](https://evil.example) <b>"}) == (
        "[a)(`evil.example`) ‹b›](https://b.example/events/1)"
    )


def test_url_lets_only_safe_schemes_through() -> None:
    body = '<a href="{{ resource.v|url }}">x</a>'
    assert written(body, {"v": "https://a.example/?x=1&y=2"}, format_="html") == (
        '<a href="https://a.example/?x=1&amp;y=2">x</a>'
    )
    for bad in (
        "javascript:alert(1)",
        " JaVaScRiPt:alert(1)",
        "java\nscript:x",
        "data:text/html,x",
        "//e.example",
        "[",
        5,
    ):
        assert 'href=""' in written(body, {"v": bad}, format_="html")


def test_the_gid_is_encoded_in_a_link() -> None:
    how: dict[str, Any] = {"source_type": "creads", "kind": kind("markdown"), "now": NOW}
    target = Target(to="x", title="t", body="{{ links.resource }}")
    got = templates().render(event({}, gid="a/../b?c#d e"), None, target, **how).body
    assert got == "https://o.example/a%2F..%2Fb%3Fc%23d%20e"


# ---- what is live and what is dead -------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("@here **{{ resource.v }}**", "@here **∗x∗ @\u2060here**"),
        ("{{ '@here **b** ' if true }}{{ resource.v }}", "@here **b** ∗x∗ @\u2060here"),
        ("{{ '**' ~ resource.v ~ '**' }}", "**∗x∗ @\u2060here**"),
        ("{{ '**' + resource.v + '**' }}", "**∗x∗ @\u2060here**"),
        ("{% set a %}**{{ resource.v }}**{% endset %}{{ a }}", "**∗x∗ @\u2060here**"),
        ("{% macro m(x) %}**{{ x }}**{% endmacro %}{{ m(resource.v) }}", "**∗x∗ @\u2060here**"),
        (
            "{% macro m() %}**{{ caller() }}**{% endmacro %}{% call m() %}{{ resource.v }}{% endcall %}",
            "**∗x∗ @\u2060here**",
        ),
        ("{% filter upper %}**{{ resource.v }}**{% endfilter %}", "**∗X∗ @\u2060HERE**"),
        ("{{ [resource.v, '**b**']|join(', ') }}", "∗x∗ @\u2060here, **b**"),
        ("{{ {'a': resource.v}.a }}{{ [resource.v][0][:3] }}", "∗x∗ @\u2060here∗x∗"),
        ("{{ '{who} said'|t(who=resource.v) }}", "∗x∗ @\u2060here said"),
        ("{{ resource.v|default('x')|trim|string }}", "∗x∗ @\u2060here"),
        ("{{ resource.v|e }}", "∗x∗ @\u2060here"),
        ("{{ ['@here', '**b**']|join(' ') }}{{ {'k': '*c*'}.k }}", "@here **b***c*"),
    ],
)
def test_the_authors_words_are_live_and_the_events_are_not(body: str, expected: str) -> None:
    assert written(body, {"v": "*x* @here"}) == expected


def test_html_escapes_what_is_not_written_as_html() -> None:
    value = '<b>"x"</b> & <i>'
    for body in (
        "{{ resource.v }}",
        "{{ '' ~ resource.v }}",
        "{{ [resource.v]|join('<br>') }}",
        "{{ resource.v|trim }}",
    ):
        assert written(body, {"v": value}, format_="html", words="mail") == '&lt;b&gt;"x"&lt;/b&gt; &amp; &lt;i&gt;'
    assert written("{{ '<b>x</b>' }}", {}, format_="html", words="mail") == "&lt;b&gt;x&lt;/b&gt;"
    assert written("<p onclick='x'>a</p><script>b</script><img src='cid:x'>", {}, format_="html") == "<p>a</p><img>"


# ---- checks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "code", "line", "column", "message", "help_"),
    [
        ("a\n{{ resorce.title }}", "unknown-name", 2, 4, "`resorce`", "did you mean `resource`?"),
        ("{{ resource.title|uper }}", "unknown-filter", 1, 19, "`uper`", "did you mean `upper`?"),
        ("{{ resource is definedd }}", "unknown-test", 1, 16, "`is definedd`", "did you mean `defined`?"),
        ("{{ changes.items() }}", "method-call", 1, 12, "`changes.items()`", "write `changes|items`"),
        ("{{ resource.title|safe }}", "unsafe-filter", 1, 19, "`safe`", "harmless"),
        ('{% include "foter.md.j2" %}', "unknown-template", 1, 13, "`foter.md.j2`", "did you mean `footer.md.j2`?"),
        ("{% include resource.x %}", "template-name", 1, 1, "written out", "data must not choose"),
        ("\n\n{% if %}", "template-syntax", 3, 1, "", ""),
        ("{{ '' }", "template-syntax", 1, 1, "", ""),
        ("{% for a in [] recursive %}{% endfor %}", "recursive-loop", 1, 16, "", ""),
        ("{% autoescape false %}{% endautoescape %}", "autoescape", 1, 4, "", ""),
        ("{{ nothing() }}", "unknown-macro", 1, 4, "`nothing(…)`", ""),
    ],
)
def test_a_mistake_has_a_place_and_a_way_out(
    source: str, code: str, line: int, column: int, message: str, help_: str
) -> None:
    found = templates(**{"own.md.j2": source, "footer.md.j2": "x"}).problems
    assert [(one.code, one.place.file, one.place.line, one.place.column) for one in found] == [
        (code, "own.md.j2", line, column)
    ]
    assert message in found[0].message
    assert help_ in found[0].help
    inline = templates(**{"footer.md.j2": "x"}).check_inline("r", Target(to="x", body=source, format="markdown"))
    assert [(one.code, one.place.line, one.place.column) for one in inline] == [(code, line, column)]


@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        ("own.md.j2", "{{ foo }} {{ resource.title|uper }} {{ bar }}", "foo uper bar"),
        ("own.md.j2", "{{ foo }} {{ resource.title is definedd }}", "foo definedd"),
        ("own.md.j2", '{% include "none.md.j2" %} {{ foo }}', "none.md.j2 foo"),
        ("own.md.j2", "{{ foo() }} {{ bar }} {{ resource.title.upper() }}", "foo bar upper"),
        (
            "own.md.j2",
            "{% block title %}{{ foo|uper }}{% endblock %}{% block mail %}{{ bar }}{% endblock %}",
            "foo uper bar",
        ),
        ("own.html.j2", "<a href={{ resource.u|url }}>{{ foo|uper }}</a>", "without quotes|foo|uper"),
        ("own.html.j2", '{% include "none.html.j2" %}<p {{ foo }}>x</p>', "none.html.j2|without quotes|foo"),
        ("own.html.j2", '<a href="{{ resource.u|ulr }}">x</a>', "ulr"),
        # what it is switched to would be worked out to look further
        ("own.md.j2", "{% autoescape foo %}{{ bar }}{% endautoescape %}", "autoescape"),
    ],
)
def test_no_mistake_hides_another(name: str, source: str, words: str) -> None:
    told = sorted(one.message for one in templates(**{name: source}).problems)
    wanted = words.split("|") if "|" in words else words.split()
    assert len(told) == len(wanted), told
    assert all(any(word in message for message in told) for word in wanted), told


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('<a href="{{ resource.u }}">x</a>', "url-filter"),
        ("<a href={{ resource.u|url }}>x</a>", "unquoted-attribute"),
        ("<p {{ resource.u }}>x</p>", "unquoted-attribute"),
        ('<p onclick="{{ resource.u }}">x</p>', "unsafe-attribute"),
        ('<p style="color: {{ resource.u }}">x</p>', "unsafe-attribute"),
        ('{% if resource.u %}<img src="{{ resource.u|trim }}">{% endif %}', "url-filter"),
    ],
)
def test_attributes_of_html_are_checked(source: str, code: str) -> None:
    assert [one.code for one in templates(**{"own.html.j2": source}).problems] == [code]


def test_sound_html_has_no_problem() -> None:
    source = (
        '<a href="{{ resource.u|url }}" title="{{ resource.t }}">x</a><!-- {{ resource.t }} --> a < b {{ resource.t }}'
    )
    assert not templates(**{"own.html.j2": source}).problems


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{% block titel %}T{% endblock %}{% block bdy %}B{% endblock %}", {"titel": "`title`?", "bdy": "`body`?"}),
        ("{% if resource.x %}{% block maill %}{{ foo }}{% endblock %}{% endif %}", {"maill": "`mail`?", "foo": ""}),
        ("{% block xyz %}{% block part %}B{% endblock %}{% endblock %}", {"xyz": "known are: body, mail, title, type"}),
        ("{% block body %}{% block part %}B{% endblock %}{% endblock %}", {}),
        ('{% extends "base.md.j2" %}{% block part %}x{% endblock %}{% block own %}y{% endblock %}', {}),
        ('{% extends "base.md.j2" %}{% block prat %}x{% endblock %}', {"prat": "`part`?"}),
        ('{% extends "middle.md.j2" %}{% block part %}x{% endblock %}', {}),
        ('{% extends "none.md.j2" %}{% block part %}x{% endblock %}', {"none.md.j2": ""}),
        ('{% include "none.md.j2" %}{% block bdy %}x{% endblock %}', {"none.md.j2": "", "bdy": "`body`?"}),
    ],
)
def test_a_block_that_nothing_asks_for_is_a_mistake(source: str, told: dict[str, str]) -> None:
    base = "{% block own %}x{% endblock %}{% block body %}A{% block part %}f{% endblock %}{% endblock %}"
    middle = '{% extends "base.md.j2" %}{% block title %}T{% endblock %}'
    others = {"base.md.j2": base, "middle.md.j2": middle, "user.md.j2": '{% extends "middle.md.j2" %}'}
    found = templates(**others, **{"own.md.j2": source}).problems
    assert {one.place.file for one in found} <= {"own.md.j2"}
    assert len(found) == len(told)
    assert all(any(f"`{word}`" in one.message and help_ in one.help for one in found) for word, help_ in told.items())


def test_templates_that_include_one_another_in_a_ring_are_told_each() -> None:
    ring = {
        "a.md.j2": '{% include "b.md.j2" %}',
        "b.md.j2": '\n{% include "a.md.j2" %}',
        "c.md.j2": '{% include "a.md.j2" %}',
    }
    found = templates(**ring).problems
    assert {(one.place.file, one.place.line, one.code) for one in found} == {
        ("a.md.j2", 1, "include-cycle"),
        ("b.md.j2", 2, "include-cycle"),
    }


def test_formats_do_not_mix_and_suffixes_are_known() -> None:
    found = templates(**{"a.html.j2": '{% include "b.md.j2" %}', "b.md.j2": "x", "c.j2": "x"}).problems
    assert {(one.place.file, one.code) for one in found} == {
        ("a.html.j2", "template-format"),
        ("c.j2", "template-suffix"),
    }
