"""What travels between Bridge and its sender process: length-prefixed MessagePack over a socket pair."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import msgspec

from bridge.model import Notification, Outcome, Signing

_HEAD = struct.Struct("!I")
HELLO = _HEAD.pack(0)  # an empty frame: the sender process is ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Send this once."""

    id: int
    url: str  # a secret
    notification: Notification
    deadline: float  # seconds the attempt may take
    delivery: int = 0  # what all attempts of one delivery have in common
    signing: Signing | None = None  # of outgoing webhooks
    parts: int = 0  # of a split message: so many have arrived already


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How it went; without an outcome, how far it is."""

    id: int
    outcome: Outcome | None = None
    parts: int = 0  # of a split message: how many have arrived by now


_encoder = msgspec.msgpack.Encoder()
read_order = msgspec.msgpack.Decoder(Order).decode
read_answer = msgspec.msgpack.Decoder(Answer).decode


def frame(message: Order | Answer) -> bytes:
    """Raises UnicodeEncodeError on half a surrogate pair."""
    payload = _encoder.encode(message)
    return _HEAD.pack(len(payload)) + payload


class Frames:
    """Cuts a stream of bytes into the payloads it is made of."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that `data` completes."""
        buffer = self._buffer
        buffer += data
        payloads: list[bytes] = []
        start = 0
        while len(buffer) - start >= _HEAD.size:
            end = start + _HEAD.size + _HEAD.unpack_from(buffer, start)[0]
            if len(buffer) < end:
                break
            payloads.append(bytes(buffer[start + _HEAD.size : end]))
            start = end
        del buffer[:start]
        return payloads


def whole(text: str) -> str:
    """The text without halves of surrogate pairs, which no encoding can carry."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
