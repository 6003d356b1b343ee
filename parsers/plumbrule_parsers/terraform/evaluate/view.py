"""Expressions of one file as values, evaluated: what `Static` is to a file alone."""

from __future__ import annotations

from collections.abc import Iterable

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.evaluate.copies import bound_in, copies_of
from plumbrule_parsers.terraform.evaluate.default_tags import effective_tags
from plumbrule_parsers.terraform.evaluate.dynamic import iterations
from plumbrule_parsers.terraform.evaluate.expressions import settled
from plumbrule_parsers.terraform.evaluate.hops import MAX_SIZE
from plumbrule_parsers.terraform.evaluate.links import links
from plumbrule_parsers.terraform.evaluate.meant import meant
from plumbrule_parsers.terraform.evaluate.modules import Module
from plumbrule_parsers.terraform.evaluate.scope import Scope
from plumbrule_parsers.terraform.evaluate.unknowns import derived
from plumbrule_parsers.terraform.functions.call import fits, number_text
from plumbrule_parsers.terraform.static import SINGLE, Copy, Inside, Link, Meant, Static
from plumbrule_parsers.traced import Traced, to_value, walk
from plumbrule_parsers.value import (
    Hop,
    ListValue,
    MapValue,
    Place,
    Reason,
    Segments,
    Unknown,
    Value,
)

# Settings whose values are names of blocks, which nobody evaluates.
_OPEN = {Reason.REMOTE, Reason.LIMIT, Reason.CYCLE, Reason.TYPE}  # such a value may be marked
NAMES_ONLY = {"depends_on", "provider", "providers", "ignore_changes", "replace_triggered_by"}


