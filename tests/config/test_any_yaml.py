"""Random files: whatever stands in them, the answer is problems at places that exist, and never an exception."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.config import destinations, rule_tests, rules, source_settings
from bridge.config import settings as configuration
from bridge.config.check import check
from bridge.config.report import as_github, as_json, as_text
from bridge.errors import Problem
from bridge.rules.leaves import WRITTEN
from tests.config.folder import CONFIG, ENVIRON, lay

RULE_WORDS = (*rules.FILE_KEYS, *rules.RULE_KEYS, *rules.TARGET_KEYS, "any", "all", "not", "eq", "from", "by", "per")
CONFIG_WORDS = (*configuration.KEYS, *source_settings.SOURCE_KEYS, *destinations.DESTINATION_KEYS, "processes", "level")
CONDITION_WORDS = (*WRITTEN, "all", "any", "not", "path", "resource.status", "resource.deadline_at", "event.type")
TEST_WORDS = (*rule_tests.TEST_KEYS, *rule_tests.EVENT_KEYS, *rule_tests.EXPECT_KEYS, "projects", "nothing")
VALUES = (
    *(
        "creads",
        "projects",
        "Project created",
        "* deleted",
        "resource.status",
        "{{ resource.title }}",
        "{% if",
        "console://",
    ),
    *(
        "slack://a/b/c",
        "mailtos://",
        "${X}",
        "${CREADS_WEBHOOK_SECRET}",
        "${file:/nowhere}",
        "1h",
        "resource.a == 1",
        "09:00",
    ),
    *("now-2d", "+2d", "2026-05-31", "(a+)+$", "Project", "updated", "+10m", "nothing"),
    *("../..", "é\u202e", "\x00", "a\nb", ""),
)


def documents(words: Sequence[str]) -> st.SearchStrategy[Any]:
    """Nested maps and lists of words that mean something."""
    scalars = st.one_of(
        st.sampled_from(VALUES), st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)
    )
    keys = st.one_of(st.sampled_from(words), st.sampled_from(VALUES), st.text(max_size=4))
    return st.recursive(
        scalars,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=6)),
        max_leaves=25,
    )


def written(value: object) -> str:
    """A value in YAML's flow style, its texts plain where they may be, so that they can also break the syntax."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{written(key)}: {written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if value is None or isinstance(value, bool):
        return {None: "~", True: "true", False: "false"}[value]
    return str(value)


def checked(text: str) -> list[Problem]:
    """The problems of a folder, after a look at what is printed of it."""
    with tempfile.TemporaryDirectory() as folder:
        path = lay(Path(folder), "")
        for part in text.split("#--- ")[1:]:
            name, _, content = part.partition("\n")
            (Path(folder) / name).write_bytes(content.encode("utf-8", "surrogatepass"))
        began = time.process_time()  # of this process alone: whatever else the machine does
        report = check(path, ENVIRON)
        assert time.process_time() - began < 2
        printed = as_text(report) + as_json(report) + as_github(report)
        assert ENVIRON["CREADS_WEBHOOK_SECRET"] not in printed
        for problem in report.problems:
            lines = report.texts.get(problem.place.file, "").split("\n")
            assert 1 <= problem.place.line <= len(lines) + 1
            assert 1 <= problem.place.column <= max(map(len, lines)) + 2
            assert problem.message
        return list(report.problems)


@settings(max_examples=120, deadline=None)
@given(documents(RULE_WORDS))
def test_any_rule_file(document: object) -> None:
    checked(f"#--- rules/x.yaml\nrules: {written(document)}\n")


@settings(max_examples=120, deadline=None)
@given(documents(CONDITION_WORDS))
def test_any_condition(document: object) -> None:
    rule = f"name: a, when: Project *, notify: projects, if: {written(document)}"
    checked(f"#--- rules/x.yaml\nrules: [{{{rule}}}]\n")


EXPRESSIONS = st.lists(
    st.sampled_from(
        [
            *("resource.status", "previous.title", "any(", "(", ")", "[", "]", ",", "and", "or", "not", "in", "is"),
            *("defined", "none", "==", "<", "=", "&&", "||", "!", "matches", "contains", "'x'", '"', "5", "-", "# "),
            *("{{", "é", "\u202e", "status", "finished"),
        ]
    ),
    max_size=12,
).map(" ".join)


@settings(max_examples=120, deadline=None)
@given(EXPRESSIONS)
def test_any_expression(text: str) -> None:
    checked(f"#--- rules/x.yaml\nrules:\n  - name: a\n    when: Project *\n    if: {text}\n    notify: projects\n")


@settings(max_examples=80, deadline=None)
@given(documents(TEST_WORDS))
def test_any_test(document: object) -> None:
    checked(f"#--- rules/x.yaml\nrules: []\ntests: [{written(document)}]\n")


@settings(max_examples=100, deadline=None)
@given(documents(CONFIG_WORDS))
def test_any_configuration(document: object) -> None:
    checked(f"#--- config.yaml\n{written(document)}\n")


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("rules: -[]{}#&*!|>'\"%@`,?\n\t \\ux0aé\u2028\ud800名"), max_size=60))
def test_any_text(text: str) -> None:
    checked(f"#--- rules/x.yaml\n{text}")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_sound_file_with_one_character_changed(data: st.DataObject) -> None:
    sound = CONFIG + "listen: 127.0.0.1:8080\nlog: {format: json}\n"
    at = data.draw(st.integers(0, len(sound) - 1))
    changed = data.draw(st.sampled_from(["", " ", ":", "{", "}", "'", '"', "\t", "x", "$", "\n", "&", "*"]))
    checked(f"#--- config.yaml\n{sound[:at]}{changed}{sound[at + 1 :]}")
