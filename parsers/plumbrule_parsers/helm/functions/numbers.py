"""Sprig's arithmetic, with Go's integer types, and its number ranges."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from plumbrule_parsers.function_table import MAX_ITEMS, FunctionError, Unknowns
from plumbrule_parsers.helm.functions.call import Call, Function
from plumbrule_parsers.helm.functions.go_values import need_int, need_str, shown
from plumbrule_parsers.helm.functions.objects import Int64
from plumbrule_parsers.traced import Traced, made_of
from plumbrule_parsers.traced_text import plain_text
from plumbrule_parsers.value import Reason, Unknown

_Apply = Callable[[Call, Sequence[Traced]], Traced]
_LOW, _HIGH = -(2**63), 2**63 - 1
_WRITTEN = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|[0-9]+)\Z")
_DECIMAL = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\Z")


def _wrapped(number: int) -> Int64:
    """Go's integers overflow silently."""
    return Int64((number - _LOW) % 2**64 + _LOW)


def parse_int(text: str) -> int | None:
    """A whole number as strconv.ParseInt reads it with base 0, None if it is none."""
    text = text.replace("_", "")
    if len(text) > 70 or not _WRITTEN.match(text):
        return None
    digits = text.lstrip("+-")
    try:
        octal = digits[0] == "0" and digits.isdigit() and len(digits) > 1
        number = int(digits, 8) if octal else int(digits, 0)
    except ValueError:
        return None
    number = -number if text[0] == "-" else number
    return number if _LOW <= number <= _HIGH else None


def to_int(value: Traced) -> int:
    """The value as spf13/cast turns it into an int64; 0 for what is no number."""
    data = value.data
    if isinstance(data, bool):
        return int(data)
    if isinstance(data, int):
        return data
    if isinstance(data, float):
        if math.isnan(data) or not _LOW <= data <= _HIGH:
            return _LOW
        return int(data)
    if isinstance(data, str):
        return _text_to_int(data)
    return 0


def _text_to_int(text: str) -> int:
    if re.fullmatch(r"[-+]?\d+\.0*", text):  # cast drops zeros behind the point
        text = text.partition(".")[0]
    return parse_int(text) or 0


def to_float(value: Traced) -> float:
    """The value as spf13/cast turns it into a float64; 0 for what is no number."""
    data = value.data
    if isinstance(data, (bool, int, float)):
        try:
            return float(data)
        except OverflowError:
            return 0.0
    if isinstance(data, str) and len(data) < 400:
        if _DECIMAL.match(data):
            return float(data)
        words = {"inf": math.inf, "+inf": math.inf, "-inf": -math.inf, "nan": math.nan}
        return words.get(data.lower(), 0.0)
    return 0.0


def _integers(compute: Callable[[list[int]], int]) -> _Apply:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        return made_of(_wrapped(compute([to_int(arg) for arg in args])), *args)

    return apply


def _floats(compute: Callable[[list[float]], float]) -> _Apply:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        return made_of(compute([to_float(arg) for arg in args]), *args)

    return apply


def _div(numbers: list[int]) -> int:
    left, right = numbers
    if right == 0:
        raise FunctionError("integer divide by zero")
    size = abs(left) // abs(right)
    return size if (left < 0) == (right < 0) else -size


def _mod(numbers: list[int]) -> int:
    left, right = numbers
    return left - _div(numbers) * right


def _product(numbers: list[int]) -> int:
    result = 1
    for number in numbers:
        result = _wrapped(result * number)
    return result


def _plus_exact(numbers: list[float]) -> float:
    """Sprig's float functions reckon in decimals, so 0.1 + 0.2 is 0.3."""
    from decimal import Context, Decimal

    if not all(map(math.isfinite, numbers)):
        return sum(numbers)
    context = Context(prec=60)
    total = Decimal(0)
    for number in numbers:
        total = context.add(total, Decimal(repr(number)))
    return float(total)


def _minus_exact(numbers: list[float]) -> float:
    return _plus_exact([numbers[0], *(-number for number in numbers[1:])])


def _times_exact(numbers: list[float]) -> float:
    from decimal import Context, Decimal

    if not all(map(math.isfinite, numbers)):
        return math.prod(numbers)
    context = Context(prec=100)
    total = Decimal(1)
    for number in numbers:
        total = context.multiply(total, Decimal(repr(number)))
    return float(total)


def _over_exact(numbers: list[float]) -> float:
    from decimal import ROUND_HALF_UP, Context, Decimal

    if not all(map(math.isfinite, numbers)) or 0 in numbers[1:]:
        raise FunctionError("decimal division by 0")
    context = Context(prec=400, rounding=ROUND_HALF_UP)
    total = Decimal(repr(numbers[0]))
    for number in numbers[1:]:
        quotient = context.divide(total, Decimal(repr(number)))
        total = quotient.quantize(Decimal("1e-16"), context=context)
    return float(total)


def _round(_call: Call, args: Sequence[Traced]) -> Traced:
    number, places = to_float(args[0]), need_int(args[1])
    edge = to_float(args[2]) if len(args) > 2 else 0.5
    if not math.isfinite(number) or abs(places) > 300:
        return made_of(number, *args)
    scale = math.pow(10, places)
    digits = scale * number
    _, part = math.modf(digits)[::-1]
    whole = math.ceil(digits) if part >= edge else math.floor(digits)
    return made_of(whole / scale, *args)


