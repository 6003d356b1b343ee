"""Program: a rule as generated code, in the form that the cache keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lookup:
    """A condition on the subject alone: the field is one of the texts.

    `wanted` are the texts, or the name of the parameter that holds them.
    """

    field: str
    wanted: frozenset[str] | str


@dataclass(frozen=True, slots=True)
class Program:
    """Marshalled code (of this very Python) with its table of constants.

    `lookup` narrows the subjects before the code runs. `code` is empty if the rule is nested too
    deeply for Python's own compiler: the walk evaluates it.
    """

    code: bytes
    constants: tuple[object, ...] = ()
    lookup: Lookup | None = None
