"""Every exception of Bridge, and the Problem that tells a person about a mistake in a file.

BridgeError
├── WrongUsage              what was asked for cannot be asked, whatever is kept: exit code 2
├── Invalid                 a file or a command line that people wrote is wrong; carries Problems
├── Refused                 a post that is not accepted; carries the HTTP status
│   ├── BadSignature        401
│   └── BadEnvelope         400
│       └── NotJson         400; 415 when the sender did not even call it JSON
├── StoreUnavailable        the store cannot be written or read now: 503, Retry-After
├── NotRead                 the rule files could not be read now, whatever stands in them
├── TemplateFailed          a template failed while it ran; carries file and line
└── SenderGone              the sender process died with this delivery in its hands
    └── GivenBack           no sender process ever had it: it was not sent
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bridge.model import Place

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake in a file, worded for the person who mends it. Never holds a secret."""

    place: Place
    code: str  # kebab-case, stable: "unknown-key"
    message: str  # what was found, lower case, the user's own words in backticks
    help: str = ""  # what is allowed and what to do
    docs: str = ""  # "docs/rules.md#when"
    severity: Severity = "error"
    width: int = 1  # how many characters the caret underlines


class BridgeError(Exception):
    """Something Bridge can name."""


class WrongUsage(BridgeError):
    """What was asked for cannot be asked; the text says what can."""


class Invalid(BridgeError):
    """What people wrote is wrong."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


class Refused(BridgeError):
    """A post that is not accepted. The text is for the sender: it names what is wrong, never a secret."""

    status = 400


class BadSignature(Refused):
    """The signature is missing or wrong; the answer says no more than that."""

    status = 401


class BadEnvelope(Refused):
    """Not JSON, or JSON of another shape."""


class NotJson(BadEnvelope):
    """Not JSON at all."""


class StoreUnavailable(BridgeError):
    """The store cannot be used now."""


class NotRead(BridgeError):
    """The rule files could not be read now; what they hold has no part in it."""


class TemplateFailed(BridgeError):
    """A template failed while it ran."""

    def __init__(self, message: str, *, file: str, line: int) -> None:
        super().__init__(message)
        self.file = file
        self.line = line


class SenderGone(BridgeError):
    """The sender process ended with this delivery in its hands: it may have arrived."""

    def __init__(self, message: str, *, parts: int = 0, suspect: bool = False) -> None:
        """`parts` of a split message had arrived.

        `suspect`: this delivery's destination may have ended the process, for all in its hands went there.
        """
        super().__init__(message)
        self.parts = parts
        self.suspect = suspect


class GivenBack(SenderGone):
    """The senders were stopped before any process had this delivery: it was not sent."""
