"""A window on the store: health, metrics and the API; one page, one file."""

from __future__ import annotations

from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException

from bridge.errors import StoreUnavailable
from bridge.web import access, api, health, login, moving, openapi, replays, silences, standing, stream, switches
from bridge.web.console import Console
from bridge.web.pages import PAGES
from bridge.web.problem import problem, refusal
from bridge.web.static_files import files
from bridge.web.window import Window

__all__ = ["Window", "build"]


# Nothing runs or is shown in a page but our own files, and no page is shown in another's.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; frame-src 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
MACHINES = ("/api/", "/hooks", "/metrics", "/healthz", "/readyz")  # they get problem+json


def build(window: Window) -> Quart:
    """The app behind everything but /hooks."""
    app = Quart("bridge.web", static_folder=None)
    console = Console(window)
    guard = access.install(app, window)
    app.register_blueprint(login.pages(window, guard, console.page))
    for part in (
        health.pages(window),
        api.pages(window),
        silences.pages(window),
        replays.pages(window),
        standing.pages(window),
        moving.pages(window),
        switches.pages(window),
        openapi.pages(),
        stream.pages(window),
        files(),
    ):
        app.register_blueprint(part)
    for routes in PAGES:
        app.register_blueprint(routes(console))

    @app.errorhandler(HTTPException)
    async def refused(error: HTTPException) -> Response:
        if request.path.startswith(MACHINES):
            return refusal(error)
        broke = getattr(error, "original_exception", None)
        if broke is not None:
            return console.broken(broke)
        said = error.description if error.description != type(error).description else None
        return await console.failed(error.code or 500, said or "There is no such page.")

    @app.errorhandler(api.BadFilter)
    async def bad_filter(error: api.BadFilter) -> Response:
        return await console.failed(400, str(error))

    @app.errorhandler(StoreUnavailable)
    async def away(_error: StoreUnavailable) -> Response:
        said = "The store cannot be used now."
        response = problem(503, said) if request.path.startswith(MACHINES) else await console.failed(503, said)
        response.headers["Retry-After"] = "5"
        return response

    @app.after_request
    async def harden(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return app
