"""Checks quantifiers: over the items of a collection, or over what a pattern matches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plumbrule.language import ir, syntax
from plumbrule.language.facts import Facts, learned
from plumbrule.language.names import Binding, Names
from plumbrule.language.patterns import check_pattern
from plumbrule.language.types import ANY, BOOL, INT, Type, list_of

if TYPE_CHECKING:
    from plumbrule.language.expressions import Expressions


def quantifier(
    checker: Expressions,
    expr: syntax.QuantifierExpr,
    names: Names,
    facts: Facts,
    wanted: Type | None,
) -> ir.Expr:
    """`any`, `none`, `all`, `count` or `collect` with what it ranges over."""
    inner = Names(names)
    binder: ir.Each | ir.Pattern
    if isinstance(expr.binder, syntax.EachBinder):
        binder = _each(checker, expr.binder, inner, names, facts)
    else:
        binder = check_pattern(checker, expr.binder, inner)
    where = None
    known = facts
    if expr.where is not None:
        where = checker.condition(expr.where, inner, facts)
        known = {**facts, **learned(where, true=True)}
    body = None
    type_ = INT if expr.form == "count" else BOOL
    if expr.form == "all":
        assert expr.body is not None
        body = checker.condition(expr.body, inner, known)
    elif expr.form == "collect":
        assert expr.body is not None
        item = wanted.args[0] if wanted is not None and wanted.args else None
        body = checker.present(checker.check(expr.body, inner, known, item), expr.body)
        type_ = list_of(body.type.maybe(missing=False))
    return ir.Quantifier(expr.form, binder, where, body, type_, expr.span)


def _each(
    checker: Expressions, binder: syntax.EachBinder, inner: Names, names: Names, facts: Facts
) -> ir.Each:
    collection = checker.present(checker.check(binder.collection, names, facts), binder.collection)
    type_ = collection.type
    key_type, item_type = INT, ANY
    if type_.name in ("list", "set"):
        item_type = type_.args[0]
    elif type_.name == "map":
        key_type, item_type = type_.args
    elif type_.name not in ("any", "never"):
        checker.problem("E302", f"{type_} is no list, set or map", binder.collection.span)
    unique = [checker.fresh(name) for name in binder.names]
    types = [item_type] if len(unique) == 1 else [key_type, item_type]
    for name, ir_name, one in zip(binder.names, unique, types, strict=True):
        checker.bind_name(inner, name, Binding("var", one, ir.Var(ir_name, one, binder.span)),
                       binder.span)  # fmt: skip
    key = unique[0] if len(unique) == 2 else None
    return ir.Each(key, unique[-1], collection, binder.span)
