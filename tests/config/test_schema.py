"""The schemas for editors say what the readers read: the same keys, words and operators, and every shipped file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bridge.config import access, destinations, intervals, rule_tests, rules, settings, source_settings
from bridge.config.nodes import compose
from bridge.config.schema import SCHEMAS
from bridge.config.schema.conditions import OPERATOR_WORDS
from bridge.config.schema.configuration import DESTINATION, SOURCE, TOP
from bridge.config.schema.rules import RULE, TARGET, TEST
from bridge.model import Node
from bridge.render.filters import all_filters
from bridge.render.speech import Speech
from bridge.rules import parse_when
from bridge.rules.leaves import WRITTEN
from bridge.sources import SOURCES
from tests.docs.pages import ROOT, Block, blocks

JUDGES = {name: Draft202012Validator(make()) for name, make in SCHEMAS.items()}
CONFIG = "sources: {creads: {type: creads, secrets: [a]}}\ndestinations: {projects: {url: console://}}\n"


def plain(node: Node | None) -> Any:
    if node is None:
        return None
    if isinstance(node.value, list):
        return [plain(inner) for inner in node.value]
    return {key: plain(one) for key, one in node.value.items()} if isinstance(node.value, dict) else node.value


def complaints(name: str, text: str) -> list[str]:
    document = plain(compose(text.encode(), "x.yaml"))
    return [f"{'.'.join(map(str, one.path))}: {one.message[:300]}" for one in JUDGES[name].iter_errors(document)]


def rule(line: str, name: str = "X") -> str:
    return f"rules:\n  - name: {name}\n    when: Project created\n    notify: projects\n    {line}\n"


# ---- what is right -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCHEMAS)
def test_it_is_json_schema(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name]())
    assert SCHEMAS[name]()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("file", sorted((ROOT / "rules").rglob("*.yaml")), ids=lambda file: file.name)
def test_shipped_rules(file: Path) -> None:
    assert complaints("rules", file.read_text()) == []


def test_shipped_configuration() -> None:
    assert complaints("config", (ROOT / "config.example.yaml").read_text()) == []


@pytest.mark.parametrize("block", blocks("yaml"), ids=lambda block: block.id)
def test_every_block_of_the_documentation(block: Block) -> None:
    name = "config" if block.opening == "# config.yaml" else "rules"
    if "# wrong: " not in block.text:
        assert complaints(name, block.text) == []


# ---- what is wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("whn: Project created", True),
        ("enabled: no", True),
        ("if: {status: finished}", True),
        ("if: {resource.price.amount: {gtt: 3}}", True),
        ("if: {resource.price.amount: {gt: true}}", True),
        ("if: {resource.title: {matches: [a]}}", True),
        ("if: {all: {resource.title: a}}", True),
        ("if: {resource.price.amount: {gt: {path: previous.price.amount}}}", False),
        ("if: {'resource[\"odd name\"]': x, 'resource.source_files[0]': {exists: true}}", False),
        ("if: {resource.source_files: {any: {url: {endswith: .pdf}, not: {name: x}}}}", False),
        ("if: [resource.mine, {any: [event.gid == 'x', {source: [creads]}]}]", False),
        ("once: {by: resource.gid}", True),
        ("throttle: {max: 20, per: 1 hour}", True),
        ("digest: {at: ['09:00', '17:00'], by: [resource.project.gid], max: 3}", False),
        ("follow_up: [{after: 1d, notify: ops, unless: {when: '* *', same: resource.gid}}]", False),
    ],
)
def test_a_rule(line: str, *, wrong: bool) -> None:
    assert bool(complaints("rules", rule(line))) is wrong, complaints("rules", rule(line))


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ("log: {level: loud}", True),
        ("sender: {threads: 3}", True),
        ("senders: {threads: '${THREADS}'}", False),
        ("keep: {events: 30 days}", True),
        ("operators: [ops, projects]", False),
        ("why_link: ${WHY}", False),
    ],
)
def test_a_configuration(written: str, *, wrong: bool) -> None:
    assert bool(complaints("config", CONFIG + written)) is wrong


WHENS = [f"{kind} {action}" for kind, actions in SOURCES["creads"].EVENTS.items() for action in (*actions, "*")]
SPELLINGS = ["project_message CREATED", "PROJECT-MESSAGE cre_ated", "creads: webhook *", "* deleted", "* *", "work  *"]
NEVER = ["Comment deleted", "Project", "Projects created", "* removed", "project.created"]


@pytest.mark.parametrize("written", [*WHENS, *SPELLINGS, *NEVER])
def test_when_is_what_the_reader_takes(written: str) -> None:
    events = {"creads": ("creads", SOURCES["creads"].EVENTS)}
    node = compose(f'"{written}"'.encode(), "x.yaml")
    assert node is not None
    _, problems = parse_when(node, events)
    said = complaints("rules", f'rules: [{{name: X, when: "{written}", notify: a}}]')
    assert bool(said) is bool(problems) is (written in NEVER)


# ---- nothing is missing ------------------------------------------------------------------------


def maps(schema: Any) -> Iterator[dict[str, Any]]:
    """Every map with a fixed list of keys that a schema describes."""
    if isinstance(schema, dict):
        if schema.get("additionalProperties") is False and "patternProperties" not in schema:
            yield schema
        for inner in schema.values():
            yield from maps(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from maps(inner)


def enums(schema: Any) -> Iterator[frozenset[str]]:
    if isinstance(schema, dict):
        if "enum" in schema:
            yield frozenset(schema["enum"])
        for inner in schema.values():
            yield from enums(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from enums(inner)


ALL_MAPS = [one for make in SCHEMAS.values() for one in maps(make())]
ALL_KEYS = {frozenset(one["properties"]) for one in ALL_MAPS}
ALL_ENUMS = {words for make in SCHEMAS.values() for words in enums(make())}


def written_out(function: str) -> set[frozenset[str]]:
    """The tuples of words that the readers hand to a function, such as `only(("per", "by"))`."""
    found = set()
    for file in (ROOT / "bridge/config").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name == function and isinstance(node.args[0], ast.Tuple):
                found.add(frozenset(ast.literal_eval(node.args[0])))
    return found


@pytest.mark.parametrize(
    "keys",
    [
        settings.KEYS,
        source_settings.SOURCE_KEYS,
        destinations.DESTINATION_KEYS,
        intervals.INTERVAL_KEYS,
        *access.ACCESS_KEYS.values(),
        rules.FILE_KEYS,
        rules.RULE_KEYS,
        rules.TARGET_KEYS,
        rules.FOLLOW_UP_KEYS,
        rule_tests.TEST_KEYS,
        rule_tests.EVENT_KEYS,
        rule_tests.KNOWN_KEYS,
        rule_tests.EXPECT_KEYS,
        WRITTEN,
        *written_out("only"),
    ],
)
def test_every_map_that_is_read_is_described_with_all_of_its_keys(keys: tuple[str, ...]) -> None:
    assert frozenset(keys) in ALL_KEYS


def test_there_are_no_words_for_keys_that_are_gone() -> None:
    assert set(OPERATOR_WORDS) == set(WRITTEN)
    tables = [(settings.KEYS, TOP), (source_settings.SOURCE_KEYS, SOURCE), (destinations.DESTINATION_KEYS, DESTINATION)]
    tables += [(rules.RULE_KEYS, RULE), (rules.TARGET_KEYS, TARGET), (rule_tests.TEST_KEYS, TEST)]
    for keys, words in tables:
        assert set(keys) == set(words)


@pytest.mark.parametrize("words", sorted(map(sorted, written_out("one_of"))))
def test_every_choice_of_words_is_offered(words: list[str]) -> None:
    assert frozenset(words) in ALL_ENUMS


def test_every_key_has_words() -> None:
    for one in ALL_MAPS:
        for key, inner in one["properties"].items():
            assert inner.get("description"), key


def test_types_fields_and_filters_are_there() -> None:
    schema = SCHEMAS["rules"]()
    assert set(WHENS) <= set(schema["$defs"]["event"]["anyOf"][0]["enum"])
    suggested = schema["$defs"]["condition"]["anyOf"][2]["properties"]
    assert {f"resource.{path}" for paths in SOURCES["creads"].FIELDS.values() for path in paths} <= set(suggested)
    said = schema["$defs"]["template_text"]["description"]
    assert all(name in said for name in all_filters(Speech("en", "UTC")))
