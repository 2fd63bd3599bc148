"""Values that must be secret: present, no placeholder, long enough."""

from __future__ import annotations

import re

from bridge.config.reading import Fields, Findings, is_filled, kind_of_value, width_of
from bridge.model import Node

DOCS = "docs/configuration.md#secrets"
SHORTEST_SECRET = 16  # bytes; shorter ones can be guessed
SHORTEST_TOKEN = 20  # characters
MOST_SECRETS = 10

_PLACEHOLDER = re.compile(
    r"none|null|nil|undefined|todo|tbd|secret|password|example|placeholder|test|"
    r"(change|replace)[-_ ]?(me|this|it)|(your|my|the)[-_ ](webhook[-_ ])?(secret|token|password)([-_ ]here)?|"
    r"<.*>|\$\{.*|x+|\*+|[.…]+",
    re.IGNORECASE,
)


def warn_of_literal(node: Node, findings: Findings) -> None:
    """A secret in the file itself is copied, backed up and shown with it."""
    if is_filled(node):
        return
    message = "this secret is written out in the file"
    help = "write `${NAME}` and set that variable, or `${file:/run/secrets/name}`"
    findings.tell(node.place, "literal-secret", message, help=help, docs=DOCS, severity="warning", width=width_of(node))


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
        warn_of_literal(node, findings)
        return value
    if fault:
        findings.tell(node.place, "secret", fault, help=help, docs=DOCS, width=width_of(node))
    return None


def secret_list(fields: Fields, *, help: str, empty: str) -> list[tuple[Node, str]]:
    """The sound ones under `secrets`, with where they stand; the list must be there, and what `empty` says is told."""
    node = fields.entries.get("secrets")
    if node is None:
        fields.missing("secrets", help)
        return []
    if not isinstance(node.value, list) or not node.value:
        what = empty if node.value == [] else "`secrets` is a list, even of one"
        fields.tell_key("secrets", "secret", what, help=help)
        return []
    if len(node.value) > MOST_SECRETS:
        fields.tell_key(
            "secrets", "secret", f"over {MOST_SECRETS} secrets", help="delete those that are no longer used"
        )
    read = [(item, secret(item, fields.findings, help=help)) for item in node.value[:MOST_SECRETS]]
    return [(item, value) for item, value in read if value is not None]


def warn_of_short(node: Node, length: int, fields: Fields) -> None:
    """`length` in bytes."""
    if length < SHORTEST_SECRET:
        message = f"this secret is under {SHORTEST_SECRET} bytes"
        help = "take a longer one: `openssl rand -hex 32` makes it"
        fields.findings.tell(
            node.place, "weak-secret", message, help=help, docs=fields.docs, severity="warning", width=width_of(node)
        )
