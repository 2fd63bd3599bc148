"""Checks the words that rules bring themselves, and says where in the rule file each mistake stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from bridge.config.reading import Findings
from bridge.config.rules import Inline
from bridge.config.template_fields import Sent, unknown_fields
from bridge.errors import Problem
from bridge.model import Node, Place, Target, Trigger, replace
from bridge.render import Templates


def check_inline(
    inline: Iterable[Inline], templates: Templates, findings: Findings, sent: Callable[[tuple[Trigger, ...]], Sent]
) -> None:
    """Tell what is wrong with inline titles and bodies. Words that a rule shares among its targets are told once."""
    seen: set[tuple[Place, str | None]] = set()
    for rule, target, nodes in inline:
        for node, alone in _texts(target, nodes):
            if (node.place, target.format) in seen:
                continue
            seen.add((node.place, target.format))
            found = templates.check_inline(rule.name, alone)
            if isinstance(node.value, str):
                said = templates.said_inline(node.value, "text" if alone.body is None else target.format or "text")
                found += unknown_fields(said, node.value, target.place.file, sent(rule.when))
            findings.problems += [_moved(one, node) for one in found]


def _texts(target: Target, nodes: Mapping[str, Node]) -> Iterator[tuple[Node, Target]]:
    """Each text, and the target as if it had no other."""
    if node := nodes.get("title"):
        yield node, replace(target, body=None)
    if node := nodes.get("body"):
        yield node, replace(target, title=None)
    if node := nodes.get("attach"):
        for one in node.value if isinstance(node.value, list) else [node]:
            yield one, replace(target, title=str(one.value), body=None)  # plain text, as a title is


def _moved(problem: Problem, node: Node) -> Problem:
    """A problem that counts from the text's beginning, at its place in the file."""
    lines = str(node.value).split("\n")
    before = sum(len(line) + 1 for line in lines[: problem.place.line - 1])
    place = node.at(before + problem.place.column - 1)
    return replace(problem, place=place, width=problem.width if node.exact else 1)
