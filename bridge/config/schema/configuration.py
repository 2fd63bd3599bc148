"""The schema of `config.yaml`. The words are those of docs/configuration.md."""

from __future__ import annotations

from bridge.config.access import ACCESS_KEYS
from bridge.config.destinations import DESTINATION_KEYS, FORMATS
from bridge.config.intervals import INTERVAL_KEYS, WEEKDAYS
from bridge.config.schema.pieces import (
    DIALECT,
    FLAG,
    PER_TIME,
    SPAN,
    TEXT,
    WHOLE,
    WORD,
    Schema,
    Words,
    filled,
    keyed,
    listed,
    named,
    one_of,
    one_or_more,
)
from bridge.config.settings import KEYS
from bridge.config.source_settings import SOURCE_KEYS
from bridge.config.webhooks import FORMS
from bridge.sources import SOURCES

ADDRESS = {"type": "string", "examples": ["127.0.0.1:8080", "0.0.0.0:8080", "[::1]:8080"]}
SECRETS = {"type": "array", "items": WORD, "minItems": 1}

API: Words = {
    "client_id": ("who asks, as `${NAME}`", WORD),
    "client_secret": ("its secret, as `${NAME}`", WORD),
    "url": ("the API's address, where it is not the usual one", WORD),
}
SOURCE: Words = {
    "type": ("who sends", one_of(SOURCES)),
    "secrets": ("a post signed with any of them is taken; write `${NAME}`", SECRETS),
    "duplicate_window": ("for how long the same body is the same event; 1d unless said", filled(SPAN)),
    "links": (
        "type → address of a resource's page, with `{gid}` in it; templates see it as `links.resource`",
        named({"type": "string", "pattern": r"\{gid\}|\$\{"}),
    ),
    "max_body": ("bytes of a body, at most 16777216; 1048576 unless said", filled(WHOLE)),
    "expect_every": ("tell the operators when the source falls silent for this long", filled(SPAN)),
    "api": ("the sender's own API", keyed(tuple(API), API, needed=("client_id", "client_secret"))),
}
RETRY: Words = {
    "schedule": ("how long to wait before each retry", {"type": "array", "items": filled(SPAN), "minItems": 1}),
    "give_up_after": ("when to give up, counted from the first attempt's row", filled(SPAN)),
}
FALLBACK: Words = {
    "to": ("the other destination", WORD),
    "after": ("how long a message may wait before; as long as the schedule lasts unless said", filled(SPAN)),
}
DESTINATION: Words = {
    "url": (
        "`console://`, which prints, or one Apprise address; write `${NAME}`: it is a secret",
        {"type": "string", "pattern": r"\S", "examples": ["console://", "${SLACK_URL}"]},
    ),
    "format": (
        "which template is chosen and what is sent, else the service's best; of `webhook:`, how posts are written",
        filled(one_of((*FORMATS, *FORMS))),
    ),
    "retry": ("when a send that failed is repeated; about three days unless said", keyed(tuple(RETRY), RETRY)),
    "rate": ("sends at most so many in a time, evenly spaced", filled(PER_TIME)),
    "concurrency": ("sends at once, 1 to 64; 4 unless said", filled(WHOLE)),
    "fallback": (
        "the destination that gets what this one did not take",
        {"anyOf": [WORD, keyed(tuple(FALLBACK), FALLBACK, needed=("to",))]},
    ),
    "overflow": ("what becomes of a text too long for the service", filled(one_of(("shorten", "split")))),
    "pause_after": ("failures in a row after which the destination pauses; 5 unless said, 0: never", filled(WHOLE)),
    "max_age": ("what is older than this when a pause ends becomes one digest", filled(SPAN)),
    "secrets": ("what signs posts to a `webhook:` address", listed(WORD)),
    "owner": ("of a `webhook:` address: a destination that is told too when it pauses and when it is back", WORD),
}
USER: Words = {
    "password": ("an argon2id hash, as `bridge password` makes it", WORD),
    "role": ("what they may do", one_of(("view", "operate"))),
}
AUTH: Words = {
    "proxy_header": ("the header in which the proxy says who somebody is", WORD),
    "trusted": ("addresses or networks of the proxy", listed(WORD)),
}
INTERVAL: Words = {
    "weekdays": ("days, or ranges of them", listed({**WORD, "examples": [*WEEKDAYS, "mon-fri"]})),
    "times": ("times of the day, in quotes", listed({**WORD, "examples": ["09:00-18:00"]})),
    "holidays": ("a country whose public holidays are left out", {**TEXT, "examples": ["FR"]}),
    "timezone": ("where these times hold; else that of the configuration", {**WORD, "examples": ["Europe/Paris"]}),
}
SENDERS: Words = {
    "processes": ("processes that send, 1 to 32", filled(WHOLE)),
    "threads": ("threads in each, 1 to 256", filled(WHOLE)),
}
KEEP: Words = {
    "events": ("how long events are kept; 30d unless said", filled(SPAN)),
    "payloads": ("how long their bodies are kept; 30d unless said", filled(SPAN)),
    "failed": ("how long what failed is kept; 90d unless said", filled(SPAN)),
}
LOG: Words = {
    "format": ("how log lines look; `auto` is console on a terminal", filled(one_of(("auto", "json", "console")))),
    "level": ("which lines are written", filled(one_of(("debug", "info", "warning", "error")))),
}
_SOURCE = keyed(SOURCE_KEYS, SOURCE, needed=("type", "secrets"))
_DESTINATION = {"anyOf": [keyed(DESTINATION_KEYS, DESTINATION, needed=("url",)), {**listed(WORD), "minItems": 1}]}

