"""Checks a template before it may run: what it may say, how large it may be, which names it may use."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import islice
from typing import Any

from jinja2 import nodes
from jinja2.exceptions import TemplateError, TemplateSyntaxError
from jinja2.meta import TrackingCodeGenerator

from bridge.render.closed import Closed

SOURCE_MAX = 64 * 1024
TOKENS_MAX = 30_000  # more than the nodes below can be written with; counted before there is a tree
NODES_MAX = 4_000
TREE_DEPTH = 40
LOOP_DEPTH = 3

NAMES = ("event", "resource", "previous", "changes", "source", "rule", "links", "now", "waited", "events", "count")
CALLABLE = ("range", "namespace", "dict", "caller", "super")

# What Jinja says of a template → what to do. Looked up by what its sentence begins with.
_MEND = {
    "unexpected `}`": "an expression ends with `}}`, a tag with `%}`",
    "unexpected end of template": "end it: an expression with `}}`, a block with its `{% end… %}`",
    "unexpected char": "a text stands in quotes; nothing else but names, numbers and signs may stand in `{{ }}`",
    "expected token `end of print statement`": "a filter is `value|filter`; texts are joined with `~`",
    "expected token `end of statement block`": "a tag is one condition or one loop, such as `{% if resource.title %}`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A mistake in a template, by its line alone."""

    line: int
    code: str
    message: str
    help: str = ""
    word: str = ""  # what the caret should point at


def parse(
    environment: Closed, source: str, others: Collection[str], more: Sequence[Check] = ()
) -> tuple[nodes.Template | None, list[Fault]]:
    """The tree of a template, if it can be had, and all that is wrong with it: it may run when nothing is.

    `others`: the templates it may include; `more`: what its format asks to be checked beside.
    """
    if len(source) > SOURCE_MAX:
        return None, [
            Fault(line=1, code="template-too-large", message=f"a template holds {SOURCE_MAX:,} characters at most")
        ]
    try:
        if sum(1 for _ in islice(environment.lex(source), TOKENS_MAX + 1)) > TOKENS_MAX:
            return None, [Fault(line=1, code="template-too-large", message="the template is too large")]
        tree = environment.parse(source)
        if faults := _too_large(tree):
            return None, faults
        faults = [fault for check in (*CHECKS, *more) for fault in check(tree, environment, others)]
    except TemplateSyntaxError as error:
        return None, [_syntax(error)]
    except (RecursionError, ValueError, OverflowError, MemoryError, TemplateError):
        # how deep and long sources end inside the parser, before there is a tree to measure
        return None, [
            Fault(
                line=1,
                code="template-too-deep",
                message="the template is nested too deep, or a number in it is too long",
            )
        ]
    return tree, sorted(faults, key=lambda fault: fault.line)


def suggestion(word: str, allowed: Collection[str]) -> str:
    """`did you mean …?`, or what is allowed."""
    close = difflib.get_close_matches(word, allowed, n=1, cutoff=0.6)
    return f"did you mean `{close[0]}`?" if close else "known are: " + ", ".join(sorted(allowed)[:8])


def _syntax(error: TemplateSyntaxError) -> Fault:
    message = (error.message or "not a template").replace("'", "`").rstrip(".")
    message = message[:1].lower() + message[1:]
    help = next((help for start, help in _MEND.items() if message.startswith(start)), "")
    return Fault(line=error.lineno, code="template-syntax", message=message, help=help)


def _too_large(tree: nodes.Template) -> list[Fault]:
    """Counted without recursion: everything after this may recurse."""
    count = 0
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        count += 1
        if count > NODES_MAX or depth > TREE_DEPTH:
            return [
                Fault(
                    line=node.lineno or 1,
                    code="template-too-large",
                    message="the template is too large or nested too deep",
                )
            ]
        waiting.extend((child, depth + 1) for child in node.iter_child_nodes())
    return []


