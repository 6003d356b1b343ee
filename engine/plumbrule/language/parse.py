"""Rule text to syntax tree, with every syntax error named, and more than one of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from plumbrule.language import syntax
from plumbrule.language.build import Builder
from plumbrule_parsers.document import Problem
from plumbrule_parsers.source import Source, Span

EDITION = 1
MAX_FILE = 2_000_000  # characters
MAX_NESTING = 150  # brackets and keywords that open something

_KEYWORDS = re.compile(r'"([a-z_]+)"')


@dataclass(frozen=True, slots=True)
class ParseResult:
    """The tree (None if nothing could be read) and the problems; both may be there."""

    file: syntax.File | None
    problems: tuple[Problem, ...]


@lru_cache(maxsize=1)
def grammar_text() -> str:
    """The grammar as it is written."""
    return (Path(__file__).parent / "grammar.lark").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def keywords() -> frozenset[str]:
    """Every word that the grammar gives a meaning; none of them may name a variable."""
    rules = re.sub(r"//[^\n]*", "", grammar_text())  # the words of its comments are free
    return frozenset(_KEYWORDS.findall(rules))


class _Words:
    """Lex a word whole in every parser state, so that `a andb` is an error."""

    always_accept = ("NAME",)

    def process(self, stream: Any) -> Any:
        return stream


@lru_cache(maxsize=2)
def _parser(*, strict: bool = False) -> Any:
    import lark

    return lark.Lark(
        grammar_text(), parser="lalr", strict=strict, start=["start", "template_expr"],
        postlex=_Words(), propagate_positions=True, maybe_placeholders=True,
    )  # fmt: skip


def strict_parser() -> Any:
    """The parser built with every conflict an error; the test suite builds it."""
    return _parser(strict=True)


def parse(source: Source) -> ParseResult:
    """The file's tree. A broken item is reported and left out; the others are kept."""
    text = source.text
    if len(text) > MAX_FILE:
        return _failed(source, "E001", f"the file is longer than {MAX_FILE} characters")
    edition = re.compile(r"\s*(?:#[^\n]*\n\s*)*plumbrule\s+(\d+(?:\.\d+)?)").match(text)
    if edition is None:
        first = text.lstrip()[:20].split("\n")[0]
        return _failed(
            source, "E002", f"the first line must be `plumbrule {EDITION}`, not `{first}`"
        )
    if edition[1] != str(EDITION):
        message = f"edition {edition[1]} is not known; this program reads edition {EDITION}"
        return _failed(source, "E002", message)
    nested = _too_deep(text)
    if nested is not None:
        span = Span(source, nested, nested + 1)
        problem = Problem("E001", f"nested deeper than {MAX_NESTING} levels", span)
        return ParseResult(None, (problem,))
    return _parse_items(source)


def parse_hole(source: Source, start: int, end: int) -> tuple[syntax.Expr | None, Problem | None]:
    """The expression of a `{hole}` in a message, at its place in the file."""
    padded = " " * start + source.text[start:end]
    return _attempt(
        source, padded, "template_expr", lambda tree, build: build.expression(tree), start
    )


def _failed(source: Source, code: str, message: str) -> ParseResult:
    span = Span(source, 0, min(len(source.text), 20)).first_line
    return ParseResult(None, (Problem(code, message, span),))


def _parse_items(source: Source) -> ParseResult:
    text = source.text
    problems: list[Problem] = []
    blanked = text
    for _ in range(20):  # each round loses one broken item
        file, problem = _attempt(source, blanked, "start", lambda tree, build: build.file(tree), 0)
        if problem is None:
            assert file is None or isinstance(file, syntax.File)
            return ParseResult(file, tuple(problems))
        problems.append(problem)
        start, end = _item_around(text, problem.span.start)
        shorter = blanked[:start] + re.sub(r"[^\n]", " ", blanked[start:end]) + blanked[end:]
        if shorter == blanked:
            break
        blanked = shorter
    return ParseResult(None, tuple(problems))


_ITEM = re.compile(r"^(?:module|use|let|pred|fn|rule|exempt|kind|edge)\b", re.MULTILINE)


def _item_around(text: str, at: int) -> tuple[int, int]:
    """The item that holds the offset: from a line that starts one to the next such line."""
    edition = re.compile(r"plumbrule\s+\d+").search(text)
    start = edition.end() if edition else 0
    end = len(text)
    for match in _ITEM.finditer(text, start):
        if match.start() <= at:
            start = match.start()
        else:
            end = match.start()
            break
    return start, end


