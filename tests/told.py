"""An event and the words for it, as outgoing webhooks get them."""

from __future__ import annotations

from datetime import UTC, datetime

from bridge.model import Change, Event, Notification

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
BODY = (
    b'{"event": "resource.created",  "resource_type": "Project Message", "resource_gid": "559b", '
    b'"resource": {"gid": "559b", "message": "\xc3\xa9\\u0000", "token": "hush", "project": {"gid": "1"}}}'
)
EVENT = Event(
    id=17,
    source="creads",
    type="Project Message",
    action="created",
    gid="559b",
    received_at=NOW,
    resource={"gid": "559b", "token": "hush", "project": {"gid": "1", "title": "Logo"}},
    previous=None,
    changes={"price.amount": Change(1, 2), "token": Change("a", "b")},
    body=BODY,
)
WORDS = Notification(title="A message", body="**é**", format="markdown", tone="success")
