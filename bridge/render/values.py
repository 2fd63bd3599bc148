"""What a template's values are worth in a text: missing, printable, dead or already made for this format."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, NoReturn

from jinja2.exceptions import TemplateRuntimeError, UndefinedError
from jinja2.runtime import Undefined
from markupsafe import Markup, escape

from bridge.render.run import current, weigh

alive: Callable[[str], Markup] = partial(str.__new__, Markup)  # as Markup(text), in a third of the time


class Missing(Undefined):
    """What is not there: false in `if` and `or`, missing again when asked for its parts, an error when printed."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        return self

    def __getitem__(self, _key: Any) -> Missing:  # type: ignore[override]  # Jinja's own raises
        return self

    def _tell(self) -> NoReturn:
        raise UndefinedError(f"`{self._undefined_name}` is missing")

    def __str__(self) -> str:
        return self._tell()

    def __hash__(self) -> int:
        return self._tell()


class Links(dict[str, str]):
    """The name `links`: what is missing there is told by its whole path, as `resource` alone would mean another."""

    __slots__ = ()


class Address(str):
    """An address of Bridge's own or of the operator's: may be followed, unlike one that came in an event."""

    __slots__ = ()


def printed(value: Any) -> str:
    """A value as text: nothing for null, JSON's words for true and false, JSON for lists and maps."""
    if isinstance(value, (str, Missing)):
        return str(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (list, tuple, dict, range)):
        return json.dumps(weigh(value), ensure_ascii=False, default=printed)
    raise TemplateRuntimeError("only text, numbers, dates, lists and maps can be printed")


def live(value: Any) -> Markup:
    """The value as it may stand in this text: Markup is, all else is made dead first."""
    run = current.get()
    if isinstance(value, Markup):
        run.charge(len(value))
        return value
    text = value if isinstance(value, str) else printed(value)
    run.charge(len(text))
    if not isinstance(value, (int, float, datetime, Address)):  # a number's sign is no list mark
        dead = run.manner.dead(text)
        run.bound = run.bound or dead != text
        text = dead
    return escape(text) if run.manner.format == "html" else alive(text)


def ours(text: str) -> str:
    """A text that Bridge made itself, as it may stand in this text."""
    return text if current.get().manner.format == "html" else alive(text)


def joined(pieces: Iterable[Any], separator: str = "") -> str:
    """Texts made one; live as soon as one of them is, and then the others are made dead."""
    parts = list(pieces)
    if isinstance(separator, Markup) or any(isinstance(part, Markup) for part in parts):
        made = [part if type(part) is Markup else live(part) for part in parts]
        return alive(_paid_join(live(separator) if separator else "", made))
    return _paid_join(separator, [printed(part) for part in parts])


def _paid_join(separator: str, texts: Sequence[str]) -> str:
    current.get().charge(sum(map(len, texts)) + len(separator) * len(texts))
    return str.join(separator, texts)
