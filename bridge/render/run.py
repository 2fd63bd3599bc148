"""What one render may spend, and how it writes; in a context variable, as macros have no other way to it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2.exceptions import TemplateRuntimeError
from jinja2.runtime import Undefined

from bridge.model import Format

WORK = 1_000_000  # nodes run, items touched, characters written
LETTERS = 8  # as many are copied or compared for the price of one written
STEPS = 50_000  # turns of all loops together
DEPTH = 30  # macros that call one another
OUTPUT = 256 * 1024  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How values are written into one text."""

    format: Format
    dead: Callable[[str], str]  # makes an event's words harmless where this text goes
    code_spans: bool  # may an address stand in backticks
    now: datetime  # local, with its zone


class Run:
    """The purse of one render."""

    __slots__ = ("bound", "depth", "manner", "steps", "work")

    def __init__(self, manner: Manner) -> None:
        self.manner = manner
        self.bound = False  # was anything written that another manner would have written otherwise
        self.work = WORK
        self.steps = STEPS
        self.depth = DEPTH

    def charge(self, amount: int) -> None:
        """Pay for work before it is done."""
        self.work -= amount + 1
        if self.work < 0:
            raise TemplateRuntimeError("the template does too much work")

    def step(self, turns: int) -> None:
        """Pay for the turns of a loop."""
        self.steps -= turns
        if self.steps < 0:
            raise TemplateRuntimeError(f"the template loops more than {STEPS:,} times")


current: ContextVar[Run] = ContextVar("run")


def weigh(value: Any) -> Any:
    """Pay for a value's whole size, then give it back."""
    if value is None or isinstance(value, (int, float, Undefined)):
        return value
    run = current.get()
    if isinstance(value, str):
        run.charge(len(value) // LETTERS)
        return value
    open_ends = [value]
    while open_ends:
        item = open_ends.pop()
        if isinstance(item, str):
            run.charge(len(item) // LETTERS)
        elif isinstance(item, (list, tuple)):
            run.charge(len(item))
            open_ends.extend(item)
        elif isinstance(item, dict):
            run.charge(len(item))
            open_ends.extend(item.values())
    return value
