"""The closed Jinja environment: templates reach data and a short list of filters, and pay for what they do.

Measured reasons are in the security notes: the stock sandbox lets a template run away, some while they load. Hence no
folding at compile time (`optimized=False` and a `finalize` that needs the context), no method calls, every operator
that can grow a value intercepted, and each loop, macro and filter charged to the purse of its render.
"""

# ruff: noqa: S704 -- text that a template wrote stays what it was

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import BaseLoader, Environment, Template, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.exceptions import TemplateNotFound, TemplateRuntimeError
from jinja2.runtime import BlockReference, Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace
from markupsafe import Markup

from bridge.model import Change
from bridge.render.paths import Said
from bridge.render.run import OUTPUT, current, weigh
from bridge.render.values import Links, Missing, joined, live

HOLE = Markup("\0")  # printed where an expression came out empty; a line of nothing else is taken out at the end

_ONLY_HOLES = re.compile(rf"^[ \t]*(?:{HOLE}[ \t]*)+(?:\n|\Z)", re.M)

# names of filters that only our own rewriting can use: no template can spell them
CONCAT = "joined by ~"
TURNS = "turns of a loop"
PAID = "paid by size"
SLICE = "a slice"
FILLED = "a set block"
TOLL = "toll"

RANGE_MAX = 10_000
_INTEGER_BITS = 256
_LOOP_PARTS = frozenset(
    ["index", "index0", "revindex", "revindex0", "first", "last", "length", "depth", "previtem", "nextitem"],
)
_TESTS = (
    "boolean defined divisibleby even false float integer iterable mapping"
    " none number odd sequence string true undefined"
)


Uses = frozenset[tuple[str, str]]  # (block, name): which of `waited`, `events` and `count` a template says, and where


class Ready(BaseLoader):
    """Serves the templates that were loaded and checked; there is no other way to a file."""

    def __init__(self) -> None:
        self.templates: dict[str, Template] = {}
        self.uses: dict[str, Uses] = {}
        self.said: dict[str, list[Said]] = {}

    def load(self, environment: Environment, name: str, globals: Any = None) -> Template:  # Jinja's name
        try:
            return self.templates[name]
        except KeyError:
            raise TemplateNotFound(name) from None


class _Generator(CodeGenerator):
    """Keeps the author's own texts, which Jinja would make anew each time they are come to."""

    def visit_Const(self, node: nodes.Const, frame: Frame) -> None:  # noqa: N802  # Jinja's name
        if not isinstance(node.value, Markup):
            return super().visit_Const(node, frame)
        text = str.__str__(node.value)
        self.environment.kept[text] = node.value  # type: ignore[attr-defined]  # it is a Closed
        self.write(f"environment.kept[{text!r}]")
        return None


