"""What holds of every page: nothing in it runs but our own file, every link is ours, and it is small."""

from __future__ import annotations

from html.parser import HTMLParser

LARGEST = 40_000  # bytes of the largest page; style sheets and script are 20 kB more
ADDRESSES = ("href", "src", "action", "formaction", "data-stream")
_VOID = {"meta", "link", "input", "img", "br", "hr"}


class _Page(HTMLParser):
    """Reads a page and notes what must not be in it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if len(given) != len(attrs):
            self.faults.append(f"an attribute twice in <{tag}>")
        if tag in ("style", "object", "embed", "base") or (tag == "script" and not given.get("src")):
            self.faults.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.faults.append(f"{name} in <{tag}>")
            if name in ADDRESSES and value and not value.startswith(("/", "#", "?")):
                self.faults.append(f"{name} leads to {value}")
            if name == "id":
                self.ids.append(str(value))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> in <{self.open[-1] if self.open else ''}>")
        else:
            self.open.pop()


def faults(page: str) -> list[str]:
    """All that is wrong with a page; nothing, it is hoped."""
    read = _Page()
    read.feed(page)
    twice = [f"id {one} twice" for one in set(read.ids) if read.ids.count(one) > 1]
    large = [f"{len(page.encode())} bytes"] if len(page.encode()) > LARGEST else []
    return [*read.faults, *twice, *large, *[f"<{tag}> is not closed" for tag in read.open]]
