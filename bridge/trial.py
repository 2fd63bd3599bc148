"""One message by hand, to see whether a destination takes it: it waits in no queue, and is not tried again."""

from __future__ import annotations

from datetime import datetime

from bridge.delivery.senders import Senders
from bridge.errors import GivenBack, SenderGone
from bridge.model import Destination, Notification, Outcome
from bridge.pipeline import ATTEMPT_SECONDS
from bridge.render.dead import neutralise
from bridge.render.envelope import check_envelope


async def send_test(destination: Destination, senders: Senders, *, who: str, now: datetime) -> Outcome:
    """Send it, whether the destination is paused or not, and say how that ended."""
    try:
        return await senders.send(
            id=int(now.timestamp() * 1000),  # no delivery has so high a number
            url=destination.url,
            notification=_note(destination, who, now),
            deadline=ATTEMPT_SECONDS,
            signing=destination.signing,
        )
    except GivenBack:
        return Outcome(result="failed", reason="Bridge is stopping: it was not sent")
    except SenderGone:
        return Outcome(result="failed", reason="the sender process ended during this attempt", ambiguous=True)


def _note(destination: Destination, who: str, now: datetime) -> Notification:
    if destination.signing is not None:
        return Notification(title="", body=check_envelope(destination.signing.format, now), format="text")
    title = f"Test from Bridge to {destination.name}"
    return Notification(
        title=title, body=f"Sent by {neutralise(who)}. It tells of no event, and asks for nothing.", format="text"
    )
