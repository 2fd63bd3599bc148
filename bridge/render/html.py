"""HTML templates: what is wrong with their attributes before they run, and an allow-list for what they wrote."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import nh3
from jinja2 import nodes
from jinja2.exceptions import TemplateRuntimeError

from bridge.render.check import Fault
from bridge.render.closed import Closed
from bridge.render.plain import too_deep

_ADDRESSES = frozenset({"href", "src", "action", "formaction", "background", "poster", "srcset", "cite", "xlink:href"})
_SPOT = "\ue000"  # stands for an expression in the text around it
_IN_TAG = re.compile(
    r"<!--.*?-->|<[a-z/](?P<inside>(?:\"[^\"]*\"|'[^']*'|[^\"'>])*)>?",
    re.I | re.S,
)
_ATTRIBUTE = re.compile(
    r"(?P<name>[^\s=\"'>/]+)\s*=\s*(?P<value>\"[^\"]*\"|'[^']*'|[^\s>]+)|(?P<loose>[^\s>]*\ue000[^\s>]*)"
)

_TAGS = (
    "a abbr b blockquote body br caption center code col colgroup dd del div dl dt em h1 h2 h3 h4 h5 h6 "
    "head hr html i img ins li meta ol p pre q s small span strong sub sup table tbody td tfoot th thead "
    "title tr u ul"
)
_ANYWHERE = "align aria-label bgcolor class dir height lang role style title valign width"
_ATTRIBUTES = {
    "*": set(_ANYWHERE.split()),
    "a": {"href"},
    "img": {"src", "alt"},
    "meta": {"charset", "name", "content"},
    "table": {"cellpadding", "cellspacing", "border"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}


def clean_html(text: str) -> str:
    """Finished HTML through the allow-list; the last wall, behind escaping and the checks below."""
    if too_deep(text):
        raise TemplateRuntimeError("the HTML is nested too deep")
    return nh3.clean(
        text,
        tags=set(_TAGS.split()),
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        clean_content_tags={"script", "style"},
        link_rel=None,
    )


def attribute_faults(tree: nodes.Template, environment: Closed, _others: Collection[str]) -> Iterator[Fault]:
    """An expression in an attribute must stand in quotes, and behind `|url` where the attribute is an address."""
    spots: list[nodes.Expr] = []
    text = "".join(_written(tree, spots))
    seen = 0
    for tag in _IN_TAG.finditer(text):
        before = text[: tag.start("inside")] if tag["inside"] is not None else ""
        if _SPOT not in tag[0] or not tag["inside"]:
            continue
        seen = before.count(_SPOT)
        for attribute in _ATTRIBUTE.finditer(tag["inside"]):
            count = attribute[0].count(_SPOT)
            for spot in spots[seen : seen + count]:
                yield from _fault(attribute, spot, environment)
            seen += count


def _written(node: nodes.Node, spots: list[nodes.Expr]) -> Iterator[str]:
    """The template's own text in order, with a spot for each expression."""
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.TemplateData):
            yield child.data.replace(_SPOT, " ")
        elif isinstance(node, nodes.Output):
            spots.append(child)  # type: ignore[arg-type]  # an Output holds expressions
            yield _SPOT
        elif isinstance(child, nodes.Stmt):
            yield from _written(child, spots)


def _fault(attribute: re.Match[str], spot: nodes.Expr, environment: Closed) -> Iterator[Fault]:
    name, value = (attribute["name"] or "").lower(), attribute["value"] or ""
    if attribute["loose"] or _SPOT in name or value[:1] not in ("'", '"'):
        yield Fault(
            line=spot.lineno,
            code="unquoted-attribute",
            message="an expression stands in a tag without quotes round it",
            help='write `name="{{ … }}"`',
        )
    elif name.startswith("on") or name == "style":
        yield Fault(
            line=spot.lineno, code="unsafe-attribute", message=f"no expression may stand in `{name}`", word=name
        )
    elif name in _ADDRESSES and not (
        isinstance(spot, nodes.Filter) and (spot.name == "url" or spot.name not in environment.filters)  # told as such
    ):
        yield Fault(
            line=spot.lineno,
            code="url-filter",
            message=f"an address in `{name}` needs the `url` filter",
            help=f'write `{name}="{{{{ …|url }}}}"`: it lets http, https and mailto through',
            word=name,
        )
