"""The pages of the documentation: their code blocks, headings and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")


@dataclass(frozen=True, kw_only=True)
class Block:
    """What stands between two fences."""

    page: str  # "docs/rules.md"
    line: int  # of its first line
    language: str
    text: str

    @property
    def id(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def opening(self) -> str:
        return self.text.partition("\n")[0]


@cache
def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def names() -> list[str]:
    """Every page, from the project's root."""
    return [page.relative_to(ROOT).as_posix() for page in PAGES]


def blocks(language: str) -> list[Block]:
    """All blocks of one language, in the order of pages and lines."""
    return [block for page in names() for block in _blocks(page) if block.language == language]


def _blocks(page: str) -> Iterator[Block]:
    text = text_of(page)
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start(2)) + 1
        yield Block(page=page, line=line, language=found[1], text=found[2])


def prose(page: str) -> str:
    """The page without its blocks."""
    return _FENCE.sub("", text_of(page))


def links(page: str) -> list[str]:
    return _LINK.findall(re.sub(r"`[^`\n]*`", "", prose(page)))


@cache
def anchors(page: str) -> frozenset[str]:
    """What a link may name after `#`, as GitHub makes it of the headings."""
    return frozenset(_slug(heading) for heading in _HEADING.findall(prose(page)))


def _slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
