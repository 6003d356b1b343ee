"""Assignments of a script: which variable gets a copy of which others, and where that holds.

Only what keeps the text counts: another variable, a word around it, `$(echo "$X" | base64)`. What a
command makes of it otherwise (a hash, the answer of a server) is no copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from plumbrule_parsers.shell_tree.words import Text

MAX_DEPTH = 200  # levels of the tree above an assignment that are looked at

_SAYS = frozenset({"echo", "printf"})
_KEEPS = frozenset({"base64", "cat", "fold", "hexdump", "od", "rev", "tee", "tr", "xxd"})
_CUTS = frozenset({"awk", "cut", "grep", "head", "jq", "sed", "sort", "tail", "yq"})
_DECLARES = frozenset({"declare", "local", "typeset"})
_END = 1 << 40
# A length, or another text where the variable is set: nothing of it is there any more.
NO_COPY = re.compile(r"\$\{(?:#|!)|\$\{\w+:?\+")
_NAME = re.compile(r"\$\{?([A-Za-z_]\w*)")
_CONDITIONAL = frozenset({
    "elif_clause", "else_clause", "case_item", "function_definition", "while_statement",
    "for_statement", "c_style_for_statement",
})  # fmt: skip
_SHELLS_OF_THEIR_OWN = frozenset({"subshell", "command_substitution", "process_substitution"})


class Assignment(NamedTuple):
    """`name` gets a copy of the variables and of the CI system's expressions.

    Offsets count characters of the script. Behind `end` it holds inside `scope`; inside `region` it
    has surely happened. `adds`: what was there before stays. `doubt` says why it may be no copy.
    """

    start: int
    end: int
    name: str
    variables: tuple[str, ...]
    expressions: tuple[str, ...]
    region: tuple[int, int]
    scope: tuple[int, int]
    adds: bool = False
    doubt: str = ""

    def moved(self, by: int, length: int) -> Assignment:
        """The same in a script of which its own, of that length, is a part."""
        region, scope = (
            (first + by, min(last, length) + by) for first, last in (self.region, self.scope)
        )
        return self._replace(start=self.start + by, end=self.end + by, region=region, scope=scope)


def assignments_at(node: Any, text: Text) -> Iterator[Assignment]:
    """What a `variable_assignment`, a `read` with `<<<`, or an `unset` does."""
    if node.type == "variable_assignment":
        above = node.parent
        inside = above is not None and above.type == "command"
        if inside and node.end_byte > start_of(above, text):
            return  # `X=1 program`: only for the program
        declared = above is not None and above.type == "declaration_command"
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or name.type != "variable_name":
            return
        found = _Copy(text)
        if value is not None:
            found.of(value)
        local = declared and text.program_of(above) in _DECLARES
        adds = any(child.type == "+=" for child in node.children)
        yield found.given(node, text.of(name), local=local, adds=adds)
    elif node.type == "unset_command":
        for child in node.named_children:
            if child.type in ("variable_name", "word"):
                yield _Copy(text).given(node, text.of(child), local=False, adds=False)
    elif node.type == "command" and text.program_of(node) == "read":
        found = _Copy(text)
        for child in node.children:
            if child.type == "herestring_redirect":
                found.of(child)
        for child in node.children[1:]:
            if child.type == "word" and text.of(child).isidentifier():
                yield found.given(node, text.of(child), local=False, adds=False)


def start_of(command: Any, text: Text) -> int:
    """Where a command begins: the parser takes `A=1 B=2` for a part of that on the next line."""
    known: int | None = text.starts.get(command.id)
    if known is not None:
        return known
    name = command.child_by_field_name("name")
    start = int(command.start_byte)
    if name is None:
        return start
    for child in command.children:
        if child.start_byte >= name.start_byte:
            break
        if child.type == "variable_assignment":
            between = text.plain[child.end_byte : child.end_byte + 80]
            rest = between[: name.start_byte - child.end_byte]
            if "\n" in rest[: len(rest) - len(rest.lstrip())]:
                start = child.end_byte + len(rest) - len(rest.lstrip())
    text.starts[command.id] = start
    return start


class _Copy:
    """What a value has in it of others."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.variables: list[str] = []
        self.expressions: list[str] = []
        self.doubt = ""

    def given(self, node: Any, name: str, *, local: bool, adds: bool) -> Assignment:
        region, scope = _reach(node, local=local)
        return Assignment(
            node.start_byte, node.end_byte, name, tuple(dict.fromkeys(self.variables)),
            tuple(dict.fromkeys(self.expressions)), region, scope, adds, self.doubt,
        )  # fmt: skip

    def of(self, value: Any) -> None:
        """Add what the text of the value is made of; a stack, no recursion."""
        stack = [value]
        while stack:
            node = stack.pop()
            kind = node.type
            if kind in ("simple_expansion", "expansion"):
                said = self.text.of(node)
                if NO_COPY.match(said) is None:
                    self.variables += _NAME.findall(said)
                continue
            if kind in ("command_substitution", "process_substitution"):
                stack += self.said_in(node)
                continue
            if kind == "arithmetic_expansion":
                continue
            if not node.children:
                start, end = node.start_byte, node.end_byte
                self.expressions += self.text.expressions_in(start, end)
                continue
            at = node.start_byte
            for child in node.children:  # text between the children belongs to none of them
                self.expressions += self.text.expressions_in(at, child.start_byte)
                at = child.end_byte
            self.expressions += self.text.expressions_in(at, node.end_byte)
            stack += node.children

    def said_in(self, node: Any) -> list[Any]:
        """What `$(echo "$X" | base64)` prints: the words of the first command."""
        inner = [child for child in node.named_children if child.type != "comment"]
        if len(inner) != 1:
            return []
        parts = inner[0].named_children if inner[0].type == "pipeline" else inner
        if not parts or any(part.type != "command" for part in parts):
            return []
        names = [self.text.program_of(part) for part in parts]
        words = [child for child in parts[0].children if child.type != "command_name"]
        here = [child for child in words if child.type == "herestring_redirect"]
        if names[0] not in _SAYS and not (here and names[0] in _KEEPS | _CUTS):
            return []
        if any(name not in _KEEPS | _CUTS for name in names[1:]):
            return []
        cuts = next((name for name in names if name in _CUTS), "")
        if cuts:
            self.doubt = f"`{cuts}` may leave nothing of it"
        return words if names[0] in _SAYS else here


