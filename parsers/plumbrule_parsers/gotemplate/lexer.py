"""Template text to texts and actions, and actions to tokens.

The rules are those of Go's lexer: `{{-` and `-}}` count only with a blank beside them, comments
fill an action alone, strings end on their line, raw strings do not.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

BLANKS: Final = " \t\r\n"
_TRIMMED: Final = tuple(f"{blank}-}}}}" for blank in BLANKS)
_TRIMMING: Final = tuple(f"-{blank}" for blank in BLANKS)


class LexicalError(Exception):
    """A place at which no token begins."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message, self.start, self.end = message, start, end


class Token(NamedTuple):
    """One word of an action; `kind` is the name of the group in the pattern.

    A `field` is a whole chain (`.a.b`).
    """

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


_TOKEN = re.compile(  # the most frequent ones first
    r"""[ \t\r\n]*+(?:
    (?P<field>(?:\.[^\W\d]\w*+)++)
  | (?P<word>[^\W\d]\w*+)
  | (?P<string>"(?:[^"\\\n]++|\\[^\n])*+")
  | (?P<open>\()
  | (?P<close>\))
  | (?P<variable>\$\w*+)
  | (?P<pipe>\|)
  | (?P<number>[+-]?+(?:0[xX][0-9a-fA-F_]*+(?:\.[0-9a-fA-F_]*+)?(?:[pP][+-]?[0-9_]++)?
      |0[bB][01_]++|0[oO][0-7_]++|[0-9][0-9_]*+(?:\.[0-9_]*+)?(?:[eE][+-]?[0-9_]++)?
      |\.[0-9][0-9_]*+(?:[eE][+-]?[0-9_]++)?)(?P<rest>\w*+))
  | (?P<dot>\.)
  | (?P<declare>:=)
  | (?P<assign>=)
  | (?P<comma>,)
  | (?P<raw>`[^`]*+`)
  | (?P<char>'(?:\\[^\n]|[^'\\\n])++')
    )""",
    re.VERBOSE,
)
_ACTION = re.compile(
    r"\{\{(?:[^\"'`}]++|\"(?:\\[^\n]|[^\"\\\n])*+\"|`[^`]*+`|'(?:\\[^\n]|[^'\\\n])++'"
    r"|\}(?!\}))*+\}\}"
)
_QUOTE = re.compile("[\"'`]")  # behind it, braces may be part of a text
_COMMENT_END = re.compile(r"[ \t\r\n]-\}\}|\}\}")
_BLANK_RUN = re.compile(r"[ \t\r\n]*+")


def pieces(text: str) -> list[Piece]:
    """The texts and actions of a template, in order; comments and empty texts are left out."""
    found: list[Piece] = []
    position, size = 0, len(text)
    trims = False  # the action before ended with `-}}`
    make, find, starts = tuple.__new__, text.find, text.startswith
    while True:
        opening = find("{{", position)
        end = opening if opening >= 0 else size
        start = position
        if trims:
            start = min(_skip(text, start), end)
        if opening < 0:
            if start < end:
                found.append(Piece(start, end))
            return found
        inside = opening + 2
        if starts(_TRIMMING, inside):
            inside += 2
            end = start + len(text[start:end].rstrip(BLANKS))
        if start < end:
            found.append(make(Piece, (start, end, -1)))
        if starts("/*", inside):
            position, trims = _comment(text, opening, inside)
            continue
        position = find("}}", inside) + 2
        if position < 2 or _QUOTE.search(text, inside, position):
            action = _ACTION.match(text, opening)
            if action is None:
                raise _unfinished(text, opening, inside)
            position = action.end()
        # The blank before the marker must not be the one that belongs to `{{-`.
        trims = starts(_TRIMMED, position - 4) and position - 4 >= inside
        found.append(make(Piece, (opening, position, inside)))


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
    if text.endswith("-}}") and last - 2 >= start and text[last - 2] in BLANKS:
        last -= 2
    make = tuple.__new__
    for token in _TOKEN.finditer(text, start, last):
        if token.start() != position:
            break  # no token begins there
        kind = token.lastgroup or ""
        if kind == "rest":  # the group behind the number closed last
            begin, position = token.start("number"), token.end()
            kind = "number"
            if token["rest"]:
                wrong = text[begin:position][:40]
                raise LexicalError(f"`{wrong}` is no number", begin, position)
        else:
            begin, position = token.span(kind)
        found.append(make(Token, (kind, text[begin:position], begin, position)))
    position = _skip(text, position)
    if position < last:
        raise _refused(text, 0, position)
    return found


def _unfinished(text: str, opening: int, position: int) -> LexicalError:
    """Why no action ends behind its opening braces."""
    while True:
        found = _TOKEN.match(text, position)
        if found is None:
            return _refused(text, opening, _skip(text, position))
        position = found.end()


def _refused(text: str, opening: int, at: int) -> LexicalError:
    letter = text[at : at + 1]
    if not letter:
        return LexicalError("the action is never closed with `}}`", opening, opening + 2)
    if letter in "\"`'":
        what = {'"': "string", "`": "raw string", "'": "character"}[letter]
        return LexicalError(f"the {what} is never closed", at, at + 1)
    return LexicalError(f"`{letter}` is not expected in an action", at, at + 1)
