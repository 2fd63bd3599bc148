"""Masks what is secret in a destination's URL wherever it comes back: services quote our tokens in their errors."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus, urlsplit

MASK = "********"

# Arguments whose values say nothing secret; masking "html" or an address would only make an error unreadable.
_OPEN = {
    *("format", "overflow", "verify", "cto", "rto", "redirect", "emojis", "tz", "retry", "wait", "store", "optional"),
    *("to", "from", "cc", "bcc", "name", "reply", "mode", "smtp", "method", "priority", "image", "footer", "avatar"),
}
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*|localhost|[0-9.]+|\[[0-9a-f:.]+\]", re.IGNORECASE)


def masker(url: str) -> Callable[[str], str]:
    """A function that masks every secret part of the URL in a text, in each form it may come back in."""
    words: set[str] = set()  # short ones: masked only where they stand alone
    pieces: set[str] = set()
    for secret in _secrets(url):
        (pieces if len(secret) >= 8 else words).update(_forms(secret))
    longest_first = sorted(pieces, key=len, reverse=True)
    alone = [rf"(?<![^\W_]){re.escape(word)}(?![^\W_])" for word in sorted(words, key=len, reverse=True)]
    patterns = [*map(re.escape, longest_first), *alone]
    if not patterns:
        return lambda text: text
    pattern = re.compile("|".join(patterns), re.IGNORECASE)
    return lambda text: pattern.sub(MASK, text)


def _secrets(url: str) -> Iterator[str]:
    """The parts of a URL that may be tokens: all but its scheme, a host with a name, and arguments known as open."""
    scheme, _, rest = url.partition("://")
    parts = urlsplit(f"//{rest}")
    login, _, host = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    mail = scheme.startswith("mailto")
    candidates = [password, *(() if mail else (user, *parts.path.split("/"), parts.path.strip("/")))]
    host = host.rsplit(":", 1)[0] if re.search(r":\d+$", host) else host
    if not _HOST.fullmatch(host):
        candidates += [host, *host.split(":")]
    candidates += [value for key, value in parse_qsl(parts.query) if key.lower().strip("+-: ") not in _OPEN]
    candidates += [value.rpartition(" ")[2] for value in candidates if " " in value]  # "Bearer …"
    if parts.fragment and not mail:
        candidates += parts.fragment.split("/")
    if login:
        yield base64.b64encode(unquote(f"{user}:{password}").encode()).decode()
    yield from (candidate for candidate in candidates if len(unquote(candidate)) >= 4)


def _forms(secret: str) -> Iterator[str]:
    for form in {secret, unquote(secret), unquote_plus(secret)}:
        yield form
        yield quote(form, safe="")
        yield quote(form)
        yield quote_plus(form)
        yield json.dumps(form)[1:-1]
        yield form.replace("/", "\\/")  # as PHP writes JSON
        yield base64.b64encode(form.encode()).decode().rstrip("=")
        yield base64.urlsafe_b64encode(form.encode()).decode().rstrip("=")
