"""Dates, money and numbers as people of the configured locale and time zone write them."""

from __future__ import annotations

import datetime as dates
import math
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_currency, format_decimal, format_percent, is_currency

from bridge.render.words import Catalogue, catalogue

_UNITS = ((86_400, "{n} day|{n} days"), (3_600, "{n} hour|{n} hours"), (60, "{n} minute|{n} minutes"))


class Speech:
    """One locale and one time zone."""

    def __init__(self, locale: str, timezone: str) -> None:
        self.locale = Locale.parse(locale.replace("-", "_"))
        self.zone = ZoneInfo(timezone)
        self.words: Catalogue = catalogue(self.locale.language)
        self.money = lru_cache(maxsize=4096)(self._money)  # Babel takes 30 µs and more; amounts recur

    def moment(self, value: Any) -> dates.datetime | None:
        """A date of an event in local time; None for what is no date. Without an offset it is taken as UTC."""
        if isinstance(value, str) and 10 <= len(value) <= 40:
            try:
                value = dates.datetime.fromisoformat(value)
            except ValueError:
                return None
        if not isinstance(value, dates.datetime):
            return None
        try:
            return (value if value.tzinfo else value.replace(tzinfo=ZoneInfo("UTC"))).astimezone(self.zone)
        except OverflowError:
            return None

    def date(self, moment: dates.datetime, style: str) -> str:
        """`style`: short, medium, long, full, or a pattern of Unicode's."""
        return format_date(moment, style, locale=self.locale)

    def time(self, moment: dates.datetime, style: str) -> str:
        """As `date`, for the time of day."""
        return format_time(moment, style, tzinfo=self.zone, locale=self.locale)

    def datetime(self, moment: dates.datetime, style: str, now: dates.datetime) -> str:
        """Without a style: weekday, day, time; the year only when it is not this year's."""
        return format_datetime(moment, style or self._pattern(moment, now), tzinfo=self.zone, locale=self.locale)

    def _pattern(self, moment: dates.datetime, now: dates.datetime) -> str:
        return self.words.moment if moment.year == now.year else self.words.moment_with_year

    def ago(self, moment: dates.datetime, now: dates.datetime) -> str:
        """`2 days ago`, `in 3 hours`."""
        return format_timedelta(moment - now, add_direction=True, locale=self.locale)

    def days_away(self, moment: dates.datetime, now: dates.datetime) -> str:
        """In calendar days: today, tomorrow, in 5 days, 2 days overdue."""
        days = (moment.date() - now.date()).days
        if days < 0:
            return self.words.say("{n} day overdue|{n} days overdue", n=-days)
        if days < 2:
            return self.words.say(("today", "tomorrow")[days])
        return self.words.say("in {n} day|in {n} days", n=days)

    def lasting(self, seconds: float) -> str:
        """`2 days`, `36 hours`: in the largest unit of which there are two, or which fits without a rest."""
        for length, phrase in _UNITS:
            if seconds >= 2 * length or (seconds >= length and seconds % length == 0):
                return self.words.say(phrase, n=int(seconds // length))
        return self.words.say("{n} second|{n} seconds", n=int(seconds))

    def _money(self, amount: float, currency: str) -> str:
        return format_currency(amount, currency, locale=self.locale) if is_currency(currency, self.locale) else ""

    def number(self, value: float) -> str:
        """Grouped as the locale does."""
        return str(format_decimal(value, locale=self.locale))

    def percent(self, value: float) -> str:
        """0.95 → 95%; rounded down, so that 100% is said only of what is used up."""
        return format_percent(math.floor(value * 100 + 1e-9) / 100, locale=self.locale)
