"""Needs: what an expression reads, and so where its value is the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plumbrule.language import ir


@dataclass(frozen=True, slots=True)
class Needs:
    """The variables that an expression reads, those that it binds itself among them.

    `follows`: it looks at nodes around these, which may depend on the rule's subject.
    """

    names: frozenset[str]
    follows: bool


def needs(expr: ir.Expr, lets: Mapping[str, ir.Expr]) -> Needs:
    """What the expression reads; of a `let` that it uses, what that reads."""
    names: set[str] = set()
    follows = False
    for part in _parts(expr, lets):
        if isinstance(part, (ir.Var, ir.PatternNode)):
            names.add(part.name)
        follows = follows or isinstance(part, ir.Pattern)
    return Needs(frozenset(names - lets.keys()), follows)


def _parts(expr: object, lets: Mapping[str, ir.Expr]) -> Iterable[object]:
    """All nodes of the expression and of the lets that it uses, types and spans left out."""
    stack, used = [expr], set[str]()
    while stack:
        part = stack.pop()
        if isinstance(part, tuple):
            stack += part
            continue
        if not dataclasses.is_dataclass(part) or type(part).__module__ != ir.__name__:
            continue
        yield part
        if isinstance(part, ir.Var) and part.name in lets and part.name not in used:
            used.add(part.name)
            stack.append(lets[part.name])
        stack += [getattr(part, item.name) for item in dataclasses.fields(part)
                  if item.name not in ("type", "span", "declared")
                  and not (isinstance(part, ir.Const) and item.name == "value")]  # fmt: skip


def conjuncts(expr: ir.Expr | None) -> list[ir.Expr]:
    """The conditions that must all hold for the expression to hold."""
    if expr is None:
        return []
    if isinstance(expr, ir.And):
        return [part for operand in expr.operands for part in conjuncts(operand)]
    if isinstance(expr, ir.Bind):
        inner = conjuncts(expr.body)
        return (
            [dataclasses.replace(expr, body=part) for part in inner] if len(inner) > 1 else [expr]
        )
    return [expr]


def conjunction(parts: Iterable[ir.Expr]) -> ir.Expr | None:
    """One expression that holds if all of them do; None if there are none."""
    given = tuple(parts)
    if len(given) < 2:
        return given[0] if given else None
    return ir.And(given, given[0].type, given[0].span)
