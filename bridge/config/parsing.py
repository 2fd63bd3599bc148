"""Reads rule files, each once for what stands in it: thousands of rules take seconds, the one that changed does not."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from bridge.config.hiding import Span
from bridge.config.inline import check_inline
from bridge.config.reading import Findings
from bridge.config.rule_tests import RuleTest
from bridge.config.rules import Known, RuleFiles
from bridge.errors import Problem
from bridge.model import Node, Rule
from bridge.render import Templates


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """What reading one rule file gave; nothing in it depends on the other rule files."""

    rules: tuple[Rule, ...]
    tests: tuple[RuleTest, ...]
    names: Mapping[str, Node]  # of its rules, each where it is given first
    problems: tuple[Problem, ...]
    secrets: frozenset[str]
    hidden: tuple[Span, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Rule files to read, and what they may name."""

    known: Known
    locale: str
    timezone: str
    files: Mapping[str, bytes]


Parse = Callable[[Order], Mapping[str, RuleFile]]


def parse(order: Order) -> dict[str, RuleFile]:
    """Read them here and now."""
    words = _words(tuple(order.known.templates), order.locale, order.timezone)
    with uncollected():
        return {name: _read(name, content, order.known, words) for name, content in order.files.items()}


@contextmanager
def uncollected() -> Iterator[None]:
    """No garbage is looked for where thousands of lasting values are made: it takes longer than making them."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _read(name: str, content: bytes, known: Known, words: Templates) -> RuleFile:
    findings = Findings()
    files = RuleFiles(known=known, findings=findings)
    files.read(name, content)
    check_inline(files.inline, words, findings, files.sent)
    return RuleFile(
        rules=tuple(files.rules),
        tests=tuple(files.tests),
        names=files.names,
        problems=tuple(findings.problems),
        secrets=frozenset(findings.secrets),
        hidden=tuple(findings.hidden),
    )


@lru_cache(maxsize=1)
def _words(names: tuple[str, ...], locale: str, timezone: str) -> Templates:
    """What checks inline words: of the templates they include, only the names matter."""
    return Templates(
        dict.fromkeys(names, ""), locale=locale, timezone=timezone, links={}, public_url="", why_link=False
    )


class RuleReader:
    """Reads rule files with `parse`, and keeps what the last ones gave."""

    def __init__(self, parse: Parse = parse) -> None:
        self._parse = parse
        self._kept: dict[str, RuleFile] = {}  # by hash of name, content and what may be named
        self._used: dict[str, RuleFile] = {}

    def read(self, files: Mapping[str, bytes], known: Known, *, locale: str, timezone: str) -> dict[str, RuleFile]:
        """What each file gives, in their order."""
        allowed = repr((known, locale, timezone))
        keys = {name: _hash(name, content, allowed) for name, content in files.items()}
        new = {name: files[name] for name, key in keys.items() if key not in self._kept}
        if new:
            parsed = self._parse(Order(known=known, locale=locale, timezone=timezone, files=new))
            self._kept |= {keys[name]: file for name, file in parsed.items()}
        found = {name: self._kept[key] for name, key in keys.items()}
        self._used |= {key: self._kept[key] for key in keys.values()}
        return found

    def forget(self) -> None:
        """Drop what was not asked for since the last call of this."""
        self._kept, self._used = self._used, {}


def _hash(name: str, content: bytes, allowed: str) -> str:
    whole = hashlib.sha256(content)
    whole.update(f"\0{name}\0{allowed}".encode("utf-8", "surrogatepass"))
    return whole.hexdigest()
