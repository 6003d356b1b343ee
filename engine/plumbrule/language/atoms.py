"""Checks what expressions are made of: names, literals, lists, sets and maps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plumbrule.language import ir, syntax
from plumbrule.language.facts import Facts
from plumbrule.language.literals import TAGS, LiteralError
from plumbrule.language.names import Names
from plumbrule.language.relations import joined
from plumbrule.language.schema import suggest
from plumbrule.language.signatures import SIGNATURES
from plumbrule.language.types import (
    BOOL,
    FLOAT,
    INT,
    NEVER,
    NULL,
    STRING,
    Type,
    list_of,
    map_of,
    set_of,
)
from plumbrule_parsers.source import Span

if TYPE_CHECKING:
    from plumbrule.language.expressions import Expressions


def name(
    checker: Expressions, expr: syntax.Name, names: Names, facts: Facts, _wanted: Type | None
) -> ir.Expr:
    """A name: what is bound to it, settled by the facts."""
    binding = names.find(expr.name)
    if binding is None:
        if expr.name in SIGNATURES:
            message = f"`{expr.name}` is a function; call it with `(...)`"
            checker.problem("E106", message, expr.span)
        else:
            close = suggest(expr.name, names.all())
            checker.problem("E105", f"unknown name `{expr.name}`{close}", expr.span)
        return ir.Const(None, NEVER, expr.span)
    if binding.expr is None:
        checker.problem("E106", f"`{expr.name}` cannot stand alone here", expr.span)
        return ir.Const(None, NEVER, expr.span)
    checker.footprint.used.add(expr.name)
    found = replace(binding.expr, span=expr.span)
    if isinstance(found, (ir.Var, ir.Param)):
        return checker.settled(found, facts)
    return found


def literal(
    _checker: Expressions, expr: syntax.Literal, _names: Names, _facts: Facts, _wanted: Type | None
) -> ir.Expr:
    """A literal of the language itself."""
    value = expr.value
    if value is None:
        return ir.Const(None, NULL, expr.span)
    type_ = (
        BOOL if isinstance(value, bool)
        else INT if isinstance(value, int)
        else FLOAT if isinstance(value, float)
        else STRING
    )  # fmt: skip
    return ir.Const(value, type_, expr.span)


def tagged(
    checker: Expressions, expr: syntax.Tagged, _names: Names, _facts: Facts, _wanted: Type | None
) -> ir.Expr:
    """A tagged literal, read by the reader of its tag."""
    name, read = TAGS[expr.tag]
    try:
        return ir.Const(read(expr.text), Type(name), expr.span)
    except LiteralError as error:
        checker.problem("E005", str(error), expr.span)
        return ir.Const(None, NEVER, expr.span)


def list_(
    checker: Expressions, expr: syntax.ListExpr, names: Names, facts: Facts, wanted: Type | None
) -> ir.Expr:
    """A list."""
    return _listing(checker, "list", expr.items, names, facts, wanted, expr.span)


def set_(
    checker: Expressions, expr: syntax.SetExpr, names: Names, facts: Facts, wanted: Type | None
) -> ir.Expr:
    """A set."""
    return _listing(checker, "set", expr.items, names, facts, wanted, expr.span)


def _listing(
    checker: Expressions, form: str, items: tuple[syntax.Expr, ...], names: Names, facts: Facts,
    wanted: Type | None, span: Span,
) -> ir.Expr:  # fmt: skip
    inner = wanted.args[0] if wanted is not None and wanted.name in ("list", "set") else None
    checked = tuple(
        checker.present(checker.check(item, names, facts, inner), item) for item in items
    )
    item_type = NEVER
    for item in checked:
        item_type = joined(item_type, item.type.maybe(missing=False), checker.schema)
    if not items:
        item_type = inner or NEVER
    type_ = list_of(item_type) if form == "list" else set_of(item_type)
    if all(
        isinstance(item, ir.Const) and not isinstance(item.value, (list, dict)) for item in checked
    ):
        values = tuple(item.value for item in checked if isinstance(item, ir.Const))
        return ir.Const(values if form == "list" else frozenset(values), type_, span)
    return ir.Listing(form, checked, type_, span)


def map_(
    checker: Expressions, expr: syntax.MapExpr, names: Names, facts: Facts, wanted: Type | None
) -> ir.Expr:
    """A map; `{}` becomes what is wanted."""
    if not expr.entries and wanted is not None and wanted.name in ("set", "list"):
        return _listing(checker, wanted.name, (), names, facts, wanted, expr.span)
    inner = wanted.args[1] if wanted is not None and wanted.name == "map" else None
    entries = tuple((key, checker.check(value, names, facts, inner)) for key, value in expr.entries)
    value_type = NEVER
    for _key, value in entries:
        value_type = joined(value_type, value.type.maybe(missing=False), checker.schema)
    type_ = map_of(STRING, value_type if entries else (inner or NEVER))
    return ir.Mapping(entries, type_, expr.span)
