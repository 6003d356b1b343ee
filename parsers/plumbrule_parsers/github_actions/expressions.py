"""Expressions in `${{ }}` to small trees, and what of them is known.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/expressions. Nesting is
bounded, and what is no expression is None, never an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

MAX_NESTING = 40
MAX_TOKENS = 2_000

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?))"
    r"|(?P<name>[A-Za-z_][\w-]*)|(?P<mark>&&|\|\||==|!=|<=|>=|[-!<>()\[\].,*]))"
)


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, number, boolean or null."""

    start: int
    end: int
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Context:
    """`github.event.issue.title`: parts in lower case where names are written; `*` for each."""

    start: int
    end: int
    path: tuple[str, ...]

    @property
    def text(self) -> str:
        """The parts with dots between them."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Apply:
    """A function or an operator with its operands; an index into what is no context is `[]`."""

    start: int
    end: int
    name: str
    operands: tuple[Tree, ...]


Tree: TypeAlias = Literal | Context | Apply
_WORDS: dict[str, float | bool | None] = {
    "true": True, "false": False, "null": None, "nan": float("nan"), "infinity": float("inf"),
}  # fmt: skip
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="))


def parse_expression(text: str) -> Tree | None:
    """The tree of what stands between `${{` and `}}`; positions are offsets in that text."""
    tokens: list[tuple[str, str, int, int]] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            if text[at:].strip():
                return None
            break
        kind = match.lastgroup
        tokens.append((kind, match[kind], match.start(kind), match.end(kind)))
        if len(tokens) > MAX_TOKENS:
            return None
        at = match.end()
    reader = _Reader(tokens)
    try:
        tree = reader.level(0, 0)
    except _NoExpressionError:
        return None
    return tree if reader.at == len(tokens) else None


class _NoExpressionError(ValueError):
    """The text is no expression."""


class _Reader:
    def __init__(self, tokens: list[tuple[str, str, int, int]]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> str:
        """The mark that is next, "" if it is something else."""
        if self.at < len(self.tokens) and self.tokens[self.at][0] == "mark":
            return self.tokens[self.at][1]
        return ""

    def take(self, wanted: str = "") -> tuple[str, str, int, int]:
        if self.at >= len(self.tokens) or (wanted and self.tokens[self.at][1] != wanted):
            raise _NoExpressionError
        self.at += 1
        return self.tokens[self.at - 1]

    def level(self, number: int, depth: int) -> Tree:
        if depth > MAX_NESTING:
            raise _NoExpressionError
        if number == len(_LEVELS):
            return self.unary(depth)
        left = self.level(number + 1, depth)
        while self.peek() in _LEVELS[number]:
            name = self.take()[1]
            right = self.level(number + 1, depth)
            left = Apply(left.start, right.end, name, (left, right))
        return left

    def unary(self, depth: int) -> Tree:
        if depth > MAX_NESTING:
            raise _NoExpressionError
        if self.peek() == "!":
            start = self.take()[2]
            inner = self.unary(depth + 1)
            return Apply(start, inner.end, "!", (inner,))
        if self.peek() == "(":
            self.take()
            inner = self.level(0, depth + 1)
            self.take(")")
            return self.members(inner, depth)
        kind, text, start, end = self.take()
        if kind == "text":
            return Literal(start, end, text[1:-1].replace("''", "'"))
        if kind == "number":
            number = float(int(text, 16)) if "x" in text else float(text)
            return Literal(start, end, int(number) if number.is_integer() else number)
        if kind != "name":
            raise _NoExpressionError
        if self.peek() == "(":
            return self.members(self.call(text, start, depth), depth)
        if text.lower() in _WORDS:
            return Literal(start, end, _WORDS[text.lower()])
        return self.members(Context(start, end, (text.lower(),)), depth)

    def call(self, name: str, start: int, depth: int) -> Tree:
        self.take("(")
        operands: list[Tree] = []
        while self.peek() != ")":
            operands.append(self.level(0, depth + 1))
            if self.peek() == ",":
                self.take()
            elif self.peek() != ")":
                raise _NoExpressionError
        return Apply(start, self.take(")")[3], name.lower(), tuple(operands))

    def members(self, tree: Tree, depth: int) -> Tree:
        """`.name`, `.*` and `[index]` behind a value."""
        while self.peek() in (".", "["):
            if self.take()[1] == ".":
                kind, text, _start, end = self.take()
                if kind != "name" and text != "*":
                    raise _NoExpressionError
                key: Tree = Literal(end, end, text)
            else:
                if self.peek() == "*":
                    self.take()
                    key = Literal(tree.end, tree.end, "*")
                else:
                    key = self.level(0, depth + 1)
                end = self.take("]")[3]
            if isinstance(tree, Context) and isinstance(key, Literal):
                tree = Context(tree.start, end, (*tree.path, str(key.value)))
            elif isinstance(tree, Context):
                # The key is computed, so any entry may be meant.
                inner = Context(tree.start, end, (*tree.path, "*"))
                tree = Apply(tree.start, end, "[]", (inner, key))
            else:
                tree = Apply(tree.start, end, "[]", (tree, key))
        return tree


def walk(tree: Tree) -> Iterator[Tree]:
    """The tree's parts, itself first."""
    stack = [tree]
    while stack:
        current = stack.pop()
        yield current
        if isinstance(current, Apply):
            stack.extend(reversed(current.operands))


