"""Function table: how the functions of a template or expression language are held and called.

Terraform and Helm have tables of their own; what is one is the way a call is checked and what
becomes of arguments that are not wholly known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, TypeVar

from plumbrule_parsers.traced import Traced, first_unknown, made_of
from plumbrule_parsers.value import Unknown

MAX_TEXT: Final = 4_000_000  # characters a function may produce
MAX_ITEMS: Final = 100_000  # items a function may produce

_Context = TypeVar("_Context")


class FunctionError(Exception):
    """A call that the tool itself refuses; the message is what a person reads.

    `by_author` is true for `fail` and `required`: the chart's author wrote the message.
    """

    def __init__(self, message: str, *, by_author: bool = False) -> None:
        super().__init__(message)
        self.by_author = by_author


class Unknowns(StrEnum):
    """What `call` does before a function whose arguments are not wholly known."""

    STRICT = "strict"  # any unknown, at any depth: the result is unknown
    SHALLOW = "shallow"  # an argument that is itself unknown: the result is unknown
    OWN = "own"  # the function copes by itself


@dataclass(frozen=True)  # no slots: Python 3.11 cannot make slotted ones by a generic alias
class Function(Generic[_Context]):
    """One function: how it is applied, how it takes unknowns, the type of what it gives.

    The context is what it may reach beside its arguments. `fewest` and `most` count the arguments.
    """

    apply: Callable[[_Context, Sequence[Traced]], Traced]
    fewest: int
    most: int | None
    unknowns: Unknowns = Unknowns.STRICT
    result: str = "any"  # base type's name, for an unknown result


def call_function(
    functions: Mapping[str, Function[_Context]],
    name: str,
    args: Sequence[Traced],
    context: _Context,
) -> Traced:
    """The function's result; unknown arguments give an unknown one where it cannot be told.

    FunctionError: there is no such function, or it refuses these arguments as the tool would.
    """
    function = functions.get(name)
    if function is None:
        raise FunctionError(f"there is no function named `{name[:60]}`")
    if len(args) < function.fewest:
        raise FunctionError(f"`{name}` needs at least {function.fewest} arguments, not {len(args)}")
    if function.most is not None and len(args) > function.most:
        raise FunctionError(f"`{name}` takes at most {function.most} arguments, not {len(args)}")
    doubt = _doubt(function.unknowns, args)
    if doubt is not None:
        return made_of(Unknown(doubt.reason, doubt.detail, doubt.span, function.result), *args)
    return function.apply(context, args)


def _doubt(unknowns: Unknowns, args: Sequence[Traced]) -> Unknown | None:
    if unknowns is Unknowns.OWN:
        return None
    for arg in args:
        found = first_unknown(arg) if unknowns is Unknowns.STRICT else arg.unknown
        if found is not None:
            return found
    return None
