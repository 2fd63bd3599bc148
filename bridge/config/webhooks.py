"""`format` and `secrets` of a `webhook:` destination: how what it posts is written and signed."""

from __future__ import annotations

import base64
import binascii
from typing import Literal, cast

from bridge.config.reading import Fields, one_of, width_of
from bridge.config.secret_values import secret_list, warn_of_short
from bridge.model import Node, Signing

Form = Literal["partners", "standard"]
FORMS: tuple[Form, ...] = ("standard", "partners")
PREFIX = "whsec_"


def read_signing(fields: Fields) -> Signing | None:
    """None, with a problem, when nothing could be signed."""
    form = fields.get("format", one_of(FORMS, "format"), "") if "format" in fields.entries else FORMS[0]
    help = 'write secrets: ["${NAME}"]; the receiver needs the same, the first signs where there is room for one'
    secrets = secret_list(fields, help=help, empty="without a secret nobody can tell who posts")
    good = tuple(value for node, value in secrets if _is_good(node, value, form, fields))
    return Signing(format=cast(Form, form), secrets=good) if form and good else None


def _is_good(node: Node, value: str, form: str, fields: Fields) -> bool:
    key = value.encode()
    if form == "standard":
        try:
            text = value.removeprefix(PREFIX)
            key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not key:
            message = "a secret of Standard Webhooks is base64, usually behind `whsec_`"
            help = "`openssl rand -base64 32` makes one"
            fields.findings.tell(node.place, "secret", message, help=help, docs=fields.docs, width=width_of(node))
            return False
    warn_of_short(node, len(key), fields)
    return True