def contexts_of(tree: Tree) -> tuple[Context, ...]:
    """The contexts that the expression reads, in order."""
    return tuple(part for part in walk(tree) if isinstance(part, Context))


def shown_contexts(tree: Tree) -> Iterator[Context]:
    """The contexts whose text can come out: not what is only compared or asked for."""
    stack = [tree]
    while stack:
        current = stack.pop()
        if isinstance(current, Context):
            yield current
        elif isinstance(current, Apply):
            if current.name == "&&":
                stack.append(current.operands[-1])
            elif current.name not in _ASKING:
                stack.extend(reversed(current.operands))


_ASKING = {"==", "!=", "<", "<=", ">", ">=", "!", "contains", "startswith", "endswith", "hashfiles",
           "success", "failure", "always", "cancelled"}  # fmt: skip


def known(tree: Tree, values: Mapping[str, str]) -> str | None:
    """The text that the expression gives, or None if it cannot be told.

    `values` maps contexts (`env.IMAGE`) to their text; nothing is known of the others.
    """
    if isinstance(tree, Literal):
        return _spelled(tree.value)
    if isinstance(tree, Context):
        return values.get(tree.text)
    if tree.name == "format" and tree.operands:
        parts = [known(one, values) for one in tree.operands]
        if any(part is None for part in parts):
            return None
        return re.sub(r"\{(\d+)\}", lambda match: _nth(parts, int(match[1]) + 1), parts[0] or "")
    return None


def choices(
    tree: Tree, values: Mapping[str, tuple[str | int | float | bool | None, ...]]
) -> tuple[str | int | float | bool | None, ...]:
    """All values that the expression can give, or () if they cannot be listed.

    `values` maps contexts to theirs. `a && 'x' || 'y'` gives one of the two texts.
    """
    if isinstance(tree, Literal):
        return (tree.value,)
    if isinstance(tree, Context):
        return values.get(tree.text, ())
    if tree.name != "||":
        return ()
    left, right = tree.operands
    if isinstance(left, Apply) and left.name == "&&":
        left = left.operands[-1]
    both = choices(left, values), choices(right, values)
    return tuple(dict.fromkeys((*both[0], *both[1]))) if all(both) else ()


def _nth(parts: list[str | None], index: int) -> str:
    return (parts[index] or "") if index < len(parts) else ""


def _spelled(value: str | float | bool | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
