"""Values of the domain types: quantities, durations, networks, versions, patterns, images, dates.

Tagged literals of rules and raw strings of fields are read by the same functions, so `qty"1Gi"` and
a manifest's `1Gi` are one value. All are immutable, hashable and totally ordered within their type.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, total_ordering
from typing import Any


class LiteralError(ValueError):
    """The text is not a value of the type; the message says why."""


# ------------------------------------------------------------------ quantity
_QUANTITY = re.compile(
    r"([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d{1,3})|([KMGTPE]i|[numkMGTPE]))?\Z"
)
_SUFFIX = {
    "n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18,
}  # fmt: skip
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_NANO = 10**9


@total_ordering
@dataclass(frozen=True, slots=True)
class Quantity:
    """A Kubernetes quantity; `nano` is its exact size in billionths, `text` how it was written."""

    nano: int
    text: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self.nano == other.nano

    def __lt__(self, other: Quantity) -> bool:
        return self.nano < other.nano

    def __hash__(self) -> int:
        return hash(self.nano)

    def __str__(self) -> str:
        return self.text

    def times(self, factor: float) -> Quantity:
        """The quantity that many times."""
        nano = round(self.nano * factor)
        return Quantity(nano, f"{nano / _NANO:g}")


@lru_cache(maxsize=4096)
def parse_quantity(text: str) -> Quantity:
    """A quantity as Kubernetes' resource package reads it: decimal and binary suffixes, exponents.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/.
    """
    match = _QUANTITY.match(text)
    if match is None or len(text) > 60:
        raise LiteralError(f"`{text[:40]}` is not a quantity such as `500m` or `1Gi`")
    sign, digits, exponent, suffix = match.groups()
    whole, _, fraction = digits.partition(".")
    number = int((whole or "0") + fraction)
    power = -len(fraction)
    scale = 1
    if exponent:
        power += int(exponent[1:])
    elif suffix in _BINARY:
        scale = 1024 ** _BINARY[suffix]
    elif suffix:
        power += _SUFFIX[suffix]
    power += 9
    nano = number * scale * 10**power if power >= 0 else -(-number * scale // 10**-power)
    return Quantity(-nano if sign == "-" else nano, text)


# ------------------------------------------------------------------ duration
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d|w|y)")
_NANOS = {
    "ns": 1, "us": 10**3, "µs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9,
    "d": 86_400 * 10**9, "w": 7 * 86_400 * 10**9, "y": 365 * 86_400 * 10**9,
}  # fmt: skip


@total_ordering
@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time; `nano` in nanoseconds."""

    nano: int
    text: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and self.nano == other.nano

    def __lt__(self, other: Duration) -> bool:
        return self.nano < other.nano

    def __hash__(self) -> int:
        return hash(self.nano)

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=4096)
def parse_duration(text: str) -> Duration:
    """A duration as Go and Prometheus write it (`1h30m`, `15s`, `4d`); `0` is allowed bare."""
    body = text.strip()
    if body == "0":
        return Duration(0, text)
    parts = _DURATION_PART.findall(body)
    if not parts or "".join(number + unit for number, unit in parts) != body or len(body) > 60:
        raise LiteralError(f"`{text[:40]}` is not a duration such as `15m` or `1h30m`")
    nano = sum(round(float(number) * _NANOS[unit]) for number, unit in parts)
    return Duration(nano, text)


# ------------------------------------------------------------------ network
@dataclass(frozen=True, slots=True)
class Cidr:
    """A network: version 4 or 6, first and last address as integers, and the prefix length."""

    version: int
    first: int
    last: int
    prefix: int
    text: str

    def __str__(self) -> str:
        return self.text

    def overlaps(self, other: Cidr) -> bool:
        """True if an address belongs to both."""
        same = self.version == other.version
        return same and self.first <= other.last and other.first <= self.last


@lru_cache(maxsize=4096)
def parse_cidr(text: str) -> Cidr:
    """A network in CIDR notation; a bare address is a network of one."""
    import ipaddress

    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise LiteralError(f"`{text[:40]}` is not a network such as `10.0.0.0/8`") from None
    first, last = int(network.network_address), int(network.broadcast_address)
    return Cidr(network.version, first, last, network.prefixlen, text)