def _reach(node: Any, *, local: bool) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where the assignment has surely happened, and where it is seen at all."""
    region: tuple[int, int] | None = None
    scope: tuple[int, int] | None = None
    child, at = node, node.parent
    for _level in range(MAX_DEPTH):
        if at is None:
            return region or (0, _END), scope or (0, _END)
        kind, edges = at.type, (at.start_byte, at.end_byte)
        if scope is None:
            if kind in _SHELLS_OF_THEIR_OWN or (local and kind == "function_definition"):
                scope = edges
            elif kind == "pipeline":
                scope = child.start_byte, child.end_byte
        if region is None:
            if kind == "list":
                # `a && X=1 && b`: as far as one follows from the other.
                if child.id != at.children[0].id:
                    region = child.start_byte, _chain(at).end_byte
            elif kind == "if_statement":
                region = _branch(child, at)
            elif kind in _CONDITIONAL:
                region = edges
        child, at = at, at.parent
    return region or (node.start_byte, node.end_byte), scope or (0, _END)


def _chain(node: Any) -> Any:
    """The longest list that begins with the node and goes on with `&&` only."""
    for _level in range(MAX_DEPTH):
        above = node.parent
        if above is None or above.type != "list" or above.children[0].id != node.id:
            return node
        if not any(child.type == "&&" for child in above.children):
            return node
        node = above
    return node


def _branch(child: Any, at: Any) -> tuple[int, int] | None:
    """The branch of an `if` that the child is in; None for what it asks, which always runs."""
    then = next((one for one in at.children if one.type == "then"), None)
    if then is None or child.end_byte <= then.start_byte:
        return None
    ends = [
        one.start_byte for one in at.children
        if one.type in ("elif_clause", "else_clause", "fi") and one.start_byte >= child.end_byte
    ]  # fmt: skip
    return then.end_byte, min(ends, default=at.end_byte)
