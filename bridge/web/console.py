"""What every page of the console shares: its templates, the figures of its frame, and how it breaks."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import urlencode

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from quart import Response, g, request

from bridge import __version__
from bridge.errors import StoreUnavailable
from bridge.explain import Matchers
from bridge.logs import mask_of
from bridge.store.figures import Stuck
from bridge.store.rows import DestinationRow
from bridge.web.compiled import Compiled
from bridge.web.history import History, Week
from bridge.web.kept import Kept
from bridge.web.look import Look, look_of
from bridge.web.static_files import address
from bridge.web.window import Window

log = structlog.get_logger()

TEMPLATES = Path(__file__).parent / "templates"
WEEK = 7 * 86400.0  # what failed longer ago is history: it stays in the lists, and counts nowhere
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Troubles:
    """What wants attention."""

    stuck: tuple[Stuck, ...] = ()  # the largest first
    paused: Mapping[str, DestinationRow]
    silent: Mapping[str, float]  # source → when it was last heard
    refused: tuple[str, ...] = ()  # rule files

    @property
    def undelivered(self) -> int:
        """Messages that have not reached people."""
        return sum(group.count for group in self.stuck)


_mask_of = lru_cache(maxsize=2)(mask_of)
QUIET = Troubles(paused={}, silent={})


def href(path: str, **query: object) -> str:
    """An address with its query; what is None or empty is left out."""
    kept = {name.rstrip("_"): value for name, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(kept)}" if kept else path


@cache
def _templates() -> Environment:
    """All of them, compiled now: a visitor's first page would keep the event loop busy with it."""
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=Compiled(),
    )
    templates.globals.update(href=href, static=address, version=__version__)
    for name in templates.list_templates():
        templates.get_template(name)
    return templates


class Console:
    """Renders the pages of one service."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.store = window.store
        self.matchers = Matchers(window.store, window.snapshot)
        self.kept = Kept()
        self.history = History(window.store, window.clock)
        self._templates = _templates()

    def look(self) -> Look:
        """How the visitor of this request sees pages."""
        return look_of(request.accept_languages, self.window.snapshot().settings, self.window.clock())

    async def troubles(self) -> Troubles:
        """What wants attention, as the frame of each page counts it."""
        return await self.kept.get("troubles", self._troubles)

    async def _troubles(self) -> Troubles:
        now, snapshot = self.window.clock(), self.window.snapshot()
        stuck = await self.store.counts.stuck(now - WEEK)
        states = await self.store.destination_states()
        heard = (await self.store.stats()).newest_event
        silent = {
            name: heard[name]
            for name, source in snapshot.settings.sources.items()
            if source.expect_every and name in heard and now - heard[name] > source.expect_every
        }
        return Troubles(
            stuck=tuple(sorted(stuck, key=lambda group: -group.count)),
            paused={name: row for name, row in states.items() if row.state == "paused"},
            silent=silent,
            refused=tuple(snapshot.refused),
        )

    async def fired(self, look: Look) -> dict[str, Week]:
        """What each rule in force did on each of the last 7 days."""
        snapshot = self.window.snapshot()
        names = [rule.name for rule in snapshot.rules]
        return await self.kept.get(("fired", snapshot.version), lambda: self.history.fired(names, look.today))

    async def page(self, template: str, *, status: int = 200, live: bool = False, **values: object) -> Response:
        """A page of the console; `live`: its parts follow the stream."""
        troubles = await self.troubles() if values.get("framed", True) else QUIET
        return self._rendered(template, status, troubles, live=live, **values)

    def broken(self, error: Exception) -> Response:
        """The page that says that a page broke; its number leads to the log."""
        number = f"err-{secrets.token_hex(3)}"
        log.error("page.broke", number=number, path=request.path, exc_info=error)
        return self._rendered("error.html", 500, QUIET, number=number, broken=True, sentence="", live=False)

    async def failed(self, status: int, sentence: str) -> Response:
        """The page that says why there is none; what it says may hold anybody's words, and stays text."""
        sentence = self.look().words.phrases.get(sentence, sentence)
        try:
            return await self.page("error.html", status=status, broken=False, sentence=sentence, number="")
        except StoreUnavailable:
            return self._rendered("error.html", status, QUIET, broken=False, sentence=sentence, number="", live=False)

    def _rendered(self, template: str, status: int, troubles: Troubles, **values: object) -> Response:
        look = self.look()
        role = getattr(g, "role", "view")
        shown = {
            "look": look,
            "t": look.say,
            "troubles": troubles,
            "here": request.path,
            "csrf_token": getattr(g, "csrf", ""),
            "user": getattr(g, "user", ""),
            "may_operate": role == "operate",
            "framed": True,
            "zone": self.window.snapshot().settings.timezone,
            **values,
        }
        text = self._templates.get_template(template).render(shown)
        response = Response(self._masked(text), status=status, content_type=HTML)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Content-Language"] = look.words.language
        response.headers["Vary"] = "Accept-Language, Cookie"
        return response

    def _masked(self, text: str) -> str:
        """No secret of the configuration leaves in a page, whatever brought it there."""
        return _mask_of(self.window.snapshot().secrets)(text)
