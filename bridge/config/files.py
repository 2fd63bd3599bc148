"""Which files of a folder are read: regular ones that stay inside it; whatever else looks like one is named."""

from __future__ import annotations

import filecmp
import os
import stat
from pathlib import Path

from bridge.config.nodes import MAX_BYTES
from bridge.config.reading import Findings
from bridge.config.shipped import shipped
from bridge.errors import Severity
from bridge.logs import printable
from bridge.model import Place

DOCS = "docs/configuration.md#files"
MOST_FILES = 2_000
# Rules to copy from lie in this folder below that of the rules; they are not in force there.
EXAMPLES = "examples"
# Kubernetes shows a mounted map of files through a folder of this name.
_MOUNTED = "..data"


def shown_path(path: Path, root: Path) -> str:
    """A path as problems name it: from the configuration's folder where it lies below."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def read_folder(folder: Path, root: Path, suffix: str, findings: Findings) -> dict[str, bytes]:
    """Path as shown → content, of every file below `folder` that ends in `suffix`, in the order of their names."""
    found: dict[str, bytes] = {}
    real_folder, seen = os.path.realpath(folder), set[str]()
    for path in _walk(folder):
        name = shown_path(path, root)
        if suffix == ".yaml" and path.relative_to(folder).parent.parts[:1] == (EXAMPLES,):
            if path.name.endswith(suffix) and not _as_shipped(path, folder):
                reason = f"this file is not in force: `{EXAMPLES}/` is for examples; copy it one folder up to use it"
                _tell(findings, name, reason, "info")
            continue
        if reason := _not_read(path.name, suffix):
            _tell(findings, name, reason, "info" if path.name.startswith(".") or path.name.endswith("~") else "warning")
            continue
        if not path.name.endswith(suffix):
            continue
        real = os.path.realpath(path)
        if not real.startswith(real_folder + os.sep):
            _tell(findings, name, "this link leads out of the folder: it is not read", "error")
        elif real not in seen:
            seen.add(real)
            content = _content(path, name, findings)
            if content is not None:
                found[name] = content
        if len(found) > MOST_FILES:
            _tell(findings, name, f"over {MOST_FILES:,} files: the rest is not read", "error")
            break
    return found


def _as_shipped(path: Path, folder: Path) -> bool:
    """Whether an example is as it came: nobody has to be told of it then."""
    ours = shipped("rules") / path.relative_to(folder)
    try:
        return filecmp.cmp(path, ours, shallow=False)
    except OSError:
        return False


def _walk(folder: Path) -> list[Path]:
    """Every entry that is no folder, those nearest to the top first."""
    paths: list[Path] = []
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths += [Path(here, name) for name in files]
        # A folder where a file should be, and a link to one, are looked at as files: they are told of there.
        paths += [Path(here, name) for name in folders if "." in name]
    mounted = folder / _MOUNTED
    if mounted.is_dir():
        paths += [mounted / name for name in sorted(os.listdir(mounted))]
    return sorted(paths, key=lambda path: file_order(path.as_posix()))


def file_order(name: str) -> tuple[bool, str]:
    """Files are read in this order, and the rules of one that stands before another's come before those."""
    return f"/{_MOUNTED}/" in name, name


def _not_read(name: str, suffix: str) -> str:
    """Why a file that looks like one of ours is passed over."""
    if name.startswith(".") and suffix in name:
        return "hidden files are not read"
    if name.endswith((suffix + "~", suffix + ".swp", suffix + ".bak", suffix + ".orig")):
        return "an editor's copy is not read"
    if suffix == ".yaml" and name.endswith(".yml"):
        return "this file is not read: rule files end in `.yaml`"
    if name.endswith(suffix) and printable(name) != name:
        return "a name with invisible characters is not read"
    return ""


def _content(path: Path, name: str, findings: Findings) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        reason = "cannot be read by this user" if isinstance(error, PermissionError) else "cannot be read"
        _tell(findings, name, f"this file {reason}", "error")
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        _tell(findings, name, "this is no regular file: it is not read", "warning")
        return None
    with open(descriptor, "rb") as file:
        return file.read(MAX_BYTES + 1)


def _tell(findings: Findings, name: str, message: str, severity: Severity) -> None:
    findings.tell(Place(name, 1, 1), "file", message, docs=DOCS, severity=severity)
