"""A console without a server: its app, a clock to turn, and visitors that keep cookies as browsers do."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from argon2 import PasswordHasher
from quart import Quart, Response, g

from bridge.config.snapshot import Snapshot, load
from bridge.store import Store
from bridge.web import Window, build
from tests.config.folder import CONFIG, ENVIRON, lay

TOKEN = "token-of-the-tests-0123456789-abcdef"
PASSWORD = "correct horse battery"
HASH = PasswordHasher().hash(PASSWORD)
USERS = f"""\
users:
  camille: {{role: operate, password: "{HASH}"}}
  noor: {{role: view, password: "{HASH}"}}
"""
LOCAL = "127.0.0.1"


@dataclass
class House:
    """One app."""

    app: Quart
    store: Store
    window: Window
    now: float = 1_800_000_000.0
    folder: Path = Path()
    snapshot: Snapshot | None = None

    def visitor(self, *, address: str = LOCAL, host: str = "127.0.0.1:8080") -> Visitor:
        return Visitor(self, address, host)

    def configure(self, text: str) -> None:
        """Take another configuration, as a reload does."""
        environ = {**ENVIRON, "TOKEN": TOKEN, "OTHER": f"other-{TOKEN}"}
        self.snapshot = load(lay(self.folder, f"#--- config.yaml\n{text}{CONFIG}"), environ)

    async def audited(self) -> list[tuple[str, str, str]]:
        return [(row.who, row.what, row.detail) for row in await self.store.audits()]


@dataclass
class Visitor:
    """One browser, or one program."""

    house: House
    address: str
    host: str
    cookies: dict[str, str] = field(default_factory=dict)
    set_cookie: list[str] = field(default_factory=list)  # of the last answer

    async def ask(self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
        """One request; its answer's cookies are kept."""
        client = self.house.app.test_client(use_cookies=False)
        sent = {"Host": self.host, **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await client.open(
            path, method=method, headers=sent, scope_base={"client": (self.address, 4000)}, **more
        )
        self.set_cookie = answer.headers.getlist("Set-Cookie")
        for line in self.set_cookie:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0":
                    del self.cookies[name]
        return answer

    async def get(self, path: str, **headers: str) -> Response:
        return await self.ask("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def post(self, path: str, headers: Mapping[str, str] | None = None, **fields: str) -> Response:
        """Send a form."""
        typed = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return await self.ask("POST", path, headers=typed, data=urlencode(fields))

    async def csrf(self) -> str:
        """The token of the form to sign in."""
        text = await (await self.get("/login")).get_data(as_text=True)
        found = re.search(r'name="csrf" value="([^"]+)"', text)
        assert found, text
        return found[1]

    async def form(self, **headers: str) -> str:
        """The token of the forms on this visitor's pages."""
        return str(await (await self.get("/a-form", **headers)).get_data(as_text=True))

    async def sign_in(self, name: str, password: str = PASSWORD, **more: str) -> Response:
        return await self.post("/login", csrf=await self.csrf(), name=name, password=password, **more)

    async def sign_in_by_token(self, token: str = TOKEN) -> Response:
        return await self.post("/login", csrf=await self.csrf(), token=token)


async def _form() -> Response:
    """A page with nothing but its form's token; posting to it is acting."""
    return Response(g.csrf, content_type="text/html")


@asynccontextmanager
async def opened(folder: Path, config: str, **more: Any) -> AsyncIterator[House]:
    """A house with this beginning of its configuration."""
    house = House(app=None, store=None, window=None, folder=folder)  # type: ignore[arg-type]  # filled in below
    house.configure(config)
    house.store = await Store.open(f"sqlite:///{folder / 'bridge.db'}", owner="test", clock=lambda: house.now)
    house.window = Window(
        store=house.store,
        snapshot=lambda: house.snapshot,  # type: ignore[arg-type,return-value]  # configure() set it
        token="a-token-nobody-knows",
        state=lambda: "running",
        clock=lambda: house.now,
        **more,
    )
    house.app = build(house.window)
    house.app.add_url_rule("/a-form", "a-form", _form, methods=["GET", "POST"])
    try:
        yield house
    finally:
        await house.store.close()


def message(page: str) -> str:
    """What a page says in its alert."""
    found = re.search(r'role="alert">(?:<svg.*?</svg>)?([^<]*)<', page)
    return found[1].strip() if found else ""