def _filters_and_tests(tree: nodes.Template, environment: Closed, _others: Collection[str]) -> Iterator[Fault]:
    for node in tree.find_all(nodes.Filter):
        if node.name in ("safe", "attr"):
            yield Fault(
                line=node.lineno,
                code="unsafe-filter",
                message=f"`{node.name}` is not offered",
                help="an event's words are always made harmless; what you write in the template stays as it is",
                word=node.name,
            )
        elif node.name not in environment.filters:
            help_ = suggestion(node.name, [name for name in environment.filters if " " not in name])
            yield Fault(
                line=node.lineno,
                code="unknown-filter",
                message=f"unknown filter `{node.name}`",
                help=help_,
                word=node.name,
            )
    for test in tree.find_all(nodes.Test):
        if test.name not in environment.tests:
            help_ = suggestion(test.name, environment.tests)
            yield Fault(
                line=test.lineno,
                code="unknown-test",
                message=f"unknown test `is {test.name}`",
                help=help_,
                word=test.name,
            )


def _calls(tree: nodes.Template, environment: Closed, _others: Collection[str]) -> Iterator[Fault]:
    macros = {macro.name for macro in tree.find_all(nodes.Macro)}
    for imported in tree.find_all(nodes.FromImport):
        macros |= {name if isinstance(name, str) else name[1] for name in imported.names}
    modules = {node.target for node in tree.find_all(nodes.Import)}
    for call in tree.find_all(nodes.Call):
        target = call.node
        if isinstance(target, nodes.Name):
            if target.name not in macros and target.name not in CALLABLE:
                help_ = suggestion(target.name, [*macros, "range", "namespace", "dict"])
                yield Fault(
                    line=call.lineno,
                    code="unknown-macro",
                    message=f"`{target.name}(…)` calls nothing known",
                    help=help_,
                    word=target.name,
                )
        elif not (
            isinstance(target, nodes.Getattr) and isinstance(target.node, nodes.Name) and target.node.name in modules
        ):
            yield _method_call(call, environment)


def _method_call(call: nodes.Call, environment: Closed) -> Fault:
    name = call.node.attr if isinstance(call.node, nodes.Getattr) else ""
    owner = call.node.node if isinstance(call.node, nodes.Getattr) else None
    spoken = f"{owner.name}.{name}" if isinstance(owner, nodes.Name) else f"….{name}"
    help_ = "templates call macros and filters only"
    if name in environment.filters:
        help_ = f"write `{spoken.replace('.', '|')}`"
    elif name in ("keys", "values"):
        help_ = "write `|items` and take the part you need, or go through the map itself with `for`"
    return Fault(line=call.lineno, code="method-call", message=f"no method calls: `{spoken}()`", help=help_, word=name)


def _loops(tree: nodes.Template, _environment: Closed, _others: Collection[str]) -> Iterator[Fault]:
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, nodes.For):
            depth += 1
            if node.recursive:
                yield Fault(
                    line=node.lineno, code="recursive-loop", message="loops cannot be `recursive`", word="recursive"
                )
            if depth > LOOP_DEPTH:
                yield Fault(line=node.lineno, code="loop-depth", message=f"loops nest {LOOP_DEPTH} deep at most")
        if isinstance(node, nodes.Macro) and depth:
            yield Fault(
                line=node.lineno,
                code="macro-in-loop",
                message="a macro is defined inside a loop",
                help="define it before",
            )
        waiting.extend((child, depth) for child in node.iter_child_nodes())


def _closed_ways(tree: nodes.Template, _environment: Closed, _others: Collection[str]) -> Iterator[Fault]:
    """Ways out of the escaping or into Jinja's own objects."""
    for node in tree.find_all((nodes.EvalContextModifier, nodes.ScopedEvalContextModifier)):
        yield Fault(line=node.lineno, code="autoescape", message="`autoescape` cannot be switched", word="autoescape")
    for used in tree.find_all(nodes.Name):
        if used.name == "self":
            yield Fault(line=used.lineno, code="unknown-name", message="unknown name `self`", word="self")
    asked = [(part.lineno, part.attr) for part in tree.find_all(nodes.Getattr)]
    asked += [
        (part.lineno, part.arg.value) for part in tree.find_all(nodes.Getitem) if isinstance(part.arg, nodes.Const)
    ]
    for line, name in asked:
        if isinstance(name, str) and name.startswith("__"):
            yield Fault(line=line, code="unknown-name", message=f"no field can be called `{name}`", word=name)


