"""Versions and their constraints as the Masterminds semver library (v3) reads them.

A constraint is `||` between alternatives of conditions that must all hold. A version with a
prerelease only fits conditions that have one themselves.
Source: https://github.com/Masterminds/semver#checking-version-constraints.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from plumbrule_parsers.function_table import FunctionError, Unknowns
from plumbrule_parsers.helm.functions.call import Call, Function
from plumbrule_parsers.helm.functions.go_values import need_str
from plumbrule_parsers.helm.functions.objects import StructData
from plumbrule_parsers.traced import Traced, made_of

_TAIL = r"(?:-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*+))?(?:\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*+))?"
_VERSION = re.compile(rf"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?{_TAIL}\Z")
_PARTIAL = rf"v?([0-9]+|[xX*])(?:\.([0-9]+|[xX*]))?(?:\.([0-9]+|[xX*]))?{_TAIL}"
_CONDITION = re.compile(rf"\s*(=>|>=|=<|<=|!=|~>|=|>|<|~|\^|)\s*{_PARTIAL}\s*")
_RANGE = re.compile(rf"\s*({_PARTIAL})\s+-\s+({_PARTIAL})\s*")
MAX_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Version:
    """A version; missing parts are 0. `original` is the text as it was given."""

    major: int
    minor: int
    patch: int
    prerelease: str
    metadata: str
    original: str

    @property
    def numbers(self) -> tuple[int, int, int]:
        """Major, minor and patch."""
        return self.major, self.minor, self.patch

    def __str__(self) -> str:
        tail = f"-{self.prerelease}" if self.prerelease else ""
        build = f"+{self.metadata}" if self.metadata else ""
        return f"{self.major}.{self.minor}.{self.patch}{tail}{build}"


@dataclass(frozen=True, slots=True)
class _Condition:
    operator: str
    version: Version
    any_major: bool
    any_minor: bool
    any_patch: bool


def parse_version(text: str) -> Version:
    """The version. FunctionError: it is none."""
    match = _VERSION.match(text) if len(text) <= 256 else None
    if match is None:
        raise FunctionError(f"invalid semantic version `{text[:60]}`")
    for part in (match[4] or "").split("."):
        if part.isdigit() and len(part) > 1 and part[0] == "0":
            raise FunctionError(f"`{text[:60]}`: a prerelease number starts with 0")
    major, minor, patch = (int(match[index] or 0) for index in (1, 2, 3))
    return Version(major, minor, patch, match[4] or "", match[5] or "", text)


def compare(left: Version, right: Version) -> int:
    """-1, 0 or 1 by precedence; metadata does not count."""
    if left.numbers != right.numbers:
        return -1 if left.numbers < right.numbers else 1
    return _compare_prerelease(left.prerelease, right.prerelease)


def _compare_prerelease(left: str, right: str) -> int:
    if left == right:
        return 0
    if not left or not right:
        return 1 if not left else -1
    one, other = left.split("."), right.split(".")
    for a, b in zip(one, other, strict=False):
        if a == b:
            continue
        if a.isdigit() and b.isdigit():
            return -1 if int(a) < int(b) else 1
        if a.isdigit() or b.isdigit():
            return -1 if a.isdigit() else 1
        return -1 if a < b else 1
    return (len(one) > len(other)) - (len(one) < len(other))


@lru_cache(maxsize=1024)
def parse_constraint(text: str) -> tuple[tuple[_Condition, ...], ...]:
    """The alternatives, each a row of conditions. FunctionError: it is no constraint."""
    if len(text) > MAX_LENGTH:
        raise FunctionError("the version constraint is too long")
    return tuple(_conditions(alternative, text) for alternative in text.split("||"))


def _conditions(text: str, whole: str) -> tuple[_Condition, ...]:
    out: list[_Condition] = []
    at = 0
    while at < len(text) or not out:
        if out and text[at] == ",":
            at += 1
        span = _RANGE.match(text, at)
        if span is not None:
            out.append(_condition(">=", span.groups()[1:6]))
            out.append(_condition("<=", span.groups()[7:12]))
            at = span.end()
            continue
        match = _CONDITION.match(text, at)
        if match is None:
            raise FunctionError(f"improper constraint: `{whole[:60]}`")
        out.append(_condition(match[1], match.groups()[1:6]))
        at = match.end()
    return tuple(out)


def _condition(operator: str, parts: Sequence[str | None]) -> _Condition:
    wild = [part is None or part in "xX*" for part in parts[:3]]
    any_major = wild[0]
    any_minor = any_major or wild[1]
    any_patch = any_minor or wild[2]
    major, minor, patch = (
        0 if gone or part is None else int(part)
        for gone, part in zip((any_major, any_minor, any_patch), parts[:3], strict=True)
    )
    prerelease = "" if any_patch and not parts[3] else parts[3] or ""
    version = Version(major, minor, patch, prerelease, parts[4] or "", "")
    return _Condition(operator, version, any_major, any_minor, any_patch)


def satisfies(constraint: str, text: str) -> bool:
    """Whether the version fits. FunctionError: one of them is not well formed."""
    alternatives = parse_constraint(constraint)
    version = parse_version(text)
    return any(all(_fits(version, one) for one in conditions) for conditions in alternatives)


def _fits(version: Version, condition: _Condition) -> bool:
    limit, operator = condition.version, condition.operator
    if version.prerelease and not limit.prerelease:
        # A wildcard and `!=` do not admit prereleases either.
        return False
    if condition.any_major and operator not in {"!=", ">", "<", "<=", "=<"}:
        return True
    order = compare(version, limit)
    if operator in {"", "=", "~", "~>"} and not (operator in {"", "="} and not condition.any_patch):
        if order < 0:
            return False
        return version.major == limit.major and (
            condition.any_minor or version.minor == limit.minor
        )
    if operator in {"", "="}:
        return order == 0
    if operator == "!=":
        return _differs(version, condition, order)
    if operator == ">":
        if condition.any_minor:
            return version.major > limit.major
        if condition.any_patch:
            return version.numbers[:2] > limit.numbers[:2]
        return order > 0
    if operator in {">=", "=>"}:
        return order >= 0
    if operator == "<":
        return order < 0
    if operator in {"<=", "=<"}:
        if condition.any_minor:
            return version.major <= limit.major
        if condition.any_patch:
            return version.numbers[:2] <= limit.numbers[:2]
        return order <= 0
    return order >= 0 and _same_up_to_first_number(version, condition)


def _differs(version: Version, condition: _Condition, order: int) -> bool:
    limit = condition.version
    if condition.any_minor:
        return version.major != limit.major
    if condition.any_patch:
        return version.numbers[:2] != limit.numbers[:2]
    return order != 0


def _same_up_to_first_number(version: Version, condition: _Condition) -> bool:
    """`^`: what stands up to the first number that is not 0 is the same."""
    limit = condition.version
    if limit.major > 0 or condition.any_minor:
        return version.major == limit.major
    if limit.minor > 0 or condition.any_patch:
        return version.numbers[:2] == limit.numbers[:2]
    return version.numbers == limit.numbers


def version_struct(version: Version, *parts: Traced) -> Traced:
    """The version as templates see it: `.Major`, `.Minor`, `.Patch`, `.Prerelease`, methods."""
    via = made_of(None, *parts).via
    fields = {"Major": version.major, "Minor": version.minor, "Patch": version.patch}
    entries = {name: Traced(number, via) for name, number in fields.items()}
    texts = {"Prerelease": version.prerelease, "Metadata": version.metadata,
             "Original": version.original}  # fmt: skip
    entries.update({name: Traced(text, via) for name, text in texts.items()})
    return Traced(StructData(entries, "*semver.Version", str(version), version.original), via)


def _semver(_call: Call, args: Sequence[Traced]) -> Traced:
    return version_struct(parse_version(need_str(args[0])), *args)


def _semver_compare(_call: Call, args: Sequence[Traced]) -> Traced:
    return made_of(satisfies(need_str(args[0]), need_str(args[1])), *args)


SEMVER = {
    "semver": Function(_semver, 1, 1, Unknowns.STRICT, "any"),
    "semverCompare": Function(_semver_compare, 2, 2, Unknowns.STRICT, "bool"),
}
