"""`bridge password`: a hash that the configuration takes, and nothing for a password that is too short."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from bridge.config.check import check
from tests.config.folder import CONFIG, ENVIRON, lay


def bridge_password(typed: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bridge", "password"],
        cwd=Path(__file__).resolve().parents[2],
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_hash_is_one_that_the_configuration_takes(tmp_path: Path) -> None:
    made = bridge_password("correct horse\n")
    assert made.returncode == 0, made.stderr
    written = made.stdout.strip()
    assert PasswordHasher().verify(written, "correct horse")
    users = f'users:\n  camille: {{password: "{written}", role: operate}}\n'
    report = check(lay(tmp_path, f"#--- config.yaml\n{users}{CONFIG}"), ENVIRON)
    assert list(report.problems) == []
    assert report.snapshot is not None
    assert report.snapshot.settings.users["camille"].role == "operate"
    assert written in report.snapshot.secrets
    assert written not in repr(report.snapshot.settings)


@pytest.mark.parametrize("typed", ["", "\n", "short\n", "x" * 1001])
def test_a_password_that_keeps_nobody_out(typed: str) -> None:
    made = bridge_password(typed)
    assert (made.returncode, made.stdout) == (1, "")
    assert made.stderr == "bridge password: a password has from 10 to 1,000 characters\n"
