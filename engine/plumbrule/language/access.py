"""Checks what a dot and brackets lead to: fields of kinds, entries of lists and maps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plumbrule.language import ir, syntax
from plumbrule.language.facts import NO_FACTS, Facts
from plumbrule.language.literals import IMAGE_FIELDS
from plumbrule.language.names import Binding, Names
from plumbrule.language.relations import fits, joined
from plumbrule.language.schema import FieldInfo, suggest
from plumbrule.language.types import ANY, NEVER, STRING, Type

if TYPE_CHECKING:
    from plumbrule.language.expressions import Expressions


def get(
    checker: Expressions, expr: syntax.Get, names: Names, facts: Facts, _wanted: Type | None
) -> ir.Expr:
    """`a.b`: a field of a kind, of an image, or a name of a module."""
    if isinstance(expr.receiver, syntax.Name):
        binding = names.find(expr.receiver.name)
        if binding is not None and binding.form == "module":
            return _of_module(checker, expr, binding)
    receiver = checker.check(expr.receiver, names, facts)
    if receiver.type.name == "never":
        return ir.Const(None, NEVER, expr.span)
    optional = receiver.type.optional
    if optional and not expr.chained:
        shown = syntax.written(expr.receiver)
        checker.problem(
            "E201", f"`{shown}` may be missing here: write `?.{expr.name}` or guard with "
            "`is set`", expr.receiver.span,
        )  # fmt: skip
    declared, default, own = _field_type(checker, expr, receiver)
    if declared is None:
        return ir.Const(None, NEVER, expr.span)
    type_ = declared.maybe(missing=own or optional)
    checked = ir.Field(
        receiver, expr.name, declared.maybe(missing=False), default, expr.chained, type_,
        expr.span,
    )  # fmt: skip
    return checker.settled(checked, facts)


def _of_module(checker: Expressions, expr: syntax.Get, binding: Binding) -> ir.Expr:
    assert binding.home is not None
    found = binding.home.bound.get(expr.name)
    if found is None or found.expr is None:
        close = suggest(expr.name, binding.home.bound)
        checker.problem("E107", f"the module has no `{expr.name}`{close}", expr.name_span)
        return ir.Const(None, NEVER, expr.span)
    return replace(found.expr, span=expr.span)


def _field_type(
    checker: Expressions, expr: syntax.Get, receiver: ir.Expr
) -> tuple[Type | None, ir.Expr | None, bool]:
    """The declared type, the default, and whether the field may be missing."""
    type_ = receiver.type
    if type_.name == "image":
        if expr.name in IMAGE_FIELDS:
            return STRING, None, IMAGE_FIELDS[expr.name]
        close = suggest(expr.name, IMAGE_FIELDS)
        checker.problem("E102", f"an image has no field `{expr.name}`{close}", expr.name_span)
        return None, None, False
    if type_.name != "kind":
        hint = f'write `["{expr.name}"]`' if type_.name in ("map", "any") else ""
        checker.problem(
            "E102", f"`.{expr.name}` needs a kind, and this is {type_.maybe(missing=False)}"
            + (f"; {hint}" if hint else ""), expr.name_span, hint,
        )  # fmt: skip
        return None, None, False
    found: list[FieldInfo] = []
    for kind in type_.kinds:
        info = checker.schema.kinds.get(kind)
        if info is None:
            return None, None, False
        declared = info.fields.get(expr.name)
        checker.footprint.reads.add((kind, expr.name))
        if declared is None:
            close = suggest(expr.name, info.fields)
            hint = f'; an undeclared attribute is written `["{expr.name}"]`' if (
                info.open is not None and not close
            ) else ""  # fmt: skip
            message = f"{kind} has no field `{expr.name}`{close}{hint}"
            checker.problem("E102", message, expr.name_span)
            return None, None, False
        found.append(declared)
    result = found[0].type
    for other in found[1:]:
        result = joined(result, other.type, checker.schema)
    default = default_of(checker, type_.kinds[0], found[0])
    return result, default, result.optional


def default_of(checker: Expressions, kind: str, info: FieldInfo) -> ir.Expr | None:
    """The default of a field, checked once; None if it has none."""
    key = (kind, info.name)
    if key not in checker.defaults:
        checker.defaults[key] = None
        if info.default is not None:
            checked = checker.check(info.default, Names(None), NO_FACTS, info.type)
            checker.defaults[key] = checked
    return checker.defaults[key]


def index(
    checker: Expressions, expr: syntax.Index, names: Names, facts: Facts, _wanted: Type | None
) -> ir.Expr:
    """`a[b]`: an entry of a list or a map, or an attribute that the schema does not declare."""
    receiver = checker.check(expr.receiver, names, facts)
    key = checker.present(checker.check(expr.key, names, facts), expr.key)
    type_ = receiver.type
    if type_.name == "never":
        return ir.Const(None, NEVER, expr.span)
    if type_.optional and not expr.chained:
        shown = syntax.written(expr.receiver)
        checker.problem("E201", f"`{shown}` may be missing here: write `?[...]` or guard with "
                     "`is set`", expr.receiver.span)  # fmt: skip
    result = ANY
    if type_.name in ("list", "set"):
        result = type_.args[0]
        if key.type.name not in ("int", "any"):
            checker.problem("E304", f"a list's index is an int, not {key.type}", expr.key.span)
    elif type_.name == "map":
        result = type_.args[1]
        if not fits(key.type, STRING, checker.schema):
            checker.problem("E304", f"a map's key is a string, not {key.type}", expr.key.span)
    elif type_.name == "kind":
        result = _open_item(checker, expr, type_, key)
    elif type_.name != "any":
        checker.problem("E302", f"{type_} has no entries", expr.receiver.span)
        return ir.Const(None, NEVER, expr.span)
    checked = ir.Item(receiver, key, expr.chained, result.maybe(), expr.span)
    return checker.settled(checked, facts)


def _open_item(checker: Expressions, expr: syntax.Index, type_: Type, key: ir.Expr) -> Type:
    name = key.value if isinstance(key, ir.Const) else None
    result = NEVER
    for kind in type_.kinds:
        info = checker.schema.kinds.get(kind)
        if info is None:
            return ANY
        checker.footprint.reads.add((kind, "*"))
        if isinstance(name, str) and name in info.fields:
            result = joined(result, info.fields[name].type, checker.schema)
        elif info.open is not None:
            result = joined(result, info.open, checker.schema)
        else:
            close = suggest(str(name), info.fields)
            checker.problem("E102", f"{kind} is not open: it has no `{name}`{close}",
                         expr.key.span)  # fmt: skip
            return ANY
    return ANY if result.name == "never" else result
