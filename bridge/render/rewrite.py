"""Rewrites a checked template so that what it does is paid for, and what its author wrote stays live."""

# ruff: noqa: S704 -- what an author wrote in a template is live on purpose

from __future__ import annotations

from typing import Any

from jinja2 import nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from bridge.render.closed import CONCAT, FILLED, PAID, SLICE, TOLL, TURNS


def rewrite(tree: nodes.Template, *, live_literals: bool) -> nodes.Template:
    """`live_literals`: a text written in an expression is the author's own markup, not in HTML."""
    size = _size(tree)
    _Paid(live_literals=live_literals).visit(tree)
    tree.body.insert(0, _toll(size))
    return tree


def _size(node: nodes.Node) -> int:
    return 1 + sum(_size(child) for child in node.iter_child_nodes())


def _filter(value: nodes.Node, name: str, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(value, name, list(args), [], None, None, lineno=value.lineno)


def _toll(size: int) -> nodes.ExprStmt:
    return nodes.ExprStmt(_filter(nodes.Const(size, lineno=1), TOLL), lineno=1)


class _Paid(NodeTransformer):
    """Jinja calls `visit_<node>`; the tree is at most as deep as `check` allows."""

    def __init__(self, *, live_literals: bool) -> None:
        self.live_literals = live_literals

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802  # Jinja's name
        turn = nodes.Const(_size(node), lineno=node.lineno)
        self.generic_visit(node)
        node.iter = _filter(node.iter, TURNS, turn)
        return node

    def _macro(self, node: Any) -> Any:
        size = _size(node)
        self.generic_visit(node)
        node.body.insert(0, _toll(size))
        return node

    visit_Macro = visit_CallBlock = _macro  # noqa: N815  # Jinja's names

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.expr2 = node.expr2 or nodes.Const(None, lineno=node.lineno)  # Jinja's own would be an error when printed
        return node

    def visit_AssignBlock(self, node: nodes.AssignBlock) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        if node.filter is None:
            node.filter = nodes.Filter(None, FILLED, [], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filter(nodes.List(node.nodes, lineno=node.lineno), CONCAT)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.expr = self._paid(node.expr)
        for operand in node.ops:
            operand.expr = self._paid(operand.expr)
        return node

    def _paid(self, value: nodes.Expr) -> nodes.Expr:
        return value if isinstance(value, nodes.Const) else _filter(value, PAID)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        if not isinstance(node.arg, nodes.Slice):
            return node
        none = nodes.Const(None, lineno=node.lineno)
        return _filter(node.node, SLICE, node.arg.start or none, node.arg.stop or none, node.arg.step or none)

    def visit_Const(self, node: nodes.Const) -> nodes.Node:  # noqa: N802
        if self.live_literals and isinstance(node.value, str):
            node.value = Markup(node.value)
        return node

    def _left_alone(self, node: nodes.Node) -> nodes.Node:
        return node

    visit_Include = visit_Import = visit_FromImport = visit_Extends = _left_alone  # noqa: N815
