"""GATES: whether a fired rule's message is sent now, later, in a digest, or not at all; pure, no I/O."""

from bridge.gates.gates import ask_hours, ask_once, ask_throttle, digest_due, digest_reason
from bridge.gates.hours import Interval
from bridge.gates.key import key_of
from bridge.gates.silences import fits

__all__ = [
    "Interval",
    "ask_hours",
    "ask_once",
    "ask_throttle",
    "digest_due",
    "digest_reason",
    "fits",
    "key_of",
]
