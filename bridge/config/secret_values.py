"""Values that must be secret: present, no placeholder, long enough."""

from __future__ import annotations

import re

from bridge.config.reading import Findings, kind_of_value, width_of
from bridge.model import Node

DOCS = "docs/configuration.md#secrets"
SHORTEST_SECRET = 16  # bytes; shorter ones can be guessed
SHORTEST_TOKEN = 20  # characters

_PLACEHOLDER = re.compile(
    r"none|null|nil|undefined|todo|tbd|secret|password|example|placeholder|test|"
    r"(change|replace)[-_ ]?(me|this|it)|(your|my|the)[-_ ](webhook[-_ ])?(secret|token|password)([-_ ]here)?|"
    r"<.*>|\$\{.*|x+|\*+|\.+",
    re.IGNORECASE,
)


def secret(node: Node, findings: Findings, *, help: str) -> str | None:
    """The secret at a node; None, with a problem that never shows it, when it keeps nobody out."""

    value = "" if node.value is None else node.value
    if not isinstance(value, str):
        fault = f"a secret is a text, this is {kind_of_value(node)}"
    elif not value.strip():
        fault = "" if findings.unfilled(node) else "this secret is empty: everybody could sign with it"
    elif _PLACEHOLDER.fullmatch(value.strip()):
        fault = "this secret is a placeholder that anybody can guess"
    else:
        return value
    if fault:
        findings.tell(node.place, "secret", fault, help=help, docs=DOCS, width=width_of(node))
    return None
