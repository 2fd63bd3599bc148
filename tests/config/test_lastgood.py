"""Which file keeps its last good text: the one that brought the error in, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from bridge.config.apart import parse_apart
from bridge.config.check import check
from bridge.config.lastgood import Last, Loader
from bridge.config.parsing import Order, RuleFile, RuleReader, parse
from bridge.config.snapshot import Read, Snapshot
from bridge.errors import Problem
from bridge.model import Place
from tests.config.folder import CONFIG, ENVIRON, lay

TEMPLATE = "{% block title %}New{% endblock %}{% block body %}{{ resource.title }}{% endblock %}"


def rule(name: str, to: str = "projects", more: str = "") -> str:
    return f"rules:\n  - {{name: {name}, when: '* *', notify: {to}{more}}}\n"


class Folder:
    """A folder whose files are laid and taken again and again."""

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        self.folder, self.config = folder, folder / "config.yaml"
        self.read_files: list[str] = []
        self.failing: set[str] = set()  # rules with which a test of rules/a.yaml fails
        self.loader = Loader(self.config, ENVIRON, reader=RuleReader(self._parse), verify=self._verify)
        self.config.write_text(CONFIG)
        self.lay(files)
        self.snapshot = self.take(Last())

    def _parse(self, order: Order) -> Mapping[str, RuleFile]:
        self.read_files += order.files
        return parse(order)

    def _verify(self, snapshot: Snapshot) -> list[Problem]:
        failed = Problem(place=Place("rules/a.yaml", 2, 1), code="test-failed", message="a test fails")
        return [failed] if self.failing & {one.name for one in snapshot.rules} else []

    def lay(self, files: Mapping[str, str | None]) -> None:
        kept = {name: text for name, text in files.items() if text is not None}
        text = "".join(f"#--- {name}\n{text}\n" for name, text in kept.items() if name != "config.yaml")
        lay(self.folder, text, config=kept.get("config.yaml", self.config.read_text()))
        for name in files.keys() - kept.keys():
            (self.folder / name).unlink()

    def take(self, last: Last | None = None) -> Snapshot:
        self.read: Read = self.loader.load(last or Last(texts=self.snapshot.texts, snapshot=self.snapshot))
        assert self.read.snapshot is not None
        self.snapshot = self.read.snapshot
        return self.snapshot

    def after(self, files: Mapping[str, str | None]) -> tuple[set[str], list[str]]:
        """The rules in force after a change, and the files that are refused."""
        self.lay(files)
        snapshot = self.take()
        found = check(self.config, ENVIRON)
        assert {one for one in found.problems if one.severity == "error"} <= set(snapshot.problems)
        assert bool(snapshot.refused) == (found.snapshot is None)
        return {one.name for one in snapshot.rules}, list(snapshot.refused)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path, {"rules/a.yaml": rule("A"), "rules/b.yaml": rule("B"), "templates/t.md.j2": TEMPLATE})


def test_only_the_broken_file_is_kept_back(folder: Folder) -> None:
    assert folder.after({"rules/a.yaml": "rules: [", "rules/b.yaml": rule("Bee"), "rules/c.yaml": "x: 1"}) == (
        {"A", "Bee"},
        ["rules/a.yaml", "rules/c.yaml"],
    )
    assert folder.after({"rules/a.yaml": rule("Aa"), "rules/c.yaml": None}) == ({"Aa", "Bee"}, [])


def test_a_name_given_twice_is_refused_where_it_is_new(folder: Folder) -> None:
    assert folder.after({"rules/a.yaml": rule("B")}) == ({"A", "B"}, ["rules/a.yaml"])
    assert "stands at rules/a.yaml:2 already" in folder.snapshot.refused["rules/a.yaml"][0].message
    assert folder.after({"rules/a.yaml": rule("A"), "rules/b.yaml": rule("A")}) == ({"A", "B"}, ["rules/b.yaml"])
    assert folder.after({"rules/b.yaml": rule("B")}) == ({"A", "B"}, [])
    assert folder.after({"rules/a.yaml": rule("C"), "rules/b.yaml": rule("C")}) == ({"B", "C"}, ["rules/b.yaml"])


def test_a_configuration_that_breaks_rules_waits(folder: Folder) -> None:
    without = CONFIG.replace("  projects: {url: console://}\n", "").replace("[projects, managers]", "[managers]")
    assert folder.after({"config.yaml": without, "rules/c.yaml": rule("C", "ops")}) == (
        {"A", "B", "C"},
        ["config.yaml"],
    )
    assert "projects" in folder.snapshot.settings.destinations
    changed = {"rules/a.yaml": rule("A", "managers"), "rules/b.yaml": rule("B", "managers")}
    assert folder.after(changed) == ({"A", "B", "C"}, [])
    assert "projects" not in folder.snapshot.settings.destinations


def test_a_broken_configuration_and_rules_that_are_right(folder: Folder) -> None:
    assert folder.after({"config.yaml": CONFIG + "loacle: fr\n", "rules/a.yaml": rule("Aa")}) == (
        {"Aa", "B"},
        ["config.yaml"],
    )
    assert folder.after({"config.yaml": "["}) == ({"Aa", "B"}, ["config.yaml"])
    assert ENVIRON["CREADS_WEBHOOK_SECRET"] in folder.snapshot.secrets
    assert folder.after({"config.yaml": CONFIG}) == ({"Aa", "B"}, [])


def test_templates(folder: Folder) -> None:
    named = rule("A", more=", template: t.md.j2")
    assert folder.after({"rules/a.yaml": named})[1] == []
    assert folder.after({"templates/t.md.j2": TEMPLATE.replace("resource", "resuorce")})[1] == ["templates/t.md.j2"]
    assert folder.snapshot.template_files == {"templates/t.md.j2": TEMPLATE + "\n"}
    assert folder.after({"templates/t.md.j2": None}) == ({"A", "B"}, ["templates/t.md.j2"])
    assert folder.snapshot.stays("templates/t.md.j2")
    assert folder.after({"rules/a.yaml": rule("A")}) == ({"A", "B"}, [])
    assert folder.snapshot.template_files == {}


def test_a_folder_that_is_gone(folder: Folder) -> None:
    (folder.folder / "rules").rename(folder.folder / "away")
    snapshot = folder.take()
    assert {one.name for one in snapshot.rules} == {"A", "B"}
    assert [one[0].message for one in snapshot.refused.values()] == ["this folder is gone"] * 2
    (folder.folder / "away").rename(folder.folder / "rules")
    assert folder.take().refused == {}


def test_at_a_start(tmp_path: Path) -> None:
    first = Folder(tmp_path, {"rules/a.yaml": rule("A"), "rules/b.yaml": rule("B")})
    stored = {**first.snapshot.texts, "rules/gone.yaml": rule("Gone")}
    first.lay({"rules/a.yaml": "rules: [", "rules/c.yaml": "x: 1", "rules/d.yaml": rule("D")})
    assert {one.name for one in first.take(Last(texts=stored)).rules} == {"A", "B", "D"}
    assert [first.snapshot.stays(file) for file in first.snapshot.refused] == [True, False]
    assert {one.name for one in first.take(Last()).rules} == {"B", "D"}
    # What was good once and has not changed, but is wrong for this version of Bridge, is left out.
    assert {one.name for one in first.take(Last(texts={"rules/a.yaml": "rules: ["})).rules} == {"B", "D"}
    first.config.write_text(CONFIG + "loacle: fr\n")
    assert first.loader.load(Last(texts=stored)).snapshot is None


def test_what_is_verified_before_it_goes_live(folder: Folder) -> None:
    folder.failing = {"Aa", "Bbb"}
    folder.lay({"rules/a.yaml": rule("Aa"), "rules/b.yaml": rule("Bb")})
    assert {one.name for one in folder.take().rules} == {"A", "Bb"}
    assert [one.code for one in folder.snapshot.refused["rules/a.yaml"]] == ["test-failed"]
    folder.lay({"rules/a.yaml": rule("A"), "rules/b.yaml": rule("Bbb")})  # the test's file is as it was
    assert {one.name for one in folder.take().rules} == {"A", "Bb"}
    assert list(folder.snapshot.refused) == ["rules/b.yaml"]


def test_only_what_changed_is_read(folder: Folder) -> None:
    folder.read_files.clear()
    folder.take()
    assert folder.read_files == []
    folder.after({"rules/b.yaml": rule("Bee")})
    assert folder.read_files == ["rules/b.yaml"]
    folder.read_files.clear()
    folder.after({"config.yaml": CONFIG.replace("managers: {", "bosses: {").replace(", managers", "")})
    assert folder.read_files == ["rules/a.yaml", "rules/b.yaml"]


def test_another_process_reads_the_same(folder: Folder) -> None:
    def apart(order: Order) -> Mapping[str, RuleFile]:
        files = parse_apart(order)
        assert files == parse(order)
        return files

    loader = Loader(folder.config, ENVIRON, reader=RuleReader(apart))
    folder.lay({"rules/c.yaml": "rules: [{name: 1, when: 'Project created', if: 'a ==', notify: projects}]"})
    assert loader.load().findings.problems == folder.loader.load().findings.problems
