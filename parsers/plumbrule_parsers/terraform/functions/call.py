"""What every function needs: the files it may read, and conversions.

Conversions follow Terraform's type system (cty): numbers, bools and strings convert into each other
where the text allows, everything else is an error that names the offending type.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from plumbrule_parsers import function_table
from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Segments


@dataclass(frozen=True, slots=True)
class Files:
    """File access of a module, bound to the scanned root. Paths are as the configuration has them.

    `read` gives the bytes of a file, None if it is absent or outside the root. `matching` lists
    the files below a folder that fit a glob, sorted. Nothing else on the machine can be reached.
    """

    read: Callable[[str], bytes | None]
    matching: Callable[[str, str], list[str] | None]


Function = function_table.Function[Files]


class OpenMap(dict[str, Traced]):
    """Entries of a map whose other keys fit one of the patterns: `"app/${unknown}" = ...`."""

    __slots__ = ("patterns",)

    def __init__(self, entries: Mapping[str, Traced], patterns: Sequence[Segments]) -> None:
        super().__init__(entries)
        self.patterns = tuple(patterns)


def fits(pattern: Segments, text: str) -> bool:
    """True if the text can be what the pattern becomes."""
    size = len(pattern.prefix) + len(pattern.suffix)
    return (
        len(text) >= size and text.startswith(pattern.prefix) and text.endswith(pattern.suffix)
    )  # fmt: skip


def may_have(value: Traced, key: str) -> bool:
    """True if an entry with that key may be among those that the map does not list."""
    data = value.data
    if value.rest is None or not isinstance(data, OpenMap):
        return value.rest is not None
    return any(fits(pattern, key) for pattern in data.patterns)


def type_name(value: Traced) -> str:
    """The type as Terraform calls it in messages."""
    data = value.data
    if data is None:
        return "null"
    if isinstance(data, bool):
        return "bool"
    if isinstance(data, (int, float)):
        return "number"
    if isinstance(data, dict):
        return "object"
    if isinstance(data, list):
        return "list"
    return "string"


def number_text(number: float) -> str:
    """A number as Terraform prints it: no exponent, no trailing zeros."""
    if isinstance(number, int):
        return str(number)
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    text = repr(number)
    if "e" in text or "E" in text:
        from decimal import Decimal

        text = format(Decimal(text), "f")
    return text


def text_of(value: Traced) -> str:
    """The string that the value converts to."""
    data = value.data
    if isinstance(data, str):
        return data
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, (int, float)):
        return number_text(data)
    raise FunctionError(f"string required, but got {type_name(value)}")


def number_of(value: Traced) -> int | float:
    """The number that the value converts to; integers stay exact."""
    data = value.data
    if isinstance(data, bool):
        raise FunctionError("number required, but got bool")
    if isinstance(data, (int, float)):
        return data
    if isinstance(data, str):
        return parse_number(data)
    raise FunctionError(f"number required, but got {type_name(value)}")


_NUMBER = re.compile(r"[-+]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?\Z")


def parse_number(text: str) -> int | float:
    """A number written in decimal, exact where it is whole."""
    number = float(text) if len(text) < 1000 and _NUMBER.match(text) else math.inf
    if math.isinf(number):
        raise FunctionError(f"a number is required, but got `{text[:40]}`")
    if text.lstrip("+-").isdecimal():
        return int(text)
    return int(number) if number == int(number) and abs(number) < 2**53 else number


def whole_of(value: Traced) -> int:
    """The whole number that the value converts to."""
    number = number_of(value)
    if isinstance(number, float):
        if number != int(number):
            raise FunctionError(f"a whole number is required, but got {number_text(number)}")
        return int(number)
    return number


def bool_of(value: Traced) -> bool:
    """The bool that the value converts to."""
    data = value.data
    if isinstance(data, bool):
        return data
    if data in ("true", "1"):
        return True
    if data in ("false", "0"):
        return False
    raise FunctionError(f"bool required, but got {type_name(value)}")


def items_of(value: Traced) -> list[Traced]:
    """The items of a list, set or tuple."""
    data = value.data
    if isinstance(data, list):
        return data
    raise FunctionError(f"list, set or tuple required, but got {type_name(value)}")


def entries_of(value: Traced) -> dict[str, Traced]:
    """The entries of a map or object."""
    data = value.data
    if isinstance(data, dict):
        return data
    raise FunctionError(f"map or object required, but got {type_name(value)}")


def equal(left: Traced, right: Traced) -> bool:
    """Terraform's `==` on wholly known values: type and value, at every depth."""
    return same(left.data, right.data)


def same(left: object, right: object) -> bool:
    """Equality of data: 1 equals 1.0, true does not equal 1, containers compare item by item."""
    if isinstance(left, Traced):
        left = left.data
    if isinstance(right, Traced):
        right = right.data
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


def identity(value: Traced) -> object:
    """A hashable stand-in, equal for equal values; used to make sets and to find duplicates."""
    data = value.data
    if isinstance(data, dict):
        return ("map", tuple(sorted((key, identity(item)) for key, item in data.items())))
    if isinstance(data, list):
        return ("list", tuple(identity(item) for item in data))
    if isinstance(data, bool):
        return ("bool", data)
    if isinstance(data, (int, float)):
        return ("number", data)
    return (type(data).__name__, data)


def distinct(items: Sequence[Traced]) -> list[Traced]:
    """The items without repeats; the first of equals stays."""
    seen: dict[object, Traced] = {}
    for item in items:
        seen.setdefault(identity(item), item)
    return list(seen.values())


def one_type(items: Sequence[Traced]) -> list[Traced]:
    """Items of mixed primitive types become strings, as Terraform unifies them."""
    kinds = {type_name(item) for item in items if item.unknown is None and item.data is not None}
    if len(kinds) < 2 or not kinds <= {"string", "number", "bool"}:
        return list(items)
    return [
        item
        if item.data is None or item.unknown is not None
        else Traced(text_of(item), item.via, item.span, sensitive=item.sensitive)
        for item in items
    ]


def set_order(items: Sequence[Traced]) -> list[Traced]:
    """Distinct items in the order in which Terraform iterates a set of primitives."""
    from plumbrule_parsers.value import Segments, Unknown

    def key(item: Traced) -> tuple[int, str | float, str]:
        data = item.data
        if isinstance(data, bool):
            return 0, int(data), ""
        if isinstance(data, (int, float)):
            return 1, data, ""
        if isinstance(data, str):
            return 2, 0, data
        if isinstance(data, (Unknown, Segments)):
            return 4, 0, str(data)
        return 3, 0, repr(identity(item))

    return sorted(distinct(items), key=key)
