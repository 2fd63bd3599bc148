"""Which fields of an event, its rule and its links a template names: `resource.price.amount` and its line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from jinja2 import nodes

from bridge.model import Path

ROOTS = ("resource", "previous", "changes", "event", "source", "rule", "links")


class Said(NamedTuple):
    """One path in a template, from its root on, as far as it is written out."""

    path: Path
    line: int
    word: str  # as it most likely stands there
    guarded: bool  # whether something is printed in its place when it is missing


def said(tree: nodes.Template) -> list[Said]:
    """Every path once for each line. What a template sets itself under such a name is not the event's."""
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx in ("store", "param")}
    guarded = _guarded(tree)
    found: dict[Said, None] = {}
    inner = {id(call.node) for call in tree.find_all(nodes.Call)}  # a method's name is no field
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):  # the outermost of a chain comes first
        if id(node) in inner:
            continue
        path = list(_steps(node, inner))
        if path and path[0] in ROOTS and path[0] not in own and len(path) > 1:
            word = ".".join(step for step in path if isinstance(step, str))
            if ".__" in word:  # no field can be called so: refused already
                continue
            found[Said(tuple(path), node.lineno, word, id(node) in guarded)] = None
    return list(found)


def _guarded(tree: nodes.Template) -> set[int]:
    """What `default` or `or` has another value for."""
    found: set[int] = set()
    for node in tree.find_all((nodes.Filter, nodes.Or)):  # the outermost comes first
        if isinstance(node, nodes.Or):
            found |= {id(node.left), id(node.right)} if id(node) in found else {id(node.left)}
        elif isinstance(node, nodes.Filter) and node.name in ("default", "d"):
            found.add(id(node.node))
    return found


def _steps(node: nodes.Node, inner: set[int]) -> Iterator[str | int]:
    """The steps of a chain from its root; from a step that is worked out on, nothing is known."""
    if isinstance(node, nodes.Name):
        yield node.name
    elif isinstance(node, nodes.Getattr | nodes.Getitem):
        inner.add(id(node.node))
        before = list(_steps(node.node, inner))
        yield from before
        step = node.attr if isinstance(node, nodes.Getattr) else _constant(node.arg)
        if step is not None and len(before) == _length(node.node):
            yield step


def _constant(node: nodes.Node) -> str | int | None:
    value = node.value if isinstance(node, nodes.Const) else None
    return value if isinstance(value, str | int) and not isinstance(value, bool) else None


def _length(node: nodes.Node) -> int:
    """How many steps a chain has when all of them are known."""
    return 1 + _length(node.node) if isinstance(node, nodes.Getattr | nodes.Getitem) else 1
