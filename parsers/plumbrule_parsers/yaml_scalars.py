"""What a plain YAML scalar means under the two rule sets that the formats use.

Sources: YAML 1.2.2 section 10.3 (core schema); go-yaml v2 for "1.1" as Kubernetes and Helm read it
(booleans such as `yes`, octal `0755`, `1_000`, but no base-60 numbers, and dates stay text);
go-yaml v3 for "go" as Kustomize reads objects (the numbers of 1.1, the booleans of 1.2).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, Literal

from plumbrule_parsers.value import Scalar

Rules = Literal["1.1", "1.2", "go", "terraform", "text"]

_INT = re.compile(r"[-+]?[0-9]++\Z")
_OCTAL_12 = re.compile(r"0o[0-7]++\Z")
_HEX_12 = re.compile(r"0x[0-9a-fA-F]++\Z")
_OCTAL_11 = re.compile(r"[-+]?0[0-7]++\Z")
_BASED_11 = re.compile(r"[-+]?0(?:[bB][01]++|[oO][0-7]++|[xX][0-9a-fA-F]++)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]++|[0-9]++(?:\.[0-9]*+)?)(?:[eE][-+]?[0-9]++)?\Z")
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLS_12: dict[str, bool] = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_BOOLS_11: dict[str, bool] = {
    **_BOOLS_12,
    "y": True, "Y": True, "yes": True, "Yes": True, "YES": True, "on": True, "On": True,
    "ON": True, "n": False, "N": False, "no": False, "No": False, "NO": False, "off": False,
    "Off": False, "OFF": False,
}  # fmt: skip
_INFINITY = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z")
_NANS = frozenset((".nan", ".NaN", ".NAN"))
LONGEST_NUMBER: Final = 4000  # Python refuses longer integers by itself; a configuration has none


def resolve_12(text: str) -> Scalar:
    """The value of a plain scalar under the YAML 1.2 core schema."""
    if text in _NULLS:
        return None
    if text in _BOOLS_12:
        return _BOOLS_12[text]
    if len(text) > LONGEST_NUMBER:
        return text
    if _INT.match(text):
        return int(text)
    if _OCTAL_12.match(text) or _HEX_12.match(text):
        return int(text, 0)
    return _float(text)


def resolve_11(text: str) -> Scalar:
    """The value of a plain scalar as go-yaml v2 reads it; times stay strings."""
    if text in _NULLS:
        return None
    if text in _BOOLS_11:
        return _BOOLS_11[text]
    return _number_11(text)


def resolve_go(text: str) -> Scalar:
    """The value of a plain scalar as go-yaml v3 reads it; times stay strings."""
    if text in _NULLS:
        return None
    if text in _BOOLS_12:
        return _BOOLS_12[text]
    return _number_11(text)


_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt](\d\d:\d\d:\d\d)(?:\.\d+)?([Zz]|[-+]\d\d:\d\d))?\Z", re.ASCII
)


def resolve_terraform(text: str) -> Scalar:
    """The value of a plain scalar as Terraform's `yamldecode` reads it: 1.2 with some of 1.1.

    Booleans are those of 1.1, a time becomes a full RFC 3339 text.
    """
    if text in _BOOLS_11:
        return _BOOLS_11[text]
    made = resolve_12(text)
    time = _TIME.match(text) if isinstance(made, str) else None
    if time is None:
        return made
    return f"{time[1]}T{time[2] or '00:00:00'}{(time[3] or 'Z').upper()}"


def _number_11(text: str) -> Scalar:
    if len(text) > LONGEST_NUMBER or text[0] == "_":
        return text
    digits = text.replace("_", "")
    if _OCTAL_11.match(digits):
        return int(digits, 8)
    if _INT.match(digits) and (digits.lstrip("+-")[0] != "0" or digits.lstrip("+-") == "0"):
        return int(digits)
    if _BASED_11.match(digits):
        return int(digits, 0)
    number = _float(digits)
    return number if isinstance(number, float) else text


def _float(text: str) -> Scalar:
    if _FLOAT.match(text):
        return float(text)
    if _INFINITY.match(text):
        return float("-inf") if text[0] == "-" else float("inf")
    if text in _NANS:
        return float("nan")
    return text


def as_text(text: str) -> Scalar:
    """The text itself."""
    return text


# For each rule set: the first characters of what may be no string, and what decides.
RESOLVERS: dict[str, tuple[frozenset[str], Callable[[str], Scalar]]] = {
    "1.2": (frozenset("0123456789+-.~nNtTfF"), resolve_12),
    "1.1": (frozenset("0123456789+-.~nNtTfFyYoO"), resolve_11),
    "go": (frozenset("0123456789+-.~nNtTfF"), resolve_go),
    "terraform": (frozenset("0123456789+-.~nNtTfFyYoO"), resolve_terraform),
    "text": (frozenset(), as_text),
}
