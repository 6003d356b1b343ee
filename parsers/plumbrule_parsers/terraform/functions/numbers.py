"""Numeric functions."""

from __future__ import annotations

import math
from collections.abc import Sequence

from plumbrule_parsers.function_table import FunctionError, Unknowns
from plumbrule_parsers.terraform.functions.call import (
    Files,
    Function,
    items_of,
    number_of,
    text_of,
    whole_of,
)
from plumbrule_parsers.traced import Traced, made_of


def _tidy(number: float) -> int | float:
    if number == int(number) and abs(number) < 2**53:
        return int(number)
    return number


def _abs(_files: Files, args: Sequence[Traced]) -> Traced:
    return made_of(abs(number_of(args[0])), *args)


def _ceil(_files: Files, args: Sequence[Traced]) -> Traced:
    return made_of(math.ceil(number_of(args[0])), *args)


def _floor(_files: Files, args: Sequence[Traced]) -> Traced:
    return made_of(math.floor(number_of(args[0])), *args)


def _log(_files: Files, args: Sequence[Traced]) -> Traced:
    number, root = number_of(args[0]), number_of(args[1])
    if number <= 0 or root <= 0 or root == 1:
        raise FunctionError("the logarithm is not defined for these numbers")
    return made_of(_tidy(math.log(number) / math.log(root)), *args)


def _max(_files: Files, args: Sequence[Traced]) -> Traced:
    return made_of(max(number_of(arg) for arg in args), *args)


def _min(_files: Files, args: Sequence[Traced]) -> Traced:
    return made_of(min(number_of(arg) for arg in args), *args)


def _parseint(_files: Files, args: Sequence[Traced]) -> Traced:
    text, root = text_of(args[0]), whole_of(args[1])
    if not 2 <= root <= 62:
        raise FunctionError("the base must be between 2 and 62")
    digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[:root]
    body = text.removeprefix("-")
    if root <= 36:
        body = body.lower()
    if not body or len(body) > 1000 or any(letter not in digits for letter in body):
        raise FunctionError(f"cannot parse `{text[:40]}` as a base {root} integer")
    number = 0
    for letter in body:
        number = number * root + digits.index(letter)
    return made_of(-number if text.startswith("-") else number, *args)


def _pow(_files: Files, args: Sequence[Traced]) -> Traced:
    number, power = number_of(args[0]), number_of(args[1])
    if abs(power) > 1024 or (abs(number) > 1 and abs(power) * math.log2(abs(number)) > 4096):
        raise FunctionError("the result is too large")
    try:
        result = number**power
    except ZeroDivisionError:
        raise FunctionError("zero cannot be raised to a negative power") from None
    if isinstance(result, complex):
        raise FunctionError("the result is not a real number")
    return made_of(_tidy(result), *args)


def _signum(_files: Files, args: Sequence[Traced]) -> Traced:
    number = whole_of(args[0])
    return made_of((number > 0) - (number < 0), *args)


def _sum(_files: Files, args: Sequence[Traced]) -> Traced:
    items = items_of(args[0])
    if not items:
        raise FunctionError("sum needs at least one item")
    numbers = [number_of(item) for item in items]
    if all(isinstance(number, int) for number in numbers):
        return made_of(sum(whole_of(item) for item in items), *args, *items)
    from fractions import Fraction

    total = sum(Fraction(repr(number)) for number in numbers)
    return made_of(_tidy(float(total)), *args, *items)


NUMBERS = {
    "abs": Function(_abs, 1, 1, Unknowns.STRICT, "float"),
    "ceil": Function(_ceil, 1, 1, Unknowns.STRICT, "int"),
    "floor": Function(_floor, 1, 1, Unknowns.STRICT, "int"),
    "log": Function(_log, 2, 2, Unknowns.STRICT, "float"),
    "max": Function(_max, 1, None, Unknowns.STRICT, "float"),
    "min": Function(_min, 1, None, Unknowns.STRICT, "float"),
    "parseint": Function(_parseint, 2, 2, Unknowns.STRICT, "int"),
    "pow": Function(_pow, 2, 2, Unknowns.STRICT, "float"),
    "signum": Function(_signum, 1, 1, Unknowns.STRICT, "int"),
    "sum": Function(_sum, 1, 1, Unknowns.STRICT, "float"),
}
