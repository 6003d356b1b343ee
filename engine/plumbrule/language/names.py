"""The names of a file and of the blocks in it, and what each means."""

from __future__ import annotations

from dataclasses import dataclass, field

from plumbrule.language import ir, syntax
from plumbrule.language.types import Type


@dataclass(frozen=True, slots=True)
class Binding:
    """What a name means: `form` is var, param, const, function or module."""

    form: str
    type: Type
    expr: ir.Expr | None = None  # what stands for it in the checked form
    function: syntax.Function | None = None
    home: Names | None = None  # the scope in which a function's body or a module's names live


@dataclass(slots=True)
class Names:
    """The names of one file, or of one block inside it."""

    outer: Names | None
    bound: dict[str, Binding] = field(default_factory=dict)

    def find(self, name: str) -> Binding | None:
        """The nearest binding of the name."""
        scope: Names | None = self
        while scope is not None:
            found = scope.bound.get(name)
            if found is not None:
                return found
            scope = scope.outer
        return None

    def all(self) -> set[str]:
        """Every name that can be used here."""
        names = set(self.bound)
        return names | self.outer.all() if self.outer is not None else names
