"""Go's RE2 syntax on Python: the same matches, in bounded time on any text.

RE2 matches in linear time whatever the pattern; Python's `re` does not. So a pattern is translated
for `re`, which is used where pattern and text leave it little room to try again, and for anything
else the same pattern runs on a machine that follows all ways at once (`linear_match`).
Source: https://github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from plumbrule_parsers.linear_match import Found, Machine

MAX_PATTERN = 2_000
MAX_INPUT = 200_000
MAX_REPEAT: Final = 1_000  # Go's own limit
_CHEAP: Final = math.log(2e7)  # steps of backtracking that `re` may take at most
_ENDLESS: Final = 99.0  # as an exponent: more ways than can be counted

_POSIX_CLASSES = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7F", "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F", "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~",
    "punct": r"!-/:-@\[-`{-~", "space": r"\t\n\v\f\r ", "upper": "A-Z", "word": r"0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_PERL_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_NOT_PERL = {
    "d": r"\x00-/:-\U0010FFFF", "w": r"\x00-/:-@\[-\^`{-\U0010FFFF",
    "s": r"\x00-\x08\x0B\x0E-\x1F!-\U0010FFFF",
}  # fmt: skip


class RegexError(ValueError):
    """The pattern is not valid, or cannot be matched in bounded time."""


class GoPattern:
    """A pattern with the matches that Go's `regexp` would find; faces are those of `re`."""

    __slots__ = ("_machine", "_pattern", "_power", "_translated", "_ways", "groupindex", "groups")

    def __init__(self, pattern: re.Pattern[str], translated: str) -> None:
        self._pattern = pattern
        self._translated = translated
        self._power, self._ways = _cost(translated)
        self._machine: Machine | None = None
        self.groups = pattern.groups
        self.groupindex = dict(pattern.groupindex)

    def finditer(self, text: str) -> Iterator[re.Match[str] | Found]:
        """The matches from left to right. RegexError: the text is too long for this pattern.

        As in Go, an empty match right behind a match does not count.
        """
        if len(text) > MAX_INPUT:
            raise RegexError("the text is too long for a regular expression")
        before = -1
        for match in self._matches(text):
            start, end = match.span()
            if start == end == before:
                continue
            before = end
            yield match

    def _matches(self, text: str) -> Iterator[re.Match[str] | Found]:
        steps = self._power * math.log(len(text) + 1) + math.log(self._ways)
        if steps <= _CHEAP:
            yield from self._pattern.finditer(text)
            return
        from plumbrule_parsers.linear_match import Machine, TooMuch

        try:
            if self._machine is None:
                self._machine = Machine(self._translated)
            yield from self._machine.finditer(text)
        except TooMuch as error:
            raise RegexError(str(error)) from None

    def search(self, text: str) -> re.Match[str] | Found | None:
        """The leftmost match."""
        return next(self.finditer(text), None)

    def sub(self, new: Callable[[Any], str], text: str) -> str:
        """The text with each match replaced."""
        out: list[str] = []
        at = 0
        for match in self.finditer(text):
            out.extend((text[at : match.start()], new(match)))
            at = match.end()
        return "".join(out) + text[at:]


@lru_cache(maxsize=1024)
def compile_go(pattern: str) -> GoPattern:
    """The pattern; RegexError says why Go (or this translation) does not take it."""
    if len(pattern) > MAX_PATTERN:
        raise RegexError(f"the pattern is longer than {MAX_PATTERN} characters")
    translated = _translate(pattern)
    try:
        return GoPattern(re.compile(translated), translated)
    except (re.error, OverflowError, RecursionError) as error:
        raise RegexError(f"`{pattern[:60]}` is not a regular expression: {error}") from None


_TEMPLATE = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")


def expand(template: str, match: re.Match[str] | Found) -> str:
    """Go's replacement text for a match: `$1`, `$name`, `${name}`, `$$`."""

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name is None:
            return "$"
        if name.isdigit():
            number = int(name) if len(name) < 4 else 9999
            return (match[number] or "") if number <= match.re.groups else ""
        return (match[name] or "") if name in match.re.groupindex else ""

    return _TEMPLATE.sub(value, template)


_REPEAT = re.compile(r"[*+?]|\{(\d{1,9})(?:,(\d{0,9}))?\}")


