"""Reads rule files in a process of its own, so that the service's one goes on taking posts meanwhile."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from io import BytesIO
from typing import Any

from bridge.config.parsing import Order, RuleFile, parse, uncollected
from bridge.errors import NotRead

PATIENCE = 120.0  # seconds: ten thousand rules take ten
FEW = 32 * 1024  # bytes of rules that are read before a process would have started


def parse_beside(order: Order) -> dict[str, RuleFile]:
    """Like `parse`, with many rules in a process of their own."""
    return parse(order) if sum(map(len, order.files.values())) <= FEW else parse_apart(order)


def parse_apart(order: Order) -> dict[str, RuleFile]:
    """Like `parse`; raises NotRead when the process fails."""
    # The child finds its modules where this process does, however that was started.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", "from bridge.config.apart import main; main()"],
            input=packed(order),
            stdout=subprocess.PIPE,
            env=environment,
            timeout=PATIENCE,
            check=True,
            start_new_session=True,  # Ctrl-C in the terminal is for the service
        )
        files: Mapping[str, bytes] = pickle.loads(done.stdout)  # noqa: S301 -- what our own process wrote
    except (OSError, subprocess.SubprocessError, pickle.UnpicklingError, EOFError) as error:
        raise NotRead(f"the process that reads rule files failed: {error}") from error
    # One by one: each is done by many small steps, between which the event loop runs.
    with uncollected():
        return {name: pickle.loads(file) for name, file in files.items()}  # noqa: S301


def packed(value: object) -> bytes:
    """Pickled, with dataclasses as plain lists of their values: reading those is several times faster."""
    out = BytesIO()
    _Pickler(out, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    return out.getvalue()


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        if is_dataclass(value) and not isinstance(value, type):
            return _built, (type(value), tuple(getattr(value, field.name) for field in fields(value)))
        return NotImplemented


def _built(kind: type[Any], values: tuple[Any, ...], new: Callable[[Any], Any] = object.__new__) -> Any:
    one = new(kind)
    for name, value in zip(kind.__dataclass_fields__, values, strict=True):
        object.__setattr__(one, name, value)
    return one


def main() -> None:
    """The child: an order comes in, one pickle for each file goes out."""
    os.nice(10)  # posts and sends go first
    order: Order = pickle.load(sys.stdin.buffer)  # noqa: S301 -- what our parent wrote
    parsed = parse(order)
    sys.stdout.buffer.write(pickle.dumps({name: packed(file) for name, file in parsed.items()}))
