"""rules/examples: each file works as a folder of its own, beside the configuration that comes with Bridge."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.cli import main
from bridge.config.check import check
from bridge.config.lint import lint_files
from bridge.config.report import as_text
from bridge.config.shipped import shipped
from bridge.model import replace
from bridge.rehearsal import fired_in_tests
from tests.docs.pages import ROOT, text_of
from tests.docs.test_examples import ENVIRON

EXAMPLES = sorted((ROOT / "rules" / "examples").glob("*.yaml"))


def needed(example: str) -> str:
    """What its comment says that config.yaml needs."""
    said = re.search(r"^# It needs in config\.yaml:\n#\n((?:#   .*\n)+)", example, re.MULTILINE)
    return re.sub(r"^#   ", "", said[1], flags=re.MULTILINE) if said else ""


def lay(folder: Path, example: Path) -> Path:
    config = folder / "config.yaml"
    config.write_text(shipped("config.example.yaml").read_text() + needed(example.read_text()))
    config.chmod(0o600)
    for name in ("rules", "templates"):
        (folder / name).mkdir()
    (folder / "rules" / example.name).write_text(example.read_text())
    return config


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_works(
    example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CREADS_WEBHOOK_SECRET", ENVIRON["CREADS_WEBHOOK_SECRET"])
    config = lay(tmp_path, example)
    found = check(config, ENVIRON)
    assert found.snapshot is not None, as_text(found)
    assert not found.problems, as_text(found)
    warned = replace(found, problems=lint_files(found, found.snapshot, {}, fired_in_tests(found.snapshot)).problems)
    assert not warned.problems, as_text(warned)
    assert main(["--config", str(config), "test"]) == 0, capsys.readouterr().out
    assert len(found.snapshot.tests) >= len(found.snapshot.rules), "each rule is tried"


def test_every_example_may_stand_beside_the_first_rules() -> None:
    texts = [file.read_text() for file in [*EXAMPLES, *(ROOT / "rules").glob("*.yaml")]]
    rules = [text.partition("\ntests:")[0] for text in texts]
    names = [name for text in rules for name in re.findall(r"^  - name: (.*)$", text, re.MULTILINE)]
    assert sorted(set(names)) == sorted(names)


def test_examples_come_along_and_are_not_in_force(tmp_path: Path) -> None:
    assert main(["init", str(tmp_path / "new")]) == 0
    assert sorted((tmp_path / "new" / "rules" / "examples").iterdir())[0].name == EXAMPLES[0].name
    found = check(tmp_path / "new" / "config.yaml", ENVIRON)
    assert found.snapshot is not None, as_text(found)
    assert not found.problems, as_text(found)
    assert {rule.place.file for rule in found.snapshot.rules} == {"rules/organization.yaml", "rules/projects.yaml"}


def test_the_list_has_every_example() -> None:
    cookbook = text_of("docs/rules.md").partition("## Cookbook")[2]
    listed = re.findall(r"^\| `([\w-]+\.yaml)` \|", cookbook, re.MULTILINE)
    assert sorted(listed) == [example.name for example in EXAMPLES]
