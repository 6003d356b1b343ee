"""What is known at a place: which fields are set there, and of which kinds they are.

Places are compared by their canonical text, in which `a?.b` and `a.b` are the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from plumbrule.language import ir

Facts = Mapping[str, tuple[str, ...] | None]  # place -> kinds it is known to have (None: just set)
NO_FACTS: Facts = {}


def place_key(expr: ir.Expr) -> str | None:
    """The canonical text of a place, None if the expression is no place."""
    if isinstance(expr, ir.Var):
        return expr.name
    if isinstance(expr, ir.Field):
        inner = place_key(expr.receiver)
        return f"{inner}.{expr.name}" if inner is not None else None
    if isinstance(expr, ir.Item) and isinstance(expr.key, ir.Const):
        inner = place_key(expr.receiver)
        return f"{inner}[{expr.key.value!r}]" if inner is not None else None
    return None


def _prefixes(expr: ir.Expr) -> dict[str, tuple[str, ...] | None]:
    """The place and the places that it goes through: all are set if the place is."""
    out: dict[str, tuple[str, ...] | None] = {}
    current: ir.Expr = expr
    while True:
        key = place_key(current)
        if key is not None:
            out[key] = None
        if not isinstance(current, (ir.Field, ir.Item)):
            return out
        current = current.receiver


def learned(expr: ir.Expr, *, true: bool) -> Facts:
    """What is known to be set after the condition turned out true (false)."""
    if isinstance(expr, ir.Not):
        return learned(expr.operand, true=not true)
    if isinstance(expr, ir.Bind):
        return learned(expr.body, true=true)
    if (isinstance(expr, ir.And) and true) or (isinstance(expr, ir.Or) and not true):
        out: dict[str, tuple[str, ...] | None] = {}
        for operand in expr.operands:
            out.update(learned(operand, true=true))
        return out
    if isinstance(expr, ir.Test):
        holds = true is not expr.negated
        sets = (expr.test == "set" and holds) or (expr.test in ("missing", "null") and not holds)
        if expr.test == "explicit" and holds:
            sets = True
        return _prefixes(expr.receiver) if sets else NO_FACTS
    if isinstance(expr, ir.IsKind) and true is not expr.negated:
        key = place_key(expr.receiver)
        facts = _prefixes(expr.receiver)
        if key is not None:
            facts[key] = expr.kinds
        return facts
    if isinstance(expr, ir.Compare):
        holds = true is not expr.negated
        decides = holds if expr.op != "!=" else not holds
        if decides and not expr.right.type.optional and expr.op != "contains":
            return _prefixes(expr.left)
        if decides and expr.op == "==" and not expr.left.type.optional:
            return _prefixes(expr.right)
    return NO_FACTS
