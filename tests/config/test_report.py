"""The three ways problems are printed: order, bounds, and what each reader needs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bridge.config.check import check
from bridge.config.report import MOST_SHOWN, as_github, as_json, as_text
from bridge.model import replace
from tests.config.folder import CONFIG, ENVIRON, lay

MISTAKEN = """\
rules:
  - name: "A: 100 %, really"
    whn: Project created
    notify: projects
  - name: B
    when: Project created
    if: resource.pirce.amount > 1
    notify: proyects
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_json_holds_every_part(tmp_path: Path) -> None:
    found = json.loads(as_json(check(lay(tmp_path, MISTAKEN), ENVIRON)))
    assert [(one["path"], one["line"], one["column"], one["severity"], one["code"]) for one in found] == [
        ("rules/messages.yaml", 3, 5, "error", "unknown-key"),
        ("rules/messages.yaml", 7, 9, "warning", "unknown-field"),
        ("rules/messages.yaml", 8, 13, "error", "unknown-destination"),
    ]
    assert set(found[0]) == {"path", "line", "column", "severity", "code", "message", "help", "docs"}


def test_github_gets_one_command_a_problem(tmp_path: Path) -> None:
    lines = as_github(check(lay(tmp_path, MISTAKEN), ENVIRON)).split("\n")
    assert lines[0] == (
        "::error file=rules/messages.yaml,line=3,col=5,title=unknown-key::unknown key `whn` in rule "
        '"A: 100 %25, really"; did you mean `when`? '
        "keys of a rule: name, when, if, notify, title, body, format, template, …"
    )
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning", "::error"]


def test_github_gets_several_lines_as_such(tmp_path: Path) -> None:
    report = check(lay(tmp_path, MISTAKEN), ENVIRON)
    secret = "one\ntwo-and-more"  # the value of a variable may have several lines
    help = f"first 5 %\n  second\r\x1b[2J {secret}\n::error::third"
    several = replace(report, problems=[replace(report.problems[0], message="fails", help=help)], secrets=(secret,))
    assert as_github(several).split("::", 2)[2] == (
        "fails; first 5 %25%0A  second\\r\\x1b[2J ********%0A::error::third"
    )


def test_problems_are_in_the_order_of_files_and_lines(tmp_path: Path) -> None:
    other = MISTAKEN.replace("A: ", "C: ").replace("name: B", "name: D")
    text = f"#--- rules/b.yaml\n{MISTAKEN}#--- rules/a.yaml\n{other}#--- config.yaml\nlisten: x\n{CONFIG}"
    problems = check(lay(tmp_path, text), ENVIRON).problems
    places = [(one.place.file, one.place.line, one.place.column) for one in problems]
    assert places == sorted(places)
    assert {file for file, _, _ in places} == {"config.yaml", "rules/a.yaml", "rules/b.yaml"}


def test_a_path_is_as_the_current_folder_sees_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = lay(tmp_path, MISTAKEN)
    monkeypatch.chdir(tmp_path.parent)
    assert as_text(check(path, ENVIRON)).startswith(f"{tmp_path.name}/rules/messages.yaml:3:5: error")
    monkeypatch.chdir(tmp_path / "rules")
    assert as_text(check(path, ENVIRON)).startswith("messages.yaml:3:5: error")
    monkeypatch.chdir(tmp_path / "templates")
    assert as_text(check(path, ENVIRON)).startswith(f"{tmp_path}/rules/messages.yaml:3:5: error")


def test_many_problems_are_counted_and_not_all_shown(tmp_path: Path) -> None:
    rules = "rules:\n" + "".join(
        f"  - {{name: R{number}, when: Project created, notify: nobody}}\n" for number in range(MOST_SHOWN + 50)
    )
    text = as_text(check(lay(tmp_path, rules), ENVIRON))
    assert text.count("error[unknown-destination]") == MOST_SHOWN
    assert text.endswith("… and 50 more.\n\n250 errors in 1 of 2 files.")


def test_a_long_line_is_cut_round_the_mistake(tmp_path: Path) -> None:
    rule = f"rules:\n  - {{name: A, when: Project created, labels: [{'x, ' * 200}x], notify: nobody, enabled: true}}\n"
    lines = as_text(check(lay(tmp_path, rule), ENVIRON)).split("\n")
    assert len(lines[2]) < 140
    assert lines[2].count("…") >= 1
    begin = lines[3].index("^")
    assert lines[2][begin : begin + len("nobody")] == "nobody"


@pytest.mark.parametrize("name", ["お知らせ", "e\u0301te\u0301", "a\u200bb", "🙂🙂"])
def test_the_caret_stands_under_the_word_whatever_its_width(name: str, tmp_path: Path) -> None:
    config = CONFIG.replace("  ops:", f'  "{name}": {{ulr: console://}}\n  ops:')
    printed = as_text(check(lay(tmp_path, f"#--- config.yaml\n{config}"), ENVIRON))
    caret = next(line for line in printed.split("\n") if re.fullmatch(r" *\| +\^+", line))
    assert caret.endswith("^")
    assert caret.count("^") <= 2 * len(name) + 2


def test_colors_only_when_asked(tmp_path: Path) -> None:
    report = check(lay(tmp_path, MISTAKEN), ENVIRON)
    colored = as_text(report, color=True)
    assert "\x1b[1;31merror[unknown-key]\x1b[0m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == as_text(report)


def test_no_problem_is_said_too(tmp_path: Path) -> None:
    report = check(lay(tmp_path, "rules:\n  - {name: A, when: Project created, notify: ops}\n"), ENVIRON)
    assert as_text(report) == "2 files, 1 rule: no problems."
    assert as_github(report) == ""
    assert as_json(report) == "[]"
    assert report.snapshot is not None
