"""Checks the words that rules bring themselves, and says where in the rule file each mistake stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bridge.config.reading import Findings
from bridge.config.rules import Inline
from bridge.errors import Problem
from bridge.model import Node, Place
from bridge.render import Templates


def check_inline(inline: Iterable[Inline], templates: Templates, findings: Findings) -> None:
    """Tell what is wrong with inline titles and bodies. Words that a rule shares among its targets are told once."""
    seen: set[tuple[Place, str | None]] = set()
    for rule, target, nodes in inline:
        for key, alone in (("title", replace(target, body=None)), ("body", replace(target, title=None))):
            node = nodes.get(key)
            if node is None or (node.place, target.format) in seen:
                continue
            seen.add((node.place, target.format))
            findings.problems += [_moved(one, node) for one in templates.check_inline(rule.name, alone)]


def _moved(problem: Problem, node: Node) -> Problem:
    """A problem that counts from the text's beginning, at its place in the file."""
    lines = str(node.value).split("\n")
    before = sum(len(line) + 1 for line in lines[: problem.place.line - 1])
    place = node.at(before + problem.place.column - 1)
    return replace(problem, place=place, width=problem.width if node.exact else 1)
