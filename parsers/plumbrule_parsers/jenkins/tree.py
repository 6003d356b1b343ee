"""The tree of Groovy: calls, assignments, branches, and what is kept without being understood."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from plumbrule_parsers.jenkins.tokens import Text
from plumbrule_parsers.source import by_fields


@dataclass(frozen=True, slots=True)
class Name:
    """A name or a dotted path, also `true`, `null` and numbers, as written."""

    start: int
    end: int
    text: str

    __reduce__ = by_fields


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    start: int
    end: int
    items: tuple[Item, ...]

    __reduce__ = by_fields


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call or an entry of a map; `name` is None for a positional one."""

    start: int
    end: int
    name: str | None
    value: Item

    __reduce__ = by_fields


@dataclass(frozen=True, slots=True)
class Entries:
    """A map."""

    start: int
    end: int
    entries: tuple[Argument, ...]

    __reduce__ = by_fields


@dataclass(frozen=True, slots=True)
class Block:
    """A closure or a body in braces."""

    start: int
    end: int
    statements: tuple[Item, ...]

    __reduce__ = by_fields


@dataclass(frozen=True, slots=True)
class Call:
    """`receiver.name(arguments) { block }`; a receiver that is a mere path is part of the name."""

    start: int
    end: int
    name: str
    arguments: tuple[Argument, ...]
    block: Block | None
    receiver: Item | None = None
    name_end: int = 0

    __reduce__ = by_fields

    def argument(self, *names: str) -> Item | None:
        """The value of the first of these named arguments that is there."""
        for name in names:
            for one in self.arguments:
                if one.name == name:
                    return one.value
        return None

    @property
    def first(self) -> Item | None:
        """The first positional argument."""
        return next((one.value for one in self.arguments if one.name is None), None)


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value`, declared or not."""

    start: int
    end: int
    target: str
    value: Item

    __reduce__ = by_fields


@dataclass(frozen=True, slots=True)
class Branch:
    """`if`, `for`, `while`, `switch`, `try`, `catch`, `finally`, `else` with its body."""

    start: int
    end: int
    word: str
    condition: Item | None
    body: Block

    __reduce__ = by_fields


@dataclass(frozen=True, slots=True)
class Method:
    """A method that the file defines."""

    start: int
    end: int
    name: str
    body: Block

    __reduce__ = by_fields


@dataclass(frozen=True, slots=True)
class Joined:
    """Operands of `+`."""

    start: int
    end: int
    operands: tuple[Item, ...]

    __reduce__ = by_fields


@dataclass(frozen=True, slots=True)
class Opaque:
    """An expression that is not understood, with what can be read inside it."""

    start: int
    end: int
    parts: tuple[Item, ...] = ()

    __reduce__ = by_fields


Item: TypeAlias = (
    Text | Name | Items | Entries | Block | Call | Assign | Branch | Method | Joined | Opaque
)


def _of_call(item: Call) -> Iterable[Item]:
    found = [one.value for one in item.arguments]
    if item.receiver is not None:
        found.insert(0, item.receiver)
    if item.block is not None:
        found.append(item.block)
    return found


_CHILDREN: dict[type, Callable[[Any], Iterable[Item]]] = {
    Opaque: lambda item: item.parts,
    Items: lambda item: item.items,
    Entries: lambda item: [entry.value for entry in item.entries],
    Block: lambda item: item.statements,
    Call: _of_call,
    Assign: lambda item: (item.value,),
    Branch: lambda item: (item.body,) if item.condition is None else (item.condition, item.body),
    Method: lambda item: (item.body,),
    Joined: lambda item: item.operands,
}


def children(item: Item) -> Iterable[Item]:
    """The items directly inside, in order."""
    found = _CHILDREN.get(type(item))
    return found(item) if found is not None else ()
