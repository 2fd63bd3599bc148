"""The filters for numbers, sums of money and times, in the configured language and time zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bridge.render.run import current
from bridge.render.speech import Speech
from bridge.render.values import ours

Filter = Callable[..., Any]


def of_moments(speech: Speech) -> dict[str, Filter]:
    def moment(write: Callable[..., str], style: str) -> Filter:
        def apply(value: Any, style: str = style) -> str:
            found = speech.moment(value)
            return ours(write(found, str(style))) if found else ""

        return apply

    def at(found: Any, style: str) -> str:
        return speech.datetime(found, style, current.get().manner.now)

    def ago(found: Any, _style: str) -> str:
        return speech.ago(found, current.get().manner.now)

    def deadline(found: Any, _style: str) -> str:
        now = current.get().manner.now
        return f"{speech.datetime(found, '', now)} ({speech.days_away(found, now)})"

    return {
        "ago": moment(ago, ""),
        "date": moment(speech.date, "medium"),
        "datetime": moment(at, ""),
        "deadline": moment(deadline, ""),
        "time": moment(speech.time, "short"),
    }


def of_amounts(speech: Speech) -> dict[str, Filter]:
    return {
        "money": lambda value: _money(speech, value),
        "minus": _minus,
        "number": lambda value: ours(speech.number(value)) if _is_number(value) else "",
        "percent": lambda value: ours(speech.percent(value)) if _is_number(value) else "",
        "share_of": _share_of,
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _share_of(value: Any, whole: Any) -> float:
    """How much of one sum of money another is; 0 where that cannot be said."""
    if not (isinstance(value, Mapping) and isinstance(whole, Mapping)):
        return 0.0
    part, total = _amount(value), _amount(whole)
    return part / total if total > 0 and value.get("currency") == whole.get("currency") else 0.0


def _minus(value: Any, other: Any) -> dict[str, Any]:
    return {**value, "amount": _amount(value) - _amount(other)} if isinstance(value, Mapping) else {}


def _amount(value: Any) -> float:
    amount = value.get("amount") if isinstance(value, Mapping) else None
    return float(amount) if isinstance(amount, (int, float)) and _is_number(amount) else 0.0


def _money(speech: Speech, value: Any) -> str:
    """A map of amount and currency."""
    if not isinstance(value, Mapping):
        return ""
    amount, currency = value.get("amount"), value.get("currency")
    return ours(speech.money(amount, currency)) if _is_number(amount) and isinstance(currency, str) else ""
