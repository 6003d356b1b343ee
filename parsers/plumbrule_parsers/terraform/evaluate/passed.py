"""What the variables of a module get: from its caller, files of values or their defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.evaluate.expressions import value
from plumbrule_parsers.terraform.evaluate.folder import Declared
from plumbrule_parsers.terraform.evaluate.hops import led
from plumbrule_parsers.terraform.evaluate.scope import Scope
from plumbrule_parsers.terraform.evaluate.unknowns import (
    certainly_set,
    derived,
    merged_alternatives,
)
from plumbrule_parsers.traced import Traced, made_of
from plumbrule_parsers.value import Hop, Reason, Unknown

if TYPE_CHECKING:
    from plumbrule_parsers.terraform.evaluate.modules import Module


def passed(module: Module, name: str, at: Declared, *, nullable: bool) -> Traced | None:
    """What the caller, a file of values or the default gives; None if nobody does."""
    fallback = None
    default = at.settings.get("default")
    if default is not None:
        source = at.place("default")
        scope, span = module.scope(source), Span(source, default.value.start, default.value.end)
        fallback = led(value(default.value, scope), Hop(span, f"default of var.{name}"))
    if module.parent is not None:
        if name not in module.arguments:
            return fallback.with_hop(_left_out(module)) if fallback is not None else None
        found = _argument(module, name)
        return found if nullable or fallback is None else _unless_null(found, fallback)
    chosen = module.inputs.get(name, fallback)
    for source, setting in module.values:
        if setting.name == name:
            chosen = _listed(module, source, setting)
    others = [
        (source, setting)
        for listed in module.others.values()
        for source, setting in listed
        if setting.name == name
    ]
    if not others:
        return chosen
    # Files that only a run names: each may or may not be the one.
    doubt = Unknown(Reason.ENVIRONMENT, f"var.{name} in {others[0][0].path}", at.head)
    complete = len(others) == len(module.others)
    several = [_listed(module, source, setting) for source, setting in others]
    if chosen is not None:
        several.append(chosen)
    elif not complete:
        return None
    return merged_alternatives(several, doubt)


def _listed(module: Module, source: Source, setting: h.Setting) -> Traced:
    """What a file of variable values says."""
    span = Span(source, setting.value.start, setting.value.end)
    made = value(setting.value, Scope(module, source, {}))
    return led(made, Hop(span, f"tfvars key `{setting.name}`"))


def _argument(module: Module, name: str) -> Traced:
    """What the caller passes."""
    scope, setting = module.arguments[name]
    parent = module.parent
    assert parent is not None
    span = Span(scope.source, setting.value.start, setting.value.end)
    hop = Hop(span, f"argument of module.{module.name}")
    return parent.demand(
        f"module.{module.name}.{name}", span, lambda: led(value(setting.value, scope), hop)
    )


def _left_out(module: Module) -> Hop:
    """The call, where it leaves a default in force: a person may set the argument there."""
    assert module.parent is not None
    call = module.parent.folder.blocks[f"module.{module.name.partition('[')[0]}"]
    return Hop(call.head, f"not set by module.{module.name}", "decision")


def _unless_null(found: Traced, fallback: Traced) -> Traced:
    """`nullable = false`: null becomes the default."""
    if certainly_set(found):
        return found
    if found.data is None:
        return fallback
    assert isinstance(found.data, Unknown)
    return made_of(derived(found.data, found.data.type, not_null=True), found)