class Evaluated(Static):
    """Turns expressions of one file into values, as they are in one call of the module."""

    def __init__(self, scope: Scope, module: Module, copy: Copy = SINGLE) -> None:
        super().__init__(scope.source, module.unit, module.variant)
        self.scope = scope
        self.called = module
        self.copy = copy  # the instance of the block to which the view belongs

    # -------------------------------------------------------------- values
    def value(self, node: h.Expr) -> Value:
        """What the expression is."""
        return self.with_via(node)[0]

    def entry(self, setting: h.Setting) -> tuple[Value, Place]:
        """The value of a setting, and its place with the hops to what a person wrote."""
        if setting.name in NAMES_ONLY:
            return Static(self.source, self.called.unit, self.called.variant).entry(setting)
        if setting.name == "for_each" and self.copy.key:
            return self.own_entry(setting)
        value, via = self.with_via(setting.value)
        place = self.called.folder.place(self.source, setting)
        return value, Place(place.value, place.key, via) if via else place

    def own_entry(self, setting: h.Setting) -> tuple[Value, Place]:
        """The key of the own instance in `for_each`, at the place where its entry stands."""
        at = self.span(setting.value)
        each = self.scope.bound["each"].data
        assert isinstance(each, dict)
        entry = each["value"]
        span = entry.span or (entry.via[-1].span if entry.via else at)
        made = ListValue(self.source, at.start, at.end, [self.copy.name])
        made.places[0] = Place(span, via=entry.via)
        return made, Place(at, Span(self.source, setting.start, setting.name_end), entry.via)

    def with_via(self, node: h.Expr) -> tuple[Value, tuple[Hop, ...]]:
        """The value with its hops; containers that are written here have those of each entry."""
        while isinstance(node, h.Paren):
            node = node.inner
        if isinstance(node, h.Literal):
            return node.value, ()
        if isinstance(node, h.Object):
            return self.object(node), ()
        if isinstance(node, h.Tuple):
            return self.listed(node), ()
        return self.settled(settled(node, self.scope), node)

    def settled(self, found: Traced, node: h.Expr) -> tuple[Value, tuple[Hop, ...]]:
        """An evaluated value as the graph holds it, with its hops."""
        at = self.span(node)
        via = found.via
        if found.span is not None and found.span != at and (not via or via[-1].span != found.span):
            via = (*via, Hop(found.span, "value"))
        if isinstance(found.data, (dict, list)):
            for count, _part in enumerate(walk(found)):
                if count > MAX_SIZE:
                    self.scope.names.run.note(at, limit="the value has too many parts")
                    return Unknown(Reason.LIMIT, "the value has too many parts", at), via
        value = to_value(found, at)
        if isinstance(value, Unknown) and value.span is None:
            value = Unknown(value.reason, value.detail, at, value.type, value.candidates,
                            value.not_null, value.reference, value.identity)  # fmt: skip
        return value, via

    def listed(self, node: h.Tuple) -> ListValue:
        """A list that is written here."""
        made = ListValue(self.source, node.start, node.end)
        for item in node.items:
            value, via = self.with_via(item)
            if via:
                made.places[len(made)] = Place(self.span(item), via=via)
            made.append(value)
            made.offsets.extend((item.start, item.end))
        return made

    def object(self, node: h.Object) -> MapValue:
        """An object that is written here; a key that cannot be told leaves it open."""
        made = MapValue(self.source, node.start, node.end)
        for key, item in node.items:
            name = self.value(key)
            if isinstance(name, (bool, type(None))):
                name = {True: "true", False: "false", None: "null"}[name]
            elif isinstance(name, (int, float)):
                name = number_text(name)
            value, via = self.with_via(item)
            if isinstance(name, str):
                place = Place(self.span(item), Span(self.source, key.start, key.end), via)
                made.put(name, value, place)
            else:
                doubt = self.doubt(name, key)
                made.rest = made.rest or doubt
                for known in made:  # which the key may repeat
                    if not isinstance(name, Segments) or fits(name, known):
                        made[known] = derived(doubt)
        return made

    def doubt(self, name: Value, key: h.Expr) -> Unknown:
        """Why a key cannot be told."""
        if isinstance(name, Unknown):
            return name
        if isinstance(name, Segments):
            return name.unknowns[0]
        return Unknown(Reason.TYPE, "the key is no string", self.span(key))

    # -------------------------------------------------------------- blocks
    def follows(self, name: str, source: str) -> tuple[Inside, ...] | Unknown:
        """What a call leads to: how the nodes of each module that it makes are told."""
        del source
        call = self.called.call(name)
        if call.why is not None and call.partial is None:
            return call.why
        if call.partial is not None:
            return (Inside(call.partial, ""),)
        return tuple(Inside(one.folder.path, one.variant) for one in call.children.values())

    def copies(self, address: str) -> tuple[Copy, ...]:
        """The instances of a block that have nodes of their own."""
        return copies_of(self.called, address)

    def instance(self, address: str, copy: Copy = SINGLE) -> Evaluated:
        """The view of what stands in a block: `each` and `count` are known there."""
        if address not in self.called.folder.blocks:
            return self
        bound = bound_in(self.called, address, copy)
        scope = Scope(self.called, self.source, bound)
        return Evaluated(scope, self.called, copy) if bound else self

    def is_marked(self, node: h.Expr) -> bool | Unknown:
        """Whether the value holds something that is marked as sensitive.

        What a module outside the repository gives, or was not evaluated, may be marked.
        """
        found = settled(node, self.scope)
        doubt: Unknown | None = None
        for part in walk(found):
            if part.sensitive:
                return True
            unknown = part.unknown or part.rest
            if unknown is not None and unknown.reason in _OPEN:
                doubt = doubt or unknown
        return derived(doubt, "bool", not_null=True) if doubt is not None else False

    def varies(self, node: h.Setting | h.Block) -> bool:
        """Whether a setting or nested block may differ between instances."""
        if isinstance(node, h.Setting):
            if node.name == "for_each":
                return True
            mentioned = self.mentions(node.value)
        else:
            mentioned = self.mentions(node)
        return any(one.names[0] in ("each", "count", "self") for one in mentioned)

    def meant(
        self, address: str, mention: h.Traversal, node: h.Expr | h.Block, fields: MapValue
    ) -> Meant | Unknown:
        """The instances of a block that a mention means; an Unknown if they are too many to say."""
        return meant(self.called, self.scope, address, mention, node, fields)

    def effective(self, block: h.Block, fields: MapValue) -> tuple[str, MapValue] | None:
        """The field with the tags in force, see `default_tags`."""
        return effective_tags(self.called, block, fields, _read)

    def is_merged(self, node: h.Block | h.Setting) -> bool:
        """Whether the block only changes another one, or the setting is changed elsewhere."""
        return (self.source.path, node.start) in self.called.folder.merged

    def overrides(self, block: h.Block) -> list[tuple[Static, h.Block]]:
        """The blocks of override files that change this one, each with its view."""
        found = self.called.folder.overrides(self.source, block)
        return [(Evaluated(self.called.scope(source), self.called), one) for source, one in found]

    def mentions(self, node: h.Expr | h.Block) -> Iterable[h.Traversal]:
        """Every reference inside, in order; found once for all uses of the module."""
        return self.called.folder.mentions(self.source, node)

    def links(self, block: h.Block, fields: MapValue) -> Iterable[Link]:
        """The resources that the values come from, other than those that the block names."""
        return links(self.called, block, fields)

    def written_out(self, block: h.Block) -> tuple[list[tuple[Static, h.Block]], Unknown | None]:
        """The contents of a dynamic block with the view of each, and what may be there besides."""
        made, rest = iterations(block, self.scope)
        if rest is not None:
            rest = self.dynamic_doubt(block, rest)
        return [(Evaluated(scope, self.called), content) for content, scope in made], rest

    def origin(self, node: h.Expr) -> tuple[h.Expr, Static]:
        """The expression that gives the value, behind names that only pass it on."""
        view = self
        for _step in range(20):
            while isinstance(node, h.Paren):
                node = node.inner
            found = view.behind(node)
            if found is None:
                break
            node, view = found
        return node, view

    def behind(self, node: h.Expr) -> tuple[h.Expr, Evaluated] | None:
        """One step towards the expression that gives the value; None if there is none."""
        module = self.called
        if isinstance(node, h.Conditional):
            test = settled(node.condition, self.scope).data
            return (node.yes if test else node.no, self) if isinstance(test, bool) else None
        if not isinstance(node, h.Traversal) or len(node.names) != 2:
            child = self.only_child(node)
            if isinstance(node, h.Traversal) and child is not None:
                output = child.folder.blocks.get(f"output.{node.names[2]}")
                if output is not None and "value" in output.settings:
                    scope = child.scope(output.place("value"))
                    return output.settings["value"].value, Evaluated(scope, child)
            return None
        first, name = node.names
        if first == "local" and name in module.folder.locals:
            source, setting = module.folder.locals[name]
            return setting.value, Evaluated(module.scope(source), module)
        if first == "var" and module.parent is not None and name in module.arguments:
            scope, setting = module.arguments[name]
            return setting.value, Evaluated(scope, module.parent)
        return None

    def only_child(self, node: h.Expr) -> Module | None:
        """The module whose output a reference names, if there is just one."""
        if not isinstance(node, h.Traversal) or len(node.names) != 3 or node.names[0] != "module":
            return None
        if f"module.{node.names[1]}" not in self.called.folder.blocks:
            return None
        children = self.called.call(node.names[1]).children
        return next(iter(children.values())) if len(children) == 1 else None


def _read(module: Module, source: Source, node: h.Expr) -> Value:
    return Evaluated(module.scope(source), module).value(node)
