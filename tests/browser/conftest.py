"""One Chromium for all tests, a service with a morning behind it, and pages in which nothing may run but ours."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.browser.morning import CONFIG, ENVIRON, RULES, TEMPLATE, Morning
from tests.live import TOKEN, Live, Sink

expect.set_options(timeout=10_000)


# Of the package, not of the session: Playwright's loop would stand in the way of coroutine tests elsewhere.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser that tests/setup installs."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("Chromium is not here: as root, tests/setup installs it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


def started(folder: Path, sink: Sink) -> Live:
    """A service whose team cannot be told."""
    folder.mkdir(exist_ok=True)
    (folder / "templates").mkdir()
    (folder / "templates" / "work.html.j2").write_text(TEMPLATE, encoding="utf-8")
    return Live(folder, sink, rules=RULES, config=CONFIG, environ=ENVIRON).start()


@pytest.fixture(scope="package")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Morning]:
    """A morning that tests look at, and change only where no other test looks."""
    sink = Sink()
    live = started(tmp_path_factory.mktemp("morning"), sink)
    yield Morning(live, sink)
    live.kill()
    sink.close()


@pytest.fixture
def morning(tmp_path: Path, sink: Sink) -> Iterator[Morning]:
    """A morning of this test alone."""
    live = started(tmp_path, sink)
    yield Morning(live, sink)
    live.kill()


Open = Callable[..., Page]


def sign_in(page: Page, user: str) -> None:
    """By name and password, or with the admin token."""
    page.goto("/login")
    if user:
        page.get_by_label("Name").fill(user)
        page.get_by_label("Password").fill("correct horse battery")
    else:
        page.get_by_text("Sign in with the admin token").click()
        page.get_by_label("Admin token").fill(TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_url("**/")


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Open]:
    """Opens a page of a morning, signed in; at the end nothing may have been refused, logged or run."""
    contexts, wrong = [], list[str]()

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            wrong.append(f"{message.text} at {message.location}")

    def open(morning: Morning, path: str = "/", *, user: str = "", width: int = 1280, **options: Any) -> Page:
        options = {
            "locale": "en-GB",
            "reduced_motion": "reduce",
            "viewport": {"width": width, "height": 900},
            **options,
        }
        known = morning.signed_in.get(user)
        context = chromium.new_context(base_url=f"http://127.0.0.1:{morning.live.port}", storage_state=known, **options)
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: wrong.append(f"{error}"))
        page.on("dialog", lambda dialog: (wrong.append(f"a dialog: {dialog.message}"), dialog.dismiss()))
        if known is None:
            sign_in(page, user)
            morning.signed_in[user] = context.storage_state()
        if path != page.url.removeprefix(f"http://127.0.0.1:{morning.live.port}"):
            page.goto(path)
        return page

    yield open
    for context in contexts:
        context.close()
    assert wrong == []
