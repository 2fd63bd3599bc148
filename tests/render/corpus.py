"""Reads the security corpora: packed texts, the context of the templates, and one template of it at work."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge.errors import TemplateFailed
from bridge.model import Change, Event, Format, Kind, Place, Target
from bridge.render import Templates
from bridge.render.loading import format_of

FOLDER = Path(__file__).resolve().parents[1] / "corpus"
CANARY = "CANARY-SECRET-1"
NOW = datetime(2014, 9, 10, 7, tzinfo=UTC)
ROOM = 1_000_000  # characters: no service cuts what a template of the corpus writes


def read(name: str) -> dict[str, Any]:
    """A corpus with its packed texts unpacked."""
    corpus: dict[str, Any] = _unpacked(json.loads((FOLDER / f"{name}.json").read_text("utf-8")))
    return corpus


def _unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpacked(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$gzip" in value:
        return gzip.decompress(base64.b64decode(value["$gzip"])).decode("utf-8", "surrogatepass")
    if "$repeat" in value:
        item, times = value["$repeat"]
        return [item] * times
    if "$repeat_text" in value:
        text, times = value["$repeat_text"]
        return text * times
    if "$nest" in value:
        return _nested(value["$nest"][1])
    return {key: _unpacked(item) for key, item in value.items()}


def _nested(depth: int) -> list[Any]:
    nest: list[Any] = []
    for _ in range(depth):
        nest = [nest]
    return nest


def event(resource: dict[str, Any], context: dict[str, Any] | None = None, **other: Any) -> Event:
    """An event with this resource."""
    context = context or {}
    changes = {path: Change(**change) for path, change in context.get("changes", {}).items()}
    told: dict[str, Any] = {"id": 1, "source": "creads", "type": "Project", "action": "created", "gid": "55e8"}
    told |= {"received_at": NOW, "resource": resource, "previous": context.get("previous"), "changes": changes}
    return Event(**(told | other))


def kind(format_: Format, words: Any = "chat") -> Kind:
    """A service that takes this format alone, of any length."""
    return Kind(name="any", words=words, formats=(format_,), title_max=250, body_max=ROOM)


def loaded(files: dict[str, str]) -> Templates:
    return Templates(files, locale="en_GB", timezone="UTC", links={}, public_url="https://b.example", why_link=False)


class Trial:
    """One template of the corpus: what its load said, and what its run gave."""

    def __init__(self, item: dict[str, Any], context: dict[str, Any], *, inline: bool = False) -> None:
        self.name = "trial" + item.get("suffix", ".md.j2")
        self.format: Format = format_of(self.name) or "text"
        self.output: str | None = None
        self.failure = ""
        files = dict(item.get("files", {}))
        templates = loaded(files | ({} if inline else {self.name: item["template"]}))
        target = Target(to="x", template=self.name)
        if inline:
            place = Place("rules/a.yaml", 7, 1)
            target = Target(to="x", title="T", body=item["template"], format=self.format, place=place)
        self.problems = templates.check_inline("r", target) if inline else templates.problems
        self.event = event(context["resource"] | item.get("data", {}), context)
        words = "mail" if self.format == "html" else "raw" if self.format == "text" else "chat"
        try:
            sent = templates.render(
                self.event, None, target, source_type="creads", kind=kind(self.format, words), now=NOW
            )
            self.output = f"{sent.title}\n{sent.body}"
        except TemplateFailed as failure:
            self.failure = str(failure)
