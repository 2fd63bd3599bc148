"""Whether a silence keeps one message from people."""

from __future__ import annotations

from bridge.model import Event, Silence, fold
from bridge.rules.evaluate import Test
from bridge.rules.lookup import Facts


def fits(
    silence: Silence, event: Event, rule_name: str, destination: str, facts: Facts, now: float, test: Test | None
) -> bool:
    """Whether all that the silence says holds; `test` is its `where`, compiled; one that cannot be silences nothing."""
    return (
        silence.starts_at <= now < silence.ends_at
        and silence.rule in (None, rule_name)
        and silence.destination in (None, destination)
        and silence.source in (None, event.source)
        and silence.gid in (None, event.gid)
        and (silence.type is None or fold(silence.type) == fold(event.type))
        and (silence.where is None or (test is not None and test(facts) is True))
    )
