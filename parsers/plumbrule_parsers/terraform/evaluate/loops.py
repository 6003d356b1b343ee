"""For expressions and splats over traced collections."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from plumbrule_parsers.function_table import MAX_ITEMS, FunctionError
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.terraform.evaluate.scope import Scope
from plumbrule_parsers.terraform.evaluate.unknowns import derived
from plumbrule_parsers.terraform.functions.call import bool_of, text_of, type_name
from plumbrule_parsers.traced import SetData, Traced, hops_of, made_of
from plumbrule_parsers.value import Unknown

Evaluate = Callable[[h.Expr, Scope], Traced]


def pairs(collection: Traced) -> Iterator[tuple[Traced, Traced]]:
    """Key and value of every item, in Terraform's order. FunctionError: it is no collection."""
    data = collection.data
    if isinstance(data, dict):
        for key in sorted(data):
            yield made_of(key, Traced(None, data[key].via)), _of(collection, data[key])
    elif isinstance(data, SetData):
        for item in data:
            yield _of(collection, item), _of(collection, item)
    elif isinstance(data, list):
        for position, item in enumerate(data):
            yield Traced(position, collection.via), _of(collection, item)
    else:
        raise FunctionError(f"a for expression cannot iterate over {type_name(collection)}")


def _of(collection: Traced, item: Traced) -> Traced:
    if not collection.via and not collection.sensitive:
        return item
    via = hops_of((collection, item))
    return Traced(item.data, via, item.span, item.rest,
                  sensitive=collection.sensitive or item.sensitive)  # fmt: skip


def for_expression(node: h.For, scope: Scope, evaluate: Evaluate) -> Traced:
    """`[for ...]` or `{for ...}`; what may be there besides is the `rest` of the result."""
    collection = evaluate(node.collection, scope)
    doubt = collection.unknown
    if doubt is not None:
        scope.names.run.doubts += 1
        type_ = "map" if node.key_result is not None else "list"
        return made_of(derived(doubt, type_, not_null=True), collection)
    loop = _Loop(node, scope, evaluate)
    for key, item in pairs(collection):
        loop.item(key, item)
    if collection.rest is not None:
        scope.names.run.doubts += 1
        loop.doubt(collection.rest)
    data: list[Traced] | dict[str, Traced] = loop.items
    if node.key_result is not None:
        data = loop.entries
        for name, group in loop.groups.items():
            loop.entries[name] = Traced(group, rest=loop.rest)
    return Traced(data, collection.via, rest=loop.rest, sensitive=collection.sensitive)


class _Loop:
    """The result of a for expression as it grows."""

    def __init__(self, node: h.For, scope: Scope, evaluate: Evaluate) -> None:
        self.node, self.scope, self.evaluate = node, scope, evaluate
        self.items: list[Traced] = []
        self.entries: dict[str, Traced] = {}
        self.groups: dict[str, list[Traced]] = {}
        self.rest: Unknown | None = None

    def doubt(self, why: Unknown) -> None:
        self.rest = self.rest or derived(why)

    def item(self, key: Traced, item: Traced) -> None:
        node = self.node
        names = {node.value: item}
        if node.key is not None:
            names[node.key] = key
        inner = self.scope.bind(**names)
        run = self.scope.names.run
        if node.condition is not None:
            kept = self.evaluate(node.condition, inner)
            doubt = kept.unknown
            if doubt is not None:
                run.doubts += 1
                # A repeated key is refused, so what is kept of other items stays as it is.
                self.doubt(doubt)
                return
            if not bool_of(kept):
                return
        if node.key_result is None:
            self.items.append(self.evaluate(node.result, inner))
        else:
            self.entry(self.evaluate(node.key_result, inner), inner)
        if len(self.items) + len(self.entries) > MAX_ITEMS:
            raise FunctionError(f"the result has more than {MAX_ITEMS} items")

    def entry(self, key: Traced, inner: Scope) -> None:
        result = self.evaluate(self.node.result, inner)
        doubt = key.unknown
        if doubt is not None:
            self.scope.names.run.doubts += 1
            self.doubt(doubt)
            return
        name = text_of(key)
        if self.node.group:
            self.groups.setdefault(name, []).append(result)
            self.entries.setdefault(name, result)
        elif name in self.entries:
            raise FunctionError(f"two items have the key `{name[:60]}`")
        else:
            self.entries[name] = result


def splat(node: h.Splat, scope: Scope, evaluate: Evaluate) -> Traced:
    """`collection[*].name`: of null nothing, of a single value a list of one."""
    each = node.each
    if isinstance(node.object, h.Traversal) and isinstance(each, h.Attribute):
        of_item = isinstance(each.object, h.SplatItem)
        if of_item and node.object.names[0] not in scope.bound:
            found = scope.names.splat(node.object.names, each.name, scope.span(node))
            if found is not None:
                return found
    owner = evaluate(node.object, scope)
    doubt = owner.unknown
    if doubt is not None:
        scope.names.run.doubts += 1
        return made_of(derived(doubt, "list", not_null=True), owner)
    if owner.data is None:
        return made_of([], owner)
    items = [item for _key, item in pairs(owner)] if isinstance(owner.data, list) else [owner]
    made = [evaluate(node.each, scope.bind(**{"*": item})) for item in items]
    rest = owner.rest if isinstance(owner.data, list) else None
    return Traced(made, owner.via, rest=derived(rest) if rest is not None else None,
                  sensitive=owner.sensitive)  # fmt: skip
