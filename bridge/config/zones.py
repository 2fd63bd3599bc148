"""Time zones and locales by name, with a suggestion for those that do not exist."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

from babel import Locale, UnknownLocaleError
from babel.localedata import locale_identifiers

from bridge.config.reading import shown, word, wrong
from bridge.config.wording import suggestion
from bridge.model import Node


def zone(node: Node) -> str:
    name = word(node)
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        # KeyError: no such zone; ValueError and OSError: a name that is no name, or a folder of them.
        help = f"{suggestion(name, available_timezones())}write a name such as Europe/Paris or UTC"
        wrong(node, f"unknown time zone {shown(node)}", help=help, code="timezone")
    return name


def locale(node: Node) -> str:
    name = word(node).replace("-", "_")
    try:
        Locale.parse(name)
    except (ValueError, UnknownLocaleError):
        language = name.partition("_")[0].lower()
        meant = f"did you mean `{language}`? " if language in locale_identifiers() else ""
        help = f"{meant}write a name such as fr_FR or en_GB"
        wrong(node, f"unknown locale {shown(node)}", help=help, code="locale")
    return name
