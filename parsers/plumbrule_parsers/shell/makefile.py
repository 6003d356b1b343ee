"""Rules of a Makefile with their recipes, as far as they are plain.

Source: https://www.gnu.org/software/make/manual/make.html. Variables of make are unknown, except
`$(MAKE)`; pattern rules and what functions make are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from plumbrule_parsers.shell_tree.words import Expression

_RULE = re.compile(r"(?P<targets>[^\s:#=$%][^:#=$%\r\n]*?)[ \t]*::?(?!=)(?P<rest>[^\r\n]*)")
_MAKE = re.compile(r"\$[({]MAKE[)}]")
_VARIABLE = re.compile(r"\$(?:\((?:[^()$]|\$[^(]|\$\([^()]*\))*\)|\{[^{}]*\}|[@<^+?*|%])")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One line of a recipe as the shell gets it; `table` has the place of each character."""

    text: str
    table: tuple[int, ...]
    expressions: tuple[Expression, ...]
    ignored: bool  # begins with `-`: its failure is dropped

    def place(self, offset: int) -> int:
        """Where the character stands in the file."""
        if offset < len(self.table):
            return self.table[offset]
        return self.table[-1] + 1 if self.table else 0


@dataclass(frozen=True, slots=True)
class Rule:
    """A target with what it needs and how it is made."""

    target: str
    start: int
    end: int
    prerequisites: tuple[str, ...]
    recipes: tuple[Recipe, ...]


def rules_of(text: str) -> list[Rule]:
    """The rules in the order of the text; a rule with several targets is given for each."""
    found: list[Rule] = []
    heads: list[tuple[str, int, int, tuple[str, ...]]] = []
    recipes: list[Recipe] = []
    for start, end in _lines(text):
        line = text[start:end]
        if line.startswith("\t"):
            if heads and line.strip() and not line.strip().startswith("#"):
                recipes.append(_recipe(text, start + 1, end))
            continue
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _RULE.match(line)
        if match is None and not line.startswith((" ", ".")):
            continue
        found.extend(Rule(*head, tuple(recipes)) for head in heads)
        heads, recipes = [], []
        if match is None:
            continue
        needs, _semicolon, inline = match["rest"].partition(";")
        names = tuple(word for word in needs.split() if "$" not in word and word != "|")
        at = start
        for target in match["targets"].split():
            at = text.index(target, at)
            heads.append((target, at, at + len(target), names))
        if inline.strip():
            recipes.append(_recipe(text, end - len(inline), end))
    found.extend(Rule(*head, tuple(recipes)) for head in heads)
    return found


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Lines with what continues them behind a backslash."""
    at = 0
    while at < len(text):
        end = at
        while True:
            stop = text.find("\n", end)
            stop = len(text) if stop < 0 else stop
            if text[stop - 1 : stop] != "\\" or stop >= len(text):
                break
            end = stop + 1
        yield at, stop
        at = stop + 1


def _recipe(text: str, start: int, end: int) -> Recipe:
    ignored = False
    while start < end and text[start] in "@-+ \t":
        ignored = ignored or text[start] == "-"
        start += 1
    letters: list[str] = []
    table: list[int] = []
    expressions: list[Expression] = []
    at = start
    while at < end:
        if text[at] == "$":
            if text.startswith("$$", at):
                letters.append("$")
                table.append(at)
                at += 2
                continue
            match = _VARIABLE.match(text, at, end)
            if match is not None:
                known = "make" if _MAKE.fullmatch(match[0]) else None
                expressions.append(
                    Expression(len(letters), len(letters) + len(match[0]), match[0][1:], known)
                )
                letters.extend(match[0])
                table.extend(range(at, match.end()))
                at = match.end()
                continue
        letters.append(text[at])
        table.append(at)
        at += 1
    return Recipe("".join(letters), tuple(table), tuple(expressions), ignored)
