"""Which resources the values of a block come from, behind variables, locals and outputs.

`bucket = var.bucket` in a module links its resource to the one that the caller passed. What a name
could lead to is told from what is written; which of them a value did come from, from its hops.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from plumbrule_parsers.document import variant_address
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.evaluate.copies import copies_of
from plumbrule_parsers.terraform.evaluate.folder import PREFIXED
from plumbrule_parsers.terraform.evaluate.modules import Module
from plumbrule_parsers.terraform.evaluate.seen import Seen, seen_in, which
from plumbrule_parsers.terraform.mentions import mentions
from plumbrule_parsers.terraform.static import Copy, Link
from plumbrule_parsers.value import MapValue, Reason, Unknown

MAX_REACHED = 60  # resources behind one name
_BEHIND = {"var", "local", "module", "each"}


@dataclass(frozen=True, slots=True)
class _Target:
    module: Module
    address: str

    @property
    def key(self) -> tuple[str, str]:
        return self.module.chain, self.address

    def node(self, copy: Copy) -> str:
        """The address of an instance in the graph."""
        path = self.module.folder.blocks[self.address].source.path
        return variant_address(f"{path}#{self.address}{copy.key}", self.module.variant)

    def holds(self, hops: Iterable[tuple[str, int, int]]) -> bool:
        """Whether one of the hops stands in the block."""
        declared = self.module.folder.blocks[self.address]
        blocks = ((declared.source, declared.block), *declared.overrides)
        return any(
            hop[0] == source.path and block.start <= hop[1] and hop[2] <= block.end
            for hop in hops
            for source, block in blocks
        )


def links(module: Module, block: h.Block, fields: MapValue) -> Iterator[Link]:
    """The resources that the values of a block come from, other than those it names itself."""
    named: dict[tuple[str, str], tuple[_Target, Span]] = {}
    path = fields.source
    for mention in module.folder.mentions(path, block):
        if mention.names[0] in _BEHIND:
            span = Span(path, mention.start, mention.end)
            for target in _behind(module, mention, frozenset()):
                named.setdefault(target.key, (target, span))
    if not named:
        return
    seen = seen_in(fields)
    sure = [(target, span) for target, span in named.values() if target.holds(seen.hops)]
    blocks: dict[str, list[_Target]] = {}
    for target, _span in sure:
        folder = target.module.folder.path
        blocks.setdefault(f"{folder}:{target.address}", []).append(target)
    for target, span in sure:
        twins = blocks[f"{target.module.folder.path}:{target.address}"]
        condition = None
        if len(twins) > 1:  # one block in several calls: the identity of a value tells which
            told = [one for one in twins if seen.identifies(one.module, one.address)]
            if told and target not in told:
                continue
            if not told:
                condition = Unknown(Reason.EXPRESSION, f"which {target.address}", span)
        yield from _instances(target, span, condition, seen)
    if seen.lost is not None:
        for target, span in named.values():
            if not target.holds(seen.hops):
                for copy in copies_of(target.module, target.address):
                    yield Link(target.node(copy), span, seen.lost)


def _instances(
    target: _Target, span: Span, condition: Unknown | None, seen: Seen
) -> Iterator[Link]:  # fmt: skip
    """The instances that the values come from; which, if they do not tell, is open."""
    module, address = target.module, target.address
    copies = copies_of(module, address)
    untold = which(address, copies, span) if len(copies) > 1 else None
    for copy, doubt in seen.meant(module, address, copies, span, untold):
        yield Link(target.node(copy), span, condition or doubt)


_Key = tuple[str, str]


def _behind(module: Module, mention: h.Traversal, above: frozenset[_Key]) -> tuple[_Target, ...]:
    """The resources that a variable, local value or output may come from."""
    names = mention.names
    if len(names) < 2:
        return ()
    first, name = names[0], names[1]
    if first == "module":
        found: dict[_Key, _Target] = {}
        if f"module.{name}" not in module.folder.blocks:
            return ()
        for child in module.call(name).children.values():
            outputs = [f"output.{names[2]}"] if len(names) > 2 else [
                one for one in child.folder.blocks if one.startswith("output.")
            ]  # fmt: skip
            for output in outputs:
                declared = child.folder.blocks.get(output)
                if declared is not None and "value" in declared.settings:
                    expr = declared.settings["value"].value
                    for one in _remembered(child, output, expr, above):
                        found.setdefault(one.key, one)
        return tuple(found.values())[:MAX_REACHED]
    if first == "local" and name in module.folder.locals:
        return _remembered(module, f"local.{name}", module.folder.locals[name][1].value, above)
    if first == "var" and name in module.arguments and module.parent is not None:
        key = f"module.{module.name}.{name}"
        return _remembered(module.parent, key, module.arguments[name][1].value, above,
                           module.name.partition("[")[0])  # fmt: skip
    return ()


def _remembered(
    module: Module, name: str, expr: h.Expr, above: frozenset[_Key], call: str = ""
) -> tuple[_Target, ...]:
    """What an expression may come from; `call` is the module call in which it stands."""
    key = (module.chain, name)
    known = module.memory.reached.get(key)
    if known is not None:
        return tuple(_Target(*one) for one in known)
    if key in above or len(above) > 60:
        return ()
    inner = above | {key}
    found: dict[_Key, _Target] = {}
    exprs = [expr]
    if call:
        settings = module.folder.blocks[f"module.{call}"].settings
        uses = {mention.names[0] for mention in mentions(expr)}
        if "each" in uses and "for_each" in settings:
            exprs.append(settings["for_each"].value)
    for one in exprs:
        for mention in mentions(one):
            for target in _named(module, mention, inner):
                found.setdefault(target.key, target)
    made = tuple(found.values())[:MAX_REACHED]
    module.memory.reached[key] = tuple((one.module, one.address) for one in made)
    return made


def _named(module: Module, mention: h.Traversal, above: frozenset[_Key]) -> tuple[_Target, ...]:
    if mention.names[0] in _BEHIND:
        return _behind(module, mention, above)
    address = ".".join(mention.names[: 3 if mention.names[0] in PREFIXED else 2])
    declared = module.folder.blocks.get(address)
    if declared is None or declared.block.type not in ("resource", *PREFIXED):
        return ()
    return (_Target(module, address),)
