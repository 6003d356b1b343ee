"""Go's RE2 syntax as a Python pattern, refused where Python's backtracking could run away.

RE2 matches in linear time whatever the pattern; Python's `re` does not. So a pattern in which an
unbounded repeat contains another repeat is refused, and the caller caps the length of the input.
Source: https://github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any, Final

MAX_PATTERN = 2_000
MAX_INPUT = 200_000
_MANY: Final = 1e5  # ways of matching that are as good as endless

_POSIX_CLASSES = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7F", "blank": r"\t ",
    "cntrl": r"\x00-\x1F\x7F", "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~",
    "punct": r"!-/:-@\[-`{-~", "space": r"\t\n\v\f\r ", "upper": "A-Z", "word": r"0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_PERL_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_UNICODE = {
    "L": r"^\W\d_", "Lu": "A-Z", "Ll": "a-z", "N": r"\d", "Nd": r"\d",
}  # fmt: skip


class RegexError(ValueError):
    """The pattern is not valid, or cannot be matched in bounded time."""


@lru_cache(maxsize=1024)
def compile_go(pattern: str) -> re.Pattern[str]:
    """The Python pattern that matches what Go's `regexp` would; RegexError says why not."""
    if len(pattern) > MAX_PATTERN:
        raise RegexError(f"the pattern is longer than {MAX_PATTERN} characters")
    translated = _translate(pattern)
    try:
        compiled = re.compile(translated)
    except (re.error, OverflowError, RecursionError) as error:
        raise RegexError(f"`{pattern[:60]}` is not a regular expression: {error}") from None
    _refuse_runaway(translated)
    return compiled


def _translate(pattern: str) -> str:
    out: list[str] = []
    position, length = 0, len(pattern)
    while position < length:
        letter = pattern[position]
        if letter == "\\":
            piece, position = _escape(pattern, position, in_class=False)
            out.append(piece)
        elif letter == "[":
            piece, position = _character_class(pattern, position)
            out.append(piece)
        elif letter == "(" and pattern.startswith("(?", position):
            piece, position = _group(pattern, position)
            out.append(piece)
        elif letter == "$":
            out.append(r"(?!\n)\Z" if not _multiline(pattern) else "$")
            position += 1
        else:
            out.append(letter)
            position += 1
    return "".join(out)


def _multiline(pattern: str) -> bool:
    return re.search(r"\(\?[a-zA-Z]*m[a-zA-Z]*[:)-]", pattern) is not None


def _group(pattern: str, position: int) -> tuple[str, int]:
    named = re.compile(r"\(\?P?<([A-Za-z_]\w*)>").match(pattern, position)
    if named is not None:
        return f"(?P<{named[1]}>", named.end()
    flags = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])").match(pattern, position)
    if flags is None:
        raise RegexError(f"`{pattern[position : position + 6]}` is not supported by Go's syntax")
    on, off = flags[1].replace("U", ""), (flags[2] or "").replace("U", "")
    if "U" in flags[1]:
        raise RegexError("the ungreedy flag `U` is not supported")
    if flags[3] == ":":
        return f"(?{on}{'-' + off if off else ''}:" if on or off else "(?:", flags.end()
    # Go lets flags begin in mid-pattern; Python wants a group around what follows, so the rest of
    # the pattern is wrapped when the flags stand first and refused otherwise.
    if position == 0 and on and not off:
        return f"(?{on})", flags.end()
    raise RegexError("flags may only stand at the start of the pattern")


def _escape(pattern: str, position: int, *, in_class: bool) -> tuple[str, int]:
    if position + 1 >= len(pattern):
        raise RegexError("trailing backslash")
    letter = pattern[position + 1]
    after = position + 2
    if letter in _PERL_CLASSES:
        inside = _PERL_CLASSES[letter]
        return (inside if in_class else f"[{inside}]"), after
    if letter.lower() in _PERL_CLASSES:
        if in_class:
            raise RegexError(f"`\\{letter}` within a character class is not supported")
        return f"[^{_PERL_CLASSES[letter.lower()]}]", after
    if letter in "pP":
        match = re.compile(r"\{(\^?\w+)\}|(\w)").match(pattern, after)
        name = (match[1] or match[2]) if match else ""
        if match is None or name not in _UNICODE or in_class or letter == "P":
            raise RegexError(f"the character class `\\{letter}{name}` is not supported")
        return f"[{_UNICODE[name]}]", match.end()
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
    if letter in "AbBafnrtv" or not letter.isalnum():
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


def _refuse_runaway(pattern: str) -> None:
    """RegexError for what could take exponential time: ambiguous repeats within repeats."""
    from re import _constants as op
    from re import _parser as parser

    repeats = (op.MAX_REPEAT, op.MIN_REPEAT)

    def ways(items: Any) -> float:
        """In how many ways the items can match one text, at most."""
        total = 1.0
        for operation, argument in items:
            if operation in repeats:
                low, high, body = argument
                most = _MANY if high == op.MAXREPEAT else float(high)
                inner = ways(body)
                if inner > 1 and most > 1 and most * math.log(inner) > math.log(_MANY):
                    raise RegexError("a repeat within a repeat could take forever")
                total *= max(1.0, most - low + 1) * inner ** min(most, 100.0)
            elif operation is op.SUBPATTERN:
                total *= ways(argument[3])
            elif operation is op.BRANCH:
                most_inside = max(ways(branch) for branch in argument[1])
                total *= most_inside * (1 if _distinct(argument[1]) else len(argument[1]))
            total = min(total, _MANY)
        return total

    def _distinct(branches: Any) -> bool:
        firsts = [branch[0] if len(branch) else None for branch in branches]
        letters = [first[1] for first in firsts if first is not None and first[0] is op.LITERAL]
        return len(letters) == len(branches) == len(set(letters))

    ways(parser.parse(pattern))
