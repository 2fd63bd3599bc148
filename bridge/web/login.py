"""/login and /logout: a name with its password, the token, or the link that was printed at start."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import urlsplit

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from quart import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, ServiceUnavailable
from werkzeug.routing import RequestRedirect

from bridge.config.access import LONGEST_NAME
from bridge.config.settings import Settings
from bridge.errors import StoreUnavailable
from bridge.logs import printable
from bridge.web.access import SIGN_IN, SIGN_OUT, Guard, see
from bridge.web.sessions import Session
from bridge.web.tries import Tries, address_key
from bridge.web.who import ADMIN, address_of
from bridge.web.window import Window

LONGEST_PASSWORD = 1000
AT_ONCE = 2  # hashes in work: each takes 64 MiB and a core
MOST_WAITING = 20
LINK_LASTS = 600.0  # seconds from the start

WRONG_NAME = "Name or password is wrong. {n} try left.|Name or password is wrong. {n} tries left."
WRONG_TOKEN = "This token is wrong. {n} try left.|This token is wrong. {n} tries left."  # noqa: S105  # a sentence

Page = Callable[..., Awaitable[Response]]  # a template, `status`, and its values → the page

log = structlog.get_logger()


def pages(window: Window, guard: Guard, page: Page) -> Blueprint:
    """The routes of this page."""
    login = Blueprint("login", __name__)
    door = Door(window, guard, page)
    login.get(SIGN_IN)(door.show)
    login.post(SIGN_IN)(door.enter)
    login.post(SIGN_OUT)(door.leave)
    return login


class Door:
    """Lets people in and out."""

    def __init__(self, window: Window, guard: Guard, page: Page) -> None:
        self._window = window
        self._guard = guard
        self._page = page
        self._clock = window.clock
        self._tries = Tries(window.clock)
        self._link = window.link
        self._link_ends = window.clock() + LINK_LASTS
        self._hasher = PasswordHasher()
        self._hashing = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    @property
    def _settings(self) -> Settings:
        return self._window.snapshot().settings

    async def show(self) -> Response:
        """The form; with the right `token` in the address, in at once."""
        token = request.args.get("token")
        if token is None:
            return see(_wanted()) if g.role else await self._form()
        if request.method == "GET" and self._takes_link(token):
            return await self._let_in(self._guard.sessions.begin(how="link", secret=self._guard.register.token))
        await self._note_refusal(ADMIN, "link")
        return await self._form(status=403, wrong="This link has been used, or is too old. Start Bridge again.")

    async def enter(self) -> Response:
        """Take what was typed into the form."""
        form = await request.form
        if not await self._guard.is_our_form():
            return await self._form(status=403, wrong="This page had become too old. Sign in again.")
        token = form.get("token", "")
        name = "" if token else form.get("name", "").strip()[:LONGEST_NAME]
        address = address_of(request, self._settings)
        keys = [address_key(address), *([f"name:{name.casefold()}"] if name else [])]
        if wait := self._tries.wait(*keys):
            return await self._too_many(wait)
        self._tries.count(*keys)
        session = self._by_token(token) if token else await self._by_password(name, form.get("password", ""))
        if session is not None:
            self._tries.forgive(*keys)
            return await self._let_in(session)
        if not (left := self._tries.left(*keys)):
            await self._note_refusal(name or ADMIN, "token" if token else "password")
        log.warning("session.refused", name=name or ADMIN, address=address, tries_left=left)
        return await self._form(status=403, wrong=WRONG_TOKEN if token else WRONG_NAME, name=name, n=left)

    async def leave(self) -> Response:
        """Sign out."""
        self._guard.sessions.end(g.session)
        response = see(SIGN_IN)
        self._guard.give(response, None)
        return response

    def _takes_link(self, token: str) -> bool:
        right = hmac.compare_digest(token.encode("utf-8", "surrogateescape"), self._link.encode())
        if not self._link or not right or self._clock() > self._link_ends:
            return False
        self._link = ""
        return True

    def _by_token(self, token: str) -> Session | None:
        if not self._settings.admin_token or not self._guard.register.is_token(token):
            return None
        return self._guard.sessions.begin(how="token", secret=token)

    async def _by_password(self, name: str, password: str) -> Session | None:
        users = {known: user.password for known, user in self._settings.users.items() if user.password}
        if not users or not name or len(password) > LONGEST_PASSWORD:
            return None
        # An unknown name costs what a known one does: somebody's hash is worked through all the same.
        right = await self._is_right(users.get(name, next(iter(users.values()))), password)
        return (
            self._guard.sessions.begin(how="password", name=name, secret=users[name])
            if right and name in users
            else None
        )

    async def _is_right(self, hash: str, password: str) -> bool:
        if self._waiting >= MOST_WAITING:
            raise ServiceUnavailable("Too many people sign in at once. Try again in a moment.")

        def verify() -> bool:
            with suppress(VerificationError, InvalidHashError):
                return self._hasher.verify(hash, password)
            return False

        self._waiting += 1
        try:
            async with self._hashing:
                return await asyncio.to_thread(verify)
        finally:
            self._waiting -= 1

    async def _let_in(self, session: Session) -> Response:
        name, address = session.name or ADMIN, address_of(request, self._settings)
        log.info("session.started", name=name, how=session.how, address=address)
        await self._audit(name, "signed in", f"by {session.how}, from {address}")
        self._guard.sessions.end(g.session)
        response = see(_wanted((await request.form).get("next", "")))
        self._guard.give(response, session)
        return response

    async def _note_refusal(self, name: str, how: str) -> None:
        address = address_of(request, self._settings)
        await self._audit(printable(name), "was refused", f"wrong {how}, from {address}")

    async def _audit(self, who: str, what: str, detail: str) -> None:
        with suppress(StoreUnavailable):  # who may look must be able to look when the store is in trouble
            await self._window.store.audit(who, what, detail)

    async def _too_many(self, wait: float) -> Response:
        response = await self._form(status=429, wrong="Too many tries. Wait {seconds} s.", seconds=int(wait) + 1)
        response.headers["Retry-After"] = str(int(wait) + 1)
        return response

    async def _form(self, *, status: int = 200, wrong: str = "", name: str = "", **values: int) -> Response:
        settings = self._settings
        return await self._page(
            "login.html",
            status=status,
            framed=False,
            by_name=any(user.password for user in settings.users.values()),
            by_token=bool(settings.admin_token),
            by_link=bool(self._window.link),
            wrong=wrong,
            values=values,
            name=name,
            next=_wanted((await request.form).get("next", "")),
            example=f"{settings.public_url}{SIGN_IN}?token=••••••••",
        )


def _wanted(next: str = "") -> str:
    """The page to go to: one that this app shows, whatever the address says."""
    wanted = next or request.args.get("next", "")
    parts = urlsplit(wanted) if wanted.isprintable() and wanted.isascii() else urlsplit("")
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path in (SIGN_IN, SIGN_OUT):
        return "/"
    if "\\" in wanted or parts.path.startswith("//"):
        return "/"
    try:
        current_app.url_map.bind("bridge").match(parts.path, "GET")
    except (HTTPException, RequestRedirect):
        return "/"
    return wanted
