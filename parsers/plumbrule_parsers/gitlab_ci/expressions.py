"""Conditions of `rules:` and variables in texts.

Sources: https://docs.gitlab.com/ci/jobs/job_rules/ and https://docs.gitlab.com/ci/variables/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from plumbrule_parsers.shell_tree.words import Expression
from plumbrule_parsers.value import Reason, Segments, Unknown, Value, join_segments

MAX_NESTING = 40
_TOKEN = re.compile(
    r"\s*(?:\$(?P<name>\w+)|(?P<text>\"[^\"]*\"|'[^']*')|(?P<pattern>/(?:[^/\\]|\\.)*/i?)"
    r"|(?P<word>null)|(?P<mark>==|!=|=~|!~|&&|\|\||[()]))"
)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_INPUT = re.compile(r"\$\[\[((?:(?!\]\]).)*+)\]\]", re.DOTALL)
_LEVELS = (("||",), ("&&",), ("==", "!=", "=~", "!~"))


@dataclass(frozen=True, slots=True)
class Leaf:
    """A variable, a text, a pattern or `null`."""

    start: int
    end: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Both:
    """An operator with its two sides."""

    start: int
    end: int
    operator: str
    left: Tree
    right: Tree


Tree: TypeAlias = Leaf | Both


def parse_condition(text: str) -> Tree | None:
    """The tree of a condition; None if it is none. Positions are offsets in the text."""
    tokens: list[Leaf] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None or len(tokens) > 1_000:
            return None
        kind = match.lastgroup
        tokens.append(Leaf(match.start(kind), match.end(kind), kind, match[kind].strip("\"'")))
        at = match.end()
    reader = _Reader(tokens)
    tree = reader.level(0, 0)
    return tree if reader.at == len(tokens) else None


class _Reader:
    def __init__(self, tokens: list[Leaf]) -> None:
        self.tokens = tokens
        self.at = 0

    def mark(self) -> str:
        if self.at < len(self.tokens) and self.tokens[self.at].kind == "mark":
            return self.tokens[self.at].text
        return ""

    def level(self, number: int, depth: int) -> Tree | None:
        if depth > MAX_NESTING:
            return None
        if number == len(_LEVELS):
            return self.operand(depth)
        left = self.level(number + 1, depth)
        while left is not None and self.mark() in _LEVELS[number]:
            operator = self.mark()
            self.at += 1
            right = self.level(number + 1, depth)
            if right is None:
                return None
            left = Both(left.start, right.end, operator, left, right)
        return left

    def operand(self, depth: int) -> Tree | None:
        if self.mark() == "(":
            self.at += 1
            inner = self.level(0, depth + 1)
            if self.mark() != ")":
                return None
            self.at += 1
            return inner
        if self.at >= len(self.tokens) or self.mark():
            return None
        self.at += 1
        return self.tokens[self.at - 1]


def leaves(tree: Tree) -> Iterator[Leaf]:
    """Everything that the condition names, in order."""
    stack = [tree]
    while stack:
        current = stack.pop()
        if isinstance(current, Leaf):
            yield current
        else:
            stack += (current.right, current.left)


def comparisons(tree: Tree) -> Iterator[tuple[str, str, str]]:
    """Variable, operator and text of every comparison of a variable."""
    stack = [tree]
    while stack:
        current = stack.pop()
        if isinstance(current, Both):
            left, right = current.left, current.right
            if isinstance(left, Leaf) and isinstance(right, Leaf):
                yield left.text, current.operator, right.text
            stack += (right, left)


def expand(value: Value, variables: Mapping[str, Value]) -> Value:
    """A text with its variables and inputs replaced, as far as the pipeline's files give them."""
    if not isinstance(value, str) or "$" not in value:
        return value
    parts: list[str | Unknown | Segments] = []
    at = 0
    for match in _VARIABLE.finditer(value):
        parts.append(value[at : match.start()])
        name = match[1] or match[2]
        found = variables.get(name)
        if isinstance(found, Unknown) or (isinstance(found, str) and "$" not in found):
            parts.append(found)
        else:
            parts.append(Unknown(Reason.ENVIRONMENT, f"${name}", type="string"))
        at = match.end()
    rest = value[at:]
    if "$[[" in rest and not parts:
        at = 0
        for match in _INPUT.finditer(rest):
            parts.append(rest[at : match.start()])
            parts.append(Unknown(Reason.NO_VALUE, " ".join(match[1].split())[:60], type="string"))
            at = match.end()
        rest = rest[at:]
    parts.append(rest)
    return join_segments(parts)


def inputs_in(text: str) -> list[Expression]:
    """Where `$[[ inputs.x ]]` stand: GitLab puts them in before anything else."""
    return [
        Expression(match.start(), match.end(), " ".join(match[1].split()))
        for match in _INPUT.finditer(text)
    ]