_TOKENS = re.compile(
    r'"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|#[^\n]*|[\[({]|[\])}]|\b(?:if|not)\b|-'
)


def _too_deep(text: str) -> int | None:
    depth = run = 0
    last = -2
    for match in _TOKENS.finditer(text):
        word = match[0]
        if word in "([{":
            depth += 1
        elif word in ")]}":
            depth -= 1
        elif word in ("if", "not", "-"):
            run = run + 1 if text[last : match.start()].strip() == "" else 1
            last = match.end()
        if depth > MAX_NESTING or run > MAX_NESTING:
            return match.start()
    return None


def _attempt(
    source: Source, text: str, start: str, use: Callable[[Any, Builder], Any], base: int
) -> tuple[Any, Problem | None]:
    import lark

    builder = Builder(source)
    try:
        tree = _parser().parse(text, start=start)
        return use(tree, builder), None
    except lark.exceptions.UnexpectedToken as error:
        return None, _unexpected_token(source, error, base)
    except lark.exceptions.UnexpectedCharacters as error:
        return None, _unexpected_character(source, error)
    except lark.exceptions.UnexpectedEOF:
        at = len(source.text.rstrip())
        return None, Problem("E003", "the file ends too early", Span(source, at, at))
    except RecursionError:
        return None, Problem("E001", "nested too deeply", Span(source, base, base))


_SAY = {
    "LBRACE": "`{`", "RBRACE": "`}`", "LPAR": "`(`", "RPAR": "`)`", "LSQB": "`[`", "RSQB": "`]`",
    "COMMA": "`,`", "COLON": "`:`", "EQUAL": "`=`", "NAME": "a name", "STRING": "a string",
    "LONG_STRING": "a string", "NUMBER": "a number", "DOT": "`.`", "$END": "the end of the file",
}  # fmt: skip


def _unexpected_token(source: Source, error: Any, base: int) -> Problem:
    token = error.token
    if token.type == "$END":
        at = len(source.text.rstrip()) if not base else max(base, len(source.text))
        span = Span(source, min(at, len(source.text)), min(at, len(source.text)))
        found = "the end of the file" if not base else "the end of the hole"
    else:
        start = min(token.start_pos, len(source.text))
        span = Span(source, start, min(start + len(str(token)), len(source.text)))
        found = f"`{str(token)[:40]}`"
    accepts = set(error.accepts or error.expected or ())
    words = {_terminal_word(name) for name in accepts} - {""}
    hint = ""
    if "SATISFY" in accepts and str(token) == ")":
        return Problem("E003", "`all(...)` needs `satisfy` and a condition", span,
                       hint="write `all(x in xs where p satisfy q)`")  # fmt: skip
    if "GIVE" in accepts and str(token) == ")":
        return Problem("E003", "`collect(...)` needs `give` and a value", span)
    if token.type == "NAME":
        close = difflib.get_close_matches(str(token), sorted(words), n=1, cutoff=0.6)
        if close:
            hint = f"did you mean `{close[0]}`?"
            return Problem("E003", f"unexpected {found}; {hint}", span, hint=hint)
    expected = sorted({_SAY.get(name, f"`{_terminal_word(name)}`") for name in accepts
                       if name in _SAY or _terminal_word(name)})  # fmt: skip
    shown = ", ".join(expected[:8]) + (" or others" if len(expected) > 8 else "")
    message = f"unexpected {found}" + (f"; expected {shown}" if expected else "")
    return Problem("E003", message, span, hint=hint)


def _terminal_word(name: str) -> str:
    """The word that a keyword's terminal stands for, "" if it is no keyword."""
    word = name.lower()
    return word if word in keywords() else ""


def _unexpected_character(source: Source, error: Any) -> Problem:
    at = min(error.pos_in_stream, len(source.text))
    span = Span(source, at, min(at + 1, len(source.text)))
    letter = source.text[at : at + 1]
    if letter in ('"', "'"):
        return Problem("E004", "the string is not closed on its line", span,
                       hint='close it, or use `"""` for text of several lines')  # fmt: skip
    return Problem("E004", f"`{letter}` cannot stand here", span)
