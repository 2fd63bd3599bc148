"""What Bridge knows is documented: a key, operator, filter, metric, log line or command without words fails here."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from bridge.cli import parser
from bridge.config.destinations import DESTINATION_KEYS
from bridge.config.intervals import INTERVAL_KEYS
from bridge.config.not_yet import NOT_YET
from bridge.config.rules import FILE_KEYS, RULE_KEYS, TARGET_KEYS, TONES
from bridge.config.settings import ALWAYS_REDACTED, KEYS
from bridge.config.source_settings import SOURCE_KEYS
from bridge.metrics import REGISTRY
from bridge.render.check import NAMES
from bridge.render.filters import all_filters
from bridge.render.loading import SUFFIXES
from bridge.render.speech import Speech
from bridge.rules.leaves import WRITTEN
from bridge.rules.paths import EVENT_FIELDS, ROOTS
from bridge.sources import SOURCES
from tests.docs.pages import ROOT, anchors, links, names, prose, text_of

BRIDGE = sorted((ROOT / "bridge").rglob("*.py"))


def written(page: str, words: Iterable[str]) -> None:
    """Each word stands in backticks on the page, alone or at the start of an example."""
    text = text_of(page)
    missing = [word for word in words if not re.search(rf"`{re.escape(word)}(?![\w-])", text)]
    assert not missing, f"not in {page}: {', '.join(missing)}"


def inner_keys(*modules: str) -> Iterator[str]:
    """The keys of the maps inside maps: what `only((…))` lists in the source."""
    for module in modules:
        for node in ast.walk(ast.parse((ROOT / module).read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "only":
                listed = node.args[0]
                if isinstance(listed, ast.Tuple):
                    yield from (str(item.value) for item in listed.elts if isinstance(item, ast.Constant))


def test_every_key_of_the_configuration() -> None:
    later = {key for keys in NOT_YET.values() for key in keys}
    inner = set(inner_keys("bridge/config/settings.py", "bridge/config/source_settings.py"))
    inner |= set(inner_keys("bridge/config/destinations.py"))
    written("docs/configuration.md", [*KEYS, *SOURCE_KEYS, *DESTINATION_KEYS, *INTERVAL_KEYS, *ALWAYS_REDACTED])
    written("docs/configuration.md", sorted(inner | (later & {*KEYS, *SOURCE_KEYS, *DESTINATION_KEYS})))
    written("docs/configuration.md", SOURCES)


def test_every_key_of_a_rule() -> None:
    written("docs/rules.md", [*FILE_KEYS, *RULE_KEYS, *TARGET_KEYS, *TONES])


def test_every_operator() -> None:
    written("docs/conditions.md", [*WRITTEN, *ROOTS, *(f"event.{field}" for field in EVENT_FIELDS)])


def test_every_filter_name_and_suffix() -> None:
    written("docs/templates.md", [*all_filters(Speech("en", "UTC")), *NAMES, *SUFFIXES])


def test_every_metric() -> None:
    shown = [f"{metric.name}_total" if metric.type == "counter" else metric.name for metric in REGISTRY.collect()]
    written("docs/operations.md", shown)


def test_every_log_line() -> None:
    said = {
        name
        for file in BRIDGE
        for name in re.findall(r'\blog\.\w+\(\s*"([a-z_]+\.[a-z_]+)"', file.read_text(encoding="utf-8"))
    }
    assert len(said) > 8
    written("docs/operations.md", sorted(said))


def test_every_command_and_option() -> None:
    commands = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    options = {
        option
        for command in commands.choices.values()
        for action in command._actions
        for option in action.option_strings
        if option.startswith("--") and option != "--help"
    }
    written("docs/operations.md", [*(f"bridge {name}" for name in commands.choices), *sorted(options)])


# ---- links -------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", names())
def test_links_lead_somewhere(page: str) -> None:
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), f"{page}: {link}"
        if anchor:
            name = target.resolve().relative_to(ROOT).as_posix()
            assert anchor in anchors(name), f"{page}: {link}; there are: {', '.join(sorted(anchors(name)))}"


def named_by_problems() -> set[str]:
    """Every place of the documentation that a problem sends its reader to."""
    places = set()
    for file in BRIDGE:
        text = file.read_text(encoding="utf-8")
        places |= set(re.findall(r"docs/\w+\.md(?:#[\w-]+)?", text))
        for start in re.findall(r'^DOCS = "(docs/\w+\.md)"', text, re.MULTILINE):
            places |= {start + anchor for anchor in re.findall(r'DOCS \+ "(#[\w-]+)"', text)}
    return places


def test_problems_lead_to_headings() -> None:
    places = named_by_problems()
    assert len(places) > 8
    for place in places:
        page, _, anchor = place.partition("#")
        assert (ROOT / page).is_file(), place
        assert not anchor or anchor in anchors(page), f"{place}; there are: {', '.join(sorted(anchors(page)))}"


@pytest.mark.parametrize("page", names())
def test_files_of_the_project_that_are_named_exist(page: str) -> None:
    named = re.findall(r"`((?:tests|bridge|benchmarks|templates|rules|docs|\.ci)/[\w./-]*)`", prose(page))
    missing = [name for name in named if "example" not in name and not Path(ROOT, name).exists()]
    assert not missing or page == "README.md", f"{page}: {missing}"


@pytest.mark.parametrize("page", names())
def test_no_page_names_a_place_of_one_machine(page: str) -> None:
    assert not re.search(r"(?<![\w.])/(?:work|tmp|root|home|Users|mnt)/|\.\./shared|[A-Z]:\\", text_of(page))
