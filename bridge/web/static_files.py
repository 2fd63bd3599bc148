"""Style sheets and script under names that change with what is in them, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from quart import Blueprint, Response
from werkzeug.exceptions import NotFound

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class File:
    """One file, read at start."""

    content: bytes
    type: str
    digest: str


def _read(path: Path) -> File:
    content = path.read_bytes()
    return File(content, f"{TYPES[path.suffix]}; charset=utf-8", hashlib.sha256(content).hexdigest()[:12])


FILES = {path.name: _read(path) for path in sorted(FOLDER.iterdir()) if path.suffix in TYPES}


def address(name: str) -> str:
    """Where pages find the file."""
    return f"/static/{FILES[name].digest}/{name}"


def files() -> Blueprint:
    """The route of all files."""
    static = Blueprint("static_files", __name__)

    @static.get("/static/<digest>/<name>")
    async def file(digest: str, name: str) -> Response:
        found = FILES.get(name)
        if found is None:
            raise NotFound
        response = Response(found.content, content_type=found.type)
        # A page of another version may ask for this name: what it gets must not stay.
        response.headers["Cache-Control"] = FOR_EVER if digest == found.digest else "no-cache"
        return response

    return static
