"""What every template function needs: its call, the chart around it, and the error to raise.

Go's types decide what a function accepts and what it prints, so they are kept apart: a Python
`int` is Go's `int`, `Int64` is `int64` (what Sprig's arithmetic gives), a `float` is `float64`
(what every number of a values file is). The other Go types that templates hold are in `objects`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from plumbrule_parsers.source import Span
from plumbrule_parsers.traced import Traced

MAX_TEXT = 4_000_000  # characters a function may produce
MAX_ITEMS = 100_000  # items a function may produce
MAX_DEPTH = 100  # levels of containers a function walks down


class FunctionError(Exception):
    """A call that Helm refuses; the message is what a person reads.

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


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The cluster that is rendered for: versions with their `v`, and the names of its APIs."""

    kube_version: str
    api_versions: frozenset[str]
    helm_version: str


class Host(Protocol):
    """The chart and the evaluator, as functions see them. Nothing else can be reached.

    `include` and `tpl` give the rendered text (in `data`: a str, TracedText or Segments) and raise
    FunctionError. `file` gives a chart file's bytes, None if there is none of that path. `files`
    lists the paths of chart files that fit a glob, sorted.
    """

    @property
    def capabilities(self) -> Capabilities:
        """Versions and API names of the cluster that is rendered for."""
        ...

    def include(self, name: str, data: Traced) -> Traced:
        """The named template's output."""
        ...

    def tpl(self, text: Traced, data: Traced) -> Traced:
        """The output of `text` as a template."""
        ...

    def file(self, path: str) -> bytes | None:
        """A chart file's content."""
        ...

    def files(self, glob: str) -> list[str]:
        """The chart files that fit a glob, sorted."""
        ...

    def problem(self, code: str, message: str, span: Span) -> None:
        """Note what a person should know although the rendering goes on."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """One call: `at` is where it is written in a template."""

    at: Span
    host: Host


@dataclass(frozen=True, slots=True)
class Function:
    """One function: how it is applied, how it takes unknowns, the type of what it gives.

    `fewest` and `most` count the arguments with the piped one, which comes last.
    """

    apply: Callable[[Call, Sequence[Traced]], Traced]
    fewest: int
    most: int | None
    unknowns: Unknowns = Unknowns.STRICT
    result: str = "any"  # base type's name, for an unknown result
