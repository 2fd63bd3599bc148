"""Switches a rule on or off by changing one line of its file; every other byte stays."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import tempfile
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from bridge.config.files import read_folder
from bridge.config.nodes import compose, read
from bridge.config.reading import Findings
from bridge.config.settings import read_settings
from bridge.config.snapshot import Instead, read_all
from bridge.config.wording import said, suggestion
from bridge.errors import BridgeError, Invalid, Problem
from bridge.model import Node, Place

BOM = "\ufeff"
DOCS = "docs/editors.md#switching-rules"

_BREAK = re.compile("\r\n|\n|\r")
_ANCHOR_OR_TAG = re.compile(r"(?:[&!]\S*\s*)*")
_COLON = re.compile(r"[ \t]*:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """What became of a rule."""

    file: str  # from the configuration's folder
    line: int  # where the rule begins
    changed: bool  # false: it was so already


def set_enabled(config: Path, name: str, enabled: bool, environ: Mapping[str, str]) -> Switched:
    """Switch a rule in its file. The new text is checked before it is written; raises BridgeError, and changes nothing,
    when there is no such rule, when its file would have errors, or when it cannot be written."""
    path = config.absolute()
    findings = Findings()
    settings = read_settings(path, environ, findings)
    if settings is None:
        raise Invalid(findings.problems)
    contents = read_folder(settings.rules, path.parent, ".yaml", findings) if settings.rules.is_dir() else {}
    file, place = _found(name, contents)
    before = contents[file].decode("utf-8")
    after = switch(before, name, enabled=enabled, file=file)
    if after != before:
        if errors := _errors(path, environ, file, after.encode()):
            # What is wrong as it lies there has its line there, not in the text that is one line longer.
            raise Invalid(_errors(path, environ, file, contents[file]) or errors)
        _write(path.parent / file, after.encode(), before.encode())
    return Switched(file=file, line=place.line, changed=after != before)


def _errors(path: Path, environ: Mapping[str, str], file: str, content: bytes) -> list[Problem]:
    checked = read_all(path, environ, Instead(files={file: content})).findings.problems
    return [one for one in checked if one.severity == "error" and one.place.file == file]


def switch(text: str, name: str, *, enabled: bool, file: str = "") -> str:
    """The text of a rule file with one rule switched on or off. Raises Invalid where one line cannot say it."""
    mark, body = (BOM, text[1:]) if text.startswith(BOM) else ("", text)
    whole = compose(body.encode(), file)
    rule = next(iter(_named(whole, name)), None)
    if rule is None:
        _refuse(Place(file, 1, 1), "unknown-rule", f"no rule {said(name)} stands in this file", "`bridge rules list`")
    edited = _edited(_Lines(body), rule, enabled=enabled)
    if edited is None or not _differs_in_one_switch(whole, edited, name, enabled=enabled, file=file):
        help = f"write `enabled: {_word(enabled)}` there yourself"
        _refuse(rule.place, "not-editable", f"the rule {said(name)} cannot be switched by changing one line", help)
    return mark + edited


def _refuse(place: Place, code: str, message: str, help: str) -> NoReturn:
    raise Invalid([Problem(place=place, code=code, message=message, help=help, docs=DOCS)])


def _word(enabled: bool) -> str:
    return "true" if enabled else "false"


# ---- finding -----------------------------------------------------------------------------------


def rules_in(whole: Node | None) -> list[Node]:
    """The maps below `rules:`."""
    rules = whole.value.get("rules") if whole is not None and isinstance(whole.value, dict) else None
    return (
        [one for one in rules.value if isinstance(one.value, dict)] if rules and isinstance(rules.value, list) else []
    )


def _named(whole: Node | None, name: str) -> list[Node]:
    return [rule for rule in rules_in(whole) if _name_of(rule) == name]


def _name_of(rule: Node) -> str | None:
    node = rule.value.get("name") if isinstance(rule.value, dict) else None
    return node.value if node is not None and isinstance(node.value, str) else None


def _found(name: str, contents: Mapping[str, bytes]) -> tuple[str, Place]:
    """The file of a rule, and where it stands."""
    names: list[str] = []
    found: list[tuple[str, Place]] = []
    for file, content in contents.items():
        whole, _ = read(content, file)
        names += [one for rule in rules_in(whole) if (one := _name_of(rule))]
        found += [(file, rule.place) for rule in _named(whole, name)]
    if not found:
        raise BridgeError(
            f"there is no rule {said(name)}: {suggestion(name, names) or '`bridge rules list` names them'}"
        )
    if len(found) > 1:
        places = ", ".join(f"{file}:{place.line}" for file, place in found)
        raise BridgeError(f"several rules are named {said(name)} ({places}): give each its own name first")
    return found[0]


# ---- editing -----------------------------------------------------------------------------------


class _Lines:
    """A text whose places can be found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.breaks = list(_BREAK.finditer(text))
        self.starts = [0, *(found.end() for found in self.breaks)]

    def offset(self, place: Place) -> int:
        return self.starts[place.line - 1] + place.column - 1

    def with_piece(self, start: int, end: int, piece: str) -> str:
        return self.text[:start] + piece + self.text[end:]

    def with_line(self, after: int, line: str) -> str:
        """The text with one more line, behind the one that holds the offset `after`."""
        number = bisect_right(self.starts, after) - 1
        if number < len(self.breaks):
            here = self.breaks[number]
            return self.with_piece(here.end(), here.end(), line + here[0])
        ending = self.breaks[-1][0] if self.breaks else "\n"
        return self.text + ending + line


