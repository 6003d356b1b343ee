"""What an expression is evaluated in: the names that it sees, and the budgets of the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.functions.call import Files
from plumbrule_parsers.traced import Traced

MAX_STEPS = 400_000  # expressions that one root with all its calls may evaluate
MAX_COPIES = 5_000  # instances of resources of one root that have nodes of their own
MAX_MEANT = 100_000  # references to all instances of a resource, each counted
MAX_DEPTH = 200  # nested expressions and references on the way to one value
Step: TypeAlias = "str | h.Expr"  # `.name`, or the key of `[key]`
Evaluate: TypeAlias = "Callable[[h.Expr, Scope], Traced]"
OwnFunction: TypeAlias = "Callable[[h.Call, Scope, Evaluate], Traced]"


class Refused(Exception):  # noqa: N818 - it is how Terraform answers, not a fault of ours
    """An expression that Terraform certainly refuses; `try` and `can` wait for it."""


def is_limit(error: Exception) -> bool:
    """Whether a refusal is about the size of what would be made."""
    return "more than " in str(error)


class Exhausted(Exception):  # noqa: N818
    """A budget of steps or depth was used up."""


@dataclass(slots=True)
class Run:
    """What all evaluations of one root share. The counters are spent, never reset."""

    steps: int = MAX_STEPS
    copies: int = MAX_COPIES
    meant: int = MAX_MEANT
    many: dict[str, dict[str, tuple[int, Span]]] = field(default_factory=dict)  # see `copies`
    depth: int = 0
    # How often an unknown went through an operation that could still fail: then `try` is undecided.
    doubts: int = 0
    problems: dict[tuple[str, ...], Problem] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)  # paths out of the root, not told yet

    def note(self, span: Span, *, limit: str = "") -> None:
        """Note as problems what was met on the way to a value: a limit, files out of reach.

        Each is told once for a file.
        """
        if limit:
            message = f"{limit}; what depends on it is unknown"
            problem = Problem("evaluation-limit", message, span, Severity.WARNING)
            self.problems.setdefault(("limit", span.path), problem)
        for path in self.outside:
            message = f"`{path[:80]}` lies outside of the scanned folder and is not read"
            problem = Problem("outside-root", message, span, Severity.WARNING)
            self.problems.setdefault(("outside", span.path, path), problem)
        self.outside.clear()

    def spend(self, steps: int = 1) -> None:
        """Take steps from the budget. Exhausted: there are none left."""
        self.steps -= steps
        if self.steps < 0:
            raise Exhausted("the budget of evaluation steps is used up")


class Names(Protocol):
    """What a module gives to its expressions."""

    @property
    def run(self) -> Run:
        """The budgets of the root."""

    @property
    def files(self) -> Files:
        """The files of the scanned root."""

    @property
    def locate(self) -> Callable[[str], str]:
        """From a path as configurations have it to the file's own."""

    @property
    def functions(self) -> Mapping[str, OwnFunction]:
        """Functions of the tool beside Terraform's; they come before those of the same name."""

    def lookup(
        self, first: str, steps: Sequence[Step], scope: Scope, span: Span
    ) -> tuple[Traced, int] | None:
        """The value behind a first name, and how many of the steps it took; None: no such name."""

    def splat(self, names: tuple[str, ...], attribute: str, span: Span) -> Traced | None:
        """The attribute of all instances of a block; None: the names are no such block."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A place in a module: `bound` are the names of for expressions, iterators and instances."""

    names: Names
    source: Source
    bound: Mapping[str, Traced]

    def bind(self, **names: Traced) -> Scope:
        """The same place with more names."""
        return Scope(self.names, self.source, {**self.bound, **names})

    def span(self, node: h.Expr) -> Span:
        """Where the expression stands."""
        return Span(self.source, node.start, node.end)
