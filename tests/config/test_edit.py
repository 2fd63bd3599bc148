"""Switching a rule changes one line of its file: in every style that people write rules in, and never by half."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.config.edit import Switched, set_enabled, switch
from bridge.config.reading import Findings
from bridge.config.rules import Known, RuleFiles
from bridge.errors import BridgeError, Invalid
from bridge.sources import SOURCES
from tests.config.folder import ENVIRON, lay

NAME = "Big project"
REST = "when: Project created", "notify: projects"


def rules_of(text: str) -> list[tuple[object, ...]]:
    """What Bridge reads in a rule file, without places."""
    known = Known(sources=SOURCES, destinations=["projects"], intervals=[], templates=[])
    files = RuleFiles(known=known, findings=Findings())
    files.read("rules/x.yaml", text.encode())
    assert not files.findings.problems, (text, files.findings.problems)
    return [(one.name, one.when, [to.to for to in one.notify], one.description, one.enabled) for one in files.rules]


def lines(text: str) -> list[str]:
    return re.split("(?<=\n)|(?<=\r)(?!\n)", text)


# ---- the styles of people ----------------------------------------------------------------------

COMMENT = st.sampled_from(["", "", "  # a comment: with {odd} 'signs", "   #x"])
ENABLED = st.sampled_from(
    ["", "enabled: true", "enabled: false", "enabled:   True", "'enabled': FALSE", "enabled: !!bool true"]
)
QUOTED = st.sampled_from(["name: {}", "name: '{}'", 'name: "{}"', '"name":   "{}"', "name: !!str {}", "name: &who {}"])


@st.composite
def block_rule(draw: st.DrawFn, name: str) -> list[str]:
    entries = [*REST, "description: |\n      some words # and no comment\n\n      enabled: true", draw(ENABLED)]
    entries = [entry for entry in draw(st.permutations(entries)) if entry]
    entries.insert(draw(st.integers(0, len(entries))), draw(QUOTED).format(name))
    written = [entry if "\n" in entry else entry + draw(COMMENT) for entry in entries]
    alone = draw(st.booleans())
    between = draw(st.sampled_from(["", "\n", "    # a comment alone\n", "# at the margin\n"]))
    first = "  -\n    " if alone else "  - "
    return (first + f"\n{between}    ".join(written)).split("\n")


@st.composite
def flow_rule(draw: st.DrawFn, name: str) -> list[str]:
    entries = [entry for entry in draw(st.permutations([*REST, draw(ENABLED)])) if entry]
    entries.insert(draw(st.integers(0, len(entries))), draw(QUOTED).format(name))
    joined = draw(st.sampled_from([", ", " , ", ",\n      ", "  # a comment\n      , "]))
    return (
        "  - " + draw(st.sampled_from(["", "&rule ", "!!map "])) + "{ " + joined.join(entries) + " }" + draw(COMMENT)
    ).split("\n")


@st.composite
def rule_file(draw: st.DrawFn) -> str:
    names = draw(st.permutations([NAME, "Another", "A third"]))
    written = ["# Rules of ours.", "rules:"]
    for name in names:
        rule = draw(st.one_of(block_rule(name), flow_rule(name)))
        # One file cannot hold the same anchor's meaning twice, but it may define it anew.
        written += [*rule, *draw(st.sampled_from([[], [""], ["# between"], ["  # between, indented", ""]]))]
    ending = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    text = ending.join(written) + draw(st.sampled_from(["", ending]))
    return draw(st.sampled_from(["", "\ufeff"])) + text


@settings(max_examples=150, deadline=None)
@given(rule_file(), st.booleans())
def test_only_one_line_differs_and_only_the_switch_in_what_is_read(text: str, enabled: bool) -> None:
    before = rules_of(text)
    after = switch(text, NAME, enabled=enabled)
    assert rules_of(after) == [(*one[:-1], enabled if one[0] == NAME else one[-1]) for one in before]
    old, new = lines(text), lines(after)
    if len(old) == len(new):
        assert sum(one != other for one, other in zip(old, new, strict=True)) <= 1
    else:
        assert len(new) == len(old) + 1
        # A last line without an ending gets one when another comes behind it.
        bare = [line.rstrip("\r\n") for line in old]
        added = next(at for at, line in enumerate(new) if at >= len(old) or line.rstrip("\r\n") != bare[at])
        assert new[added].strip() == "enabled: false"
        assert "".join(new[:added] + new[added + 1 :]).rstrip("\r\n") == text.rstrip("\r\n")
    assert after.endswith(("\r", "\n")) == text.endswith(("\r", "\n"))
    assert switch(after, NAME, enabled=enabled) == after


@settings(max_examples=60, deadline=None)
@given(rule_file())
def test_off_and_on_again_leaves_no_trace_but_the_word(text: str) -> None:
    again = switch(switch(text, NAME, enabled=False), NAME, enabled=True)
    assert rules_of(again) == rules_of(switch(text, NAME, enabled=True))
    assert again == switch(again, NAME, enabled=True)


THERE = [
    (
        "- name: Big project  # ours\n  notify: projects",
        "- name: Big project  # ours\n  enabled: false\n  notify: projects",
    ),
    (
        "  - notify: projects\r\n    name: Big project",
        "  - notify: projects\r\n    name: Big project\r\n    enabled: false",
    ),
    ("  [{name: Big project, notify: x}]", "  [{name: Big project, enabled: false, notify: x}]"),
    (
        "  - name: Big project\n    enabled: true   # on since May\n",
        "  - name: Big project\n    enabled: false   # on since May\n",
    ),
    (
        "  - enabled:  # not said\n    name: Big project\n",
        "  - enabled: false  # not said\n    name: Big project\n",
    ),
    (
        "  - name: >-\n      Big project\n\n    # whom\n    notify: x\n",
        "  - name: >-\n      Big project\n\n    enabled: false\n    # whom\n    notify: x\n",
    ),
]


@pytest.mark.parametrize(("before", "after"), THERE)
def test_where_the_switch_is_written(before: str, after: str) -> None:
    assert switch(f"rules:\n{before}", NAME, enabled=False) == f"rules:\n{after}"


@pytest.mark.parametrize(
    "text",
    [
        "rules:\n  - &r {name: Another, enabled: &e true, when: Project created, notify: projects}\n"
        "  - {name: Big project, enabled: *e, when: Project created, notify: projects}\n",
        "rules:\n  - {name: Another, enabled: *e}\n",
        "rules:\n  - {name: &n Big project, enabled: &e true}\n  - {name: Other, enabled: *e}\n",
        "rules:\n  - ? name\n    : Big project\n    ? when\n    : Project created\n",
        "rules:\n  - {name: Big project, enabled: [true]}\n",
        "rules:\n  - {name: Another}\n",
        "rules: {name: Big project}\n",
        "- name: Big project\n",
        "rules: [\n",
        "",
    ],
)
def test_what_one_line_cannot_say_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        switch(text, NAME, enabled=False, file="rules/x.yaml")


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("rules: -[]{}#&*!|>'\"name Big project,\n\r\t?~")), st.booleans())
def test_any_text_is_switched_or_refused(text: str, enabled: bool) -> None:
    with contextlib.suppress(Invalid):
        switch(f"rules:\n  - {text}", NAME, enabled=enabled)


# ---- files -------------------------------------------------------------------------------------

TEXT = f"rules:\n  - name: {NAME}\n    when: Project created\n    notify: projects\n"


def test_a_file_is_replaced_whole_with_its_mode(tmp_path: Path) -> None:
    config = lay(tmp_path, TEXT)
    file = tmp_path / "rules/messages.yaml"
    file.chmod(0o640)
    assert set_enabled(config, NAME, False, ENVIRON) == Switched(file="rules/messages.yaml", line=2, changed=True)
    assert "    enabled: false\n" in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o640
    assert set_enabled(config, NAME, False, ENVIRON).changed is False
    assert sorted(os.listdir(tmp_path / "rules")) == ["messages.yaml"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    config = lay(tmp_path, "")
    (tmp_path / "rules/kept").mkdir()
    (tmp_path / "rules/kept/real.txt").write_bytes(("\ufeff" + TEXT.replace("\n", "\r\n")).encode())
    (tmp_path / "rules/link.yaml").symlink_to("kept/real.txt")
    assert set_enabled(config, NAME, False, ENVIRON).file == "rules/link.yaml"
    assert (tmp_path / "rules/link.yaml").is_symlink()
    assert (
        (tmp_path / "rules/kept/real.txt")
        .read_bytes()
        .startswith(b"\xef\xbb\xbfrules:\r\n  - name: Big project\r\n    enabled: false\r\n")
    )


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (TEXT, "Big projects", "did you mean `Big project`?"),
        (TEXT + TEXT.removeprefix("rules:\n"), NAME, "several rules are named"),
        (TEXT + "    hurry: true\n", NAME, "unknown key `hurry`"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_written(tmp_path: Path, text: str, name: str, said: str) -> None:
    config = lay(tmp_path, text)
    with pytest.raises(BridgeError, match=re.escape(said)):
        set_enabled(config, name, False, ENVIRON)
    assert (tmp_path / "rules/messages.yaml").read_text() == text


def test_a_mistake_in_another_file_keeps_nobody_from_switching(tmp_path: Path) -> None:
    config = lay(tmp_path, TEXT + "#--- rules/other.yaml\nrules: [{nam: x}]\n")
    assert set_enabled(config, NAME, False, ENVIRON).changed


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = lay(tmp_path, TEXT)

    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(BridgeError, match=r"messages\.yaml cannot be written: Read-only file system"):
        set_enabled(config, NAME, False, ENVIRON)
    assert sorted(os.listdir(tmp_path / "rules")) == ["messages.yaml"]
