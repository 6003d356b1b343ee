"""Checks operators: arithmetic, logic, comparisons and tests with `is`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from plumbrule.language import ir, syntax
from plumbrule.language.facts import Facts, learned
from plumbrule.language.names import Names
from plumbrule.language.relations import ORDERED, arithmetic, comparable, fits, joined
from plumbrule.language.schema import suggest
from plumbrule.language.types import BOOL, NEVER, STRING, Type, set_of

if TYPE_CHECKING:
    from plumbrule.language.expressions import Expressions

TESTS = ("set", "missing", "null", "empty", "explicit", "known", "unknown")


def unary(
    checker: Expressions, expr: syntax.Unary, names: Names, facts: Facts, _wanted: Type | None
) -> ir.Expr:
    """`not a` and `-a`."""
    if expr.op == "not":
        operand = checker.condition(expr.operand, names, facts)
        return ir.Not(operand, BOOL, expr.span)
    operand = checker.present(checker.check(expr.operand, names, facts), expr.operand)
    if operand.type.name not in ("int", "float", "any", "never"):
        checker.problem("E302", f"`-` needs a number, not {operand.type}", expr.span)
    if isinstance(operand, ir.Const) and isinstance(operand.value, (int, float)):
        return ir.Const(-operand.value, operand.type, expr.span)
    return ir.Neg(operand, operand.type, expr.span)


def binary(
    checker: Expressions, expr: syntax.Binary, names: Names, facts: Facts, wanted: Type | None
) -> ir.Expr:
    """Two operands: logic, `??` or arithmetic."""
    if expr.op in ("and", "or"):
        return _logical(checker, expr, names, facts)
    if expr.op == "??":
        left = checker.check(expr.left, names, facts, wanted)
        right = checker.check(expr.right, names, facts, left.type.maybe(missing=False))
        type_ = joined(left.type.maybe(missing=False), right.type, checker.schema)
        if not comparable(left.type, right.type, checker.schema):
            checker.problem("E302", f"the default is {right.type}, the value {left.type}",
                         expr.right.span)  # fmt: skip
        return ir.Coalesce(left, right, type_, expr.span)
    left = checker.present(checker.check(expr.left, names, facts), expr.left)
    right = checker.present(checker.check(expr.right, names, facts), expr.right)
    result = arithmetic(expr.op, left.type, right.type)
    if "never" in (left.type.name, right.type.name):
        result = NEVER
    if result is None:
        message = f"cannot compute {left.type} {expr.op} {right.type}"
        checker.problem("E302", message, expr.span)
        result = NEVER
    return ir.Arith(expr.op, left, right, result, expr.span)


def _logical(checker: Expressions, expr: syntax.Binary, names: Names, facts: Facts) -> ir.Expr:
    left = checker.condition(expr.left, names, facts)
    known = {**facts, **learned(left, true=expr.op == "and")}
    right = checker.condition(expr.right, names, known)
    form: type[ir.And | ir.Or] = ir.And if expr.op == "and" else ir.Or
    operands: list[ir.Expr] = []
    for side in (left, right):
        if isinstance(side, form):
            operands.extend(side.operands)
        else:
            operands.append(side)
    return form(tuple(operands), BOOL, expr.span)


def conditional(
    checker: Expressions, expr: syntax.IfExpr, names: Names, facts: Facts, wanted: Type | None
) -> ir.Expr:
    """`if a then b else c`: each branch knows how the condition turned out."""
    condition = checker.condition(expr.condition, names, facts)
    yes = checker.check(expr.yes, names, {**facts, **learned(condition, true=True)}, wanted)
    no = checker.check(expr.no, names, {**facts, **learned(condition, true=False)}, wanted)
    return ir.If(condition, yes, no, joined(yes.type, no.type, checker.schema), expr.span)


def is_test(
    checker: Expressions, expr: syntax.Is, names: Names, facts: Facts, _wanted: Type | None
) -> ir.Expr:
    """`a is set` and its like, and `a is KIND`."""
    receiver = checker.check(expr.left, names, {})
    plain = checker.check(expr.left, names, facts)
    if len(expr.words) == 1 and expr.words[0] in TESTS:
        test = expr.words[0]
        if test in ("known", "unknown"):
            checker.footprint.knowledge.append(expr.span)
        if test == "empty":
            receiver = checker.present(plain, expr.left)
            if plain.type.name not in ("string", "list", "set", "map", "any", "never", "path"):
                checker.problem("E302", f"{plain.type} cannot be empty", expr.span)
        elif test == "explicit" and not isinstance(receiver, (ir.Field, ir.Item)):
            checker.problem("E403", "`is explicit` needs a field", expr.left.span)
        # The receiver is checked without facts so that its own test is not folded away, but
        # what it goes through must still be there.
        elif isinstance(plain, (ir.Field, ir.Item)):
            receiver = replace(plain, type=receiver.type)
        return ir.Test(receiver, test, expr.negated, BOOL, expr.span)
    for word in expr.words:
        if word not in checker.schema.kinds:
            close = suggest(word, {*TESTS, *checker.schema.kinds})
            code = "E101" if "." in word else "E305"
            checker.problem(code, f"`{word}` is neither a test nor a kind{close}",
                         expr.words_span)  # fmt: skip
            return ir.Const(False, BOOL, expr.span)
    if plain.type.name == "kind" and not any(
        checker.schema.related(kind, word) for kind in plain.type.kinds for word in expr.words
    ):
        checker.problem("E302", f"{plain.type} is never {' | '.join(expr.words)}", expr.span)
    return ir.IsKind(checker.present(plain, expr.left), expr.words, expr.negated, BOOL, expr.span)


def comparison(
    checker: Expressions, expr: syntax.Comparison, names: Names, facts: Facts, _wanted: Type | None
) -> ir.Expr:
    """Two values held beside each other: `==`, `in`, `matches` and the rest."""
    left = checker.check(expr.left, names, facts)
    element = left.type.maybe(missing=False)
    right = checker.check(expr.right, names, facts, set_of(element) if expr.op == "in" else element)
    op = expr.op
    if op in ("==", "!="):
        if left.type.optional and right.type.optional and "never" not in (
            left.type.name, right.type.name,
        ) and "null" not in (left.type.name, right.type.name):  # fmt: skip
            checker.problem(
                "E203", f"both sides of `{op}` may be missing, and would then be equal; guard "
                "one with `is set` or use `??`", expr.span,
            )  # fmt: skip
        if not comparable(left.type, right.type, checker.schema):
            _incomparable(checker, expr, left, right)
        _enum_words(checker, left, right)
        _enum_words(checker, right, left)
    else:
        left = checker.present(left, expr.left)
        right = checker.present(right, expr.right)
        if "never" not in (left.type.name, right.type.name):
            _operands(checker, expr, left, right)
        if op == "in":
            _enum_words(checker, left, right)
    return ir.Compare(op, left, right, expr.negated, BOOL, expr.span)


def _operands(checker: Expressions, expr: syntax.Comparison, left: ir.Expr, right: ir.Expr) -> None:
    op, one, two = expr.op, left.type, right.type
    if "any" in (one.name, two.name):
        return
    good = True
    if op in ("<", "<=", ">", ">="):
        good = one.name in ORDERED and comparable(one, two, checker.schema)
    elif op == "in":
        if two.name in ("list", "set") or two.name == "map":
            good = comparable(one, two.args[0], checker.schema)
        else:
            good = one.name == two.name and two.name in ("version", "cidr")
    elif op == "matches":
        good = fits(one, STRING, checker.schema) and two.name == "pattern"
    elif op == "contains":
        if one.name in ("list", "set"):
            good = comparable(one.args[0], two, checker.schema)
        else:
            good = fits(one, STRING, checker.schema) and fits(two, STRING, checker.schema)
    elif op in ("starts_with", "ends_with"):
        good = fits(one, STRING, checker.schema) and fits(two, STRING, checker.schema)
    elif op == "overlaps":
        lists = one.name in ("list", "set") and two.name in ("list", "set")
        good = (one.name == two.name == "cidr") or (lists and comparable(one, two, checker.schema))
    if not good:
        _incomparable(checker, expr, left, right)


def _incomparable(
    checker: Expressions, expr: syntax.Comparison, left: ir.Expr, right: ir.Expr
) -> None:
    one, two = left.type.maybe(missing=False), right.type.maybe(missing=False)
    word = f" by `{expr.op}`" if expr.op not in ("==", "!=", "<", "<=", ">", ">=") else ""
    checker.problem("E302", f"cannot compare {one} with {two}{word}", expr.span)


def _enum_words(checker: Expressions, one: ir.Expr, other: ir.Expr) -> None:
    if one.type.name != "enum" or not isinstance(other, ir.Const):
        return
    values = other.value if isinstance(other.value, (tuple, frozenset)) else (other.value,)
    for value in sorted(map(str, values)):
        if value not in one.type.words:
            words = ", ".join(one.type.words)
            close = suggest(value, one.type.words)
            checker.problem(
                "E303", f"`{value}` is not a value of this field ({words}){close}", other.span
            )
