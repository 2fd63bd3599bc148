"""Variables in the configuration file: what they are filled with, once, and what they never read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.config.check import check
from bridge.config.settings import load_settings
from bridge.config.snapshot import load
from tests.config.folder import CONFIG, ENVIRON, lay


def public_url(folder: Path, written: str, environ: dict[str, str]) -> tuple[str, list[str]]:
    """The setting as filled in, and the problems."""
    path = lay(folder, f"#--- config.yaml\npublic_url: {written}\n{CONFIG}")
    settings, problems = load_settings(path, {**ENVIRON, **environ})
    assert settings is not None
    return settings.public_url, [problem.message for problem in problems]


@pytest.mark.parametrize(
    ("written", "environ", "value"),
    [
        ("${URL}", {"URL": "https://a.example"}, "https://a.example"),
        ("https://${HOST}:${PORT}", {"HOST": "a.example", "PORT": "8443"}, "https://a.example:8443"),
        ("${URL:-https://b.example}", {}, "https://b.example"),
        ("${URL:-https://b.example}", {"URL": ""}, "https://b.example"),
        ("${URL:-https://b.example}", {"URL": "https://a.example"}, "https://a.example"),
        ('"${URL}"', {"URL": "https://a.example"}, "https://a.example"),
        ("https://a.example/$HOST", {"HOST": "no"}, "https://a.example/$HOST"),
        # What a variable holds is a value and never YAML, nor filled in again.
        ("https://a.example/${X}", {"X": "${HOME}", "HOME": "/root"}, "https://a.example/${HOME}"),
        ("https://a.example/${X}", {"X": "[b:c]"}, "https://a.example/[b:c]"),
    ],
)
def test_what_a_variable_gives(written: str, environ: dict[str, str], value: str, tmp_path: Path) -> None:
    assert public_url(tmp_path, written, environ) == (value, [])


def test_an_empty_variable_leaves_the_default(tmp_path: Path) -> None:
    url, problems = public_url(tmp_path, "${URL:-}", {})
    assert (url, problems) == ("http://127.0.0.1:8080", [])


def test_a_number_from_a_variable(tmp_path: Path) -> None:
    path = lay(tmp_path, f"#--- config.yaml\nsenders: {{threads: '${{THREADS}}'}}\nwhy_link: ${{WHY}}\n{CONFIG}")
    snapshot = load(path, {**ENVIRON, "THREADS": "8", "WHY": "true"})
    assert (snapshot.settings.senders.threads, snapshot.settings.why_link) == (8, True)


@pytest.mark.parametrize(
    ("written", "column", "message"),
    [
        ("${URL}", 13, "the variable `URL` is not set"),
        ("https://${HOST}", 21, "the variable `HOST` is not set"),
        ("${URL", 13, "this `${` is never closed"),
        ("${U-R}", 13, "`U-R` is no name of a variable"),
        ("${A:-${B}}", 13, "this `${` is never closed"),
    ],
)
def test_what_cannot_be_filled(written: str, column: int, message: str, tmp_path: Path) -> None:
    path = lay(tmp_path, f"#--- config.yaml\npublic_url: {written}\n{CONFIG}")
    found = [problem for problem in check(path, ENVIRON).problems if problem.code == "variable"]
    assert (found[0].place.line, found[0].place.column, found[0].message) == (1, column, message)


def secret_file(folder: Path, path: str | Path) -> tuple[tuple[bytes, ...], list[str]]:
    """The secrets read from a file, and the problems."""
    config = CONFIG.replace("${CREADS_WEBHOOK_SECRET}", f"${{file:{path}}}")
    settings, problems = load_settings(lay(folder, f"#--- config.yaml\n{config}"), {})
    assert settings is not None
    return settings.sources["creads"].secrets, [problem.message for problem in problems]


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_file_gives_its_one_line(ending: bytes, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"a-secret-of-a-file-of-its-own" + ending)
    assert secret_file(tmp_path, tmp_path / "secret") == ((b"a-secret-of-a-file-of-its-own",), [])


def test_files_that_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "two").write_text("one line\nand another\n")
    (tmp_path / "large").write_text("x" * 70_000)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe" * 8)
    os.mkfifo(tmp_path / "pipe")
    reasons: dict[str | Path, str] = {
        "/dev/zero": "is not a regular file",
        "/proc/self/environ": "is not a regular file",
        "secret": "is no absolute path",
        f"{tmp_path}/../secret": "goes up by `..`",
        tmp_path: "is not a regular file",
        tmp_path / "pipe": "is not a regular file",
        tmp_path / "none": "does not exist",
        tmp_path / "two": "holds more than one line",
        tmp_path / "large": "is over 64 KiB",
        tmp_path / "bytes": "is not UTF-8 text",
    }
    for path, reason in reasons.items():
        secrets, problems = secret_file(tmp_path, path)
        assert (secrets, len(problems)) == ((), 1), path
        assert problems[0].endswith(reason) or (reason == "is a folder" and "regular file" in problems[0]), path


@pytest.mark.parametrize("written", ["${HOME}", "${HOME:-x}", "${file:/etc/hostname}"])
def test_nothing_is_filled_in_rules(written: str, tmp_path: Path) -> None:
    rule = f'rules:\n  - name: A\n    when: Project created\n    notify: ops\n    body: "{written}"\n'
    problems = check(lay(tmp_path, rule), {**ENVIRON, "HOME": "/root"}).problems
    assert [(one.code, one.place.line, one.place.column) for one in problems] == [("variable", 5, 12)]


@pytest.mark.parametrize("written", ["${NAME}", "${NAME:-x y}", "${file:/etc/hostname}"])
def test_what_follows_a_variable_is_no_part_of_it(written: str, tmp_path: Path) -> None:
    body = f"{written} {{{{ resource.title }}}} {written}"
    rule = f'rules:\n  - name: A\n    when: Project created\n    notify: ops\n    body: "{body}"\n'
    problems = check(lay(tmp_path, rule), ENVIRON).problems
    assert [(one.message, one.place.column, one.width) for one in problems] == [
        (f"`{written}` is not filled in here", column, len(written)) for column in (12, 12 + body.rindex("$"))
    ]


def test_a_dollar_before_an_expression_is_no_variable(tmp_path: Path) -> None:
    rule = 'rules:\n  - name: A\n    when: Project created\n    notify: ops\n    body: "${{ resource.price.amount }}"\n'
    assert check(lay(tmp_path, rule), ENVIRON).problems == []
