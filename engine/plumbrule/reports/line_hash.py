"""Line hash: the fingerprint by which GitHub code scanning recognises a line.

GitHub computes it itself and warns of other values, so this follows its published action to the
letter: a 64-bit polynomial hash (base 37) over the 100 UTF-16 units from the line's start, blanks
and tabs left out, line ends as LF, U+FFFF and then zeros after the end; in hexadecimal, with the
number of times that the value has occurred in the file so far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from itertools import accumulate

_BASE = 37
_WINDOW = 100
_MASK = (1 << 64) - 1
_TOP = pow(_BASE, _WINDOW, 1 << 64)  # what a unit weighs when it leaves the window
_END = 0xFFFF
_LF, _CR, _SPACE, _TAB = 10, 13, 32, 9


def line_hashes(text: str, wanted: Collection[int]) -> dict[int, str]:
    """The hash of each wanted line (1-based), as `<hexadecimal>:<occurrence>`.

    A line that the text does not have is left out. A final line end begins one more line.
    """
    if not wanted:
        return {}
    units, starts = _units(text, max(wanted))
    units += [0] * _WINDOW
    sums = list(accumulate(units, lambda total, unit: (total * _BASE + unit) & _MASK, initial=0))
    seen: Counter[int] = Counter()
    found: dict[int, str] = {}
    for line, start in enumerate(starts, 1):
        value = (sums[start + _WINDOW] - sums[start] * _TOP) & _MASK
        seen[value] += 1
        if line in wanted:
            found[line] = f"{value:x}:{seen[value]}"
    return found


def _units(text: str, last: int) -> tuple[list[int], list[int]]:
    """The hashed units and, up to line `last`, where in them the lines start."""
    units: list[int] = []
    starts: list[int] = []
    fresh, after_cr = True, False
    for unit in _utf16(text):
        # A blank between CR and LF parts them: they are two line ends then.
        if unit in (_SPACE, _TAB) or (after_cr and unit == _LF):
            after_cr = False
            continue
        after_cr = unit == _CR
        if fresh:
            if len(starts) == last and len(units) >= starts[-1] + _WINDOW:
                return units, starts
            starts.append(len(units))
        fresh = unit in (_CR, _LF)
        units.append(_LF if fresh else unit)
    if fresh:
        starts.append(len(units))
    return [*units, _END], starts[:last]


def _utf16(text: str) -> list[int] | memoryview:
    if text.isascii():
        return memoryview(text.encode("ascii"))
    # Native order, so that the units can be read in place; lone surrogates stay what they are.
    import sys

    order = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"
    return memoryview(text.encode(order, "surrogatepass")).cast("H")
