"""The filters that templates may use: each pays for its input before it works, and none makes an event's words live."""

# ruff: noqa: S704 -- every text made Markup here was made dead before, or is ours

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import Any
from urllib.parse import urlsplit

from jinja2 import filters as jinja
from markupsafe import Markup, escape

from bridge.render import fit
from bridge.render.amounts import of_amounts, of_moments
from bridge.render.dead import host_of
from bridge.render.plain import HTML_MAX, plain_link, without_html
from bridge.render.run import LETTERS, current, weigh
from bridge.render.speech import Speech
from bridge.render.values import Address, Missing, alive, joined, live, ours, printed
from bridge.render.words import blanks

Filter = Callable[..., Any]
_DEAR = 100  # what a date, a sum or HTML takes beside its letters
_AHEAD = 5_000  # characters, in which an address may stand that shrinks to its host
_TEXT_MAX = 10_000
_SCHEMES = ("http", "https", "mailto")


def all_filters(speech: Speech) -> dict[str, Filter]:
    """Every filter of the allow-list, for one locale and time zone."""
    cheap = {**_OF_TEXTS, **_OF_LISTS, **_OF_ADDRESSES}
    dear = {"plain": _plain, "striptags": _plain, **_of_words(speech), **of_amounts(speech), **of_moments(speech)}
    return {
        **{name: _paid(function, 0) for name, function in cheap.items()},
        **{name: _paid(function, _DEAR) for name, function in dear.items()},
    }


def _paid(function: Filter, price: int) -> Filter:
    @wraps(function)
    def pay(*args: Any, **kwargs: Any) -> Any:
        letters = 0
        for argument in (*args, *kwargs.values()) if kwargs else args:
            if isinstance(argument, str):
                letters += len(argument)
            else:
                weigh(argument)
        current.get().charge(price + letters // LETTERS)
        return function(*args, **kwargs)

    return pay


# ---- texts -------------------------------------------------------------------------------------


def _of_text(change: Callable[[str], str]) -> Filter:
    """A filter that gives a text for a text: what is missing stays missing, null is nothing, Markdown stays live."""

    def apply(value: Any) -> Any:
        if isinstance(value, Missing):
            return value
        changed = change(str(printed(value)))
        return alive(changed) if isinstance(value, Markup) and current.get().manner.format != "html" else changed

    return apply


def _trim(value: Any, signs: str | None = None) -> Any:
    return value if isinstance(value, Missing) else (value.strip(signs) if isinstance(value, str) else printed(value))


def _replace(value: Any, old: str, new: str) -> Any:
    if isinstance(value, Missing):
        return value
    text = str(printed(value))
    current.get().charge(text.count(str(old)) * len(new))
    return text.replace(str(old), str(new))  # never Markup: `&lt;` replaced by `<` must not come alive


def _shorten(value: Any, length: int = 80) -> Any:
    """Made dead first, then cut at a space, counted as it is printed."""
    if isinstance(value, Missing):
        return value
    if current.get().manner.format == "html":
        return fit.shorten(fit.squeezed(printed(value)), length)
    if isinstance(value, str) and not isinstance(value, Markup):
        value = value[: _AHEAD + 10 * length]  # of a long text only the start is made dead
    return alive(fit.shorten(fit.squeezed(live(value)), length, measure=fit.as_printed))


def _escape(value: Any) -> Any:
    return value if isinstance(value, Missing) else live(value)


def _text(value: Any) -> str:
    """A text as it came, but no longer than any message shows; another shape, or only spaces, is nothing."""
    return value[:_TEXT_MAX] if isinstance(value, str) and value.strip() else ""


def _plain(value: Any) -> Any:
    if not isinstance(value, str):
        return ""
    current.get().charge(min(len(value), HTML_MAX))
    return " ".join(without_html(value).split())


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=printed)


def _default(value: Any, other: Any = "", boolean: bool = False) -> Any:
    return other if isinstance(value, Missing) or (boolean and not value) else value


_OF_TEXTS: dict[str, Filter] = {
    "capitalize": _of_text(str.capitalize),
    "d": _default,
    "default": _default,
    "e": _escape,
    "escape": _escape,
    "lower": _of_text(str.lower),
    "replace": _replace,
    "shorten": _shorten,
    "string": printed,
    "text": _text,
    "title": _of_text(str.title),
    "tojson": _json,
    "trim": _trim,
    "truncate": _shorten,
    "upper": _of_text(str.upper),
}


# ---- lists and numbers -------------------------------------------------------------------------


def _items(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else []


def _list(value: Any) -> list[Any]:
    return [] if value is None or isinstance(value, Missing) else list(value)


def _join(value: Any, separator: str = "", attribute: str | None = None) -> str:
    items = _list(value) if attribute is None else _map(value, attribute=attribute)
    return joined(items, separator)


def _present(value: Any, attribute: str | None = None) -> list[Any]:
    """The items that are there, or whose attribute is: not missing, null or empty."""
    items = _list(value)
    asked = items if attribute is None else _map(items, attribute=attribute)
    return [item for item, part in zip(items, asked, strict=True) if not _is_nothing(part)]


def _is_nothing(value: Any) -> bool:
    return isinstance(value, Missing) or value is None or value == ""


def _facts(value: Any, separator: str = " · ") -> str:
    """The parts that are there, joined: the others leave with their separator."""
    return joined(_present(value), ours(separator))


def _map(value: Any, *, attribute: str) -> list[Any]:
    picked = []
    for item in _list(value):
        for part in attribute.split("."):
            item = item[part] if isinstance(item, Mapping) and part in item else Missing(name=attribute)  # noqa: PLW2901
        picked.append(item)
    return picked


def _first(value: Any) -> Any:
    return next(iter(_list(value)), Missing(name="first"))


def _last(value: Any) -> Any:
    return next(reversed(_list(value)), Missing(name="last"))


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (str, list, tuple, Mapping, range)) else 0


