"""The arguments of Terragrunt's functions: evaluated once, as text where text is wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.evaluate.calls import call_terraform
from plumbrule_parsers.terraform.evaluate.scope import Evaluate, Scope
from plumbrule_parsers.terraform.functions.call import text_of
from plumbrule_parsers.terraform.terragrunt.config import Config
from plumbrule_parsers.traced import Traced, made_of
from plumbrule_parsers.value import Unknown

Own: TypeAlias = Callable[[Config, h.Call, Scope, Evaluate], Traced]


class _Doubtful(Exception):  # noqa: N818
    """An argument that must be known is not; `made` is what comes of it."""

    def __init__(self, made: Traced) -> None:
        super().__init__()
        self.made = made


def _texts(node: h.Call, scope: Scope, evaluate: Evaluate, most: int) -> list[str]:
    """The arguments as text. FunctionError: too many, or no text. _Doubtful: one is unknown."""
    if len(node.args) > most:
        raise FunctionError(f"`{node.name}` takes at most {most} arguments")
    found: list[str] = []
    for arg in node.args:
        value = evaluate(arg, scope)
        doubt = value.unknown
        if doubt is not None:
            scope.names.run.doubts += 1
            raise _Doubtful(made_of(Unknown(doubt.reason, doubt.detail, doubt.span), value))
        found.append(text_of(value))
    return found


def of_texts(most: int, apply: Callable[[Config, list[str], Span], Traced]) -> Own:
    """A function of known texts."""

    def own(config: Config, node: h.Call, scope: Scope, evaluate: Evaluate) -> Traced:
        try:
            return apply(config, _texts(node, scope, evaluate, most), scope.span(node))
        except _Doubtful as doubtful:
            return doubtful.made

    return own


def applied(node: h.Call, scope: Scope, evaluate: Evaluate) -> tuple[list[Traced], Traced]:
    """The arguments, and what Terraform's function makes of them; each is evaluated once."""
    args = [evaluate(arg, scope) for arg in node.args]
    return args, called_with(args, node, scope, evaluate)


def called_with(
    args: list[Traced], node: h.Call, scope: Scope, evaluate: Evaluate
) -> Traced:  # fmt: skip
    """Terraform's function of arguments that are evaluated already: names stand for them."""
    names = tuple(stand_in(arg, number) for number, arg in enumerate(node.args))
    bound = {stand_in_name(number): arg for number, arg in enumerate(args)}
    return call_terraform(node._replace(args=names), scope.bind(**bound), evaluate)


def stand_in_name(number: int) -> str:
    """The name of an argument that is evaluated already; nobody can write it."""
    return f"\0{number}"


def stand_in(arg: h.Expr, number: int) -> h.Traversal:
    """A reference to such an argument, in its place."""
    return h.Traversal(arg.start, arg.end, (stand_in_name(number),))
