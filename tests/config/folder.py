"""A configuration folder made of one text: parts begin with a line such as `#--- rules/messages.yaml`."""

from __future__ import annotations

import re
from pathlib import Path

ENVIRON = {
    "CREADS_WEBHOOK_SECRET": "a-secret-that-is-long-enough",
    "SHORT_SECRET": "a-short-one",
    "SLACK_URL": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
}
CONFIG = """\
sources:
  creads: {type: creads, secrets: ["${CREADS_WEBHOOK_SECRET}"]}
destinations:
  projects: {url: console://}
  managers: {url: console://}
  ops: {url: console://}
  everybody: [projects, managers]
operators: ops
"""
RULES = "rules/messages.yaml"

_PART = re.compile(r"^#--- (\S+)\n", re.MULTILINE)


def lay(folder: Path, text: str, *, config: str = CONFIG) -> Path:
    """Write the files and give the path of config.yaml; what stands before the first part is a rule file."""
    pieces = _PART.split(text)
    files = {"config.yaml": config, **dict(zip(pieces[1::2], pieces[2::2], strict=True))}
    if pieces[0]:
        files[RULES] = pieces[0]
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "templates").mkdir(exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        path.chmod(0o644)
    return folder / "config.yaml"
