"""`config.yaml` → Settings: every key, its shape, its default, and what is unsafe about it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bridge.config.access import Auth, User, read_access
from bridge.config.destinations import destination_name, read_destinations
from bridge.config.hiding import guessed
from bridge.config.hosts import is_loopback
from bridge.config.intervals import read_intervals
from bridge.config.nodes import read
from bridge.config.reading import (
    Fields,
    Findings,
    Reader,
    boolean,
    integer,
    lasting_or,
    list_of,
    one_of,
    one_or_more,
    shown,
    width_of,
    word,
    wrong,
)
from bridge.config.secret_values import SHORTEST_TOKEN, secret
from bridge.config.source_settings import SourceSettings, read_sources
from bridge.config.substitute import SECRET_KEYS, fill
from bridge.config.zones import locale, zone
from bridge.errors import Problem
from bridge.gates import Interval
from bridge.model import Destination, Node, Place, fold

DOCS = "docs/configuration.md"
KEYS = (
    "sources",
    "destinations",
    "listen",
    "public_url",
    "store",
    "rules",
    "templates",
    "operators",
    "listen_hooks",
    "timezone",
    "locale",
    "admin_token",
    "users",
    "auth",
    "senders",
    "time_intervals",
    "redact",
    "keep",
    "why_link",
    "log",
)
ALWAYS_REDACTED = frozenset({"token", "authorization", "password", "secret"})

_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\[\]/]+)):([0-9]{1,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Senders:
    """How many sends may be under way at once."""

    processes: int = 1
    threads: int = 32  # in each process


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """For how many seconds what is stored is kept."""

    events: float = 30 * 86400.0
    payloads: float = 30 * 86400.0
    failed: float = 90 * 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """How log lines look, and which are written."""

    format: str = "auto"  # auto, json, console
    level: str = "info"  # debug, info, warning, error


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The configuration file, read and checked; the names are its keys."""

    path: Path  # the file itself, absolute
    listen: tuple[str, int] = ("127.0.0.1", 8080)
    listen_hooks: tuple[str, int] | None = None  # None: `/hooks` is served at `listen`
    public_url: str = "http://127.0.0.1:8080"  # without a `/` at its end
    store: str = field(repr=False)  # SQLAlchemy's kind of URL; of SQLite, with an absolute path
    rules: Path
    templates: Path
    timezone: str = "UTC"
    locale: str = "en"
    admin_token: str = field(default="", repr=False)  # empty: a one-time link is printed at start
    users: Mapping[str, User] = field(default_factory=dict)
    auth: Auth | None = None
    operators: tuple[str, ...] = ()  # destinations told of Bridge's own troubles; groups already resolved
    sources: Mapping[str, SourceSettings] = field(default_factory=dict)
    destinations: Mapping[str, Destination] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    senders: Senders = Senders()
    time_intervals: Mapping[str, Interval] = field(default_factory=dict)
    redact: frozenset[str] = ALWAYS_REDACTED  # folded names of fields that are masked on pages and in defaults
    keep: Keep = Keep()
    why_link: bool = False
    log: Log = Log()

    def no_operator_hears(self, away: Collection[str]) -> bool:
        """Whether nobody is left to tell of troubles: each destination of `operators` is among these."""
        return bool(self.operators) and set(self.operators) <= set(away)


def load_settings(path: Path, environ: Mapping[str, str]) -> tuple[Settings | None, list[Problem]]:
    """The settings, None when what they rest on is missing; and all that is wrong with the file."""
    findings = Findings()
    return read_settings(path, environ, findings), findings.problems


