"""Creads Partners: a signed envelope `{event, resource_type, resource_gid, resource}` without id, time or old state."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import accumulate, pairwise
from typing import Any, ClassVar

from bridge.errors import BadEnvelope, BadSignature
from bridge.model import Arrival, Json, fold
from bridge.sources import creads_samples
from bridge.sources.base import Headers, Source
from bridge.sources.jsonbody import decode, decode_again, has_long_number, key_that_stands_twice

SIGNATURE = "X-Partners-Signature"
LONGEST_NAME = 200  # characters kept of a type or an event nobody documented, and of a gid
_SIGNATURE = SIGNATURE.lower().encode()

_ACTIONS = ("created", "updated", "deleted")

_EVENTS: dict[str, tuple[str, ...]] = {
    "Invitation": _ACTIONS,
    "Organization": ("updated",),
    "Product": ("updated",),
    "Membership": _ACTIONS,
    "Project": _ACTIONS,
    "Project Message": ("created",),
    "Work": ("created",),
    "Webhook": _ACTIONS,
    "Comment": ("created",),
}

# Not `winner` of a Project: the documentation does not say whether it is a work or its author. It stays as sent.
_REFERENCES = {
    "project": "Project",
    "worker": "Worker",
    "user": "User",
    "owner": "User",
    "author": "User",  # a comment has an `author` or a `worker`, as a message has a `user` or a `worker`
    "organization": "Organization",
    "product": "Product",
    "work": "Work",
    "parent": "Work",
}

# Every field that is known to come, by type. What stands below a reference or a file is added from `_REFERENCES` and
# `_FILE`. `subject`, `work` and `project` of a Comment are what its `uri` leads to.
_DECLARED = {
    "Invitation": "email token has_user",
    "Organization": """name hostname vat logo billing_contact.phone billing_contact.email
        billing_address.division billing_address.address1 billing_address.address2 billing_address.zipcode
        billing_address.city billing_address.state billing_address.country billing_address.additional""",
    "Product": """title interface synonyms category.gid category.title
        available_options.mode.type available_options.mode.enum
        available_options.mode.default available_options.mode.required
        available_options.due.type available_options.due.enum
        available_options.due.default available_options.due.required
        available_options.quantity.type available_options.quantity.enum
        available_options.quantity.default available_options.quantity.required
        available_options.skill.type available_options.skill.enum
        available_options.skill.default available_options.skill.required
        additional_meta.solo_mode_meta.description additional_meta.solo_mode_meta.brief_template
        additional_meta.multi_mode_meta.description additional_meta.multi_mode_meta.brief_template""",
    "Membership": """organization is_manager monthly_budget.amount monthly_budget.currency
        monthly_spent.amount monthly_spent.currency""",
    "Project": """short_code title description status state price.amount price.currency
        options.mode options.due options.quantity options.skill product owner organization winner.gid winner.href
        brief_files source_files deadline_at published_at started_at finished_at canceled_at""",
    "Project Message": "message type project worker user mine attached_files accepted_at rejected_at",
    "Work": "image content description worker project won_at parent",
    "Webhook": "url enabled",
    "Comment": """message author worker nickname uri mine work project subject.gid subject.type subject.title
        subject.description subject.image subject.content subject.project.gid subject.project.title""",
    "Worker": "firstname lastname",
    "User": "firstname lastname",
}
_EVERYWHERE = "gid href created_at modified_at"
_FILES = {"brief_files", "source_files", "attached_files", "image", "logo"}
_FILE = ("url", "variations", "variations.thumb", "variations.thumb.url")

_SEGMENTS = {"works": "Work", "work": "Work", "projects": "Project", "project": "Project"}  # of a path such as a `uri`
_KINDS: dict[type, str] = {list: "a list", str: "a text", bool: "true or false", type(None): "null", dict: "an object"}


def _paths(kind: str, above: tuple[str, ...] = ()) -> Iterator[str]:
    """The dotted paths of a type, those below its references included; a type inside itself is not entered again."""
    for declared in f"{_EVERYWHERE} {_DECLARED[kind]}".split():
        yield from accumulate(declared.split("."), "{}.{}".format)
        if declared in _FILES:
            yield from (f"{declared}.{below}" for below in _FILE)
        leads_to = _REFERENCES.get(declared)
        if leads_to in (kind, *above):
            yield from (f"{declared}.{below}" for below in f"{_EVERYWHERE} {_DECLARED[leads_to]}".split())
        elif leads_to:
            yield from (f"{declared}.{below}" for below in _paths(leads_to, (kind, *above)))


class Creads(Source):
    """One Creads organization that posts to us."""

    type = "creads"
    EVENTS = _EVENTS
    FIELDS: ClassVar[Mapping[str, frozenset[str]]] = {kind: frozenset(_paths(kind)) for kind in _EVENTS}
    REFERENCES = _REFERENCES
    _DOCUMENTED: ClassVar[Mapping[str, str]] = {fold(kind): kind for kind in _EVENTS}

    def verify(self, headers: Headers, body: bytes) -> None:
        """Hex HMAC-SHA256 of the raw body in exactly one header; every secret is tried, so that time tells nothing."""
        given = [value for name, value in headers if name.lower() == _SIGNATURE]
        signature = given[0].lower() if len(given) == 1 else b""
        matches = 0
        for secret in self.secrets:
            matches += hmac.compare_digest(hmac.digest(secret, body, "sha256").hex().encode(), signature)
        if not matches:
            raise BadSignature("the signature is missing or wrong")

    def read(self, body: bytes, received_at: float) -> Arrival | None:
        """Types and events nobody documented are taken too: the vendor adds some, and a refusal would stop all."""
        if not body or body.isspace():
            return None
        envelope = decode(body)
        if envelope == {}:
            return None
        if not isinstance(envelope, dict):
            raise BadEnvelope(f"the body is {_kind(envelope)}, not an object with event, resource_type, resource_gid")
        event, kind, gid = (_text(envelope, key) for key in ("event", "resource_type", "resource_gid"))
        if len(gid) > LONGEST_NAME:
            raise BadEnvelope(f"`resource_gid` has {len(gid):,} characters; {LONGEST_NAME} at most")
        resource = envelope.get("resource")
        if not (resource is None or isinstance(resource, dict)):
            raise BadEnvelope(f"`resource` is {_kind(resource)}; it must be an object, or null on a deletion")
        documented, action = self.documented(kind), _action(event)
        if resource is None and documented and action in ("created", "updated"):
            _hold_to_one_meaning(body)
            return None
        return Arrival(
            source=self.name,
            type=documented or kind[:LONGEST_NAME],
            action=action,
            gid=gid,
            body=body,
            digest=hashlib.sha256(body).digest(),
            received_at=received_at,
        )

    def resource_of(self, body: bytes) -> dict[str, Json] | None:
        resource = decode_again(body).get("resource")
        return resource if isinstance(resource, dict) else None

    def stands_in(self, body: bytes) -> str | None:
        return None if has_long_number(body) else "resource"

    @classmethod
    def documented(cls, type_text: str) -> str | None:
        return cls._DOCUMENTED.get(fold(type_text))

    @classmethod
    def subject(cls, type_text: str, resource: Mapping[str, Json]) -> tuple[str, str] | None:
        """A Comment's `uri` is the path of what it is about: `/works/559bef4a9b600`."""
        uri = resource.get("uri") if cls.documented(type_text) == "Comment" else None
        if not isinstance(uri, str) or len(uri) > 2 * LONGEST_NAME:
            return None
        steps = pairwise(uri.partition("?")[0].strip("/").split("/"))
        return next(((_SEGMENTS[kind], gid) for kind, gid in steps if kind in _SEGMENTS and gid.isprintable()), None)

    @staticmethod
    def sign(body: bytes, secret: bytes) -> tuple[str, str]:
        return SIGNATURE, hmac.new(secret, body, hashlib.sha256).hexdigest()

    @staticmethod
    def samples(now: datetime) -> list[tuple[str, bytes]]:
        return creads_samples.samples(now)


