"""The one shape of an error: problem+json."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from quart import Response
from werkzeug.exceptions import HTTPException


def problem(status: int, detail: str, **more: object) -> Response:
    """An answer in the form of RFC 9457; `detail` is for people."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return Response(msgspec.json.encode(body), status=status, content_type="application/problem+json")


def refusal(error: HTTPException) -> Response:
    """What stopped a request, as a problem; a 405 says which methods there are."""
    response = problem(error.code or 500, error.description or "")
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def answer(body: object, status: int = 200) -> Response:
    """A JSON answer that no cache keeps."""
    response = Response(msgspec.json.encode(body), status=status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