def read_settings(
    path: Path, environ: Mapping[str, str], findings: Findings, content: bytes | None = None
) -> Settings | None:
    """Like `load_settings`, but also notes secrets and what to hide."""
    file = path.name
    if content is None:
        try:
            content = path.read_bytes()
        except OSError:
            what = "cannot be read" if path.exists() else "does not exist"
            help = "`bridge init DIR` makes one to start from" if what == "does not exist" else ""
            findings.tell(Place(file, 1, 1), "unreadable", f"this file {what}", help=help, docs=DOCS)
            return None
    node, problems = read(content, file)
    findings.problems += problems
    if problems:
        # Not everything in the file became a node, so what is secret in it can only be guessed.
        findings.hidden += guessed(content.decode("utf-8-sig", "replace"), file)
    if node is None:
        if not problems:
            help = "write at least `sources:` and `destinations:`; `bridge init DIR` makes one to start from"
            findings.tell(Place(file, 1, 1), "empty", "this file is empty", help=help, docs=DOCS)
        return None
    findings.hide_keys(node)
    top = Fields(fill(node, environ, findings), findings, what="the configuration", docs=DOCS)
    if not isinstance(node.value, dict):
        top.map(node, what="the configuration", example="`key: value` lines, such as `listen: 127.0.0.1:8080`")
        return None
    settings = _settings(path.resolve(), top)
    if any(one.code == "literal-secret" for one in findings.problems):
        _readable_by_others(path, findings)
    return settings


def _readable_by_others(path: Path, findings: Findings) -> None:
    if path.exists() and path.stat().st_mode & 0o077:
        message = "this file holds a secret, and others on this machine can read it"
        help = f"run `chmod 600 {path.name}`"
        findings.tell(Place(path.name, 1, 1), "readable", message, help=help, docs=DOCS, severity="warning")


def _settings(path: Path, top: Fields) -> Settings:
    top.only(KEYS, secret_keys=SECRET_KEYS)
    sources = read_sources(top)
    destinations, groups = read_destinations(top)
    users, auth = read_access(top)
    for key, help in (("sources", "say who sends events"), ("destinations", "say whom to tell")):
        if key not in top.entries:
            top.missing(key, help)
    listen = top.get("listen", address, ("127.0.0.1", 8080))
    timezone = top.get("timezone", zone, "UTC")
    found = Settings(
        path=path,
        listen=listen,
        listen_hooks=top.get("listen_hooks", address, None),
        public_url=top.get("public_url", _public_url, f"http://{_reached_at(listen)}"),
        store=top.get("store", _store(path.parent), f"sqlite:///{path.parent / 'data' / 'bridge.db'}"),
        rules=top.get("rules", _folder(path.parent), path.parent / "rules"),
        templates=top.get("templates", _folder(path.parent), path.parent / "templates"),
        timezone=timezone,
        locale=top.get("locale", locale, "en"),
        admin_token=_admin_token(top, listen),
        users=users,
        auth=auth,
        operators=_operators(top, destinations, groups),
        sources=sources,
        destinations=destinations,
        groups=groups,
        senders=_senders(top),
        time_intervals=read_intervals(top, timezone),
        redact=ALWAYS_REDACTED | {fold(name) for name in top.get("redact", list_of(word), ())},
        keep=_keep(top),
        why_link=top.get("why_link", boolean, default=False),
        log=_log(top),
    )
    _unsafe_console(top, found)
    return found


def address(node: Node) -> tuple[str, int]:
    """`host:port`"""
    found = _ADDRESS.fullmatch(node.value) if isinstance(node.value, str) else None
    if not found or not 0 < int(found[3]) < 65536:
        wrong(node, f"{shown(node)} is not host:port", help="write 127.0.0.1:8080, or 0.0.0.0:8080 for every address")
    return found[1] or found[2], int(found[3])


def _reached_at(listen: tuple[str, int]) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen[0], listen[0])  # noqa: S104  # read, not listened on
    return f"[{host}]:{listen[1]}" if ":" in host else f"{host}:{listen[1]}"


def _public_url(node: Node) -> str:
    url = word(node)
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fine = False
    if not fine or parts.query or parts.fragment or "@" in parts.netloc or re.search(r"\s", url):
        wrong(
            node,
            "this is no address of a site",
            help="write https://bridge.example.com, without `?`, `#` or a password",
        )
    return url.rstrip("/")


