"""Who follows README.md and the cookbook in a folder of `bridge init` gets what the pages promise."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bridge.cli import main
from tests.docs.pages import Block, blocks
from tests.docs.test_examples import ENVIRON


def shown(page: str, language: str, holds: str) -> str:
    found: list[Block] = [block for block in blocks(language) if block.page == page and holds in block.text]
    assert len(found) == 1, f"{len(found)} blocks of {page} have {holds}"
    return found[0].text


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    monkeypatch.setenv("CREADS_WEBHOOK_SECRET", ENVIRON["CREADS_WEBHOOK_SECRET"])
    assert main(["init", str(tmp_path / "my-bridge")]) == 0
    monkeypatch.chdir(tmp_path / "my-bridge")
    capsys.readouterr()
    return tmp_path / "my-bridge"


def first_rule(folder: Path) -> None:
    (folder / "rules" / "first.yaml").write_text(shown("README.md", "yaml", "Big project finished"))


def test_the_first_rule_passes_its_test(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "rules" / "projects.yaml").unlink()
    first_rule(folder)
    assert main(["check"]) == 0, capsys.readouterr().out
    assert "no problems" in capsys.readouterr().out


def test_beside_the_rules_of_init_the_message_names_who_spoke(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first_rule(folder)
    assert main(["test"]) == 1
    assert "  by “Projects”: " in capsys.readouterr().out


def test_a_situation_of_the_cookbook(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for line in shown("docs/rules.md", "sh", "cp rules/examples/").splitlines():
        words = line.partition("#")[0].split()
        if words[0] == "rm":
            for name in words[1:]:
                (folder / name).unlink()
        elif words[0] == "cp":
            (folder / words[2] / Path(words[1]).name).write_text((folder / words[1]).read_text())
        else:
            assert main(words[1:]) == 0, capsys.readouterr().out


def test_the_events_shown_are_events(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    in_readme = re.search(r"echo '(.*)' > event\.json", shown("README.md", "sh", "bridge send"))
    in_operations = re.search(r"EOF'\n(.*)EOF\n", shown("docs/operations.md", "sh", "cat > event.json"), re.DOTALL)
    assert in_readme
    assert in_operations
    for body, what in ((in_readme[1], "created"), (in_operations[1], "updated")):
        (folder / "event.json").write_text(json.dumps(json.loads(body)))
        assert main(["render", "event.json"]) == 0
        assert "Logo" in capsys.readouterr().out, what
