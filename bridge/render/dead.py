"""Makes the words of an event harmless where they go: no mention, no link, no markup that the event brought along."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial

from bridge.model import Format, Kind
from bridge.render.plain import veiled

JOINER = "\u2060"  # invisible; between `@` and a name no service sees a mention

_HARMLESS = re.compile(r"[^\W_][\w ,;!?’“”«»…\u00a0\u202f/-]*[^\W_]")  # most names and titles; no `.`, `@` or `:`
_UNSEEN = dict.fromkeys((*range(32), *range(127, 160), 8232, 8233), " ")
_UNSEEN |= dict.fromkeys((1564, 8206, 8207, *range(8234, 8239), *range(8294, 8298)), " ")
_UNSEEN |= dict.fromkeys((*range(55296, 57344), 65534, 65535), "�")
_ALIKE = {"<": "‹", ">": "›", "*": "∗", "~": "∼", "`": "'", "[": "(", "]": ")", "\\": "⧵"}
_REPLACED = str.maketrans(_ALIKE)

_ADDRESS = r"(?:\b[a-z][a-z0-9+.-]{0,20}://|\bwww\.)[^\s<>\"“”«»\[\]`|]{1,4000}"
_LINK = re.compile(
    rf"!?\[(?P<label>[^\[\]]{{0,500}})\]\(\s*(?P<target>{_ADDRESS}?)(?:\s[^()]{{0,200}})?\)|(?P<bare>{_ADDRESS})", re.I
)
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
_LEADING = re.compile(r"[\s#>\-+=]+")
_LIST_NUMBER = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_ENTITY = re.compile(r"&(?=#?\w{1,40};)")
_HOST_MAX = 60


@lru_cache(maxsize=1_000)
def encoder(kind: Kind, format_: Format, *, title: bool, plain: bool) -> Callable[[str], str]:
    """The one encoder of an event's words for this service. `plain`: the text is Markdown that will be made plain."""
    if kind.words == "raw":
        return (lambda text: veiled(encodable(text))) if plain else encodable
    joiner = JOINER if kind.words == "chat" else ""
    if kind.words == "mail" and (title or format_ != "markdown"):
        return visible
    return partial(neutralise, joiner=joiner, spans=kind.code_spans and format_ == "markdown", hosts_only=title)


def encodable(text: str) -> str:
    """For programs, the words as they are; only what UTF-8 or a database refuses is replaced."""
    return text if text.isascii() and "\0" not in text else text.encode("utf-8", "replace").decode().replace("\0", "")


def visible(text: str) -> str:
    """Where nothing but HTML acts, and that is escaped: control and direction characters become spaces."""
    return text.translate(_UNSEEN)


def neutralise(text: str, *, joiner: str = JOINER, spans: bool = True, hosts_only: bool = False) -> str:
    """Replace what a chat or Markdown would act on by what looks alike; an address shrinks to its host."""
    if _HARMLESS.fullmatch(text) and "www" not in text.lower():
        return text
    text = text.translate(_UNSEEN)
    pieces: list[str] = []
    end = 0
    for found in _LINK.finditer(text):
        pieces.append(_words(text[end : found.start()], joiner))
        end = found.end()
        label, address = found["label"], found["target"] or found["bare"]
        kept = address.rstrip(".,;:!?)'") if label is None else address
        shown = shown_address(kept, spans=spans, hosts_only=hosts_only)
        pieces.append(shown if label is None else f"{_words(label, joiner)} ({shown})")
        pieces.append(_words(address[len(kept) :], joiner))
    pieces.append(_words(text[end:], joiner))
    return _start("".join(pieces), had_words=bool(text.strip()))


def _words(text: str, joiner: str) -> str:
    text = _EDGE_UNDERSCORE.sub("", text.translate(_REPLACED))
    return _ENTITY.sub("&" + JOINER, text).replace("@", "@" + joiner)


def _start(text: str, *, had_words: bool) -> str:
    """Without what would make the line a heading, a quote, a list or a rule."""
    if found := _LEADING.match(text):
        text = text[found.end() :]
    if not text and had_words:
        return "–"
    return (
        _LIST_NUMBER.sub(rf"\1{JOINER}\2", text, count=1) if text[:1].isdigit() and _LIST_NUMBER.match(text) else text
    )


def shown_address(address: str, *, spans: bool, hosts_only: bool) -> str:
    """`https://evil.example/pay?id=1` → `evil.example/…` in a code span, or the host alone."""
    host, more = host_of(address)
    shown = host if hosts_only or not more else f"{host}/…"
    return f"`{shown}`" if spans and not hosts_only else shown


def host_of(address: str) -> tuple[str, bool]:
    """The host that would really be asked, and whether the address says more than that."""
    rest = address.partition("://")[2] or address
    authority, slash, path = re.match(r"([^/?#\\]*)([/?#\\]?)(.*)", rest, re.S).groups()  # type: ignore[union-attr]  # matches any text
    host = authority.rpartition("@")[2]
    host = re.sub(r":\d*$", "", host).lower()
    try:
        host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        host = host.encode("punycode").decode()
    host = re.sub(r"[^a-z0-9.:-]", "", host) or "?"
    return (host if len(host) <= _HOST_MAX else host[: _HOST_MAX - 1] + "…"), bool(slash and (path or slash != "/"))
