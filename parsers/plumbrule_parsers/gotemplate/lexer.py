"""Template text to texts and actions, and actions to tokens.

The rules are those of Go's lexer: `{{-` and `-}}` count only with a blank beside them, comments
fill an action alone, strings end on their line, raw strings do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

BLANKS: Final = " \t\r\n"


class LexicalError(Exception):
    """A place at which no token begins."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message, self.start, self.end = message, start, end


class Token(NamedTuple):
    """One word of an action; `kind` is the name of the group in the pattern."""

    kind: str
    text: str
    start: int
    end: int


class Piece(NamedTuple):
    """A stretch of text (`tokens` is None) or an action, braces included."""

    start: int
    end: int
    tokens: list[Token] | None


_TOKEN = re.compile(
    r"""
    (?P<blank>[ \t\r\n]++)
  | (?P<string>"(?:\\[^\n]|[^"\\\n])*+")
  | (?P<raw>`[^`]*+`)
  | (?P<char>'(?:\\[^\n]|[^'\\\n])++')
  | (?P<number>[+-]?+(?:0[xX][0-9a-fA-F_]*+(?:\.[0-9a-fA-F_]*+)?(?:[pP][+-]?[0-9_]++)?
      |0[bB][01_]++|0[oO][0-7_]++|[0-9][0-9_]*+(?:\.[0-9_]*+)?(?:[eE][+-]?[0-9_]++)?
      |\.[0-9][0-9_]*+(?:[eE][+-]?[0-9_]++)?)(?P<rest>\w*+))
  | (?P<field>\.[^\W\d]\w*+)
  | (?P<variable>\$\w*+)
  | (?P<word>[^\W\d]\w*+)
  | (?P<declare>:=)
  | (?P<assign>=)
  | (?P<comma>,)
  | (?P<pipe>\|)
  | (?P<open>\()
  | (?P<close>\))
  | (?P<dot>\.)
    """,
    re.VERBOSE,
)
_COMMENT_END = re.compile(r"[ \t\r\n]-\}\}|\}\}")
_BLANK_RUN = re.compile(r"[ \t\r\n]*+")


def pieces(text: str) -> Iterator[Piece]:
    """The texts and actions of a template, in order; comments and empty texts are left out."""
    position, size = 0, len(text)
    trims = False  # the action before ended with `-}}`
    while True:
        opening = text.find("{{", position)
        end = opening if opening >= 0 else size
        start = position
        if trims:
            start = min(_skip(text, start), end)
        if opening < 0:
            if start < end:
                yield Piece(start, end, None)
            return
        inside = opening + 2
        if text.startswith("-", inside) and text[inside + 1 : inside + 2] in tuple(BLANKS):
            inside += 2
            while end > start and text[end - 1] in BLANKS:
                end -= 1
        if start < end:
            yield Piece(start, end, None)
        if text.startswith("/*", inside):
            position, trims = _comment(text, opening, inside)
            continue
        tokens, position, trims = _action(text, opening, inside)
        yield Piece(opening, position, tokens)


def _skip(text: str, start: int) -> int:
    found = _BLANK_RUN.match(text, start)
    return found.end() if found is not None else start


def _comment(text: str, opening: int, inside: int) -> tuple[int, bool]:
    end = text.find("*/", inside + 2)
    if end < 0:
        raise LexicalError("the comment is never closed", opening, inside + 2)
    found = _COMMENT_END.match(text, end + 2)
    if found is None:
        raise LexicalError("a comment must fill its action alone", opening, end + 2)
    return found.end(), len(found[0]) > 2


def _action(text: str, opening: int, start: int) -> tuple[list[Token], int, bool]:
    """The tokens up to the closing braces, where it ends, and whether it trims what follows."""
    tokens: list[Token] = []
    position = start
    match = _TOKEN.match
    while True:
        if text.startswith("}}", position):
            return tokens, position + 2, False
        found = match(text, position)
        if found is None:
            raise _refused(text, opening, position)
        kind = found.lastgroup or ""
        end = found.end()
        if kind == "rest":  # the number's inner group closed last
            kind = "number"
        if kind == "blank" and text.startswith("-}}", end):
            return tokens, end + 3, True
        tokens.append(Token(kind, found[0], position, end))
        if kind == "number" and found["rest"]:
            raise LexicalError(f"`{found[0][:40]}` is no number", position, end)
        position = end


def _refused(text: str, opening: int, at: int) -> LexicalError:
    letter = text[at : at + 1]
    if not letter:
        return LexicalError("the action is never closed with `}}`", opening, opening + 2)
    if letter in "\"`'":
        what = {'"': "string", "`": "raw string", "'": "character"}[letter]
        return LexicalError(f"the {what} is never closed", at, at + 1)
    return LexicalError(f"`{letter}` is not expected in an action", at, at + 1)
