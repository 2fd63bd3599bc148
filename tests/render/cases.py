"""The cases of the golden pages, and each as the event that pipeline would make of it."""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from bridge.model import Event, Key, Kind, Memory, Recorded
from bridge.render import Templates
from bridge.rules import state_of, understand
from bridge.sources import SOURCES

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
OURS = Path(__file__).with_name("golden.json")
LAST = 39  # of the single messages; 40 to 42 are a digest, a follow-up and a throttle's summary
NOW = datetime.fromisoformat("2014-09-10T09:00+02:00")
LOCALES = {"en": "en_GB", "fr": "fr_FR"}
PAGES = {"creads": {"Project": "https://orders.example.com/projects/{gid}"}}
CHAT = Kind(name="chat", words="chat", formats=("markdown", "text"), title_max=150, body_max=3000)

_CASE = re.compile(r"^## (\d+)\. (.+?)\n(.*?)\ntitle\n```text\n(.*?)\n```\nbody\n```markdown\n(.*?)\n```", re.M | re.S)


def on_the_page(language: str) -> list[dict[str, Any]]:
    """The cases as the page gives them."""
    page = (SHARED / "messages" / f"golden.{language}.md").read_text(encoding="utf-8").replace("⟨WJ⟩", "\u2060")
    return [_case(*found) for found in _CASE.findall(page)]


def _case(number: str, name: str, given: str, title: str, body: str) -> dict[str, Any]:
    differing = re.search(r"```json\n(.*?)\n```", given, re.S)
    event = re.search(r"`(\w+\.\w+)`", given)
    case = {"number": int(number), "name": name, "event": event[1] if event else None}
    return case | {"given": json.loads(differing[1]) if differing else {}, "title": title, "body": body}


@cache
def ours() -> dict[str, Any]:
    """Our own copy: `samples` of the events, and `cases` by language."""
    kept: dict[str, Any] = json.loads(OURS.read_text(encoding="utf-8"))
    return kept


def templates(language: str = "en", **settings: Any) -> Templates:
    """What ships, as the pages suppose it to be configured."""
    folder = ROOT / "templates"
    files = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.j2")}
    usual: dict[str, Any] = {"locale": LOCALES[language], "timezone": "Europe/Paris", "links": PAGES}
    usual |= {"public_url": "https://bridge.example.com", "why_link": True}
    return Templates(**({"files": files} | usual | settings))


def event_of(case: dict[str, Any]) -> Event:
    """The event, with what was remembered of it and of what it refers to."""
    given = case["given"]
    envelope = given if case["event"] is None else _sample(case["event"])
    if case["event"] is not None and "resource" in given:
        envelope = envelope | {"resource": envelope["resource"] | given["resource"]}
    source = SOURCES["creads"]("creads", (b"a secret of the tests",))
    body = json.dumps(envelope).encode()
    arrival = source.read(body, NOW.timestamp())
    assert arrival is not None
    key = Key("creads", arrival.type, arrival.gid)
    memory = {
        Key("creads", one["type"], one["gid"]): Memory(resource=_state(one["resource"]))
        for one in given.get("known", ())
    }
    if "previous" in given:
        before = given["previous"] if isinstance(given["previous"], dict) else {}
        memory[key] = Memory(resource=envelope["resource"] | before)
    recorded = Recorded(id=case["number"], key=key, action=arrival.action, received_at=NOW.timestamp(), body=body)
    return understand(recorded, state_of(key, source.resource_of(body), source), source, memory).event


def _sample(name: str) -> dict[str, Any]:
    sample: dict[str, Any] = ours()["samples"][name]
    return sample


def _state(told: str | dict[str, Any]) -> dict[str, Any]:
    """A state in full, or told as `project.created's, status draft`."""
    if isinstance(told, dict):
        return told
    name, _, differing = told.partition("'s")
    words = differing.strip(", ").split()
    resource: dict[str, Any] = _sample(name)["resource"]
    return resource | dict(zip(words[::2], words[1::2], strict=True))
