"""The exact words of the default notifications, English and French; those of several at once are in test_bundles."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from bridge.model import Kind, replace
from bridge.render.french import PHRASES
from tests.render.cases import CHAT, LAST, LOCALES, NOW, ROOT, SHARED, event_of, on_the_page, ours, templates

EVERY = [(language, number) for language in LOCALES for number in range(1, LAST + 1)]
READY = {language: templates(language) for language in LOCALES}


def case(language: str, number: int) -> dict[str, Any]:
    found: dict[str, Any] = ours()["cases"][language][number - 1]
    return found


def test_shipped_templates_have_no_problem() -> None:
    assert not READY["en"].problems


@pytest.mark.parametrize(("language", "number"), EVERY, ids=str)
def test_words(language: str, number: int) -> None:
    expected = case(language, number)
    sent = READY[language].render(event_of(expected), None, None, source_type="creads", kind=CHAT, now=NOW)
    assert (sent.title, sent.body) == (expected["title"], expected["body"])
    assert sent.format == "markdown"


@pytest.mark.skipif(not (SHARED / "messages").is_dir(), reason="the golden pages (../shared/messages) are not here")
@pytest.mark.parametrize("language", LOCALES)
def test_our_cases_are_those_of_the_page(language: str) -> None:
    assert ours()["cases"][language] == on_the_page(language)


@pytest.mark.skipif(not (SHARED / "creads").is_dir(), reason="the sender's samples (../shared/creads) are not here")
def test_our_samples_are_those_of_the_sender() -> None:
    folder = SHARED / "creads" / "events"
    assert ours()["samples"] == {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}


TONES = {2: "warning", 11: "warning", 13: "warning", 25: "warning", 5: "success", 12: "success", 33: "failure"}


@pytest.mark.parametrize("number", range(1, LAST + 1))
def test_tone(number: int) -> None:
    sent = READY["en"].render(event_of(case("en", number)), None, None, source_type="creads", kind=CHAT, now=NOW)
    assert sent.tone == TONES.get(number, "info")


@pytest.mark.parametrize("number", range(1, LAST + 1))
def test_every_kind_of_service_gets_it_within_its_limits(number: int) -> None:
    for words, formats in (("chat", ("text",)), ("mail", ("html", "text")), ("raw", ("markdown",)), ("raw", ("text",))):
        kind = Kind(name="any", words=words, formats=formats, title_max=79, body_max=400, code_spans=False)
        sent = READY["en"].render(event_of(case("en", number)), None, None, source_type="creads", kind=kind, now=NOW)
        assert 0 < len(sent.title) <= 79
        assert 0 < len(sent.body) <= 400


def test_french_has_all_words_and_no_others() -> None:
    folder = ROOT / "templates"
    written = "\n".join(path.read_text("utf-8") for path in folder.rglob("*.j2"))
    asked = set(re.findall(r'"([^"]+)"\|t\b', written))
    assert asked - PHRASES.keys() == {"{product} ({details})", "brief", "options"}  # alike in both
    ours = "\n".join(
        path.read_text("utf-8") for path in (ROOT / "bridge" / "render").glob("*.py") if path.stem != "french"
    )
    assert not {phrase for phrase in PHRASES if f'"{phrase}"' not in written + ours}


def test_a_very_long_text_does_not_keep_the_message_from_its_words() -> None:
    happened = event_of(case("en", 1))
    assert happened.resource is not None
    long = "<p>" + "word " * 200_000 + "</p>"
    told = replace(
        happened, resource=happened.resource | {"title": long, "description": long, "owner": {"firstname": long}}
    )
    sent = READY["en"].render(told, None, None, source_type="creads", kind=CHAT, now=NOW)
    assert sent.title.startswith("New project: ‹p›word word")
    assert sent.title.endswith("word…")
    assert "“word word" in sent.body
    assert len(sent.body) < 700