def _store(folder: Path) -> Reader[str]:
    def read_store(node: Node) -> str:
        url = word(node)
        if url.startswith("postgresql://"):
            return url
        if not url.startswith("sqlite:///") or url.endswith("/") or "?" in url:
            hint = "did you mean `postgresql://…`? " if url.startswith(("postgres:", "postgresql+")) else ""
            help = f"{hint}write sqlite:///data/bridge.db or postgresql://user@host/name"
            wrong(node, "this store is not known", help=help, code="store")
        return f"sqlite:///{(folder / url.removeprefix('sqlite:///')).absolute()}"

    return read_store


def _folder(parent: Path) -> Reader[Path]:
    def read_folder(node: Node) -> Path:
        folder = parent / word(node)
        if not folder.is_dir():
            wrong(
                node, f"there is no folder {shown(node)}", help="paths start at the folder of this file", code="folder"
            )
        return folder

    return read_folder


def _admin_token(top: Fields, listen: tuple[str, int]) -> str:
    node = top.node_of("admin_token")
    if node is None or node.value in ("", None):
        return ""
    help = "take a long random one: `openssl rand -hex 32` makes it"
    token = secret(node, top.findings, help=help)
    if token is not None and len(token) < SHORTEST_TOKEN:
        message = f"this token is under {SHORTEST_TOKEN} characters"
        top.findings.tell(node.place, "weak-secret", message, help=help, docs=DOCS, width=width_of(node))
    return token or ""


def _unsafe_console(top: Fields, settings: Settings) -> None:
    if is_loopback(settings.listen[0]):
        return
    node = top.entries["listen"]
    given = top.node_of("admin_token")
    if (given is None or given.value in ("", None)) and not settings.users and settings.auth is None:
        message = "everybody who reaches this address could open the console: there is no `admin_token`"
        help = 'write admin_token: "${BRIDGE_ADMIN_TOKEN}" or `users`, or listen on 127.0.0.1'
        top.findings.tell(node.place, "open-console", message, help=help, docs=DOCS, width=width_of(node))
    parts = urlsplit(settings.public_url)
    if "public_url" in top.entries and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        node = top.entries["public_url"]
        message = "the token crosses the network in clear: this address is http://"
        help = "put a proxy with TLS in front, and write its https:// address"
        top.findings.tell(
            node.place, "insecure", message, help=help, docs=DOCS, severity="warning", width=width_of(node)
        )


def _operators(
    top: Fields, destinations: Mapping[str, Destination], groups: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    known = [*destinations, *groups]
    names = top.get("operators", one_or_more(destination_name(known) if known else word), ())
    return tuple(dict.fromkeys(single for name in names for single in groups.get(name, (name,))))


def _senders(top: Fields) -> Senders:
    senders = top.inner("senders", example="{processes: 1, threads: 32}")
    if senders is None:
        return Senders()
    senders.only(("processes", "threads"))
    return Senders(
        processes=senders.get("processes", integer(1, 32), 1), threads=senders.get("threads", integer(1, 256), 32)
    )


def _keep(top: Fields) -> Keep:
    keep = top.inner("keep", example="{events: 30d, payloads: 30d, failed: 90d}")
    if keep is None:
        return Keep()
    keep.only(("events", "payloads", "failed"))
    kept = lasting_or("1h keeps next to nothing")
    return Keep(
        events=keep.get("events", kept, Keep().events),
        payloads=keep.get("payloads", kept, Keep().payloads),
        failed=keep.get("failed", kept, Keep().failed),
    )


def _log(top: Fields) -> Log:
    log = top.inner("log", example="{format: auto, level: info}")
    if log is None:
        return Log()
    log.only(("format", "level"))
    return Log(
        format=log.get("format", one_of(("auto", "json", "console"), "format"), "auto"),
        level=log.get("level", one_of(("debug", "info", "warning", "error"), "level"), "info"),
    )