def _translate(pattern: str) -> str:
    """The pattern in Python's syntax.

    Flags in mid-pattern hold up to the end of their group: what follows is put into groups of its
    own, one for each alternative.
    """
    out: list[str] = []
    position, length = 0, len(pattern)
    open_flags: list[list[str]] = [[]]  # for each open group, the flag groups within it
    multiline = _multiline(pattern)
    while position < length:
        letter = pattern[position]
        repeat = _REPEAT.match(pattern, position)
        if repeat is not None and out:
            position = _repeated(pattern, repeat, out)
        elif letter == "\\":
            piece, position = _escape(pattern, position, in_class=False)
            out.append(piece)
        elif letter == "[":
            piece, position = _character_class(pattern, position)
            out.append(piece)
        elif letter == "(":
            piece, position = _group(pattern, position)
            if piece.endswith(")"):  # flags alone
                piece = piece[:-1] + ":" if piece != "(?)" else "(?:"
                open_flags[-1].append(piece)
            else:
                open_flags.append([])
            out.append(piece)
        elif letter == ")":
            if len(open_flags) == 1:
                raise RegexError("unexpected `)`")
            out.append(")" * (1 + len(open_flags.pop())))
            position += 1
        elif letter == "|":
            flags = open_flags[-1]
            out.append(")" * len(flags) + "|" + "".join(flags))
            position += 1
        elif letter == "$":
            out.append("$" if multiline else r"\Z")
            position += 1
        else:
            out.append("\\" + letter if letter in "{}" else letter)
            position += 1
    if len(open_flags) > 1:
        raise RegexError("missing closing `)`")
    return "".join(out) + ")" * len(open_flags[0])


def _repeated(pattern: str, repeat: re.Match[str], out: list[str]) -> int:
    """Write a repeat and give the position behind it."""
    for count in repeat.groups():
        if count and int(count) > MAX_REPEAT:
            raise RegexError(f"`{repeat[0]}` repeats more than {MAX_REPEAT} times")
    position = repeat.end()
    lazy = pattern.startswith("?", position)
    position += lazy
    if _REPEAT.match(pattern, position):
        raise RegexError(f"invalid nested repeat at `{pattern[repeat.start() : position + 1]}`")
    out.append(repeat[0] + ("?" if lazy else ""))
    return position


def _multiline(pattern: str) -> bool:
    return re.search(r"\(\?[a-zA-Z]*m[a-zA-Z]*[:)-]", pattern) is not None


def _group(pattern: str, position: int) -> tuple[str, int]:
    if not pattern.startswith("(?", position):
        return "(", position + 1
    named = re.compile(r"\(\?P?<([A-Za-z_]\w*)>").match(pattern, position)
    if named is not None:
        return f"(?P<{named[1]}>", named.end()
    flags = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])").match(pattern, position)
    if flags is None:
        raise RegexError(f"`{pattern[position : position + 6]}` is not supported by Go's syntax")
    if "U" in flags[1] + (flags[2] or ""):
        raise RegexError("the ungreedy flag `U` is not supported")
    on, off = flags[1], flags[2]
    return f"(?{on}{'-' + off if off else ''}{flags[3]}", flags.end()


def _escape(pattern: str, position: int, *, in_class: bool) -> tuple[str, int]:
    if position + 1 >= len(pattern):
        raise RegexError("trailing backslash")
    letter = pattern[position + 1]
    after = position + 2
    if letter in _PERL_CLASSES:
        inside = _PERL_CLASSES[letter]
        return (inside if in_class else f"[{inside}]"), after
    if letter.lower() in _PERL_CLASSES:
        inside = _NOT_PERL[letter.lower()]
        return (inside if in_class else f"[{inside}]"), after
    if letter in "pP":
        match = re.compile(r"\{(\^?)(\w+)\}|(\w)").match(pattern, after)
        if match is None:
            raise RegexError(f"`\\{letter}` needs the name of a character class")
        name = match[2] or match[3]
        inside = _category(name, negated=(letter == "P") != bool(match[1]))
        return (inside if in_class else f"[{inside}]"), match.end()
    if letter == "z":
        return r"\Z", after
    if letter == "x":
        match = re.compile(r"\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{2})").match(pattern, after)
        if match is None:
            raise RegexError("invalid `\\x` escape")
        return re.escape(chr(min(int(match[1] or match[2], 16), 0x10FFFF))), match.end()
    if letter == "Q":
        end = pattern.find("\\E", after)
        stop = len(pattern) if end < 0 else end
        return re.escape(pattern[after:stop]), (stop if end < 0 else stop + 2)
    if letter in "bB" and not in_class:
        return f"(?a:\\{letter})", after
    if letter in "afnrtv" or (letter == "A" and not in_class) or not letter.isalnum():
        return "\\" + letter, after
    if letter.isdigit():
        raise RegexError("backreferences are not supported by Go's syntax")
    raise RegexError(f"invalid escape `\\{letter}`")


