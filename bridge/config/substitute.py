"""`${NAME}`, `${NAME:-default}` and `${file:/path}` in the configuration file, and which of its values are secrets."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from bridge.config.reading import Findings
from bridge.config.wording import said
from bridge.errors import Problem
from bridge.model import Node, Place, replace
from bridge.rules.wording import TOKEN

DOCS = "docs/configuration.md#variables"
MOST_VARIABLES = 20  # in one value
LONGEST_SECRET = 8_192  # characters: every output is searched for each secret
MAX_FILE_BYTES = 64 * 1024

# Whatever stands below one of these keys is masked in every output.
SECRET_KEYS = frozenset({"url", "urls", "secret", "secrets", "admin_token", "token", "password", "api"})
# Addresses that people are meant to see.
_OPEN_KEYS = frozenset({"public_url", "links", "rules", "templates"})

_VARIABLE = re.compile(r"\$\{([^{}]*)\}|\$\{")
_NAMED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)
_IN_RULES = re.compile(r"(?<!\$)\$\{(?:[A-Za-z_][A-Za-z0-9_]*\}|(?:file:|[A-Za-z_][A-Za-z0-9_]*:-)[^}]*\}?)")
_CONTROL = re.compile("[\x00-\x1f\x7f]")


def fill(node: Node, environ: Mapping[str, str], findings: Findings) -> Node:
    """The same tree with its variables filled in, once; secrets are noted before anything else looks at them."""
    return _Filling(environ, findings).walk(node, key="", secret=False)


def secrets_in(value: str) -> set[str]:
    """What to mask of a secret value: all of it, and the parts of a URL that a service's answer may repeat."""
    if not value or value.endswith("://"):  # `console://` and its like say nothing of anybody
        return set()
    parts = {unquote(part) for part in re.split(r"[/?&=:@,]+", value) if TOKEN.fullmatch(part)}
    password = re.match(r"\w+://[^/:@\s]*:([^/@\s]+)@", value)
    return {value} | parts | ({unquote(password[1])} if password else set())


def unfilled(text: str) -> Iterator[tuple[int, str]]:
    """Where a text asks for a variable: (offset, as written). `${{ price }}` is a dollar and an expression."""
    return ((found.start(), found[0]) for found in _IN_RULES.finditer(text))


def never_filled(place: Place, written: str) -> Problem:
    """The problem of a variable in a rule or a template."""
    return Problem(
        place=place,
        code="variable",
        message=f"{said(written)} is not filled in here",
        help="variables work in the configuration file alone; what an event holds is written `{{ resource.title }}`",
        docs=DOCS,
        width=len(written),
    )


def _looks_secret(key: str, text: str) -> bool:
    if key == "store" or key in _OPEN_KEYS:
        return "@" in text
    return "://" in text


class _Filling:
    def __init__(self, environ: Mapping[str, str], findings: Findings) -> None:
        self.environ, self.findings = environ, findings

    def walk(self, node: Node, *, key: str, secret: bool) -> Node:
        if isinstance(node.value, dict):
            inner = {
                name: self.walk(child, key=name if key not in _OPEN_KEYS else key, secret=secret or name in SECRET_KEYS)
                for name, child in node.value.items()
            }
            return replace(node, value=inner)
        if isinstance(node.value, list):
            return replace(node, value=[self.walk(child, key=key, secret=secret) for child in node.value])
        return self._scalar(node, key=key, secret=secret)

    def _scalar(self, node: Node, *, key: str, secret: bool) -> Node:
        secret = secret or "${file:" in node.text or _looks_secret(key, node.text)
        value = self._fill(node, secret) if isinstance(node.value, str) else node.value
        if secret and len(str(value)) > LONGEST_SECRET:
            value = self._wrong(
                node.place, f"this value is over {LONGEST_SECRET:,} characters", "write a shorter one", 1
            )
        if secret:
            if secrets_in(node.text):
                self.findings.hide(node)
            self.findings.secrets |= secrets_in(str(value)) if value is not None else set()
        return node if value == node.value else replace(node, value=value)

    def _fill(self, node: Node, secret: bool) -> str:
        if node.text.count("${") > MOST_VARIABLES:
            return self._wrong(node.place, f"over {MOST_VARIABLES} variables in one value", "write fewer", 1)

        def one(found: re.Match[str]) -> str:
            piece = self._piece(found[1], node.at(found.start()), len(found[0]), secret)
            if secret and len(piece) > 3:
                self.findings.secrets.add(piece)
            return piece

        return _VARIABLE.sub(one, str(node.value))

    def _piece(self, inner: str | None, place: Place, width: int, secret: bool) -> str:
        """What one `${…}` stands for; what it cannot be filled with is told, and leaves an empty text."""
        if inner is None:
            return self._wrong(place, "this `${` is never closed", "write `${NAME}`; variables do not nest", 2)
        if inner.startswith("file:"):
            return self._file(inner.removeprefix("file:"), place, width)
        named = _NAMED.fullmatch(inner)
        if not named:
            what = "this `${…}` holds no name of a variable" if secret else f"{said(inner)} is no name of a variable"
            return self._wrong(place, what, "write `${NAME}`, `${NAME:-default}` or `${file:/path}`", width)
        name, default = named[1], named[2]
        value = self.environ.get(name)
        if default is not None:
            return value or default
        if value is None:
            help = f"set it before Bridge starts, or give a default: `${{{name}:-…}}`"
            return self._wrong(place, f"the variable {said(name)} is not set", help, width)
        return value

    def _wrong(self, place: Place, message: str, help: str, width: int) -> str:
        self.findings.tell(place, "variable", message, help=help, docs=DOCS, width=width)
        return ""

    def _file(self, path: str, place: Place, width: int) -> str:
        try:
            value = _one_line(path)
        except _Unusable as reason:
            return self._wrong(
                place, f"the file {said(path)} {reason}", "name a file that holds one secret, on one line", width
            )
        self.findings.secrets.add(value)
        return value


class _Unusable(Exception):
    """Why a file cannot give a value."""


def _one_line(path: str) -> str:
    """The one line of a secret's file. Nothing but a small regular file is read: no device, no pipe, no kernel file."""
    if not path.startswith("/"):
        raise _Unusable("is no absolute path")
    if ".." in path.split("/") or "\x00" in path:
        raise _Unusable("goes up by `..`")
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        raise _Unusable(_why(error)) from None
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        os.close(descriptor)
        raise _Unusable("is not a regular file")
    with open(descriptor, "rb") as file:
        if about.st_size > MAX_FILE_BYTES:
            raise _Unusable("is over 64 KiB")
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) != about.st_size:
        raise _Unusable("is not a regular file")  # the kernel's files say 0 and hold more
    try:
        line = content.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise _Unusable("is not UTF-8 text") from None
    if _CONTROL.search(line):
        raise _Unusable("holds more than one line")
    return line


def _why(error: OSError) -> str:
    words: dict[type[OSError], str] = {
        FileNotFoundError: "does not exist",
        PermissionError: "cannot be read by this user",
        IsADirectoryError: "is a folder",
    }
    return words.get(type(error), "cannot be read")