def _edited(lines: _Lines, rule: Node, *, enabled: bool) -> str | None:
    """The new text; None where no place for it can be told."""
    entries = rule.value if isinstance(rule.value, dict) else {}
    node = entries.get("enabled")
    if node is None:
        return lines.text if enabled else _added(lines, rule, entries["name"])
    if node.value is enabled:
        return lines.text
    key = rule.keys["enabled"]
    if node.end is None or (node.place.line, node.place.column) < (key.line, key.column):
        return None  # a list, a map, or an alias, whose value stands elsewhere
    if not node.text and node.style == "plain":
        colon = _COLON.match(lines.text, lines.offset(node.end))
        return lines.with_piece(colon.end(), colon.end(), f" {_word(enabled)}") if colon else None
    return lines.with_piece(lines.offset(node.place), lines.offset(node.end), _word(enabled))


def _added(lines: _Lines, rule: Node, name: Node) -> str | None:
    """`enabled: false` behind the name: in the same braces, or on a line of its own."""
    key = rule.keys["name"]
    if name.end is None or (name.place.line, name.place.column) < (key.line, key.column):
        return None
    end = lines.offset(name.end)
    start = _ANCHOR_OR_TAG.match(lines.text, lines.offset(rule.place))
    if start and lines.text.startswith("{", start.end()):
        return lines.with_piece(end, end, ", enabled: false")
    indent = min(place.column for place in rule.keys.values()) - 1
    # A block's text ends where the next line begins.
    last = end - 1 if name.style == "block" and name.end.column == 1 else end
    return lines.with_line(last, f"{' ' * indent}enabled: false")


def _differs_in_one_switch(whole: Node | None, edited: str, name: str, *, enabled: bool, file: str) -> bool:
    after, problems = read(edited.encode(), file)
    if problems or whole is None or after is None:
        return False
    return _plain(whole, switched=(name, enabled)) == _plain(after, switched=(name, enabled)) and all(
        _is_enabled(rule) is enabled for rule in _named(after, name)
    )


def _is_enabled(rule: Node) -> Any:
    node = rule.value.get("enabled") if isinstance(rule.value, dict) else None
    return True if node is None else node.value


def _plain(node: Node, *, switched: tuple[str, bool], depth: int = 0) -> Any:
    """What a file says, as values that can be compared; the switch of the rule in question as it is to be."""
    if isinstance(node.value, list):
        return [_plain(inner, switched=switched, depth=depth + 1) for inner in node.value]
    if isinstance(node.value, dict):
        entries = {key: _plain(inner, switched=switched, depth=depth + 1) for key, inner in node.value.items()}
        return entries | {"enabled": (bool, switched[1])} if depth == 2 and _name_of(node) == switched[0] else entries
    return type(node.value), node.value


# ---- writing -----------------------------------------------------------------------------------


def _write(path: Path, content: bytes, before: bytes) -> None:
    """Replace a file whole: whoever reads it sees the old one or the new one. A link to it stays a link."""
    real = Path(os.path.realpath(path))
    temporary = None
    try:
        about = real.stat()
        descriptor, temporary = tempfile.mkstemp(dir=real.parent, prefix=".bridge-", suffix=".tmp")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(descriptor, stat.S_IMODE(about.st_mode))
            with contextlib.suppress(PermissionError):  # only root gives files away
                os.fchown(descriptor, about.st_uid, about.st_gid)
            os.fsync(descriptor)
        if real.read_bytes() != before:
            raise BridgeError(f"{path.name} was changed by somebody else meanwhile: try again")
        os.replace(temporary, real)
        temporary = None
        _sync(real.parent)
    except OSError as error:
        raise BridgeError(f"{path.name} cannot be written: {error.strerror}") from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