def _whole(change: Callable[[float], int]) -> _Apply:
    def apply(_call: Call, args: Sequence[Traced]) -> Traced:
        number = to_float(args[0])
        return made_of(float(change(number)) if math.isfinite(number) else number, *args)

    return apply


def _int(_call: Call, args: Sequence[Traced]) -> Traced:
    return made_of(int(to_int(args[0])), *args)


def _int64(_call: Call, args: Sequence[Traced]) -> Traced:
    return made_of(Int64(to_int(args[0])), *args)


def _float64(_call: Call, args: Sequence[Traced]) -> Traced:
    return made_of(to_float(args[0]), *args)


def _atoi(_call: Call, args: Sequence[Traced]) -> Traced:
    text = need_str(args[0])
    number = int(text) if re.fullmatch(r"[-+]?[0-9]{1,40}", text) else 0
    if not _LOW <= number <= _HIGH:
        number = _HIGH if number > 0 else _LOW
    return made_of(number, *args)


def _to_decimal(_call: Call, args: Sequence[Traced]) -> Traced:
    text = plain_text(shown(args[0]))
    if not re.fullmatch(r"[-+]?[0-7]{1,22}", text):
        return made_of(Int64(0), *args)
    return made_of(_wrapped(int(text, 8)), *args)


def _steps(start: int, stop: int, step: int, args: Sequence[Traced]) -> Traced:
    numbers = range(start, stop, step) if step else range(0)
    if (stop < start) != (step < 0):
        numbers = range(0)
    if len(numbers) > MAX_ITEMS:
        raise FunctionError(f"a list of {len(numbers)} numbers is too long")
    parts = made_of(None, *args)
    return Traced([Traced(number, parts.via) for number in numbers], parts.via)


def _until(_call: Call, args: Sequence[Traced]) -> Traced:
    count = need_int(args[0])
    return _steps(0, count, -1 if count < 0 else 1, args)


def _until_step(_call: Call, args: Sequence[Traced]) -> Traced:
    start, stop, step = (need_int(arg) for arg in args)
    return _steps(start, stop, step, args)


def _seq(_call: Call, args: Sequence[Traced]) -> Traced:
    numbers = [need_int(arg) for arg in args]
    if not 1 <= len(numbers) <= 3:
        return made_of("", *args)
    start = numbers[0] if len(numbers) > 1 else 1
    end = numbers[-1]
    step = numbers[1] if len(numbers) == 3 else (-1 if end < start else 1)
    found = range(start, end + (1 if step > 0 else -1), step) if step else range(0)
    if (end < start) != (step < 0) and end != start:
        found = range(0)
    if len(found) > MAX_ITEMS:
        raise FunctionError(f"a sequence of {len(found)} numbers is too long")
    return made_of(" ".join(map(str, found)), *args)


def _rand_int(_call: Call, args: Sequence[Traced]) -> Traced:
    return made_of(Unknown(Reason.RANDOM, "randInt", type="int", not_null=True), *args)


_STRICT = Unknowns.STRICT
NUMBERS = {
    "add": Function(_integers(sum), 0, None, _STRICT, "int"),
    "add1": Function(_integers(lambda numbers: numbers[0] + 1), 1, 1, _STRICT, "int"),
    "add1f": Function(_floats(lambda n: _plus_exact([n[0], 1.0])), 1, 1, _STRICT, "float"),
    "addf": Function(_floats(_plus_exact), 0, None, _STRICT, "float"),
    "atoi": Function(_atoi, 1, 1, _STRICT, "int"),
    "biggest": Function(_integers(max), 1, None, _STRICT, "int"),
    "ceil": Function(_whole(math.ceil), 1, 1, _STRICT, "float"),
    "div": Function(_integers(_div), 2, 2, _STRICT, "int"),
    "divf": Function(_floats(_over_exact), 1, None, _STRICT, "float"),
    "float64": Function(_float64, 1, 1, _STRICT, "float"),
    "floor": Function(_whole(math.floor), 1, 1, _STRICT, "float"),
    "int": Function(_int, 1, 1, _STRICT, "int"),
    "int64": Function(_int64, 1, 1, _STRICT, "int"),
    "max": Function(_integers(max), 1, None, _STRICT, "int"),
    "maxf": Function(_floats(max), 1, None, _STRICT, "float"),
    "min": Function(_integers(min), 1, None, _STRICT, "int"),
    "minf": Function(_floats(min), 1, None, _STRICT, "float"),
    "mod": Function(_integers(_mod), 2, 2, _STRICT, "int"),
    "mul": Function(_integers(_product), 1, None, _STRICT, "int"),
    "mulf": Function(_floats(_times_exact), 1, None, _STRICT, "float"),
    "randInt": Function(_rand_int, 2, 2, Unknowns.OWN, "int"),
    "round": Function(_round, 2, 3, _STRICT, "float"),
    "seq": Function(_seq, 0, None, _STRICT, "string"),
    "sub": Function(_integers(lambda numbers: numbers[0] - numbers[1]), 2, 2, _STRICT, "int"),
    "subf": Function(_floats(_minus_exact), 1, None, _STRICT, "float"),
    "toDecimal": Function(_to_decimal, 1, 1, _STRICT, "int"),
    "until": Function(_until, 1, 1, _STRICT, "list"),
    "untilStep": Function(_until_step, 3, 3, _STRICT, "list"),
}
