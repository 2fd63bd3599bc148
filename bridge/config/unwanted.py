"""What must not stand in rules and templates: variables, which nothing fills in, secrets, and calls to everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

from bridge.config.reading import Findings
from bridge.config.substitute import never_filled, unfilled
from bridge.config.wording import place_in, said
from bridge.model import Node, Place, replace

DOCS = "docs/security.md#secrets"
MOST_TOLD = 20  # of one kind in one text: a file that is wrong all over needs no more

_SECRET = re.compile(
    # an address with a password; bounded, so that a long word is not tried from each of its letters
    r"\b\w{1,30}://[^\s/:@{}]{1,200}:[^\s/@{}]{1,200}@\S+"
    r"|hooks\.slack\.com/services/\w[\w/]+"
    r"|discord(?:app)?\.com/api/webhooks/\d[\w/-]+"
    r"|\bxox[a-z]-[\w-]+"
    r"|(?i:token|secret|password|api_?key)[\"']?\s*[:=]\s*[\"']?[0-9a-fA-F]{32,}"
)
_EVERYBODY = re.compile(r"(?<!\w)@(?:here|everyone|channel|all)\b|<!(?:here|channel|everyone)>")


def look_through(node: Node, findings: Findings) -> None:
    """Tell of what must not stand in any text of a rule file."""
    for scalar, spoken in _texts(node, spoken=False):
        text = scalar.text if scalar.style == "block" else str(scalar.value)
        _look(text, scalar.at, findings, spoken=spoken)


def look_through_template(text: str, file: str, findings: Findings) -> None:
    _look(text, lambda offset: place_in(text, offset, file), findings, spoken=True)


def _texts(node: Node, *, spoken: bool) -> Iterator[tuple[Node, bool]]:
    """Every text, and whether it is said to people."""
    if isinstance(node.value, dict):
        for key, inner in node.value.items():
            yield from _texts(inner, spoken=key in ("title", "body"))
    elif isinstance(node.value, list):
        for inner in node.value:
            yield from _texts(inner, spoken=spoken)
    elif isinstance(node.value, str):
        yield node, spoken


def _look(text: str, at: Callable[[int], Place], findings: Findings, *, spoken: bool) -> None:
    for offset, written in islice(unfilled(text), MOST_TOLD) if "${" in text else ():
        findings.problems.append(never_filled(at(offset), written))
    _secrets(text, at, findings)
    for found in islice(_EVERYBODY.finditer(text), MOST_TOLD) if spoken else ():
        findings.tell(
            at(found.start()),
            "mention",
            f"{said(found[0])} calls everybody who reads there, at each event",
            help="delete it unless that is meant",
            docs="docs/templates.md#mentions",
            severity="warning",
            width=len(found[0]),
        )


def _secrets(text: str, at: Callable[[int], Place], findings: Findings) -> None:
    """Tell of the first ones; of what comes after them, nothing is shown."""
    for number, found in enumerate(_SECRET.finditer(text)):
        place = at(found.start())
        if number == MOST_TOLD:
            findings.hidden.append((place, at(len(text))))
            break
        findings.hidden.append((place, replace(place, column=place.column + len(found[0]))))
        findings.secrets.add(found[0])
        message = "this looks like a secret: rules and templates are copied, shown and kept"
        help = "put it in a destination's `url` in the configuration, and name that destination here"
        findings.tell(place, "secret", message, help=help, docs=DOCS, width=len(found[0]))
