"""The syntax tree of a Go template. Every node has the offsets of what it was written as.

Elements have offsets in the text. Pipes and what is in them count from the start of the element
that they belong to, because equal actions share them.

Nodes are not frozen, though nobody changes them: a chart has ten thousands of them, and to make a
frozen one takes three times as long.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from plumbrule_parsers.document import Problem


@dataclass(slots=True)
class Text:
    """Text that is copied to the output; trim markers have already shortened it."""

    start: int
    end: int
    text: str


@dataclass(slots=True)
class Dot:
    """`.`: the value that the innermost block speaks of."""

    start: int
    end: int


@dataclass(slots=True)
class Field:
    """`.a.b`: fields, keys or methods of the dot, one after the other."""

    start: int
    end: int
    names: tuple[str, ...]


@dataclass(slots=True)
class Variable:
    """`$` or `$x`, with the fields that follow: `$x.a.b`."""

    start: int
    end: int
    name: str
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class Function:
    """A function's name, called with the arguments of its command."""

    start: int
    end: int
    name: str


@dataclass(slots=True)
class Constant:
    """A string, number, character or bool. Integers and floats stay apart."""

    start: int
    end: int
    value: str | int | float | bool


@dataclass(slots=True)
class Nil:
    """`nil`."""

    start: int
    end: int


@dataclass(slots=True)
class Chain:
    """Fields of what is no field itself: `(f x).a.b`."""

    start: int
    end: int
    operand: Operand
    names: tuple[str, ...]


@dataclass(slots=True)
class Command:
    """One stage of a pipeline: a value, or what is called and its arguments."""

    start: int
    end: int
    words: tuple[Operand, ...]


@dataclass(slots=True)
class Pipe:
    """Commands, each of which gets the result of the one before as its last argument.

    `names` are the variables that are declared (`sign` is `:=`) or set (`=`), with their `$`.
    """

    start: int
    end: int
    commands: tuple[Command, ...]
    names: tuple[str, ...] = ()
    sign: Literal["", ":=", "="] = ""


Operand: TypeAlias = Dot | Field | Variable | Function | Constant | Nil | Chain | Pipe


@dataclass(slots=True)
class Statement:
    """What one action says, wherever it stands.

    `chained` is the keyword behind an `else`. `uses` are variables that must have been declared
    before, with their offsets; `declares` are those that it declares.
    """

    keyword: str
    pipe: Pipe | None
    name: str = ""
    chained: str = ""
    chained_at: int = 0
    uses: tuple[tuple[str, int, int], ...] = ()
    declares: tuple[str, ...] = ()


@dataclass(slots=True)
class Action:
    """`{{ pipe }}`; prints its value unless it names variables."""

    start: int
    end: int
    pipe: Pipe


@dataclass(slots=True)
class Branch:
    """`if`, `with` or `range`, from its opening action to its `end`; `head` ends the first."""

    start: int
    head: int
    end: int
    keyword: Literal["if", "with", "range"]
    pipe: Pipe
    body: tuple[Element, ...]
    orelse: tuple[Element, ...]


@dataclass(slots=True)
class Call:
    """`{{ template "name" pipe }}`; a `block` is a definition and a call."""

    start: int
    end: int
    name: str
    pipe: Pipe | None


@dataclass(slots=True)
class Jump:
    """`break` or `continue`."""

    start: int
    end: int
    keyword: Literal["break", "continue"]


Element: TypeAlias = Text | Action | Branch | Call | Jump


@dataclass(slots=True)
class Definition:
    """`define` or `block`: a template with a name inside another."""

    start: int
    end: int
    name: str
    body: tuple[Element, ...]


@dataclass(slots=True)
class Template:
    """One text: what it prints, what it defines (the last of a name counts), what is wrong.

    The body is empty if there is a problem: Go refuses such a text as a whole.
    """

    body: tuple[Element, ...]
    definitions: dict[str, Definition] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