# ------------------------------------------------------------------ version
_VERSION = re.compile(
    r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.\d+)*(?:-([0-9A-Za-z.-]+))?(?:\+\S*)?\Z"
)


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A version, ordered as SemVer 2.0 orders; build metadata does not count."""

    numbers: tuple[int, int, int]
    pre: tuple[tuple[int, int, str], ...]
    text: str

    def _key(self) -> Any:
        return self.numbers, not self.pre, self.pre

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self._key() == other._key()

    def __lt__(self, other: Version) -> bool:
        return bool(self._key() < other._key())

    def __hash__(self) -> int:
        return hash(self._key())

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=4096)
def parse_version(text: str) -> Version:
    """A version such as `1.2.3-rc.1`; missing parts count as zero."""
    match = _VERSION.match(text.strip())
    if match is None or len(text) > 100:
        raise LiteralError(f"`{text[:40]}` is not a version such as `1.2.3`")
    numbers = (int(match[1]), int(match[2] or 0), int(match[3] or 0))
    pre = tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part)
        for part in (match[4].split(".") if match[4] else ())
    )
    return Version(numbers, pre, text)


@dataclass(frozen=True, slots=True)
class VersionRange:
    """A conjunction of comparisons with versions."""

    bounds: tuple[tuple[str, Version], ...]
    text: str

    def holds(self, version: Version) -> bool:
        """True if the version satisfies every comparison."""
        for op, bound in self.bounds:
            if not (
                (op in ("=", "==") and version == bound)
                or (op == "!=" and version != bound)
                or (op == "<" and version < bound)
                or (op == "<=" and version <= bound)
                or (op == ">" and version > bound)
                or (op == ">=" and version >= bound)
            ):
                return False
        return True


_BOUND = re.compile(r"(>=|<=|!=|==|=|<|>)\s*(\S+)")


def parse_version_or_range(text: str) -> Version | VersionRange:
    """`1.2` is a version, `>=1.2 <2` a range."""
    if not text.strip() or text.strip()[0] not in "<>=!":
        return parse_version(text)
    bounds = _BOUND.findall(text.replace(",", " "))
    if _BOUND.sub("", text.replace(",", " ")).strip():
        raise LiteralError(f"`{text[:40]}` is not a version range such as `>=1.2 <2`")
    return VersionRange(tuple((op, parse_version(version)) for op, version in bounds), text)


# ------------------------------------------------------------------ image
_IMAGE = re.compile(
    r"(?P<name>[^@:\s]*(?::\d+/[^@:\s]+)?)(?::(?P<tag>(?:[\w][\w.-]{0,127})?))?(?:@(?P<digest>[^\s@]+))?\Z"
)


@dataclass(frozen=True, slots=True)
class Image:
    """A container image: registry ("" if the reference names none), repository, tag, digest."""

    registry: str
    repository: str
    tag: str | None
    digest: str | None
    text: str

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=4096)
def parse_image(text: str) -> Image:
    """An image reference after the OCI distribution grammar; `repository` includes the registry.

    Two references to one repository must compare equal whichever way the registry is written, so
    `repository` is the whole name before tag and digest, and `registry` its first part where that
    part is a host (it has a dot or a port, or is `localhost`). What a template leaves open is a
    part that is empty: the tag of `acme/web:`, the repository of `:1.2`.
    """
    match = _IMAGE.match(text)
    if match is None or not text:
        raise LiteralError(f"`{text[:60]}` is not an image reference")
    head, slash, _rest = match["name"].partition("/")
    host = bool(slash) and ("." in head or ":" in head or head == "localhost")
    return Image(head if host else "", match["name"], match["tag"], match["digest"], text)


# ------------------------------------------------------------------ date
def parse_date(text: str) -> dt.date:
    """A day as `2027-01-31`."""
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise LiteralError(f"`{text[:40]}` is not a date such as `2027-01-31`") from None


# ------------------------------------------------------------------ patterns
@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression (searched anywhere) or a glob (matching the whole)."""

    source: str
    regex: str
    flags: int = 0

    def matches(self, text: str) -> bool:
        """True if the text matches; texts are cut at 20,000 characters to bound the work."""
        return _compiled(self.regex).search(text[:20_000]) is not None

    def __str__(self) -> str:
        return self.source


