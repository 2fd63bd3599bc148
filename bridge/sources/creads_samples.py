"""One invented event of each of Creads' 17 kinds: a coffee roaster orders a logo, and a season's packaging besides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec

_PARIS_IN_SUMMER = timezone(timedelta(hours=2))

ORGANIZATION = "5a1f0c63d2b84"
CAMILLE = "5a1f0c7b19e02"  # the manager
INES = "5a20aa4e7c1d9"  # a designer
INVITATION = "5a1f1d2e84c07"
MEMBERSHIP = "5a1f1f90b3a5e"
WEBHOOK = "5a1f20c4d71b3"
LOGO_PRODUCT = "59e7d10c2f4a8"
LOGO = "5a20b3f19c6d4"  # a solo project: messages
PACKAGING = "5a20c8e75b12f"  # a multi project: works
MESSAGE = "5a21e4d80fa96"
WORK = "5a21f7b3c08d5"
COMMENT = "5a2203ac916ef"


def samples(now: datetime) -> list[tuple[str, bytes]]:
    """(kind, body) in the order of the story, which ends at `now`."""
    story = Story(now)
    told = [
        story.organization_updated(),
        story.invitation("created", has_user=False, minutes=-240),
        story.invitation("updated", has_user=True, minutes=-180),
        story.membership("created", spent=1250, minutes=-178),
        _deletion("Invitation", INVITATION),
        story.webhook("created", enabled=True, minutes=-170),
        story.product_updated(),
        story.project_created(),
        story.message_created(),
        story.work_created(),
        story.comment_created(),
        story.project_updated(),
        story.membership("updated", spent=1740, minutes=-18),
        _deletion("Project", LOGO),
        _deletion("Membership", MEMBERSHIP),
        story.webhook("updated", enabled=False, minutes=-4),
        _deletion("Webhook", WEBHOOK),
    ]
    return [(_name(envelope), msgspec.json.encode(envelope)) for envelope in told]


class Story:
    """The events that carry a resource, dated around `now`."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def at(self, **ago: float) -> str:
        """A date as Creads mostly writes it."""
        return (self.now + timedelta(**ago)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")

    def local(self, **ago: float) -> str:
        """A date in its other form."""
        return (self.now + timedelta(**ago)).astimezone(_PARIS_IN_SUMMER).isoformat(timespec="seconds")

    def organization_updated(self) -> dict[str, Any]:
        resource = {
            "gid": ORGANIZATION,
            "created_at": self.at(days=-400),
            "modified_at": self.at(minutes=-250),
            "href": f"/organizations/{ORGANIZATION}",
            "name": "Brûlerie des Halles",
            "hostname": "brulerie-des-halles.example",
            "vat": "FR00123456789",
            "billing_address": {
                "division": None,
                "address1": "14 rue du Marché",
                "address2": None,
                "zipcode": "69002",
                "city": "Lyon",
                "state": None,
                "country": "FR",
                "additional": None,
            },
            "billing_contact": {"phone": None, "email": "compta@brulerie-des-halles.example"},
            "logo": "https://files.example/brulerie/logo-2016.png",
        }
        return _envelope("Organization", "updated", resource)

    def invitation(self, action: str, *, has_user: bool, minutes: int) -> dict[str, Any]:
        resource = {
            "gid": INVITATION,
            "created_at": self.at(minutes=-240),
            "modified_at": self.at(minutes=minutes),
            "href": f"/invitations/{INVITATION}",
            "token": "c41d90b7e25f3a6808d1",
            "has_user": has_user,
            "email": "theo.marchand@brulerie-des-halles.example",
        }
        return _envelope("Invitation", action, resource)

    def membership(self, action: str, *, spent: int, minutes: int) -> dict[str, Any]:
        resource = {
            "gid": MEMBERSHIP,
            "created_at": self.at(minutes=-178),
            "modified_at": self.at(minutes=minutes),
            "organization": {
                "gid": ORGANIZATION,
                "name": "Brûlerie des Halles",
                "href": f"/organizations/{ORGANIZATION}",
            },
            "monthly_budget": {"amount": 2000, "currency": "EUR"},
            "monthly_spent": {"amount": spent, "currency": "EUR"},
            "is_manager": False,
        }
        return _envelope("Membership", action, resource)

    def webhook(self, action: str, *, enabled: bool, minutes: int) -> dict[str, Any]:
        resource = {
            "gid": WEBHOOK,
            "created_at": self.at(minutes=-170),
            "modified_at": self.at(minutes=minutes),
            "href": f"/webhooks/{WEBHOOK}",
            "url": "https://old-intranet.brulerie-des-halles.example/creads",
            "enabled": enabled,
        }
        return _envelope("Webhook", action, resource)

    def product_updated(self) -> dict[str, Any]:
        resource = {
            "gid": LOGO_PRODUCT,
            "title": "Logo",
            "available_options": {
                "mode": {"type": "string", "enum": ["solo", "multi"], "default": "solo", "required": True},
                "due": {"type": "integer", "enum": [2, 5, 10], "default": 5, "required": True},
                "quantity": {"type": "integer", "default": 1, "required": False},
            },
            "additional_meta": {
                "solo_mode_meta": {
                    "description": "Un créatif, choisi pour vous",
                    "brief_template": "Décrivez votre activité, vos clients, ce que le logo doit dire…",
                },
                "multi_mode_meta": {"description": "Plusieurs créatifs proposent", "brief_template": None},
            },
            "category": {"gid": "59e7d0f4a61b2", "title": "Identité visuelle"},
            "interface": "default",
            "synonyms": ["Logotype", "Emblème"],
        }
        return _envelope("Product", "updated", resource)

    def project(self) -> dict[str, Any]:
        return {
            "gid": LOGO,
            "short_code": "Kf72nqe",
            "href": f"/projects/{LOGO}",
            "created_at": self.at(minutes=-150),
            "modified_at": None,
            "published_at": self.at(minutes=-149),
            "started_at": self.at(minutes=-140),
            "finished_at": None,
            "canceled_at": None,
            "status": "in_progress",
            "state": "published",
            "title": "Logo de la Brûlerie des Halles",
            "description": "<p>Nous torréfions du café depuis 1987 et refaisons notre enseigne.</p>"
            "<p>Le logo doit rester lisible sur un sachet de 250 g, et <strong>garder la cloche</strong>.</p>",
            "price": {"amount": 490.0, "currency": "EUR"},
            "options": {"mode": "solo", "due": 5, "quantity": 1},
            "product": {"gid": LOGO_PRODUCT, "title": "Logo"},
            "owner": {"gid": CAMILLE, "firstname": "Camille", "lastname": "Roussel"},
            "organization": {"gid": ORGANIZATION},
            "winner": None,
            "brief_files": [{"url": "https://files.example/brulerie/enseigne.jpg"}],
            "source_files": [],
            "deadline_at": self.local(days=5),
        }

    def project_created(self) -> dict[str, Any]:
        return _envelope("Project", "created", self.project())

    def message_created(self) -> dict[str, Any]:
        resource = {
            "gid": MESSAGE,
            "href": f"/project-messages/{MESSAGE}",
            "created_at": self.local(minutes=-60),
            "modified_at": self.local(minutes=-60),
            "accepted_at": None,
            "rejected_at": None,
            "message": "Bonjour Camille, voici deux pistes : la cloche seule, et la cloche au-dessus du nom. "
            "Both work in one colour on a 250 g bag.",
            "project": {"gid": LOGO},
            "mine": False,
            "worker": {"gid": INES, "firstname": "Inès", "lastname": "Duval"},
            "user": None,
            "type": "delivery",
            "attached_files": [
                {"url": "https://files.example/brulerie/piste-1.pdf"},
                {"url": "https://files.example/brulerie/piste-2.pdf"},
            ],
        }
        return _envelope("Project Message", "created", resource)

    def work_created(self) -> dict[str, Any]:
        resource = {
            "gid": WORK,
            "created_at": self.at(minutes=-45),
            "modified_at": self.at(minutes=-45),
            "won_at": None,
            "description": "Kraft paper, one ink, and the harvest date in large figures.",
            "image": {
                "url": "https://files.example/brulerie/sachet.jpg",
                "variations": {"thumb": {"url": "https://files.example/brulerie/sachet-thumb.jpg"}},
            },
            "content": None,
            "worker": {"gid": INES},
            "project": {"gid": PACKAGING, "title": "Christmas coffee bags"},
            "parent": None,
        }
        return _envelope("Work", "created", resource)

    def comment_created(self) -> dict[str, Any]:
        resource = {
            "gid": COMMENT,
            "created_at": self.at(minutes=-30),
            "modified_at": self.at(minutes=-30),
            "author": {"gid": CAMILLE},
            "worker": None,
            "message": "J’aime beaucoup la date en grand. Could the bell be a little smaller?",
            "mine": False,
            "uri": f"/works/{WORK}",
            "nickname": "Camille R.",
        }
        return _envelope("Comment", "created", resource)

    def project_updated(self) -> dict[str, Any]:
        finished = {
            "modified_at": self.at(minutes=-20),
            "finished_at": self.at(minutes=-20),
            "status": "finished",
            "source_files": [
                {"url": "https://files.example/brulerie/logo.svg"},
                {"url": "https://files.example/brulerie/logo.pdf"},
            ],
        }
        return _envelope("Project", "updated", self.project() | finished)


def _envelope(kind: str, action: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {
        "event": f"resource.{action}",
        "resource_type": kind,
        "resource_gid": resource["gid"],
        "resource": resource,
    }


def _deletion(kind: str, gid: str) -> dict[str, Any]:
    return {"event": "resource.deleted", "resource_type": kind, "resource_gid": gid}


def _name(envelope: dict[str, Any]) -> str:
    """`project_message.created`, as default templates are named."""
    kind = envelope["resource_type"].lower().replace(" ", "_")
    return f"{kind}.{envelope['event'].removeprefix('resource.')}"