class Closed(ImmutableSandboxedEnvironment):
    """Where templates run."""

    code_generator_class = _Generator
    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, filters: Mapping[str, Callable[..., Any]], loader: Ready) -> None:
        super().__init__(
            autoescape=True,  # in every format: Markup is what is fit for it, all else goes through `finalize`
            undefined=Missing,
            optimized=False,
            finalize=_finalize,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            loader=loader,
        )
        self.kept: dict[str, Markup] = {}
        self.globals = {"range": _range, "namespace": Namespace, "dict": _dict}
        self.filters = {
            **filters,
            CONCAT: joined,
            TURNS: _turns,
            PAID: weigh,
            SLICE: _slice,
            FILLED: without_holes,
            TOLL: _toll,
        }
        self.tests = {name: self.tests[name] for name in _TESTS.split()}

    @staticmethod
    def concat(pieces: Iterable[str]) -> str:
        """Join what a template, block or macro wrote, up to the limit."""
        length = 0
        written: list[str] = []
        for piece in pieces:
            length += len(piece)
            if length > OUTPUT:
                raise TemplateRuntimeError(f"the text grows over {OUTPUT // 1024} KiB")
            written.append(piece)
        current.get().charge(length)
        return "".join(written)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`a.b`: a key of a map, or one of the few parts that Jinja's own things have."""
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else _missing(obj, attribute)
        if isinstance(obj, LoopContext) and attribute in _LOOP_PARTS:
            return getattr(obj, attribute)
        if isinstance(obj, (Namespace, TemplateModule)) and attribute[:1] != "_":
            return getattr(obj, attribute, Missing(name=attribute))
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`a["b"]`, `a[0]`: only keys of maps and items of lists."""
        if isinstance(obj, Missing):
            return obj
        if isinstance(argument, Missing):
            return argument
        if isinstance(obj, Change):
            return getattr(obj, argument) if argument in ("old", "new") else Missing(name=argument)
        try:
            if isinstance(obj, Mapping) or (isinstance(obj, (list, tuple, str, range)) and isinstance(argument, int)):
                return obj[argument]
        except (LookupError, TypeError):
            pass
        return _missing(obj, str(argument)[:80])

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Macros, `caller()`, `super()` and the three globals."""
        if not isinstance(obj, (Macro, BlockReference)) and obj not in (_range, Namespace, _dict):
            raise TemplateRuntimeError("only macros, `range`, `namespace` and `dict` can be called")
        run = current.get()
        run.depth -= 1
        if run.depth < 0:
            raise TemplateRuntimeError("macros call one another too deep")
        try:
            result = context.call(obj, *args, **kwargs)
            return without_holes(result) if isinstance(result, Markup) else result
        finally:
            run.depth += 1

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic for numbers within bounds; `+` also joins texts and lists."""
        if isinstance(left, (int, float)) and isinstance(right, (int, float)):
            return _arithmetic(operator, left, right)
        for side in (left, right):
            if isinstance(side, Missing):
                str(side)
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return joined([left, right])
        if operator == "+" and isinstance(left, list) and isinstance(right, list):
            current.get().charge(len(left) + len(right))
            return left + right
        raise TemplateRuntimeError(f"`{operator}` does not fit these values; texts are joined with `~`")


def _missing(obj: Any, name: str) -> Missing:
    return Missing(name=f"links.{name}" if isinstance(obj, Links) else name)


@pass_context  # also keeps Jinja from running it on constants while it loads a template
def _finalize(_context: Context, value: Any) -> Markup:
    """What an expression prints: an event's words dead, the author's own as they are, objects never."""
    return live(value) or HOLE


def without_holes(text: str) -> str:
    """What was written, without the lines on which every expression came out empty."""
    if HOLE not in text:
        return text
    kept = _ONLY_HOLES.sub("", text).replace(HOLE, "")
    return Markup(kept) if isinstance(text, Markup) else kept


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}


def _arithmetic(sign: str, left: float, right: float) -> Any:
    if sign == "**" and abs(right) > 64:
        raise TemplateRuntimeError("`**` goes up to 64")
    try:
        result = _OPERATIONS[sign](left, right)
    except ZeroDivisionError:
        raise TemplateRuntimeError(f"`{sign}` by zero") from None
    if any(isinstance(number, int) and number.bit_length() > _INTEGER_BITS for number in (left, right, result)):
        raise TemplateRuntimeError("a number is too large")
    return result


def _turns(value: Any, nodes: int) -> Any:
    """What a `for` goes through, paid in advance: nothing for what is missing or null, else a list, a map or a text."""
    if value is None or isinstance(value, Missing):
        return ()
    if not isinstance(value, (list, tuple, range, Mapping, str)):
        raise TemplateRuntimeError("`for` needs a list or a map")
    run = current.get()
    run.step(len(value))
    run.charge(len(value) * nodes)
    return value


def _toll(nodes: int) -> None:
    """Paid on entering a macro or a template: as much as it holds."""
    current.get().charge(nodes)


def _slice(value: Any, start: Any, stop: Any, step: Any) -> Any:
    if isinstance(value, Missing):
        return value
    if not isinstance(value, (str, list, tuple)):
        raise TemplateRuntimeError("only texts and lists can be cut with `[:]`")
    return weigh(value)[start:stop:step]


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > RANGE_MAX:
        raise TemplateRuntimeError(f"`range` goes up to {RANGE_MAX:,}")
    return numbers


def _dict(**items: Any) -> dict[str, Any]:
    return items
