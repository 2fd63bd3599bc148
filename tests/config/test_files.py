"""Which files of the folders are read: nothing outside them, nothing but regular files, and nothing in silence."""

from __future__ import annotations

import os
from pathlib import Path

from bridge.config.check import check
from bridge.config.shipped import shipped
from tests.config.folder import ENVIRON, lay

RULE = "rules:\n  - {name: NAME, when: Project created, notify: ops}\n"


def told(path: Path) -> list[tuple[str, str, str]]:
    return [(one.place.file, one.severity, one.message) for one in check(path, ENVIRON).problems]


def test_files_that_look_like_rules_are_named(tmp_path: Path) -> None:
    parts = ["b.yml", ".hidden.yaml", "c.yaml~", "d.yaml.swp", "e.yaml.bak", "notes.txt"]
    text = "".join(f"#--- rules/{name}\n{RULE}" for name in parts)
    assert told(lay(tmp_path, text)) == [
        ("rules/.hidden.yaml", "info", "hidden files are not read"),
        ("rules/b.yml", "warning", "this file is not read: rule files end in `.yaml`"),
        ("rules/c.yaml~", "info", "an editor's copy is not read"),
        ("rules/d.yaml.swp", "warning", "an editor's copy is not read"),
        ("rules/e.yaml.bak", "warning", "an editor's copy is not read"),
    ]


def test_links(tmp_path: Path) -> None:
    path = lay(tmp_path, f"#--- rules/a.yaml\n{RULE}")
    (tmp_path / "outside.yaml").write_text(RULE)
    os.symlink("../outside.yaml", tmp_path / "rules" / "out.yaml")
    os.symlink("a.yaml", tmp_path / "rules" / "same.yaml")
    os.symlink("/dev/zero", tmp_path / "rules" / "zero.yaml")
    os.symlink("nowhere.yaml", tmp_path / "rules" / "dangling.yaml")
    report = check(path, ENVIRON)
    assert report.rules == 1, "a file that two names lead to is read once"
    assert told(path) == [
        ("rules/dangling.yaml", "error", "this file cannot be read"),
        ("rules/out.yaml", "error", "this link leads out of the folder: it is not read"),
        ("rules/zero.yaml", "error", "this link leads out of the folder: it is not read"),
    ]


def test_pipes_and_folders_are_not_read(tmp_path: Path) -> None:
    path = lay(tmp_path, "")
    os.mkfifo(tmp_path / "rules" / "pipe.yaml")
    (tmp_path / "rules" / "folder.yaml").mkdir()
    assert told(path) == [
        ("rules/folder.yaml", "warning", "this is no regular file: it is not read"),
        ("rules/pipe.yaml", "warning", "this is no regular file: it is not read"),
    ]


def test_a_mounted_map_of_files_as_kubernetes_makes_it(tmp_path: Path) -> None:
    path = lay(tmp_path, "")
    data = tmp_path / "rules" / "..2026_01_01"
    data.mkdir()
    (data / "a.yaml").write_text(RULE)
    os.symlink("..2026_01_01", tmp_path / "rules" / "..data")
    os.symlink("..data/a.yaml", tmp_path / "rules" / "a.yaml")
    report = check(path, ENVIRON)
    assert list(report.problems) == []
    assert (report.rules, sorted(report.texts)) == (1, ["config.yaml", "rules/a.yaml"])


def test_folders_below_are_read_by_name(tmp_path: Path) -> None:
    names = ["z.yaml", "a/b.yaml", "a.yaml", "a/a/c.yaml"]
    text = "".join(f"#--- rules/{name}\n{RULE.replace('NAME', name)}" for name in names)
    snapshot = check(lay(tmp_path, text), ENVIRON).snapshot
    assert snapshot is not None
    assert sorted(rule.name for rule in snapshot.rules) == sorted(names)


def test_examples_are_not_in_force(tmp_path: Path) -> None:
    """Those that came with Bridge are nothing to tell of; what somebody wrote there is."""
    ours = shipped("rules/examples/delivery-unanswered.yaml")
    text = f"#--- rules/examples/own.yaml\n{RULE}#--- rules/examples/{ours.name}\n{ours.read_text()}"
    text += f"#--- rules/sales/examples/deeper.yaml\n{RULE}#--- rules/examples/notes.txt\n"
    path = lay(tmp_path, text)
    reason = "this file is not in force: `examples/` is for examples; copy it one folder up to use it"
    assert told(path) == [("rules/examples/own.yaml", "info", reason)]
    assert check(path, ENVIRON).rules == 1, "only a folder directly below the rules is left out"
    (tmp_path / "rules" / "examples" / ours.name).write_text(RULE)
    assert [file for file, *_ in told(path)] == [f"rules/examples/{ours.name}", "rules/examples/own.yaml"]


def test_a_folder_of_rules_that_is_missing_is_told(tmp_path: Path) -> None:
    config = lay(tmp_path, "")
    (tmp_path / "rules").rmdir()
    (problem,) = check(config, ENVIRON).problems
    assert (problem.code, problem.severity) == ("no-rules", "warning")
    assert problem.message == "there is no folder `rules/`: nobody is told of anything"
