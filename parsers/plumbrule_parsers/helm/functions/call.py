"""What every template function needs: its call and the chart around it.

Go's types decide what a function accepts and what it prints, so they are kept apart: a Python
`int` is Go's `int`, `Int64` is `int64` (what Sprig's arithmetic gives), a `float` is `float64`
(what every number of a values file is). The other Go types that templates hold are in `objects`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from plumbrule_parsers import function_table
from plumbrule_parsers.source import Span
from plumbrule_parsers.traced import Traced

MAX_DEPTH = 100  # levels of containers a function walks down


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


Function = function_table.Function[Call]
