"""How one visitor sees a page: language, time zone, and the clock of this request."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_decimal
from markupsafe import Markup
from werkzeug.datastructures import LanguageAccept

from bridge.config.settings import Settings
from bridge.web.words import LANGUAGES, Words

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What templates say words, numbers and times with."""

    words: Words
    locale: Locale
    zone: ZoneInfo
    now: float  # epoch seconds
    today: datetime = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "today", self.local(self.now))

    def say(self, english: str, **values: object) -> Markup:
        """A phrase in the visitor's language; whole numbers in it are written as is usual there."""
        shown = {
            name: self.number(value) if type(value) is int and name != "n" else value for name, value in values.items()
        }
        if type(values.get("n")) is int:
            shown["count"] = self.number(int(str(values["n"])))
        return self.words.say(english, **shown)

    def number(self, number: int) -> str:
        """12 345 or 12,345."""
        return str(number) if -1000 < number < 1000 else str(format_decimal(number, locale=self.locale))

    def took(self, milliseconds: int | None) -> str:
        """0.9 s, or 40 ms; a dash when nothing was timed."""
        if milliseconds is None:
            return "–"
        if milliseconds < 100:
            return f"{milliseconds} ms"
        return f"{format_decimal(round(milliseconds / 1000, 1), locale=self.locale)} s"

    def bytes(self, size: int) -> str:
        """1.4 GB"""
        scaled, units = float(size), ["bytes", "kB", "MB", "GB", "TB"]
        while scaled >= 1000 and len(units) > 1:
            scaled /= 1000
            units.pop(0)
        return f"{format_decimal(round(scaled, 1 if scaled < 10 else None), locale=self.locale)} {self.say(units[0])}"

    def weekday(self, seconds: float) -> str:
        """Tue"""
        return format_datetime(self.local(seconds), "EEE", locale=self.locale)

    def local(self, seconds: float) -> datetime:
        """The wall clock of the configured zone."""
        return datetime.fromtimestamp(seconds, self.zone)

    def exact(self, seconds: float) -> str:
        """Tue 24 Nov 2026, 09:03:41"""
        return format_datetime(self.local(seconds), self.words.exact, locale=self.locale)

    def clock(self, seconds: float, *, precise: bool = False) -> str:
        """09:03 of today, 23 Nov 09:03 of another day, with the year of another year."""
        at = self.local(seconds)
        if at.date() == self.today.date():
            return at.strftime("%H:%M:%S" if precise else "%H:%M")
        pattern = self.words.moment if at.year == self.today.year else f"d MMM y{self.words.moment[5:]}"
        return format_datetime(at, pattern, locale=self.locale)

    def at(self, seconds: float, *, precise: bool = False) -> Markup:
        """A time as an element, exact on hover."""
        return self._time(seconds, self.clock(seconds, precise=precise), "")

    def ago(self, seconds: float) -> Markup:
        """How long ago, which the page keeps up to date."""
        return self._time(seconds, self.say("{lasting} ago", lasting=self.lasting(self.now - seconds)), "ago")

    def _time(self, seconds: float, shown: str, kind: str) -> Markup:
        at = self.local(seconds).isoformat(timespec="seconds")
        start = Markup('<time class="{}"').format(kind) if kind else Markup("<time")
        return start + Markup(' datetime="{}" title="{}">{}</time>').format(at, self.exact(seconds), shown)

    def lasting(self, seconds: float) -> str:
        """4 d 2 h: the two largest units."""
        left = max(0, round(seconds))
        for place, (size, _) in enumerate(_UNITS):
            if left >= size:
                pair = _UNITS[place : place + 2]
                break
        else:
            return "0 s"
        parts = []
        for size, name in pair:
            count, left = divmod(left, size)
            if count:
                parts.append(f"{count} {self.say(name)}")
        return " ".join(parts)


def look_of(accepted: LanguageAccept, settings: Settings, now: float) -> Look:
    """The browser's language where we speak it, else that of `locale`."""
    own = settings.locale.partition("_")[0].lower()
    language = accepted.best_match(list(LANGUAGES)) or (own if own in LANGUAGES else "en")
    return Look(
        words=LANGUAGES[language],
        locale=Locale.parse(settings.locale if own == language else language),
        zone=ZoneInfo(settings.timezone),
        now=now,
    )
