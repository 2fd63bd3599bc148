"""The image's own steps without an engine: built, started with nothing, started, asked, stopped, left unchanged."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.image import Image
from tests.live import free_port

SECRETS = {
    "BRIDGE_ADMIN_TOKEN": "token-of-the-tests-0123456789-abcdef",
    "CREADS_WEBHOOK_SECRET": "a-secret-of-the-tests-0123456789",
}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    """Built once; whatever runs in it must leave it as it is."""
    image = Image(tmp_path_factory.mktemp("image"))
    before = image.files()
    yield image
    assert image.files() == before, "a read-only root would not do"


@pytest.fixture
def environ(image: Image) -> dict[str, str]:
    """As a container has it, but for the port."""
    return image.environ(BRIDGE_LISTEN=f"127.0.0.1:{free_port()}")


def run(image: Image, environ: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, env=environ, cwd=image.data, capture_output=True, text=True, timeout=60, check=False)


def test_the_first_start_writes_an_example_and_says_what_is_missing(image: Image) -> None:
    for left in image.data.glob("*"):
        left.unlink()
    environ = image.environ()  # on every address, as the image says
    done = run(image, environ, *image.start_command())
    assert done.returncode == 1
    assert "an example was written" in done.stderr
    assert "CREADS_WEBHOOK_SECRET" in done.stderr
    assert {path.name for path in image.data.iterdir()} == {"config.yaml", "rules", "templates"}
    assert stat.S_IMODE((image.data / "config.yaml").stat().st_mode) == 0o600
    done = run(image, environ | {"CREADS_WEBHOOK_SECRET": SECRETS["CREADS_WEBHOOK_SECRET"]}, *image.start_command())
    assert done.returncode == 1, "not open to everybody without a token"
    assert "[open-console]" in done.stderr
    assert 'admin_token: "${BRIDGE_ADMIN_TOKEN}"' in done.stderr
    assert "an example was written" not in done.stderr


def test_it_starts_is_healthy_and_stops(image: Image, environ: dict[str, str]) -> None:
    environ |= SECRETS
    health = image.command("HEALTHCHECK")
    assert run(image, environ, *health).returncode != 0, "not yet"
    config = image.data / "config.yaml"
    if not config.exists():
        run(image, environ, *image.command("ENTRYPOINT"), "init", str(image.data))
    config.write_text(config.read_text() + "\n# mine\n", encoding="utf-8")
    with (image.tmp / "log").open("wb") as log:
        process = subprocess.Popen(image.start_command(), env=environ, cwd=image.data, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 30
        while run(image, environ, *health).returncode != 0:
            assert process.poll() is None, (image.tmp / "log").read_text()
            assert time.monotonic() < end, (image.tmp / "log").read_text()
            time.sleep(0.1)
        proxied = environ | {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
        assert run(image, proxied, *health).returncode == 0
        assert (image.data / "data" / "bridge.db").exists()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0
    finally:
        process.kill()
        process.wait()
    assert config.read_text().endswith("# mine\n"), "what is there already is left alone"


def test_secrets_may_be_files(image: Image, environ: dict[str, str], tmp_path: Path) -> None:
    for name, value in SECRETS.items():
        (tmp_path / name.lower()).write_text(f"{value}\n", encoding="utf-8")
    (tmp_path / "rules").mkdir()
    config = tmp_path / "config.yaml"
    config.write_text(
        f"""\
listen: 0.0.0.0:8080
rules: rules
templates: rules
admin_token: "${{file:{tmp_path}/bridge_admin_token}}"
sources:
  creads: {{type: creads, secrets: ["${{file:{tmp_path}/creads_webhook_secret}}"]}}
destinations:
  projects: {{url: console://}}
""",
        encoding="utf-8",
    )
    done = run(image, environ | {"BRIDGE_CONFIG": str(config)}, *image.command("ENTRYPOINT"), "check")
    assert done.returncode == 0, done.stdout


def test_a_volume_that_cannot_be_written_is_told(image: Image, environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    done = run(image, environ | {"BRIDGE_CONFIG": f"{tmp_path}/data/config.yaml"}, *image.start_command())
    assert done.returncode == 1
    assert f"{tmp_path}/data cannot be written" in done.stderr
    assert f"chown -R {os.getuid()}:{os.getgid()}" in done.stderr