@lru_cache(maxsize=4096)
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(regex)


def parse_regex(text: str) -> Pattern:
    """A regular expression; one that could run away is refused."""
    try:
        compiled = re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise LiteralError(f"not a regular expression: {error}") from None
    risk = runaway(compiled.pattern)
    if risk:
        raise LiteralError(risk)
    return Pattern(text, text)


def parse_glob(text: str) -> Pattern:
    """A glob with `*`, `?` and `[...]`, anchored at both ends."""
    import fnmatch

    return Pattern(text, fnmatch.translate(text))


def runaway(pattern: str) -> str:
    """Why the pattern could take exponential time, "" if it cannot.

    An unbounded repeat inside an unbounded repeat is dangerous unless each round of the outer one
    must begin with a character that the inner repeat cannot eat (`(-[a-z]+)*`). Source: the usual
    star-height criterion, weakened by a test of first characters.
    """
    from re import _constants as constants
    from re import _parser as parser

    repeats = (constants.MAX_REPEAT, constants.MIN_REPEAT)

    def unbounded_inside(items: object) -> list[object]:
        found: list[object] = []
        for operation, argument in items:  # type: ignore[attr-defined]
            if operation in repeats:
                if argument[1] == constants.MAXREPEAT or argument[1] > 50:
                    found.append(argument[2])
                found += unbounded_inside(argument[2])
            elif operation is constants.SUBPATTERN:
                found += unbounded_inside(argument[3])
            elif operation is constants.BRANCH:
                for branch in argument[1]:
                    found += unbounded_inside(branch)
        return found

    def first_literal(items: object) -> str | None:
        for operation, argument in items:  # type: ignore[attr-defined]
            if operation is constants.LITERAL:
                return chr(argument)
            if operation is constants.SUBPATTERN:
                return first_literal(argument[3])
            return None
        return None

    def walk(items: object) -> str:
        for operation, argument in items:  # type: ignore[attr-defined]
            if operation in repeats and (argument[1] == constants.MAXREPEAT or argument[1] > 50):
                body = argument[2]
                inner = unbounded_inside(body)
                head = first_literal(body)
                if inner and (head is None or any(_eats(piece, head) for piece in inner)):
                    return (
                        "a repeat inside a repeat could take forever; start each round of the "
                        "outer one with a fixed character that the inner one cannot match"
                    )
            for part in _parts(operation, argument, constants):
                risk = walk(part)
                if risk:
                    return risk
        return ""

    return walk(parser.parse(pattern))


def _parts(operation: object, argument: object, constants: object) -> list[object]:
    if operation in (constants.MAX_REPEAT, constants.MIN_REPEAT):  # type: ignore[attr-defined]
        return [argument[2]]  # type: ignore[index]
    if operation is constants.SUBPATTERN:  # type: ignore[attr-defined]
        return [argument[3]]  # type: ignore[index]
    if operation is constants.BRANCH:  # type: ignore[attr-defined]
        return list(argument[1])  # type: ignore[index]
    return []


def _eats(body: object, letter: str) -> bool:
    from re import _compiler as compiler  # type: ignore[attr-defined]

    return compiler.compile(body).match(letter) is not None


# ------------------------------------------------------------------ by tag and by type
TAGS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "re": ("pattern", parse_regex),
    "glob": ("pattern", parse_glob),
    "qty": ("quantity", parse_quantity),
    "dur": ("duration", parse_duration),
    "ver": ("version", parse_version_or_range),
    "cidr": ("cidr", parse_cidr),
    "date": ("date", parse_date),
}

BY_TYPE: dict[str, Callable[[str], Any]] = {
    "quantity": parse_quantity,
    "duration": parse_duration,
    "version": parse_version_or_range,
    "cidr": parse_cidr,
    "image": parse_image,
    "date": parse_date,
}

IMAGE_FIELDS = {"registry": False, "repository": False, "tag": True, "digest": True}
