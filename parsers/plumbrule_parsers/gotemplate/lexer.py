"""Template text to texts and actions, and actions to tokens.

The rules are those of Go's lexer: `{{-` and `-}}` count only with a blank beside them, comments
fill an action alone, strings end on their line, raw strings do not.
"""

from __future__ import annotations

import re
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
    """A stretch of text (`inside` is negative) or an action, braces included.

    `inside` is where an action's first token may begin.
    """

    start: int
    end: int
    inside: int = -1


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
_ACTION = re.compile(
    r"\{\{(?:[^\"'`}]++|\"(?:\\[^\n]|[^\"\\\n])*+\"|`[^`]*+`|'(?:\\[^\n]|[^'\\\n])++'"
    r"|\}(?!\}))*+\}\}"
)
_COMMENT_END = re.compile(r"[ \t\r\n]-\}\}|\}\}")
_BLANK_RUN = re.compile(r"[ \t\r\n]*+")


def pieces(text: str) -> list[Piece]:
    """The texts and actions of a template, in order; comments and empty texts are left out."""
    found: list[Piece] = []
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
                found.append(Piece(start, end))
            return found
        inside = opening + 2
        if text.startswith("-", inside) and text[inside + 1 : inside + 2] in tuple(BLANKS):
            inside += 2
            while end > start and text[end - 1] in BLANKS:
                end -= 1
        if start < end:
            found.append(Piece(start, end))
        if text.startswith("/*", inside):
            position, trims = _comment(text, opening, inside)
            continue
        action = _ACTION.match(text, opening)
        if action is None:
            raise _unfinished(text, opening, inside)
        position = action.end()
        # The blank before the marker must not be the one that belongs to `{{-`.
        trims = (
            text.startswith("-}}", position - 3)
            and position - 4 >= inside
            and text[position - 4] in BLANKS
        )
        found.append(Piece(opening, position, inside))


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


def tokens(text: str, start: int) -> list[Token]:
    """The tokens of one whole action from `start` to its closing braces, without the blanks."""
    found: list[Token] = []
    position, last = start, len(text) - 2
    match = _TOKEN.match
    while position < last:
        token = match(text, position)
        if token is None:
            raise _refused(text, 0, position)
        kind = token.lastgroup or ""
        end = token.end()
        if kind == "blank":
            if end == last - 1 and text.startswith("-}}", end):
                return found
        else:
            if kind == "rest":  # the number's inner group closed last
                kind = "number"
            found.append(Token(kind, token[0], position, end))
            if kind == "number" and token["rest"]:
                raise LexicalError(f"`{token[0][:40]}` is no number", position, end)
        position = end
    return found


def _unfinished(text: str, opening: int, position: int) -> LexicalError:
    """Why no action ends behind its opening braces."""
    while True:
        found = _TOKEN.match(text, position)
        if found is None:
            return _refused(text, opening, position)
        position = found.end()


def _refused(text: str, opening: int, at: int) -> LexicalError:
    letter = text[at : at + 1]
    if not letter:
        return LexicalError("the action is never closed with `}}`", opening, opening + 2)
    if letter in "\"`'":
        what = {'"': "string", "`": "raw string", "'": "character"}[letter]
        return LexicalError(f"the {what} is never closed", at, at + 1)
    return LexicalError(f"`{letter}` is not expected in an action", at, at + 1)
