"""Checks calls: functions of the language, and predicates, whose bodies are put in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plumbrule.language import ir, syntax
from plumbrule.language.facts import NO_FACTS, Facts
from plumbrule.language.names import Binding, Names
from plumbrule.language.relations import fits, joined
from plumbrule.language.schema import suggest
from plumbrule.language.signatures import SIGNATURES
from plumbrule.language.types import ANY, NEVER, Type

if TYPE_CHECKING:
    from plumbrule.language.expressions import Expressions


def call(
    checker: Expressions, expr: syntax.CallExpr, names: Names, facts: Facts, _wanted: Type | None
) -> ir.Expr:
    """`f(a, b: c)`: a function of the language, or a predicate with its body put in."""
    callee = expr.callee
    name = callee.name if isinstance(callee, (syntax.Name, syntax.Get)) else ""
    binding: Binding | None = None
    if isinstance(callee, syntax.Name):
        binding = names.find(name)
    elif isinstance(callee, syntax.Get) and isinstance(callee.receiver, syntax.Name):
        module = names.find(callee.receiver.name)
        if module is not None and module.form == "module" and module.home is not None:
            binding = module.home.bound.get(name)
    if binding is not None and binding.function is not None:
        checker.footprint.used.add(name)
        return _inline(checker, expr, binding, names, facts)
    signature = SIGNATURES.get(name) if isinstance(callee, (syntax.Name, syntax.Get)) else None
    if signature is None or (binding is not None and binding.form != "builtin"):
        close = suggest(name, {*SIGNATURES, *names.all()})
        checker.problem("E106", f"unknown function `{name or '...'}`{close}", callee.span)
        return ir.Const(None, NEVER, expr.span)
    params = dict(signature.params)
    given: list[tuple[str, syntax.Expr]] = list(zip(params, expr.args, strict=False)) + list(
        expr.named
    )
    ordered: dict[str, ir.Expr] = {}
    for param, argument in given:
        if param not in params or param in ordered:
            close = suggest(param, params)
            checker.problem("E106", f"`{name}` has no free parameter `{param}`{close}",
                         argument.span)  # fmt: skip
            continue
        ordered[param] = _argument(checker, name, params[param], argument, names, facts)
    if len(expr.args) > len(params) or len(ordered) < len(params):
        usage = ", ".join(f"{param}: {type_}" for param, type_ in signature.params)
        checker.problem("E106", f"`{name}` takes ({usage})", expr.span)
        return ir.Const(None, NEVER, expr.span)
    args = tuple(ordered[param] for param in params)
    result = _result(checker, signature.result, args)
    return ir.Call(name, args, (), result, expr.span)


def _argument(
    checker: Expressions, function: str, wanted: Type, expr: syntax.Expr, names: Names, facts: Facts
) -> ir.Expr:
    checked = checker.check(expr, names, facts, wanted)
    if not wanted.optional:
        checked = checker.present(checked, expr)
    if not fits(checked.type, wanted, checker.schema):
        message = f"`{function}` needs {wanted}, not {checked.type.maybe(missing=False)}"
        checker.problem("E304", message, expr.span)
    return checked


def _result(checker: Expressions, result: Type | str, args: tuple[ir.Expr, ...]) -> Type:
    if isinstance(result, Type):
        return result
    if result == "first":
        return args[0].type.maybe(missing=False)
    if result == "second":
        return joined(args[0].type.maybe(missing=False), args[1].type, checker.schema)
    item = args[0].type.args[0] if args[0].type.args else ANY
    return item.maybe(missing=result.endswith("?"))


def _inline(
    checker: Expressions, expr: syntax.CallExpr, binding: Binding, names: Names, facts: Facts
) -> ir.Expr:
    function = binding.function
    assert function is not None
    if function.name in checker.calling:
        chain = " -> ".join((*checker.calling, function.name))
        checker.problem("E109", f"predicates and functions must not call themselves: {chain}",
                     expr.span)  # fmt: skip
        return ir.Const(None, NEVER, expr.span)
    given = dict(zip((formal.name for formal in function.formals), expr.args, strict=False))
    given.update(dict(expr.named))
    if set(given) != {formal.name for formal in function.formals} or len(expr.args) > len(
        function.formals
    ):
        usage = ", ".join(formal.name for formal in function.formals)
        checker.problem("E106", f"`{function.name}` takes ({usage})", expr.span)
        return ir.Const(None, NEVER, expr.span)
    inner = Names(binding.home)
    bound: list[tuple[str, ir.Expr]] = []
    for formal in function.formals:
        wanted = checker.type_of(formal.type)
        value = _argument(checker, function.name, wanted, given[formal.name], names, facts)
        unique = checker.fresh(formal.name)
        bound.append((unique, value))
        inner.bound[formal.name] = Binding("var", wanted, ir.Var(unique, wanted, formal.span))
    checker.calling.append(function.name)
    used = set(checker.footprint.used)
    body = body_of(checker, function, inner)
    checker.footprint.used = used
    checker.calling.pop()
    for unique, value in reversed(bound):
        body = ir.Bind(unique, value, body, body.type, expr.span)
    return body


def body_of(checker: Expressions, function: syntax.Function, names: Names) -> ir.Expr:
    """The body of a predicate or function, held to what it says that it gives."""
    if function.type is None:
        return checker.condition(function.body, names, NO_FACTS)
    wanted = checker.type_of(function.type)
    body = checker.check(function.body, names, NO_FACTS, wanted)
    if not fits(body.type, wanted, checker.schema):
        message = f"`{function.name}` gives {body.type}, not {wanted}"
        checker.problem("E304", message, function.body.span)
    return body if wanted.optional else checker.present(body, function.body)