def _count(value: Any) -> int:
    """Items of a list; anything else has none."""
    return len(value) if isinstance(value, (list, tuple)) else 0


def _unique(value: Any) -> list[Any]:
    return list({_json(item): item for item in reversed(_list(value))}.values())[::-1]


def _sort(value: Any, reverse: bool = False, attribute: str | None = None) -> list[Any]:
    items = _list(value)
    keys = items if attribute is None else _map(items, attribute=attribute)
    order = sorted(range(len(items)), key=lambda place: keys[place], reverse=reverse)
    return [items[place] for place in order]


def _sum(value: Any, attribute: str | None = None) -> Any:
    return sum(_list(value) if attribute is None else _map(value, attribute=attribute))


_OF_LISTS: dict[str, Filter] = {
    "abs": abs,
    "count": _count,
    "dictsort": lambda value: sorted(_items(value), key=lambda pair: str(pair[0]).lower()),
    "facts": _facts,
    "first": _first,
    "float": jinja.do_float,
    "int": lambda value, default=0: jinja.do_int(value, default),
    "items": _items,
    "join": _join,
    "last": _last,
    "length": _length,
    "list": _list,
    "map": _map,
    "max": lambda value: max(_list(value), default=Missing(name="max")),
    "present": _present,
    "min": lambda value: min(_list(value), default=Missing(name="min")),
    "reverse": lambda value: value[::-1] if isinstance(value, str) else _list(value)[::-1],
    "round": lambda value, precision=0: round(value, precision) if abs(precision) < 16 else value,
    "sort": _sort,
    "sum": _sum,
    "unique": _unique,
}


# ---- addresses ---------------------------------------------------------------------------------


def _url(value: Any) -> Any:
    """An address fit for `href` and `src`: http, https or mailto; anything else becomes empty."""
    if isinstance(value, (Markup, Address)):
        return value
    text = "".join(printed(value).split())
    try:
        sound = urlsplit(text).scheme in _SCHEMES
    except ValueError:
        return ""
    if not sound:
        return ""
    return escape(text) if current.get().manner.format == "html" else text  # in a text it is made dead as ever


def _link(value: Any, text: Any = "") -> Any:
    """A link with that label, if the address is ours or the author's; one from an event is shown as its host."""
    if not value:
        return ""
    label = live(text)
    if not isinstance(value, (Markup, Address)):
        return Markup("{} ({})").format(label, live(value)) if label else live(value)
    address = live(value)
    if not label:
        return address
    run = current.get()
    run.bound, format_ = True, run.manner.format
    if format_ == "html":
        return alive(f'<a href="{address}">{label}</a>')
    if format_ == "markdown":
        return alive(f"[{label}]({address})")
    return alive(plain_link(label, address))


def _host(value: Any) -> str:
    return host_of(value)[0] if isinstance(value, str) and value else ""


def _address(value: Any) -> Any:
    """A whole address to read, not to follow: without what follows `?`, in a code span."""
    if not isinstance(value, str) or not value:
        return ""
    run = current.get()
    run.bound, manner = True, run.manner
    shown = value.partition("?")[0].partition("#")[0]
    shown = "".join(sign for sign in shown if sign.isascii() and (sign.isalnum() or sign in "-._~:/%+"))
    if manner.format == "html":
        return shown
    return alive(f"`{shown}`" if manner.code_spans else host_of(shown)[0])


_OF_ADDRESSES: dict[str, Filter] = {"address": _address, "host": _host, "link": _link, "url": _url}


# ---- words -------------------------------------------------------------------------------------


def _of_words(speech: Speech) -> dict[str, Filter]:
    @lru_cache(maxsize=4_096)
    def said(phrase: str, n: object, is_live: bool) -> list[tuple[str, str]]:
        """Each text of a phrase in the configured language, and the blank after it."""
        return [(Markup(text) if is_live else text, name) for text, name in blanks(speech.words.phrase(str(phrase), n))]

    def t(phrase: Any, **blank: Any) -> Any:
        """Our words in the configured language, blanks filled with values made dead; nothing when one has nothing."""
        if _is_nothing(phrase):
            return ""
        if any(_is_nothing(value) for value in blank.values()) or blank.get("n") == 0:
            return ""
        pieces: list[Any] = []
        n = blank["n"] if isinstance(blank.get("n"), int) else None
        for text, name in said(phrase, n, isinstance(phrase, Markup)):
            pieces.append(text)
            if name:
                pieces.append(blank.get(name, Missing(name=name)))
        return joined(pieces) if len(pieces) > 1 else pieces[0]

    def lines(value: Any) -> Any:
        """The lines that are there, one below the other; a few words when there are none."""
        found = _present(value)
        if not found:
            return t(ours("No details came with it."))
        return joined(found, Markup("<br>") if current.get().manner.format == "html" else Markup("\n"))

    def quote(value: Any, length: int = 280) -> Any:
        """People's words between quotation marks; nothing when they said nothing."""
        said = _shorten(value, length) if isinstance(value, str) else ""
        return (
            joined([Markup(part) if isinstance(said, Markup) else part for part in _split(speech, said)])
            if said
            else ""
        )

    return {"lines": lines, "quote": quote, "t": t}


def _split(speech: Speech, said: str) -> list[str]:
    before, after = speech.words.phrase("“{said}”").split("{said}")
    return [before, said, after]
