"""Every reference that an expression or a block mentions, in order of appearance."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from plumbrule_parsers.hcl_tree import syntax as h

_NONE: frozenset[str] = frozenset()


def mentions(node: h.Expr | h.Block) -> list[h.Traversal]:
    """The traversals inside, without those that a for expression or a dynamic block binds."""
    found: list[h.Traversal] = []
    if isinstance(node, h.Block):
        _of_body(node.body, _NONE, found)
    else:
        _of(node, _NONE, found)
    return found


def _of_body(body: h.Body, bound: frozenset[str], found: list[h.Traversal]) -> None:
    for item in body.items:
        if isinstance(item, h.Setting):
            _of(item.value, bound, found)
        elif item.type == "dynamic" and item.labels:
            iterator = item.body.settings().get("iterator")
            name = item.labels[0].text
            if iterator is not None and isinstance(iterator.value, h.Traversal):
                name = iterator.value.names[0]
            _of_body(item.body, bound | {name}, found)
        else:
            _of_body(item.body, bound, found)


# Asked for every expression of every block, so kinds are told by a table and not one by one.
_CHILDREN: dict[type, Any] = {
    h.Attribute: lambda expr: (expr.object,),
    h.Index: attrgetter("object", "key"),
    h.Splat: attrgetter("object", "each"),
    h.Call: attrgetter("args"),
    h.Tuple: attrgetter("items"),
    h.Object: lambda expr: [part for item in expr.items for part in item],
    h.Conditional: attrgetter("condition", "yes", "no"),
    h.Binary: attrgetter("left", "right"),
    h.Unary: lambda expr: (expr.operand,),
    h.Paren: lambda expr: (expr.inner,),
}


def _of(expr: h.Expr, bound: frozenset[str], found: list[h.Traversal]) -> None:
    kind = expr.__class__
    if kind is h.Literal:
        return
    children = _CHILDREN.get(kind)
    if children is not None:
        for child in children(expr):
            _of(child, bound, found)
    elif isinstance(expr, h.Traversal):
        if expr.names[0] not in bound:
            found.append(expr)
    elif isinstance(expr, h.Template):
        for piece in expr.parts:
            if not isinstance(piece, h.Text) and piece.value is not None:
                _of(piece.value, bound, found)
    elif isinstance(expr, h.For):
        _of(expr.collection, bound, found)
        inner = bound | {expr.value} | ({expr.key} if expr.key is not None else set())
        for part in (expr.key_result, expr.result, expr.condition):
            if part is not None:
                _of(part, inner, found)


def indices(node: h.Expr | h.Block) -> dict[int, h.Expr]:
    """What stands in brackets right behind a traversal, by the traversal's identity."""
    found: dict[int, h.Expr] = {}
    stack: list[object] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, h.Index) and isinstance(current.object, h.Traversal):
            found[id(current.object)] = current.key
        if isinstance(current, tuple):
            stack.extend(one for one in current if isinstance(one, tuple))
    return found
