"""Operators on traced values, with unknown parts kept as far as they can be told."""

from __future__ import annotations

from collections.abc import Callable

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.terraform.evaluate.unknowns import derived, spread
from plumbrule_parsers.terraform.functions.call import bool_of, equal, fits, number_of
from plumbrule_parsers.traced import SetData, Traced, first_unknown, made_of
from plumbrule_parsers.value import Segments, Unknown

_LOGICAL = {"==", "!=", "<", ">", "<=", ">="}


def binary(op: str, left: Traced, right: Traced) -> Traced:
    """The operator's result. FunctionError: Terraform refuses these operands."""
    if op in ("&&", "||"):
        return _connected(left, right, absorbing=op == "||")
    if op in ("==", "!="):
        found = equality(left, right)
        if isinstance(found, Unknown):
            return made_of(found, left, right)
        return made_of(found is (op == "=="), left, right)
    doubt = left.unknown or right.unknown
    type_ = "bool" if op in _LOGICAL else "float"
    if doubt is not None:
        few = spread(lambda one, other: binary(op, one, other), (left, right), type_)
        return few or made_of(derived(doubt, type_, not_null=True), left, right)
    one, other = number_of(left), number_of(right)
    try:
        made = _NUMERIC[op](one, other)
        if isinstance(made, float):
            made = _decimal(op, one, other, made)
        return made_of(made, left, right)
    except (ZeroDivisionError, OverflowError, ValueError):
        raise FunctionError(f"`{op}` cannot be computed with these numbers") from None


def unary(op: str, operand: Traced) -> Traced:
    """`-` or `!`. FunctionError: Terraform refuses the operand."""
    doubt = operand.unknown
    if doubt is not None:
        type_ = "bool" if op == "!" else "float"
        few = spread(lambda one: unary(op, one), (operand,), type_)
        return few or made_of(derived(doubt, type_, not_null=True), operand)
    return made_of(not bool_of(operand) if op == "!" else -number_of(operand), operand)


def equality(left: Traced, right: Traced) -> bool | Unknown:
    """Whether both are the same value; an unknown where completing one could decide either way."""
    if left is right and first_unknown(left) is None:
        return True
    one, other = left.data, right.data
    named = one.identity if isinstance(one, Unknown) else ""
    if named and isinstance(other, Unknown) and named == other.identity:
        return True
    for this, that in ((left, right), (right, left)):
        decided = _against(this, that)
        if decided is not None:
            return decided
    doubt = first_unknown(left) or first_unknown(right)
    if doubt is not None:
        return derived(doubt, "bool", not_null=True)
    if isinstance(one, SetData) is not isinstance(other, SetData) and isinstance(other, list):
        return False  # a set and a list are of different types
    return equal(left, right)


def _against(this: Traced, that: Traced) -> bool | None:
    """What can be told of an unknown against a value; None if nothing."""
    data, other = this.data, that.data
    if isinstance(data, Segments):
        if isinstance(other, str):
            if not fits(data, other):
                return False
        elif not isinstance(other, (Unknown, Segments)):
            return False
    if isinstance(data, Unknown) and not isinstance(other, (Unknown, Segments)):
        if other is None and data.not_null:
            return False
        if data.candidates:
            answers = {
                False if isinstance(other, (list, dict)) else equal(Traced(one), that)
                for one in data.candidates
            }
            return answers.pop() if len(answers) == 1 else None
        shape = list if data.type == "list" else dict if data.type == "map" else None
        if shape is not None and other is not None and not isinstance(other, shape):
            return False
    if isinstance(data, (list, dict)) and other is None:
        return False
    if isinstance(data, dict) and isinstance(other, dict) and this.rest is that.rest is None:
        if data.keys() != other.keys():
            return False
        if any(equality(data[key], other[key]) is False for key in data):
            return False
    if isinstance(data, list) and isinstance(other, list) and this.rest is that.rest is None:
        sets = isinstance(data, SetData) or isinstance(other, SetData)
        if not sets and len(data) != len(other):
            return False
    return None


def _connected(left: Traced, right: Traced, *, absorbing: bool) -> Traced:
    """`&&` and `||`: one operand that decides is enough."""
    for this in (left, right):
        if this.unknown is None and bool_of(this) is absorbing:
            return made_of(absorbing, this)
    doubt = left.unknown or right.unknown
    if doubt is None:
        return made_of(not absorbing, left, right)
    return made_of(derived(doubt, "bool", not_null=True), left, right)


def _decimal(op: str, one: float, other: float, made: float) -> float:
    """The result as decimal arithmetic has it: 0.1 + 0.2 is 0.3."""
    if op in ("+", "-", "*", "/", "%"):
        from fractions import Fraction

        made = float(_NUMERIC[op](Fraction(repr(one)), Fraction(repr(other))))  # type: ignore[arg-type]
    return int(made) if made == int(made) and abs(made) < 2**53 else made


def _divided(one: float, other: float) -> float:
    if isinstance(one, int) and isinstance(other, int) and one % other == 0:
        return one // other
    return one / other


def _remainder(one: float, other: float) -> float:
    """The sign is that of the dividend, as in Go; nothing is taken from it if the other is 0."""
    if other == 0:
        return one
    rest = abs(one) % abs(other)
    return -rest if one < 0 else rest


def _times(one: float, other: float) -> float:
    if abs(one) > 1e200 or abs(other) > 1e200:
        raise OverflowError
    return one * other


_NUMERIC: dict[str, Callable[[float, float], bool | float]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": _times,
    "/": _divided,
    "%": _remainder,
    "<": lambda one, other: one < other,
    ">": lambda one, other: one > other,
    "<=": lambda one, other: one <= other,
    ">=": lambda one, other: one >= other,
}
