"""The configuration in force as YAML, with no secret in it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from bridge.config.reading import written
from bridge.config.settings import Settings
from bridge.config.source_settings import SourceSettings
from bridge.model import Destination, Json
from bridge.web.starters import flow, scalar

HIDDEN = "••••••"
MOST = 40  # sources, destinations


def configuration(settings: Settings) -> str:
    """Each key that says something."""
    return "\n".join(_lines(settings)) + "\n"


def _lines(settings: Settings) -> Iterator[str]:
    yield f"listen: {_address(settings.listen)}"
    if settings.listen_hooks:
        yield f"listen_hooks: {_address(settings.listen_hooks)}"
    yield f"public_url: {scalar(settings.public_url)}"
    yield f"store: {_store(settings.store)}"
    folder = settings.path.parent
    for name, path in (("rules", settings.rules), ("templates", settings.templates)):
        shown = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()
        yield f"{name}: {scalar(shown)}"
    yield f"timezone: {scalar(settings.timezone)}"
    yield f"locale: {scalar(settings.locale)}"
    yield f"admin_token: {HIDDEN if settings.admin_token else 'null  # a link was printed at start'}"
    if settings.users:
        yield "users:"
        for name, user in list(settings.users.items())[:MOST]:
            yield f"  {scalar(name)}: {{password: {HIDDEN}, role: {user.role}}}"
    if settings.auth:
        trusted = ", ".join(map(str, settings.auth.trusted))
        yield f"auth: {{proxy_header: {settings.auth.proxy_header}, trusted: [{trusted}]}}"
    if settings.operators:
        yield f"operators: {flow(list(settings.operators))}"
    yield "sources:"
    for source in list(settings.sources.values())[:MOST]:
        yield f"  {scalar(source.name)}: {_source(source)}"
    yield "destinations:"
    for destination in list(settings.destinations.values())[:MOST]:
        yield f"  {scalar(destination.name)}: {_destination(destination)}"
    for name, members in list(settings.groups.items())[:MOST]:
        yield f"  {scalar(name)}: {flow(list(members))}"
    yield from _rest(settings)


def _rest(settings: Settings) -> Iterator[str]:
    yield f"senders: {{processes: {settings.senders.processes}, threads: {settings.senders.threads}}}"
    if settings.time_intervals:
        yield f"time_intervals: {flow(list(settings.time_intervals))}  # their names"
    yield f"redact: {flow(sorted(settings.redact))}"
    keep = [f"{name}: {written(getattr(settings.keep, name))}" for name in ("events", "payloads", "failed")]
    yield f"keep: {{{', '.join(keep)}}}"
    yield f"why_link: {flow(settings.why_link)}"
    yield f"log: {{format: {settings.log.format}, level: {settings.log.level}}}"


def _address(address: tuple[str, int]) -> str:
    return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"


def _store(url: str) -> str:
    """A database server without user, password and options; of a file, where it is."""
    parts = urlsplit(url)
    return url if parts.scheme == "sqlite" else f"{parts.scheme}://{HIDDEN}@{parts.hostname or ''}{parts.path}"


def _source(source: SourceSettings) -> str:
    shown = [f"type: {source.type}", f"secrets: [{', '.join([HIDDEN] * len(source.secrets))}]"]
    if source.expect_every:
        shown.append(f"expect_every: {written(source.expect_every)}")
    shown.append(f"duplicate_window: {written(source.duplicate_window)}")
    if source.api:
        shown.append(f"api: {HIDDEN}")
    return "{" + ", ".join(shown) + "}"


def _destination(destination: Destination) -> str:
    scheme, _, rest = destination.url.partition("://")
    shown: dict[str, Json] = {}
    if destination.format:
        shown["format"] = destination.format
    if destination.rate:
        shown["rate"] = f"{destination.rate:g}/s"
    if destination.fallback:
        shown["fallback"] = destination.fallback
    shown["concurrency"] = destination.concurrency
    url = f"{scheme}://{HIDDEN if rest else ''}" if scheme.isalnum() else HIDDEN
    return "{url: " + ", ".join([url, *[f"{name}: {flow(value)}" for name, value in shown.items()]]) + "}"
