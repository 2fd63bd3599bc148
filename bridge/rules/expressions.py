"""The one-line condition, in Jinja's words, read by recursive descent into the same tree as a map of tests.

    either     = both ("or" both)*
    both       = negation ("and" negation)*
    negation   = "not" negation | comparison
    comparison = value (("==" | "!=" | "<" | "<=" | ">" | ">=") value)*
               | value ("in" | "not" "in" | "matches" | "contains" | "startswith" | "endswith") value
               | value "is" ["not"] ("defined" | "none")
               | ("any" | "all") "(" path "," (either | constant) ")"
               | "(" either ")" | path
    value      = path | text | number | "true" | "false" | "none" | "[" constant ("," constant)* "]"

It has no calls, attributes or arithmetic to refuse: what is not above cannot be said.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any, Literal

from bridge.errors import Problem
from bridge.model import Condition, Leaf, Node, Not, Other, Place, replace
from bridge.rules.findings import written
from bridge.rules.leaves import Scope, all_of, any_of
from bridge.rules.paths import ROOTS
from bridge.rules.slips import MEANT, in_quotes, instead_of
from bridge.rules.tokens import INFIX, Token, Unreadable, tokens_of
from bridge.rules.wording import nearest, said

MAX_DEPTH = 50  # of parentheses and `not`

_COMPARISONS = {"==": "eq", "!=": "ne", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
_TURNED = {"eq": "eq", "ne": "ne", "lt": "gt", "lte": "gte", "gt": "lt", "gte": "lte"}
_TESTS = "`is defined`, `is not defined`, `is none`, `is not none`"


def parse_expression(node: Node, scope: Scope) -> Condition | None:
    """The condition that a text says; None when problems were told instead: all of them, unless it cannot be read."""
    told, slips = len(scope.findings.problems), list[Problem]()
    try:
        return _Parser(tokens_of(written(node)), node, scope, slips).whole()
    except Unreadable as error:
        # Names in a text that cannot be read may not be names, and after a slip this may be the same mistake.
        scope.findings.problems[told:] = slips
        if not slips:
            _tell(error, node, scope)
        return None


def _tell(error: Unreadable, node: Node, scope: Scope) -> None:
    width = error.width if node.exact else 1
    scope.findings.tell(node.at(error.offset), error.code, str(error), help=error.help, width=width)


class _Parser:
    """Reads tokens from left to right. A method gives a condition, or None when its problem was told."""

    def __init__(self, tokens: list[Token], node: Node, scope: Scope, slips: list[Problem]) -> None:
        self.tokens, self.node, self.scope = tokens, node, scope
        self.slips = slips  # told, and read over
        self.position = 0
        self.depth = 0
        self.known: dict[int, bool] = {}  # paths that were looked up, by offset

    def whole(self) -> Condition | None:
        condition = self.either()
        if self.token.kind != "end":
            self._unexpected()
        return condition

    def either(self) -> Condition | None:
        return self._joined("or", self.both, any_of)

    def both(self) -> Condition | None:
        return self._joined("and", self.negation, all_of)

    def negation(self) -> Condition | None:
        if not self._at("not"):
            return self.comparison()
        self._enter(self._next())
        part = self.negation()
        self.depth -= 1
        return None if part is None else Not(part)

    def comparison(self) -> Condition | None:
        if self._at("("):
            return self._parenthesis()
        if self.token.text in ("any", "all") and self.tokens[self.position + 1].text == "(":
            return self._elements()
        left = self.value()
        if self.token.text in _COMPARISONS:
            return self._chain(left)
        if self._at("is"):
            return self._tested(left)
        if self.token.text in INFIX and self.token.kind == "word":
            operator = self._next()
            return self._compared(left, operator.text, operator, self.value())
        if self._at("in") or self._at("not"):
            return self._contained(left)
        return self._leaf(left, "is_true", True, left)

    def value(self) -> Token:
        """A path or a constant; a list or a negative number becomes one constant token."""
        if self._at("["):
            return self._list()
        if self._at("-") and self.tokens[self.position + 1].kind == "constant":
            minus, number = self._next(), self._next()
            if type(number.value) not in (int, float):
                return self._slip(minus, "only a number can be negative")
            return Token("constant", f"-{number.text}", minus.offset, -number.value)
        if self.token.kind not in ("path", "constant"):
            self._unexpected()
        value = self._next()
        return self._call(value) if self._at("(") and value.kind == "path" else value

    # ---- the forms of a comparison ---------------------------------------------------------

    def _chain(self, left: Token) -> Condition | None:
        """`a < b <= c` is `a < b and b <= c`."""
        values, operators = [left], []
        while self.token.text in _COMPARISONS and self.token.kind == "mark":
            operators.append(self._next())
            values.append(self.value())
        parts = [
            self._compared(one, _COMPARISONS[operator.text], operator, other)
            for (one, other), operator in zip(pairwise(values), operators, strict=True)
        ]
        return self._all_told(parts, all_of)

    def _compared(self, left: Token, op: str, operator: Token, right: Token) -> Condition | None:
        if "told" in (left.kind, right.kind):
            self._beside_a_slip(left if right.kind == "told" else right)
            return None
        if left.kind == "path":
            return self._leaf(left, op, Other(right.value) if right.kind == "path" else right.value, right)
        if right.kind == "constant":
            self._slip(operator, "two constants are compared", "name a field of the event: `resource.status`")
            return None
        if op not in _TURNED:
            self._slip(left, f"the field stands before `{op}`", f"write `{right.text} {op} …`")
            self._beside_a_slip(right)
            return None
        return self._leaf(right, _TURNED[op], left.value, left)

    def _tested(self, left: Token) -> Condition | None:
        operator = self._next()
        negated = self._at("not")
        if negated:
            self._next()
        test = self._next()
        if left.kind == "constant":
            left = self._slip(operator, "a constant is tested", "name a field of the event before `is`")
        if test.text == "defined":
            return self._leaf(left, "exists", not negated, left)
        if test.text in ("none", "None"):
            return self._leaf(left, "ne" if negated else "eq", None, left)
        help = "write `is none`" if test.text in ("null", "nil") else f"tests: {_TESTS}; values compare with `==`"
        if test.kind not in ("path", "constant"):
            test.refuse(f"unknown test {said(test.text)}" if test.text else "a test is missing", help)
        self._slip(test, f"unknown test {said(test.text)}", help)
        if self._at("("):
            self._skip_arguments(test)
        self._beside_a_slip(left)
        return None

    def _contained(self, left: Token) -> Condition | None:
        """`x in […]`, `x not in […]`, `"text" in path`."""
        negated = self._at("not")
        operator = self._next()
        if negated and not self._at("in"):
            operator.refuse("`not` cannot stand here", "write `x not in […]`, or `not` before the whole comparison")
        if negated:
            self._next()
        right = self.value()
        if "told" in (left.kind, right.kind) or (left.kind == right.kind == "constant"):
            return self._compared(left, "in", operator, right)
        if right.kind == "constant":
            if isinstance(right.value, str):
                help = f"write `{left.text} in [{right.text}]`, or `{right.text} in {left.text}`"
                self._slip(right, "`in` needs a list or a field on its right side", help)
                self._beside_a_slip(left)
                return None
            return self._leaf(left, "not_in" if negated else "in", right.value, right)
        if left.kind == "path":
            return self._leaf(left, "not_in" if negated else "in", Other(right.value), right)
        part = self._leaf(right, "contains", left.value, left)
        return Not(part) if negated and part else part

    def _elements(self) -> Condition | None:
        """`any(path, condition)`: the condition is about each element."""
        word = self._next()
        self._enter(self._next())
        listed = self.value()
        if listed.kind == "constant":
            help = f"write `{word.text}(resource.works, …)`"
            listed = self._slip(listed, f"`{word.text}` needs a list of the event", help)
        if not self._at(","):
            self._unexpected(f"write `{word.text}({listed.text}, condition)`")
        self._next()
        outer, self.scope = self.scope, self._elements_scope(listed)
        inner = self._inner()
        self.scope = outer
        self._close()
        if listed.kind == "told" or not self._known(listed) or inner is None:
            return None
        place = self.node.at(word.offset)
        return Leaf(path=listed.value, op=word.text, expected=inner, line=place.line, column=place.column)

    def _elements_scope(self, listed: Token) -> Scope:
        """Where paths inside lead; of the elements of a list that is none, nothing is known."""
        if listed.kind == "told":
            return Scope(list_of=(), findings=self.scope.findings)
        return self.scope.elements_of(listed.value)

    def _inner(self) -> Condition | None:
        """A condition on each element, or a constant that it must equal."""
        if self.token.kind == "constant" and self.tokens[self.position + 1].text == ")":
            constant = self._next()
            at = self.node.at(constant.offset)
            return self.scope.leaf((), "eq", constant.value, at=at, side=at, width=len(constant.text))
        return self.either()

    def _parenthesis(self) -> Condition | None:
        self._enter(self._next())
        inner = self.either()
        self._close()
        if self.token.text in _COMPARISONS or self.token.text in (*INFIX, "is", "in"):
            self.token.refuse("what is in parentheses is true or false already", "compare a field, without parentheses")
        return inner

    def _list(self) -> Token:
        opened = self._next()
        self._enter(opened)
        items: list[Token] = []
        while not self._at("]"):
            item = self.value()
            if item.kind == "path" and all(other.kind != "told" for other in items):
                help = in_quotes(item.text) if len(item.value) == 1 else f"write `… == {item.text}` with `or`"
                item = self._slip(item, "a list holds constants only", help)
            items.append(item)
            if self._at(","):
                self._next()
            elif not self._at("]"):
                self._unexpected("write `,` between the items of a list and `]` after them")
        closed = self._next()
        self.depth -= 1
        kind: Literal["told", "constant"] = "told" if any(item.kind == "told" for item in items) else "constant"
        shown = "[…]"[: closed.offset - opened.offset + 1]
        return Token(kind, shown, opened.offset, tuple(item.value for item in items))

    # ---- mistakes that reading goes on after -----------------------------------------------

    def _slip(self, token: Token, message: str, help: str = "", code: str = "expression") -> Token:
        """Tell what is wrong with a piece; what stands in its place from then on."""
        _tell(Unreadable(token.offset, len(token.text), message, help, code), self.node, self.scope)
        self.slips.append(self.scope.findings.problems[-1])
        return Token("told", token.text, token.offset)

    def _call(self, function: Token) -> Token:
        told = self._slip(function, f"{said(function.text + '(…)')} is a call", instead_of(function), "call")
        self._skip_arguments(function)
        return told

    def _skip_arguments(self, function: Token) -> None:
        """Go behind the parenthesis that closes the one at hand."""
        opened = 0
        for position in range(self.position, len(self.tokens)):
            mark = self.tokens[position]
            opened += (mark.text == "(") - (mark.text == ")") if mark.kind == "mark" else 0
            if not opened:
                self.position = position + 1
                return
        function.refuse("this parenthesis is never closed")

    def _beside_a_slip(self, other: Token) -> None:
        """What stands beside a slip may be one more; a word alone may be anything."""
        if other.kind == "path" and len(other.value) > 1:
            self._known(other)

    # ---- small steps -----------------------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def _next(self) -> Token:
        token = self.token
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token

    def _at(self, text: str) -> bool:
        return self.token.text == text and self.token.kind in ("word", "mark")

    def _joined(
        self, word: str, part: Callable[[], Condition | None], join: Callable[[list[Condition]], Condition]
    ) -> Condition | None:
        parts = [part()]
        while self._at(word):
            self._next()
            parts.append(part())
        return self._all_told(parts, join)

    def _all_told(
        self, parts: list[Condition | None], join: Callable[[list[Condition]], Condition]
    ) -> Condition | None:
        good = [part for part in parts if part is not None]
        return join(good) if len(good) == len(parts) else None

    def _enter(self, token: Token) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            token.refuse(f"nested more than {MAX_DEPTH} deep", "write it flatter", "too-deep")

    def _close(self) -> None:
        if not self._at(")"):
            self._unexpected("close the parenthesis with `)`" if self.token.kind == "end" else "")
        self._next()
        self.depth -= 1

    def _known(self, token: Token) -> bool:
        """Whether a path leads somewhere; told once of each, though `a < b < c` asks twice for `b`."""
        if token.offset not in self.known:
            self.known[token.offset] = self.scope.path(token.value, self.node.at(token.offset), len(token.text))
        return self.known[token.offset]

    def _known_beside(self, side: Token, field: Token) -> bool:
        """A word alone beside a field is most likely a text without its quotes, or another language's null."""
        told_before = side.offset in self.known
        known = self._known(side)
        if not known and not told_before and len(side.value) == 1 and not nearest(side.text, ROOTS):
            null = MEANT.get(side.text) == "none"
            help = f"write `{field.text} is none`" if null else in_quotes(side.text)
            self.scope.findings.problems[-1] = replace(self.scope.findings.problems[-1], help=help)
        return known

    def _leaf(self, field: Token, op: str, expected: Any, side: Token) -> Leaf | None:
        """A leaf about a path token; `side` is the token of what it is compared with."""
        if field.kind == "constant":
            self._slip(field, f"{said(field.text)} alone says nothing of the event", "compare a field with it")
        if field.kind != "path":
            return None
        known = self._known(field)
        if isinstance(expected, Other) and not self._known_beside(side, field):
            return None
        if not known and len(field.value) == 1:
            return None  # a word alone may be anything, and no operator is wrong for it
        at: Place = self.node.at(field.offset)
        leaf = self.scope.leaf(field.value, op, expected, at=at, side=self.node.at(side.offset), width=len(side.text))
        return leaf if known else None

    def _unexpected(self, help: str = "") -> None:
        """Refuse the token at hand, in words that fit what was probably meant."""
        token, before = self.token, self.tokens[self.position - 1] if self.position else None
        if token.text == "-":
            token.refuse("`-` is not understood here", "conditions do not calculate")
        if token.kind == "end":
            after = f" after {said(before.text)}" if before else ""
            token.refuse(f"something is missing{after}", help or "write a field or a value there")
        if token.text in MEANT:
            help = f"write `{MEANT[token.text]}`"
        elif token.kind == "path" and before and (near := nearest(token.text, (*INFIX, "and", "or", "in", "is"))):
            help = f"did you mean `{near}`?"
        elif token.text in ("==", "!=", "<", "<=", ">", ">=", *INFIX, "in", "is"):
            help = help or "join comparisons with `and`"
        token.refuse(f"{said(token.text)} cannot stand here", help or "join conditions with `and` or `or`")
