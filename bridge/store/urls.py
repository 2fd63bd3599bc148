"""What a store's URL says: which file, and how to show it without its password."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url


def file_of(url: str) -> Path | None:
    """The file of a SQLite store; None of another."""
    parsed = make_url(url)
    return Path(str(parsed.database)) if parsed.drivername == "sqlite" else None


def address_of(url: str) -> str:
    """A server's store without password and query, for other programs."""
    parsed = make_url(url)
    return parsed._replace(password=None).difference_update_query(parsed.query).render_as_string()


def as_written(url: str) -> str:
    """The URL as it belongs into a configuration, but for its password."""
    file = file_of(url)
    return f"sqlite:///{file.absolute()}" if file else make_url(url).render_as_string()