TOP: Words = {
    "sources": ("who sends events; the name is the last part of the address /hooks/<name>", named(_SOURCE)),
    "destinations": ("whom to tell: name → one address, or a list of names as a group", named(_DESTINATION)),
    "listen": ("address and port; beyond loopback `admin_token` is needed", ADDRESS),
    "listen_hooks": ("another address for /hooks alone; `listen` then has no /hooks", ADDRESS),
    "public_url": ("how people reach Bridge; links in messages begin with it", WORD),
    "store": (
        "a SQLite file, or a PostgreSQL database",
        {"type": "string", "examples": ["sqlite:///data/bridge.db", "postgresql://user@host/name"]},
    ),
    "rules": ("the folder of rule files", WORD),
    "templates": ("the folder of templates; those that ship stand behind it", WORD),
    "operators": ("destinations told of Bridge's own troubles", one_or_more(WORD)),
    "timezone": ("of dates in messages; UTC unless said", {**WORD, "examples": ["Europe/Paris"]}),
    "locale": ("how dates and amounts are written; en unless said", {**WORD, "examples": ["fr_FR", "en_GB"]}),
    "admin_token": ("opens API and pages; at least 20 characters, as `${NAME}`", {"type": ["string", "null"]}),
    "users": ("who may sign in", named(keyed(ACCESS_KEYS["users"], USER, needed=("role",)))),
    "auth": ("signing in through a proxy", keyed(ACCESS_KEYS["auth"], AUTH)),
    "senders": ("how many sends may be under way at once", keyed(tuple(SENDERS), SENDERS)),
    "time_intervals": ("named hours of named weekdays, for `hours` of rules", named(keyed(INTERVAL_KEYS, INTERVAL))),
    "redact": ("more names of fields whose values are masked", listed(WORD)),
    "keep": ("for how long what is stored is kept", keyed(tuple(KEEP), KEEP)),
    "why_link": ("true: messages for people end with a link to why they came", filled(FLAG)),
    "log": ("how log lines look, and which are written", keyed(tuple(LOG), LOG)),
}


def configuration() -> Schema:
    """The whole schema."""
    return {
        "$schema": DIALECT,
        "title": "Bridge: config.yaml",
        "description": "Who sends events, whom to tell, and how.",
        **keyed(KEYS, TOP, needed=("sources", "destinations")),
    }
