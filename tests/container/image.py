"""The Dockerfile read as facts, and its steps taken without a container engine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Stage:
    """One FROM and what follows it."""

    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)  # instruction, arguments

    def of(self, instruction: str) -> list[str]:
        return [arguments for name, arguments in self.steps if name == instruction]

    @property
    def environ(self) -> dict[str, str]:
        words = " ".join(self.of("ENV")).split()
        return dict(word.split("=", 1) for word in words)

    def command(self, instruction: str) -> list[str]:
        """The words of ENTRYPOINT, CMD or HEALTHCHECK, which stand as JSON."""
        (arguments,) = self.of(instruction)
        found: list[str] = json.loads(arguments[arguments.index("[") :])
        return found


@cache
def stages() -> list[Stage]:
    """The stages of the Dockerfile, the last one being the image."""
    text = re.sub(r"(?m)^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8")).replace("\\\n", " ")
    found: list[Stage] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        instruction, _, arguments = line.partition(" ")
        if instruction == "FROM":
            found.append(Stage(arguments.split()[0]))
        else:
            found[-1].steps.append((instruction, " ".join(arguments.split())))
    return found


class Image:
    """What the Dockerfile builds, in a folder: a virtual environment with the wheel, and /data."""

    def __init__(self, folder: Path) -> None:
        self.opt, self.data, self.tmp = folder / "opt", folder / "data", folder / "tmp"
        self.tmp.mkdir()
        self.data.mkdir(mode=0o700)
        self._sources(folder / "src")
        python = [sys.executable, "-m"]
        run([*python, "hatchling", "build", "-t", "wheel", "-d", folder / "wheels"], cwd=folder / "src")
        venv.create(self.opt, with_pip=False, symlinks=True)
        inside = self.opt / "bin" / "python"
        (wheel,) = (folder / "wheels").glob("*.whl")
        run([*python, "pip", "--python", inside, "install", "--quiet", "--no-deps", "--no-index", wheel])
        self._lend_requirements()
        run([inside, "-m", "compileall", "-q", self.opt / "lib"])

    def _sources(self, folder: Path) -> None:
        """What the first stage copies, and nothing else: so .dockerignore must let it through."""
        kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
        for arguments in stages()[0].of("COPY"):
            *names, into = arguments.split()
            for name in names:
                assert name in kept, f".dockerignore leaves out {name}"
                target = folder / into / (Path(name).name if into == "./" else "")
                if (ROOT / name).is_dir():
                    shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(ROOT / name, target)

    def _lend_requirements(self) -> None:
        """The packages that the tests run with, instead of downloading those of requirements.txt again."""
        packages = next((self.opt / "lib").glob("python*/site-packages"))
        lent = sysconfig.get_paths()["purelib"]
        (packages / "lent.pth").write_text(f"{lent}\n", encoding="utf-8")

    def environ(self, **more: str) -> dict[str, str]:
        """That of the image, with its folders here; nothing of ours."""
        image = stages()[-1].environ
        own = {
            name: value.replace("/data", str(self.data)).replace("/opt/bridge", str(self.opt))
            for name, value in image.items()
        }
        path = own.pop("PATH").replace("$PATH", os.environ["PATH"])
        return {"PATH": path, "HOME": str(self.data), "TMPDIR": str(self.tmp), **own, **more}

    def command(self, instruction: str) -> list[str]:
        """The words of one instruction, the program found in the image."""
        name, *rest = stages()[-1].command(instruction)
        return [str(self.opt / "bin" / name), *rest]

    def start_command(self) -> list[str]:
        """ENTRYPOINT and CMD."""
        return [*self.command("ENTRYPOINT"), *stages()[-1].command("CMD")]

    def files(self) -> Mapping[str, float]:
        """Everything in the image but its volumes, with the time of its last change."""
        return {str(path): path.lstat().st_mtime for path in self.opt.rglob("*")}


def run(words: list[object], cwd: Path | None = None) -> None:
    """Run a step; tells what it said when it fails."""
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
