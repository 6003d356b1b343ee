"""Groovy text to tokens, each with its place; strings are read with their interpolations.

Source: https://groovy-lang.org/syntax.html. What is no token of Groovy becomes punctuation of one
character, so that reading never fails.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from plumbrule_parsers.source import by_fields

MAX_ERRORS = 20  # brackets that are not closed, of which that is said
MAX_HOLE = 400  # characters of one interpolation


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"
    NUMBER = "number"
    TEXT = "text"
    MARK = "mark"  # operators and brackets
    LINE = "line"  # a line end or `;`
    END = "end"


@dataclass(frozen=True, slots=True)
class Text:
    """A string. `value` has its escapes decoded and its interpolations as they are written.

    `holes` are the stretches of `value` that are interpolations. `table` gives the offset in the
    source for every character of `value`, or is None where the value stands as it is, from `body`.
    """

    start: int
    end: int
    value: str
    body: int
    holes: tuple[tuple[int, int], ...] = ()
    table: tuple[int, ...] | None = None

    __reduce__ = by_fields

    def place(self, offset: int) -> int:
        """Where the character of the value stands in the source."""
        if self.table is None:
            return min(self.body + offset, self.end)
        if offset < len(self.table):
            return self.table[offset]
        return min(self.table[-1] + 1, self.end) if self.table else self.body


class Token(NamedTuple):
    """A stretch of the text. `text` is the string, if it is one."""

    kind: Kind
    start: int
    end: int
    word: str
    text: Text | None = None
    spaced: bool = False  # white space stands before it


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens, for each opening bracket the number of its closing one, and what is not closed.

    `errors` are pairs of an offset and a message.
    """

    items: tuple[Token, ...]
    closing: dict[int, int]
    errors: tuple[tuple[int, str], ...]


_TOKEN = re.compile(
    r"(?P<space>(?:[ \t\f\v\ufeff\u00a0]|\\\r?\n|//[^\r\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/|\Z))++)"
    r"|(?P<line>[\r\n;][\r\n; \t]*+)"
    r"|(?P<word>[^\W\d][\w$]*+|\$[^\W\d][\w$]*+|@[^\W\d][\w.]*+)"
    r"|(?P<quote>\x27{3}|\"{3}|\x27|\"|\$/|/)"
    r"|(?P<number>\d\w*+(?:\.\d\w*+)?)"
    r"|(?P<mark><=>|\*\*=|>>>=|\.\.<|===|!==|==~|<<=|>>=|\?\.|\*\.|\.&|\.@|\?:|\?=|->|&&|\|\||==|!="
    r"|<=|>=|=~|\+\+|--|\+=|-=|\*=|%=|&=|\|=|\^=|\*\*|<<|>>|\.\.|::|[#$\\`]++|.)",
    re.DOTALL,
)
_KINDS = {"line": Kind.LINE, "word": Kind.WORD, "number": Kind.NUMBER, "mark": Kind.MARK}
_ENDS = re.compile(r"[\r\n]")
_OPENING = {"(": ")", "[": "]", "{": "}"}
_CLOSING = {")", "]", "}"}
# Behind one of these a `/` begins a string and is no division.
_BEFORE_SLASHY = {"(", "[", "{", ",", "=", "==~", "=~", ":", "&&", "||", "!", "->", "?", "?:", "+",
                  "==", "!="}  # fmt: skip
