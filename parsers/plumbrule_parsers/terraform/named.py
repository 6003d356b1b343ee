"""What a block mentions, as references to match: variables, locals, calls and resources."""

from __future__ import annotations

from dataclasses import dataclass, field

from plumbrule_parsers.document import ToMatch
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.static import SINGLE, Static
from plumbrule_parsers.value import MapValue, Unknown

_KINDS = {"var": ("tf.Variable", "name"), "local": ("tf.Local", "name"),
          "module": ("tf.Module", "name"), "data": ("tf.Data", "address"),
          "ephemeral": ("tf.Data", "address")}  # fmt: skip
_NOBODY = {"each", "count", "path", "terraform", "self"}


@dataclass(slots=True)
class Shared:
    """Targets and spans of one file in one use, so that equal ones are one record."""

    targets: dict[tuple[str, str], ToMatch] = field(default_factory=dict)
    spans: dict[tuple[int, int], Span] = field(default_factory=dict)

    def target(self, kind: str, key: str, value: str, view: Static) -> ToMatch:
        """The reference to one thing."""
        found = self.targets.get((kind, value))
        if found is None:
            found = self.targets[kind, value] = ToMatch((kind,), ((key, value), *view.here))
        return found

    def span(self, view: Static, mention: h.Traversal) -> Span:
        """Where a mention stands."""
        at = (mention.start, mention.end)
        found = self.spans.get(at)
        if found is None:
            found = self.spans[at] = Span(view.source, *at)
        return found


@dataclass(frozen=True, slots=True)
class Named:
    """One thing that a block mentions; `flows` if its value flows into the block by that name."""

    target: ToMatch
    span: Span
    condition: Unknown | None
    flows: bool


def named_in(
    view: Static, node: h.Block | h.Expr, name: str, fields: MapValue, shared: Shared
) -> tuple[list[Named], Unknown | None]:
    """Everything that a node mentions but itself (`name`), each once, and what was too much."""
    found: dict[tuple[str, ...], Named] = {}
    done: set[tuple[str, ...]] = set()
    lost: Unknown | None = None
    for mention in view.mentions(node):
        size = 3 if mention.names[0] in ("data", "ephemeral") else 2
        names = mention.names[:size]
        address = ".".join(names)
        if names in done or len(names) < size or names[0] in _NOBODY or address == name:
            continue
        kind, key = _KINDS.get(names[0], ("tf.Resource", "address"))
        span = shared.span(view, mention)
        if key == "name" or view.copies(address)[0] is SINGLE:
            done.add(names)
            value = names[1] if key == "name" else address
            flows = names[0] in ("var", "local")
            found[names] = Named(shared.target(kind, key, value, view), span, None, flows)
            continue
        meant = view.meant(address, mention, node, fields)
        if isinstance(meant, Unknown):
            lost = lost or meant
            continue
        for copy, doubt in meant:
            known = found.get((*names, copy.key))
            if known is None or (known.condition is not None and doubt is None):
                target = shared.target(kind, key, address + copy.key, view)
                found[*names, copy.key] = Named(target, span, doubt, flows=False)
    return list(found.values()), lost