def _text(envelope: dict[str, Any], key: str) -> str:
    """A text of the envelope, its control characters replaced: PostgreSQL holds no NUL, and terminals obey escapes."""
    value = envelope.get(key)
    if value is None:
        state = "null" if key in envelope else "missing"
        raise BadEnvelope(f"`{key}` is {state}: the envelope needs event, resource_type, resource_gid")
    if not isinstance(value, str):
        raise BadEnvelope(f"`{key}` is {_kind(value)}; it must be a text")
    if not (value := value.strip()):
        raise BadEnvelope(f"`{key}` is empty: the envelope needs event, resource_type, resource_gid")
    if not value.isprintable():
        value = "".join(character if character.isprintable() else "\ufffd" for character in value)
    return value


def _hold_to_one_meaning(body: bytes) -> None:
    """Void posts are dropped: one that says `deleted` and then `created` must not take a deletion with it."""
    key = key_that_stands_twice(body)
    if key is not None:
        raise BadEnvelope(f"`{key[:LONGEST_NAME]}` stands twice in the envelope")


def _action(event: str) -> str:
    """`resource.created` → `created`; a word of another form stays as it was sent."""
    start, _, verb = event.partition(".")
    word = verb if fold(start) == "resource" and verb else event
    known = fold(word)
    return known if known in _ACTIONS else word[:LONGEST_NAME]


def _kind(value: Json) -> str:
    return _KINDS.get(type(value), "a number")
