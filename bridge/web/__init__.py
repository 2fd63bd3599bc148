"""A window on the store: health, metrics and the API; one page, one file."""

from __future__ import annotations

from quart import Quart, Response
from werkzeug.exceptions import HTTPException

from bridge.errors import StoreUnavailable
from bridge.web import access, api, health
from bridge.web.problem import problem
from bridge.web.window import Window

__all__ = ["Window", "build"]


def build(window: Window) -> Quart:
    """The app behind everything but /hooks."""
    app = Quart("bridge.web", static_folder=None)
    access.install(app, window)
    app.register_blueprint(health.pages(window))
    app.register_blueprint(api.pages(window))

    @app.errorhandler(HTTPException)
    async def refused(error: HTTPException) -> Response:
        return problem(error.code or 500, error.description or "")

    @app.errorhandler(StoreUnavailable)
    async def away(_error: StoreUnavailable) -> Response:
        response = problem(503, "The store cannot be used now.")
        response.headers["Retry-After"] = "5"
        return response

    @app.after_request
    async def guard(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return app