def _template_names(tree: nodes.Template, _environment: Closed, others: Collection[str]) -> Iterator[Fault]:
    for node in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        for name in template_names(node):
            if name is None:
                yield Fault(
                    line=node.lineno,
                    code="template-name",
                    message="the name of another template must be written out",
                    help='for example `{% include "creads/footer.md.j2" %}`: data must not choose a template',
                )
            elif name not in others:
                help_ = suggestion(name, others) if others else "there is no other template"
                yield Fault(
                    line=node.lineno, code="unknown-template", message=f"no template `{name}`", help=help_, word=name
                )


def template_names(node: nodes.Node) -> list[str | None]:
    """The names an `include`, `import` or `extends` gives; None for one that is not written out."""
    given: Any = node.template  # type: ignore[attr-defined]  # all four have it
    items = given.items if isinstance(given, (nodes.List, nodes.Tuple)) else [given]
    return [item.value if isinstance(item, nodes.Const) and isinstance(item.value, str) else None for item in items]


def _unknown_names(tree: nodes.Template, environment: Closed, _others: Collection[str]) -> Iterator[Fault]:
    if tree.find(nodes.EvalContextModifier):
        return  # refused already; to look further would run what is written there
    tracker = TrackingCodeGenerator(_with_all_named(tree, environment))
    tracker.optimizer = None  # or constants would be folded, and run, while a template is only looked at
    try:
        tracker.visit(tree)
    except TemplateSyntaxError as error:
        yield _syntax(error)
    unknown = tracker.undeclared_identifiers - {*NAMES, *CALLABLE, *_set_at_the_top(tree)}
    called = {id(call.node) for call in tree.find_all(nodes.Call)}  # told as calls
    first: dict[str, int] = {}
    for node in tree.find_all(nodes.Name):
        if node.name in unknown and id(node) not in called:
            first[node.name] = min(node.lineno, first.get(node.name, node.lineno))
    for name, line in first.items():
        help_ = suggestion(name, NAMES)
        yield Fault(line=line, code="unknown-name", message=f"unknown name `{name}`", help=help_, word=name)


def _with_all_named(tree: nodes.Template, environment: Closed) -> Closed:
    """As if every filter and test were known: Jinja looks no further behind the first that is not."""
    whole = copy(environment)
    whole.filters = {node.name: callable for node in tree.find_all(nodes.Filter)}
    whole.tests = {node.name: callable for node in tree.find_all(nodes.Test)}
    return whole


def _set_at_the_top(tree: nodes.Template) -> Iterator[str]:
    """What stands outside of blocks has run before a block is asked for; Jinja's own count leaves that out."""
    for node in tree.body:
        if isinstance(node, (nodes.Assign, nodes.AssignBlock)):
            names = [node.target] if isinstance(node.target, nodes.Name) else node.target.find_all(nodes.Name)
            yield from (name.name for name in names if isinstance(name, nodes.Name))
        elif isinstance(node, nodes.Macro):
            yield node.name
        elif isinstance(node, nodes.Import):
            yield node.target
        elif isinstance(node, nodes.FromImport):
            yield from (name if isinstance(name, str) else name[1] for name in node.names)


Check = Callable[[nodes.Template, Closed, Collection[str]], Iterator[Fault]]
CHECKS: tuple[Check, ...] = (_filters_and_tests, _calls, _loops, _closed_ways, _template_names, _unknown_names)


def column_of(source: str, line: int, word: str) -> tuple[int, int]:
    """Where the word stands in that line and how long it is; the line's first sign when it is not there just once."""
    lines = source.splitlines()
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    found = [match.start() for match in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text)] if word else []
    if len(found) >= 1:
        return found[0] + 1, len(word)
    return len(text) - len(text.lstrip()) + 1, 1
