"""Find: the tokens of known issuers in a text, in one pass over it.

All anchors are looked for at once (Aho-Corasick, by `ahocorasick_rs` where it is installed, else
one search for each); only around a hit is a pattern tried.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from plumbrule_parsers.secret_tokens.checks import Check
from plumbrule_parsers.secret_tokens.detectors import DETECTORS, Detector
from plumbrule_parsers.secret_tokens.harmless import is_placeholder, why_harmless

MOST_TOKENS = 500  # in one text; a dump of tokens is one finding all the same
# Hosts whose logins open nothing: this machine, a neighbour in a compose file, documentation.
_LOCAL_NAMES = ("localhost", "host", "hostname", "server", "db", "example.com")
_LOCAL_STARTS = ("127.", "0.0.0.0")  # noqa: S104 - compared, not bound
_LOCAL_ENDS = (".example.com", ".example.org", ".local", ".test", ".example")
_DOCUMENTED = re.compile(r"(?i)example")


@dataclass(frozen=True, slots=True)
class Token:
    """One token: where its secret part stands and what its own characters prove."""

    detector: Detector
    start: int
    end: int
    check: Check
    harmless: str = ""  # why it is no secret after all


def entropy(value: str) -> float:
    """Shannon entropy in bits a character."""
    if not value:
        return 0.0
    size = len(value)
    counts = (value.count(letter) for letter in sorted(set(value)))
    return -sum(count / size * math.log2(count / size) for count in counts)


def find_tokens(text: str) -> list[Token]:
    """The tokens of the text, by place; what an offline check refutes is left out.

    Of tokens that overlap the one that says most is kept: the lower tier, then the longer.
    """
    found: list[Token] = []
    table = _table()
    for number, at in table.hits(text):
        detector = table.owners[number]
        token = _tried(text, at, detector, table.patterns[detector.name])
        if token is not None:
            found.append(token)
            if len(found) >= MOST_TOKENS:
                break
    return _apart(found)


def _tried(text: str, at: int, detector: Detector, pattern: re.Pattern[str]) -> Token | None:
    if detector.near and detector.near not in text[max(0, at - 80) : at].lower():
        return None
    first = max(0, at - detector.before)
    tries = (pattern.match(text, start) for start in range(first, at + 1))
    match = next((one for one in tries if one is not None and one.end() > at), None)
    if match is None:
        return None
    group = "secret" if "secret" in pattern.groupindex else 0
    start, end = match.span(group)
    value = text[start:end]
    if detector.min_entropy and entropy(value) < detector.min_entropy:
        return None
    check = Check.UNTOLD
    if detector.check is not None:
        try:
            check = detector.check(match[0])
        except ValueError:
            check = Check.INVALID
    if check is Check.INVALID:
        return None
    return Token(detector, start, end, check, _harmless(detector, match, value, check))


def _harmless(detector: Detector, match: re.Match[str], value: str, check: Check) -> str:
    """Why the token is none although it looks like one."""
    if detector.name in ("url-login", "basic-login"):
        if detector.name == "url-login" and _local(match["host"]):
            return "it is a login of the local machine"
        return why_harmless(value)
    if check is not Check.VALID and _DOCUMENTED.search(value):
        return "it is a token of a documentation"
    anchor = next((one for one in detector.anchors if value.startswith(one)), "")
    body = value[len(anchor) :]
    return "it is a placeholder" if len(set(body)) < 5 or is_placeholder(body) else ""


def _local(host: str) -> bool:
    name = host.lower()
    return name in _LOCAL_NAMES or name.startswith(_LOCAL_STARTS) or name.endswith(_LOCAL_ENDS)


def _apart(found: list[Token]) -> list[Token]:
    kept: list[Token] = []
    for token in sorted(found, key=lambda one: (one.detector.tier, one.start - one.end, one.start,
                                                one.detector.name)):  # fmt: skip
        if all(token.end <= other.start or other.end <= token.start for other in kept):
            kept.append(token)
    return sorted(kept, key=lambda one: one.start)


# ------------------------------------------------------------------ the table of anchors
class _Table:
    """All anchors with their detectors, and the way to look for them."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        pairs = [(anchor, one) for one in detectors for anchor in one.anchors]
        self.anchors = [anchor for anchor, _one in pairs]
        self.owners = [one for _anchor, one in pairs]
        self.patterns = {one.name: re.compile(one.pattern) for one in detectors}
        self.hits = searcher(self.anchors)


@lru_cache(maxsize=1)
def _table() -> _Table:
    return _Table(DETECTORS)


Hits = Callable[[str], Iterator[tuple[int, int]]]


def searcher(anchors: Sequence[str]) -> Hits:
    """What finds every occurrence of every anchor: (its number, its offset), by offset."""
    try:
        import ahocorasick_rs
    except ImportError:
        return _one_by_one(anchors)
    automaton = ahocorasick_rs.AhoCorasick(list(anchors))
    plain = _one_by_one(anchors)

    def hits(text: str) -> Iterator[tuple[int, int]]:
        try:
            found = automaton.find_matches_as_indexes(text, overlapping=True)
        except UnicodeEncodeError:  # half of a surrogate pair, which the library cannot read
            yield from plain(text)
            return
        for number, start, _end in found:
            yield number, start

    return hits


def _one_by_one(anchors: Sequence[str]) -> Hits:
    """The same without the library: each anchor is searched by itself."""

    def hits(text: str) -> Iterator[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for number, anchor in enumerate(anchors):
            at = text.find(anchor)
            while at >= 0:
                found.append((at, number))
                at = text.find(anchor, at + 1)
        for at, number in sorted(found):
            yield number, at

    return hits