def _character_class(pattern: str, position: int) -> tuple[str, int]:
    out = ["["]
    position += 1
    if pattern.startswith("^", position):
        out.append("^")
        position += 1
    first = True
    while True:
        if position >= len(pattern):
            raise RegexError("missing closing `]`")
        letter = pattern[position]
        if letter == "]" and not first:
            out.append("]")
            return "".join(out), position + 1
        if pattern.startswith("[:", position):
            end = pattern.find(":]", position)
            name = pattern[position + 2 : end] if end > 0 else ""
            if name not in _POSIX_CLASSES:
                raise RegexError(f"unknown class `[:{name}:]`")
            out.append(_POSIX_CLASSES[name])
            position = end + 2
        elif letter == "\\":
            piece, position = _escape(pattern, position, in_class=True)
            out.append(piece)
        else:
            # Go takes a lone `[`, `-` beside a class, and doubled punctuation literally.
            out.append("\\" + letter if letter in "[]&~|" else letter)
            if letter == "-" and out[-2:-1] and out[-2] in _PERL_CLASSES.values():
                out[-1] = r"\-"
            position += 1
        first = False


@lru_cache(maxsize=64)
def _category(name: str, *, negated: bool) -> str:
    """The characters of a Unicode category (`L`, `Lu`), as the inside of a class."""
    import unicodedata

    major = {unicodedata.category(chr(code)) for code in range(0x500)} | {"Cs", "Co", "Cn", "Zl"}
    if name not in major and name not in {one[0] for one in major}:
        raise RegexError(f"the character class `{name}` is not supported")
    out: list[str] = []
    start: int | None = None
    for code in range(0x110001):
        inside = code < 0x110000 and unicodedata.category(chr(code)).startswith(name) is not negated
        if inside and start is None:
            start = code
        elif not inside and start is not None:
            out.append(f"\\U{start:08X}-\\U{code - 1:08X}")
            start = None
    return "".join(out)


def _cost(pattern: str) -> tuple[float, float]:
    """How `re` may take time: a power of the text's length, and a factor."""
    from re import _constants as op
    from re import _parser as parser

    tree = parser.parse(pattern)
    power, ways = _ways(tree, op)
    first = tree[0] if len(tree) else None
    anchors = (op.AT_BEGINNING, op.AT_BEGINNING_STRING)
    anchored = first is not None and first[0] is op.AT and first[1] in anchors
    multiline = tree.state.flags & re.MULTILINE
    return power + (0 if anchored and not multiline else 1), max(1.0, ways)


def _ways(items: Any, op: Any) -> tuple[float, float]:
    """In how many ways the items can match from one place: a power of the length, a factor."""
    power, factor = 0.0, 1.0
    for operation, argument in items:
        if operation in {op.MAX_REPEAT, op.MIN_REPEAT}:
            low, high, body = argument
            inner_power, inner = _ways(body, op)
            if high is op.MAXREPEAT:
                power += 1 if inner_power == 0 and inner <= 1 else _ENDLESS
            else:
                power += inner_power * float(high)
                factor *= (float(high) - low + 1) * inner ** min(float(high), 40.0)
        elif operation is op.SUBPATTERN:
            inner_power, inner = _ways(argument[3], op)
            power, factor = power + inner_power, factor * inner
        elif operation is op.BRANCH:
            branches = [_ways(branch, op) for branch in argument[1]]
            power += max(one for one, _ in branches)
            most = max(one for _, one in branches)
            factor *= most if _distinct(argument[1], op) else most * len(branches)
        factor = min(factor, 1e30)
    return min(power, _ENDLESS), factor


def _distinct(branches: Any, op: Any) -> bool:
    """True if the first character tells which branch can match."""
    firsts = [branch[0] if len(branch) else None for branch in branches]
    letters = [first[1] for first in firsts if first is not None and first[0] is op.LITERAL]
    return len(letters) == len(branches) == len(set(letters))
