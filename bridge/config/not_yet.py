"""What files may already say and this version does not yet do; the change that does it deletes its word here."""

from __future__ import annotations

from bridge.config.reading import Fields

NOT_YET: dict[str, frozenset[str]] = {
    "source": frozenset({"api"}),
}


def tell_not_yet(fields: Fields, kind: str) -> None:
    """One warning for each key of a map that is read but has no effect so far."""
    for key in fields.entries:
        if key in NOT_YET[kind]:
            message = f"`{key}` is not in force in this version: it is checked, and does nothing"
            fields.tell_key(key, "not-yet", message, help="keep it for later, or delete it", severity="warning")