# Text in which nothing ends a string or is more than it says.
_PLAIN = re.compile(r"[^\\$\r\n'\"/]++")
_SLASHY = re.compile(r"/(?:[^/\\\r\n]|\\[^\r\n])++/")
_NAME = re.compile(r"\$[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_HEX = re.compile(r"u+([0-9a-fA-F]{4})")


def tokens_of(source: str) -> Tokens:
    """The tokens of the text, the last of them `END`. Never raises."""
    items: list[Token] = []
    errors: list[tuple[int, str]] = []
    closing: dict[int, int] = {}
    open_: list[int] = []
    at, length = 0, len(source)
    if source.startswith("#!"):
        at = _line_end(source, 0)
    spaced = False
    match = _TOKEN.match
    while at < length:
        found = match(source, at)
        assert found is not None  # the last alternative takes any character
        name = found.lastgroup
        if name == "space":
            at, spaced = found.end(), True
            continue
        if name == "quote":
            token = _quoted(source, at, found[0], items, errors)
            if spaced:
                token = token._replace(spaced=True)
        else:
            token = Token(_KINDS[name or "mark"], at, found.end(), found[0], None, spaced)
        spaced = False
        if token.kind is Kind.MARK:
            if token.word in _OPENING:
                open_.append(len(items))
            elif token.word in _CLOSING:
                _close(token, items, open_, closing, errors)
        items.append(token)
        at = token.end
    items.append(Token(Kind.END, length, length, ""))
    errors.extend(
        (items[number].start, f"`{items[number].word}` is not closed")
        for number in open_[:MAX_ERRORS]
    )
    closing.update((number, len(items) - 1) for number in open_)
    return Tokens(tuple(items), closing, tuple(errors))


def _close(
    token: Token, items: list[Token], open_: list[int], closing: dict[int, int],
    errors: list[tuple[int, str]],
) -> None:  # fmt: skip
    number = len(items)
    for depth in range(len(open_) - 1, max(-1, len(open_) - 40), -1):
        if _OPENING[items[open_[depth]].word] == token.word:
            for lost in open_[depth + 1 :]:
                errors.append((items[lost].start, f"`{items[lost].word}` is not closed"))
                closing[lost] = number
            closing[open_[depth]] = number
            del open_[depth:]
            return
    errors.append((token.start, f"`{token.word}` closes nothing"))


def _quoted(
    source: str, at: int, mark: str, before: list[Token], errors: list[tuple[int, str]]
) -> Token:
    """A string, or the division that only looks like the start of one."""
    if mark != "/":
        return _string(source, at, mark, errors)
    if _may_be_slashy(before) and _SLASHY.match(source, at) is not None:
        return _string(source, at, mark, errors)
    end = at + 2 if source.startswith("/=", at) else at + 1
    return Token(Kind.MARK, at, end, source[at:end])


def _may_be_slashy(before: list[Token]) -> bool:
    if not before or before[-1].kind is Kind.LINE:
        return True
    last = before[-1]
    return (last.kind is Kind.MARK and last.word in _BEFORE_SLASHY) or last.word == "return"


def _line_end(source: str, at: int) -> int:
    found = _ENDS.search(source, at)
    return found.start() if found is not None else len(source)


def _string(source: str, start: int, quote: str, errors: list[tuple[int, str]]) -> Token:
    """A string from its opening quote; one that is not closed ends with its line, or the text."""
    closer = "/$" if quote == "$/" else quote
    length = len(source)
    lines = len(quote) == 3 or quote == "$/"
    body = at = start + len(quote)
    letters: list[str] = []
    table: list[int] = []
    holes: list[tuple[int, int]] = []
    while at < length and not source.startswith(closer, at):
        letter = source[at]
        if not lines and letter in "\r\n":
            break
        if letter == "$" and not quote.startswith("'"):
            end = _hole(source, at)
            if end > at:
                holes.append((len(letters), len(letters) + end - at))
                letters.extend(source[at:end])
                table.extend(range(at, end))
                at = end
                continue
        run = _PLAIN.match(source, at)
        if run is not None:
            letters.extend(run[0])
            table.extend(range(at, run.end()))
            at = run.end()
            continue
        decoded, width = _decode(source, at, quote)
        letters.extend(decoded)
        table.extend([at] * len(decoded))
        at += width
    at = end = min(at, length)
    if source.startswith(closer, at):
        end = at + len(closer)
    else:
        errors.append((start, "a string is not closed"))
    value = "".join(letters)
    plain = source[body : body + len(value)] == value and at - body == len(value)
    text = Text(start, end, value, body, tuple(holes), None if plain else tuple(table))
    return Token(Kind.TEXT, start, end, source[start:end], text)


def _decode(source: str, at: int, quote: str) -> tuple[str, int]:
    """The character that is meant, and how many are written for it."""
    letter = source[at]
    following = source[at + 1 : at + 2]
    if quote == "/":
        return ("/", 2) if letter == "\\" and following == "/" else (letter, 1)
    if quote == "$/":
        return (following, 2) if letter == "$" and following in ("$", "/") else (letter, 1)
    if letter != "\\" or not following:
        return letter, 1
    if following in "\r\n":
        return "", 3 if source.startswith("\r\n", at + 1) else 2
    found = _HEX.match(source, at + 1)
    if found is not None:
        return chr(int(found[1], 16)), 1 + len(found[0])
    return _ESCAPES.get(following, following), 2


def _hole(source: str, at: int) -> int:
    """The end of the interpolation at `at`, or `at` if there is none."""
    limit = min(len(source), at + MAX_HOLE)
    if not source.startswith("${", at):
        found = _NAME.match(source, at, limit)
        return found.end() if found is not None else at
    depth, here = 0, at + 1
    while here < limit:
        letter = source[here]
        if letter == "{":
            depth += 1
        elif letter == "}":
            depth -= 1
            if depth == 0:
                return here + 1
        elif letter in "'\"":
            closed = source.find(letter, here + 1, limit)
            if closed < 0 or "\n" in source[here:closed]:
                return at
            here = closed
        here += 1
    return at
