"""Loads all templates of a folder at once: each is checked alone, then how they include one another, then compiled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from jinja2 import Template, nodes

from bridge.errors import Problem
from bridge.model import Format, Place
from bridge.render.check import Fault, column_of, parse, suggestion, template_names
from bridge.render.closed import Closed, Ready, Uses
from bridge.render.html import attribute_faults
from bridge.render.paths import said
from bridge.render.rendering import BLOCKS
from bridge.render.rewrite import rewrite

SUFFIXES: Mapping[str, Format] = {".md.j2": "markdown", ".html.j2": "html", ".txt.j2": "text"}
DOCS = "docs/templates.md"


def format_of(name: str) -> Format | None:
    """What a template's suffix says of its format and escaping."""
    return next((format_ for suffix, format_ in SUFFIXES.items() if name.endswith(suffix)), None)


def read(
    environment: Closed, source: str, format_: Format, others: Collection[str]
) -> tuple[nodes.Template | None, list[Fault]]:
    """The tree of one template, if it can be had, and its faults: only without any may it run."""
    return parse(environment, source, others, (attribute_faults,) if format_ == "html" else ())


def compiled(environment: Closed, tree: nodes.Template, format_: Format, name: str) -> Template:
    """A template ready to run; `name` is what its frames are known by when it fails."""
    code = environment.compile(rewrite(tree, live_literals=format_ != "html"), name, name)
    return Template.from_code(environment, code, environment.globals)


def problem(fault: Fault, source: str, file: str) -> Problem:
    """A fault with its place."""
    column, width = column_of(source, fault.line, fault.word)
    place = Place(file, fault.line, column)
    return Problem(place=place, code=fault.code, message=fault.message, help=fault.help, docs=DOCS, width=width)


def load(environment: Closed, ready: Ready, files: Mapping[str, str]) -> list[Problem]:
    """Fill `ready` with every template that is sound; a bad one switches off only itself."""
    problems: list[Problem] = []
    trees: dict[str, nodes.Template] = {}
    for name, source in files.items():
        format_ = format_of(name)
        if format_ is None:
            fault = Fault(
                line=1,
                code="template-suffix",
                message=f"`{name}` has no known suffix",
                help=f"known are: {', '.join(SUFFIXES)}",
            )
            problems.append(problem(fault, source, name))
            continue
        tree, faults = read(environment, source, format_, files)
        if tree is not None:
            trees[name] = tree
            ready.said[name] = said(tree)
            faults += _including(name, tree, format_, files)
        problems += [problem(fault, source, name) for fault in faults]
    for name, fault in (*_circles(trees), *_unknown_blocks(trees)):
        problems.append(problem(fault, files[name], name))
    broken = {one.place.file for one in problems}
    for name, tree in trees.items():
        if name not in broken:
            ready.uses[name] = said_in(tree)  # before it is compiled, which rewrites the tree
            ready.templates[name] = compiled(environment, tree, SUFFIXES[_suffix(name)], name)
    return problems


def said_in(tree: nodes.Template) -> Uses:
    """Which names of bundles and follow-ups the template says, by block; those outside of blocks under ""."""
    inside = {
        (id(name), block.name): name.name for block in tree.find_all(nodes.Block) for name in block.find_all(nodes.Name)
    }
    in_blocks = {place for place, _ in inside}
    found = {(block, name) for (_, block), name in inside.items()}
    found |= {("", name.name) for name in tree.find_all(nodes.Name) if id(name) not in in_blocks}
    return frozenset((block, name) for block, name in found if name in ("waited", "events", "count"))


def _suffix(name: str) -> str:
    return next(suffix for suffix in SUFFIXES if name.endswith(suffix))


def _uses(tree: nodes.Template) -> Iterator[nodes.Node]:
    return tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends))


def _including(name: str, tree: nodes.Template, format_: Format, others: Collection[str]) -> Iterator[Fault]:
    """Only templates of one format fit together: what is harmless in Markdown is not in HTML."""
    for node in _uses(tree):
        for used in template_names(node):
            if used and used in others and format_of(used) != format_:
                yield Fault(
                    line=node.lineno,
                    code="template-format",
                    message=f"`{name}` cannot use `{used}`: their formats differ",
                    word=used,
                )


def _circles(trees: Mapping[str, nodes.Template]) -> Iterator[tuple[str, Fault]]:
    uses = {
        name: {used for node in _uses(tree) for used in template_names(node) if used} for name, tree in trees.items()
    }
    circular = {name for name in uses if name in _reached(name, uses)}
    for name in sorted(circular):
        line = next(node.lineno for node in _uses(trees[name]) if set(template_names(node)) & circular)
        message = f"`{name}` includes itself, directly or through another template"
        yield name, Fault(line=line, code="include-cycle", message=message)


def _unknown_blocks(trees: Mapping[str, nodes.Template]) -> Iterator[tuple[str, Fault]]:
    """Blocks that nothing asks for, in templates that no other uses: their text would silently be body."""
    used = {name for tree in trees.values() for node in _uses(tree) for name in template_names(node)}
    extended = {
        name: {other or "" for node in tree.find_all(nodes.Extends) for other in template_names(node)}
        for name, tree in trees.items()
    }
    for name in sorted(trees.keys() - used):
        above = _reached(name, extended)
        if above <= trees.keys():  # else nobody knows what the others ask for
            allowed = {*BLOCKS, *(block.name for other in above for block in trees[other].find_all(nodes.Block))}
            for block in _outer_blocks(trees[name]):
                if block.name not in allowed:
                    message, help = f"unknown block `{block.name}`", suggestion(block.name, allowed)
                    line, code = block.lineno, "unknown-block"
                    yield name, Fault(line=line, code=code, message=message, help=help, word=block.name)


def _outer_blocks(tree: nodes.Template) -> list[nodes.Block]:
    blocks = list(tree.find_all(nodes.Block))
    inner = {id(block) for outer in blocks for block in outer.find_all(nodes.Block)}
    return [block for block in blocks if id(block) not in inner]


def _reached(start: str, uses: Mapping[str, set[str]]) -> set[str]:
    """All that a template includes, at any distance."""
    found: set[str] = set()
    waiting = list(uses[start])
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(uses.get(name, ()))
    return found
