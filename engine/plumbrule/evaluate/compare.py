"""Compare: comparisons of values that may be unknown, decided only if every completion agrees."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from plumbrule.evaluate.read import Unseen
from plumbrule.evaluate.truth import (
    MISSING,
    Doubt,
    Range,
    Truth,
    both,
    clash,
    doubt,
    either,
    negate,
)
from plumbrule.language.literals import (
    Cidr,
    Duration,
    Image,
    LiteralError,
    Pattern,
    Quantity,
    Version,
    VersionRange,
    parse_cidr,
)
from plumbrule_parsers.document import Node
from plumbrule_parsers.value import Segments, Unknown

MOST_CANDIDATES: Final = 64
_LOOKS_ON: Final = re.compile(r"\$|\\[bBZ]|\(\?[=!<(]")
_UNSURE = (Unknown, Segments, Doubt, Range, Unseen)


def undecided(*values: object) -> Truth:
    """The verdict of a comparison that its operands leave open."""
    named = [value.why if isinstance(value, Unseen) else value for value in values]
    found = doubt(*named)
    return found if found.causes else doubt(clash("values that cannot be compared"))


def compare(op: str, left: object, right: object) -> Truth:
    """`left op right` for == != < <= > >= in matches contains starts_with ends_with overlaps."""
    if op == "!=":
        return negate(compare("==", left, right))
    if isinstance(left, Unknown) and isinstance(right, Unknown) and op in ("==", "<=", ">="):
        same = left.identity != "" and left.identity == right.identity
        if same:
            return True
    options = _options(left, right)
    if options is not None:
        verdicts = [compare(op, one, other) for one, other in options]
        if all(verdict is True for verdict in verdicts):
            return True
        if all(verdict is False for verdict in verdicts):
            return False
        return undecided(left, right)
    return _COMPARISONS[op](left, right)


def _options(left: object, right: object) -> list[tuple[object, object]] | None:
    ones = _candidates(left)
    others = _candidates(right)
    if ones is None and others is None:
        return None
    ones = [left] if ones is None else ones
    others = [right] if others is None else others
    if len(ones) * len(others) > MOST_CANDIDATES:
        return None
    return [(one, other) for one in ones for other in others]


def _candidates(value: object) -> list[object] | None:
    if isinstance(value, Unknown) and value.candidates:
        return [MISSING if item is None else item for item in value.candidates]
    return None


def _plain(value: object) -> object:
    return MISSING if value is None else value


def equal(left: object, right: object) -> Truth:
    """Equality; of containers entry by entry, three-valued."""
    left, right = _plain(left), _plain(right)
    if isinstance(left, _UNSURE) or isinstance(right, _UNSURE):
        return _equal_unsure(left, right)
    if left is MISSING or right is MISSING:
        return left is right
    if isinstance(left, Node) or isinstance(right, Node):
        return isinstance(left, Node) and isinstance(right, Node) and left.address == right.address
    if isinstance(left, dict) and isinstance(right, dict):
        return _equal_maps(left, right)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return _equal_lists(left, right)
    if isinstance(left, frozenset) or isinstance(right, frozenset):
        return _equal_sets(left, right)
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, Image) and isinstance(right, str):
        return left.text == right
    if isinstance(right, Image) and isinstance(left, str):
        return right.text == left
    if isinstance(left, Cidr) and isinstance(right, Cidr):
        return (left.version, left.first, left.last) == (right.version, right.first, right.last)
    return bool(left == right)


def _equal_unsure(left: object, right: object) -> Truth:
    if isinstance(right, Segments) and not isinstance(left, Segments):
        left, right = right, left
    if isinstance(left, Segments):
        if isinstance(right, str):
            return undecided(left) if _can_be(left, right) else False
        if isinstance(right, Segments):
            same = left.parts == right.parts and all(part.identity for part in left.unknowns)
            if same:
                return True
            if not (
                _agree(left.prefix, right.prefix) and _agree(left.suffix[::-1], right.suffix[::-1])
            ):
                return False
        elif right is MISSING:
            return False
    if isinstance(right, Range):
        left, right = right, left
    if isinstance(left, Range) and isinstance(right, (int, float)):
        outside = right < left.low or (left.high is not None and right > left.high)
        if outside:
            return False
    for one, other in ((left, right), (right, left)):
        if other is MISSING and (
            (isinstance(one, (Unknown, Doubt)) and one.not_null) or isinstance(one, (Range, Unseen))
        ):
            return False
    return undecided(left, right)


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _can_be(value: Segments, text: str) -> bool:
    """Whether the known parts occur in the text in order, the ends at its ends."""
    prefix, suffix = value.prefix, value.suffix
    if len(prefix) + len(suffix) > len(text):
        return False
    if not (text.startswith(prefix) and text.endswith(suffix)):
        return False
    at, end = len(prefix), len(text) - len(suffix)
    middle = value.parts[1 if prefix else 0 : -1 if suffix else None]
    for part in middle:
        if isinstance(part, str):
            at = text.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
    return True


def _equal_maps(left: dict[Any, Any], right: dict[Any, Any]) -> Truth:
    rests = [rest for rest in (getattr(left, "rest", None), getattr(right, "rest", None)) if rest]
    verdicts: list[Truth] = []
    for key in sorted({*left, *right}, key=str):
        for one, other in ((left, right), (right, left)):
            if key in one and key not in other:
                rest = getattr(other, "rest", None)
                # null and absent are one thing, so a written null equals an absent key
                verdicts.append(equal(one[key], rest if rest is not None else MISSING))
        if key in left and key in right:
            verdicts.append(compare("==", left[key], right[key]))
    verdict = both(verdicts)
    return undecided(*rests) if verdict is True and rests else verdict


def _equal_lists(left: Any, right: Any) -> Truth:
    rests = [rest for rest in (getattr(left, "rest", None), getattr(right, "rest", None)) if rest]
    if rests:
        return undecided(*rests)
    if len(left) != len(right):
        return False
    return both([compare("==", one, other) for one, other in zip(left, right, strict=True)])


def _equal_sets(left: object, right: object) -> Truth:
    if not isinstance(left, (list, tuple, frozenset)):
        return False
    if not isinstance(right, (list, tuple, frozenset)):
        return False
    return both(
        [contains(right, item) for item in ordered(left)]
        + [contains(left, item) for item in ordered(right)]
        + [undecided(rest) for rest in (getattr(left, "rest", None), getattr(right, "rest", None))
           if rest]
    )  # fmt: skip


def ordered(items: Any) -> list[object]:
    """The items in a fixed order; only sets need sorting."""
    return (
        sorted(items, key=lambda item: (type(item).__name__, str(item)))
        if isinstance(items, frozenset)
        else list(items)
    )


def contains(container: object, item: object) -> Truth:
    """Whether a list, set or map has the item (key), or a text the text."""
    if isinstance(container, (list, tuple, frozenset)):
        verdicts = [compare("==", member, item) for member in ordered(container)]
        rest = getattr(container, "rest", None)
        if rest is not None:
            verdicts.append(undecided(rest))
        return either(verdicts)
    if isinstance(container, dict):
        if isinstance(item, _UNSURE):
            return undecided(item) if container or getattr(container, "rest", None) else False
        if item in container:
            value = container[item]
            if isinstance(value, Unknown) and not value.not_null:
                return undecided(value)
            return value is not None
        rest = getattr(container, "rest", None)
        return False if rest is None else undecided(rest)
    if isinstance(container, str) and isinstance(item, str):
        return item in container
    if isinstance(container, Segments) and isinstance(item, str):
        known = any(isinstance(part, str) and item in part for part in container.parts)
        return True if known else undecided(container)
    if isinstance(container, Cidr):
        return _inside(item, container)
    if isinstance(container, VersionRange) and isinstance(item, Version):
        return container.holds(item)
    if container is MISSING or container is None:
        return False
    return undecided(container, item)


def _inside(item: object, network: Cidr) -> Truth:
    if isinstance(item, str):
        try:
            item = parse_cidr(item)
        except LiteralError:
            return undecided(clash("not a network"))
    if not isinstance(item, Cidr):
        return undecided(item)
    same = item.version == network.version
    return same and network.first <= item.first and item.last <= network.last


def _order(test: Callable[[Any, Any], bool], op: str) -> Callable[[object, object], Truth]:
    def decide(left: object, right: object) -> Truth:
        if isinstance(left, Range) and isinstance(right, (int, float)):
            return _bounded(left, right, op)
        if isinstance(right, Range) and isinstance(left, (int, float)):
            return _bounded(right, left, {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[op])
        for type_ in (Quantity, Duration, Version, str):
            if isinstance(left, type_) and isinstance(right, type_):
                return test(left, right)
        numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
        if numbers and not isinstance(left, bool) and not isinstance(right, bool):
            return test(left, right)
        if isinstance(left, Quantity) and isinstance(right, (int, float)):
            return test(left.nano, right * 10**9)
        if isinstance(right, Quantity) and isinstance(left, (int, float)):
            return test(left * 10**9, right.nano)
        if type(left) is type(right) and hasattr(left, "isoformat"):
            return test(left, right)
        return undecided(left, right)

    return decide


def _bounded(count: Range, bound: float, op: str) -> Truth:
    low, high = count.low, count.high
    if op in (">", ">="):
        sure = low > bound if op == ">" else low >= bound
        never = high is not None and (high <= bound if op == ">" else high < bound)
    else:
        sure = high is not None and (high < bound if op == "<" else high <= bound)
        never = low >= bound if op == "<" else low > bound
    return True if sure else False if never else undecided(count)


def matches(text: object, pattern: object) -> Truth:
    """Whether a text matches a pattern; a version a range."""
    if isinstance(text, Version) and isinstance(pattern, VersionRange):
        return pattern.holds(text)
    if not isinstance(pattern, Pattern):
        return undecided(text, pattern)
    if isinstance(text, Image):
        text = text.text
    if isinstance(text, str):
        return pattern.matches(text)
    if isinstance(text, Segments) and not _LOOKS_ON.search(pattern.regex):
        # nothing in the pattern looks beyond its own match, so a known start that matches decides
        return True if pattern.matches(text.prefix) else undecided(text)
    return undecided(text)


def starts_with(text: object, prefix: object) -> Truth:
    """Whether a text starts with another; a known prefix can decide."""
    if isinstance(text, Image):
        text = text.text
    if isinstance(prefix, str):
        if isinstance(text, str):
            return text.startswith(prefix)
        if isinstance(text, Segments):
            if text.prefix.startswith(prefix):
                return True
            return undecided(text) if prefix.startswith(text.prefix) else False
    return undecided(text, prefix)


def ends_with(text: object, suffix: object) -> Truth:
    """Whether a text ends with another; a known suffix can decide."""
    if isinstance(text, Image):
        text = text.text
    if isinstance(suffix, str):
        if isinstance(text, str):
            return text.endswith(suffix)
        if isinstance(text, Segments):
            if text.suffix.endswith(suffix):
                return True
            return undecided(text) if suffix.endswith(text.suffix) else False
    return undecided(text, suffix)


def overlaps(left: object, right: object) -> Truth:
    """Whether two networks share an address, or two collections a member."""
    if isinstance(left, Cidr) and isinstance(right, Cidr):
        return left.overlaps(right)
    if isinstance(left, (list, tuple, frozenset)):
        verdicts = [overlaps(item, right) for item in ordered(left)]
        rest = getattr(left, "rest", None)
        return either([*verdicts, undecided(rest)] if rest is not None else verdicts)
    if isinstance(right, (list, tuple, frozenset)):
        if isinstance(left, Cidr):
            return overlaps(right, left)
        return contains(right, left)
    if isinstance(left, Cidr) and isinstance(right, str):
        try:
            return left.overlaps(parse_cidr(right))
        except LiteralError:
            return undecided(clash("not a network"))
    if isinstance(right, Cidr) and isinstance(left, str):
        return overlaps(right, left)
    return undecided(left, right)


_COMPARISONS: dict[str, Callable[[object, object], Truth]] = {
    "==": equal,
    "<": _order(lambda one, other: one < other, "<"),
    "<=": _order(lambda one, other: one <= other, "<="),
    ">": _order(lambda one, other: one > other, ">"),
    ">=": _order(lambda one, other: one >= other, ">="),
    "in": lambda item, container: contains(container, item),
    "contains": contains,
    "matches": matches,
    "starts_with": starts_with,
    "ends_with": ends_with,
    "overlaps": overlaps,
}
