"""A rule and a test to start from, written out of one event."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from bridge.logs import MASK
from bridge.model import Json

MOST_LINES = 40  # of a test's resource
MOST_CHANGES = 2  # a rule's conditions
LONGEST = 200  # characters of a value

_PLAIN = re.compile(r"[A-Za-z][\w./-]*(?: [\w./-]+)*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"}
_TELLING = ("status", "type", "mode", "role")  # fields that say what kind of thing was created


def rule(kind: str, action: str, resource: Json, changes: Mapping[str, Json], destination: str) -> str:
    """A rule that fires for events like this one."""
    tests = list(_tests(action, resource, changes))
    what = f"{kind} {action}"
    lines = [
        "rules:",
        f"  - name: {scalar(', '.join([what, *[name for name, _ in tests]]))}",
        f"    when: {scalar(what)}",
    ]
    if tests:
        lines += ["    if:", *[f"      {test}" for _, test in tests]]
    return "\n".join([*lines, f"    notify: {scalar(destination)}"]) + "\n"


def _tests(action: str, resource: Json, changes: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """(in a word, as YAML)"""
    if action == "updated":
        fitting = [
            (path, change["new"])
            for path, change in changes.items()
            if isinstance(change, dict) and _is_telling(change["new"]) and not path.endswith("_at")
        ]
        for path, new in fitting[:MOST_CHANGES]:
            yield f"{path} {new}", f"{scalar(_below_resource(path))}: {{to: {scalar(new)}}}"
    elif isinstance(resource, dict):
        for name in _TELLING:
            if isinstance(resource.get(name), str) and resource[name] != MASK:
                yield resource[name], f"resource.{name}: {scalar(resource[name])}"
                return


def _is_telling(value: Json) -> bool:
    return isinstance(value, (bool, int, float)) or (isinstance(value, str) and 0 < len(value) <= 40 and value != MASK)


def _below_resource(path: str) -> str:
    return f"resource{path}" if path.startswith("[") else f"resource.{path}"


def test(
    name: str,
    kind: str,
    action: str,
    resource: Json,
    previous: Json,
    changes: Mapping[str, Json],
    destinations: Sequence[str],
) -> str:
    """A test that says of this event what came of it."""
    lines = ["tests:", f"  - name: {scalar(name)}", "    event:", f"      type: {scalar(kind)}"]
    lines.append(f"      action: {scalar(action)}")
    if action != "deleted" and isinstance(resource, dict):
        lines += ["      resource:", *_block(resource, 8, MOST_LINES)]
    before = previous if action == "deleted" else _before(previous, changes)
    if isinstance(before, dict) and before:
        lines += ["    previous:", *_block(before, 6, MOST_LINES)]
    if destinations:
        lines += ["    expect:", *[f"      {scalar(one)}: ~" for one in dict.fromkeys(destinations)]]
    else:
        lines.append("    expect: nothing")
    return "\n".join(lines) + "\n"


def _before(previous: Json, changes: Mapping[str, Json]) -> dict[str, Json]:
    """Of the earlier state, the fields at the top in which something changed."""
    if not isinstance(previous, dict):
        return {}
    tops = {re.split(r"[.\[]", path, maxsplit=1)[0] for path in changes}
    return {name: value for name, value in previous.items() if name in tops}


def _block(value: Mapping[str, Json], indent: int, most: int) -> list[str]:
    """A map, a field a line; what is masked or very long is left out."""
    lines: list[str] = []
    for name, inner in value.items():
        if inner == MASK:
            continue
        if len(lines) >= most:
            lines.append(f"{' ' * indent}# the rest is left out")
            break
        if isinstance(inner, dict) and inner and indent < 16:
            below = _block(inner, indent + 2, most - len(lines) - 1)
            lines += [f"{' ' * indent}{scalar(name)}:", *below] if below else []
        else:
            written = flow(inner)
            if len(written) <= LONGEST:
                lines.append(f"{' ' * indent}{scalar(name)}: {written}")
    return lines


def flow(value: Json) -> str:
    """A value in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(name)}: {flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value)


def scalar(value: Json) -> str:
    """A plain value; a text is quoted where it could be taken for something else."""
    if not isinstance(value, str):
        return "~" if value is None else json.dumps(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _WORDS and value.isascii():
        return value
    return '"' + "".join(map(_character, value)) + '"'


def _character(one: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    if one.isprintable():
        return one
    return (
        f"\\x{ord(one):02x}"
        if ord(one) < 0x100
        else f"\\u{ord(one):04x}"
        if ord(one) < 0x10000
        else f"\\U{ord(one):08x}"
    )
