"""Module calls as values: an output of one instance, of all, or the whole object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.evaluate.expressions import value
from plumbrule_parsers.terraform.evaluate.resources import MAX_TOLD_APART
from plumbrule_parsers.terraform.evaluate.scope import Refused, Scope, Step
from plumbrule_parsers.terraform.evaluate.unknowns import derived, merged_alternatives
from plumbrule_parsers.terraform.functions.call import text_of
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Hop, Reason, Unknown

if TYPE_CHECKING:
    from plumbrule_parsers.terraform.evaluate.modules import Called, Module

MAX_LISTED = 100  # instances of a call that a value lists


def called_value(
    module: Module, name: str, steps: Sequence[Step], scope: Scope, span: Span
) -> tuple[Traced, int]:
    """An output of a module call, or the whole object of its outputs."""
    address = f"module.{name}"
    declared = module.folder.blocks.get(address)
    if declared is None:
        made = Unknown(Reason.EXPRESSION, span.text[:60], span, reference=address)
        return Traced(made), len(steps)
    call = module.call(name)
    taken = 1 + module.chosen(address, steps, 1, scope)
    if call.why is not None or call.absent is not None:
        why = call.why
        if why is None and taken == 1 < len(steps):
            raise Refused(f"{address} has no instance")
        reason = why.reason if why is not None else Reason.EXPRESSION
        if taken >= len(steps) or not isinstance(steps[taken], str):
            if why is None and taken == 1:
                return Traced([] if "count" in declared.settings else {}), 1
            made = Unknown(reason, span.text[:60], span, reference=address)
            return Traced(made), len(steps)
        detail = ".".join(map(str, (address, steps[taken])))
        made = Unknown(reason, detail, span, reference=address)
        return Traced(made, (Hop(declared.head, address, "unknown"),)), len(steps)
    children = _meant(call, steps, taken, scope)
    if taken >= len(steps) or not isinstance(steps[taken], str):
        if taken == 1:
            return module.demand(address, span, lambda: _whole(module, name, span)), 1
        return _of_each(children, lambda child: _outputs(child, span), span), taken
    output = str(steps[taken])
    return _of_each(children, lambda child: child.output(output, span), span), taken + 1


def _meant(call: Called, steps: Sequence[Step], taken: int, scope: Scope) -> list[Module]:
    """The children that the steps can mean."""
    if taken == 2:
        step = steps[1]
        key = Traced(int(step)) if isinstance(step, str) else value(step, scope)
        if key.unknown is None:
            child = call.children.get(text_of(key))
            if child is not None:
                return [child]
    return list(call.children.values())


def _of_each(children: Sequence[Module], ask: Callable[[Module], Traced], span: Span) -> Traced:
    """What a child gives; of several, what they have in common."""
    if len(children) == 1:
        return ask(children[0])
    doubt = Unknown(Reason.CARDINALITY, f"{len(children)} instances", span)
    return merged_alternatives([ask(child) for child in children], doubt)


def _outputs(module: Module, span: Span) -> Traced:
    """All outputs as one object."""
    names = (one[7:] for one in module.folder.blocks if one.startswith("output."))
    return Traced({name: module.output(name, span) for name in names})


def _whole(module: Module, name: str, span: Span) -> Traced:
    """A call as one value: an object, or the map or list of those of its instances."""
    children = module.call(name).children
    instances = module.instances(f"module.{name}")
    common = children.get("")
    if instances.kind == "":
        assert common is not None
        return _outputs(common, span)
    if instances.size is None:
        doubt = instances.doubt
        assert doubt is not None
        type_ = "map" if instances.kind == "for_each" else "list"
        return Traced(derived(doubt, type_, not_null=True))
    found = {key: _outputs(child, span) for key, child in children.items()}
    if instances.kind == "for_each":
        keys = sorted(instances.keys)[:MAX_LISTED]
        rest = instances.doubt if len(keys) == len(instances.keys) else _beyond(name, span)
        return Traced({key: found[key if key in found else ""] for key in keys}, rest=rest)
    listed = [found[str(one) if str(one) in found else ""]
              for one in range(min(instances.size, MAX_LISTED))]  # fmt: skip
    return Traced(listed, rest=instances.beyond)


def splat_value(
    module: Module, names: tuple[str, ...], attribute: str, span: Span
) -> Traced | None:
    """The attribute of all instances of a resource, data source or call."""
    address = ".".join(names)
    if address not in module.folder.blocks or names[0] in ("var", "output"):
        return None
    instances = module.instances(address)
    if instances.size is None:
        doubt = instances.doubt
        assert doubt is not None
        made = Unknown(doubt.reason, doubt.detail, span, "list", not_null=True,
                       reference=address)  # fmt: skip
        return Traced(made, (Hop(module.folder.blocks[address].head, address, "unknown"),))
    scope = Scope(module, module.folder.blocks[address].source, {})
    steps = [*names[1:], attribute]
    if instances.size == 0:
        return Traced([])
    if instances.kind == "for_each":
        raise Refused(f"{address} is a map; a splat needs a list")
    if names[0] != "module" and 1 < instances.size <= MAX_TOLD_APART:
        apart = [(f"[{key}]", bound) for key, bound in instances.each().items()]  # of a `count`
        return Traced([
            module.attribute(address, attribute, address + one[0], span, one) for one in apart
        ])  # fmt: skip
    found = module.lookup(names[0], steps, scope, span)
    assert found is not None
    item = found[0]
    call = module.call(names[1]) if names[0] == "module" else None
    if call is not None and len(call.children) > 1:
        return Traced([child.output(attribute, span) for child in call.children.values()])
    if instances.size > 1 and isinstance(item.data, Unknown) and item.data.identity:
        item = Traced(derived(item.data, item.data.type, not_null=item.data.not_null), item.via)
    return Traced([item] * min(instances.size, 100), rest=instances.beyond)


def _beyond(name: str, span: Span) -> Unknown:
    return Unknown(Reason.LIMIT, f"module.{name} has more than {MAX_LISTED} instances", span)
