"""Every reference that an expression or a block mentions, in order of appearance."""

from __future__ import annotations

from collections.abc import Iterator

from plumbrule_parsers.hcl_tree import syntax as h


def mentions(node: h.Expr | h.Block) -> Iterator[h.Traversal]:
    """The traversals inside, without those that a for expression or a dynamic block binds."""
    if isinstance(node, h.Block):
        yield from _of_body(node.body, frozenset())
    else:
        yield from _of(node, frozenset())


def _of_body(body: h.Body, bound: frozenset[str]) -> Iterator[h.Traversal]:
    for item in body.items:
        if isinstance(item, h.Setting):
            yield from _of(item.value, bound)
        elif item.type == "dynamic" and item.labels:
            iterator = item.body.settings().get("iterator")
            name = item.labels[0].text
            if iterator is not None and isinstance(iterator.value, h.Traversal):
                name = iterator.value.names[0]
            yield from _of_body(item.body, bound | {name})
        else:
            yield from _of_body(item.body, bound)


def _of(expr: h.Expr, bound: frozenset[str]) -> Iterator[h.Traversal]:
    if isinstance(expr, h.Traversal):
        if expr.names[0] not in bound:
            yield expr
    elif isinstance(expr, h.Template):
        for piece in expr.parts:
            if not isinstance(piece, h.Text) and piece.value is not None:
                yield from _of(piece.value, bound)
    elif isinstance(expr, h.For):
        yield from _of(expr.collection, bound)
        inner = bound | {expr.value} | ({expr.key} if expr.key is not None else set())
        for part in (expr.key_result, expr.result, expr.condition):
            if part is not None:
                yield from _of(part, inner)
    elif isinstance(expr, h.Object):
        for key, value in expr.items:
            yield from _of(key, bound)
            yield from _of(value, bound)
    else:
        for child in _children(expr):
            yield from _of(child, bound)


def _children(expr: h.Expr) -> tuple[h.Expr, ...]:
    if isinstance(expr, h.Attribute):
        return (expr.object,)
    if isinstance(expr, h.Index):
        return (expr.object, expr.key)
    if isinstance(expr, h.Splat):
        return (expr.object, expr.each)
    if isinstance(expr, h.Call):
        return expr.args
    if isinstance(expr, h.Tuple):
        return expr.items
    if isinstance(expr, h.Conditional):
        return (expr.condition, expr.yes, expr.no)
    if isinstance(expr, h.Binary):
        return (expr.left, expr.right)
    if isinstance(expr, h.Unary):
        return (expr.operand,)
    if isinstance(expr, h.Paren):
        return (expr.inner,)
    return ()
