"""Access statements and firewall rules of planned resources, by the lifting that all share."""

from __future__ import annotations

from collections.abc import Iterator

from plumbrule_parsers.document import Node
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.terraform.lift import lift
from plumbrule_parsers.terraform.lift_containers import TASKS
from plumbrule_parsers.terraform.lift_policies import POLICIES
from plumbrule_parsers.terraform.lifted import Lifted, entries
from plumbrule_parsers.terraform.static import Static
from plumbrule_parsers.value import MapValue, Value


class _Held(Static):
    """The values that a plan holds, under expressions that stand where they stand."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.fields.source)
        self.held: list[Value] = []

    def hold(self, value: Value, start: int, end: int, document: str) -> h.Traversal:
        """An expression that has the value; `document` names the policy document it comes from."""
        self.held.append(value)
        names = tuple(document.split(".")) if document else ("planned",)
        return h.Traversal(start, end, (*names, str(len(self.held) - 1)))

    def value(self, node: h.Expr) -> Value:
        """The value that was put under the expression."""
        assert isinstance(node, h.Traversal)
        return self.held[int(node.names[-1])]


def lift_planned(node: Node, type_: str, documents: dict[str, str]) -> Iterator[Lifted]:
    """What a planned resource holds; `documents` says which attributes a policy document fills."""
    static = _Held(node)
    items: list[h.Setting | h.Block] = []
    items.extend(
        _setting(node.fields, name, static, documents.get(name, ""))
        for name in (*POLICIES.get(type_, ()), *TASKS.get(type_, ()))
        if name in node.fields
    )
    if type_ in POLICIES:
        for inner in entries(node.fields.get("inline_policy"))[0]:
            if "policy" in inner:
                document = documents.get("inline_policy", "")
                body = h.Body(inner.start, inner.end,
                              (_setting(inner, "policy", static, document),))  # fmt: skip
                items.append(h.Block(inner.start, inner.end, "inline_policy", (), body, inner.end))
    start, end = node.fields.start, node.fields.end
    block = h.Block(start, end, "resource", (), h.Body(start, end, tuple(items)), end)
    yield from lift(node, type_, block, static)


def _setting(owner: MapValue, name: str, static: _Held, document: str) -> h.Setting:
    place = owner.place(name)
    start, end = (place.value.start, place.value.end) if place else (owner.start, owner.end)
    return h.Setting(start, end, name, static.hold(owner[name], start, end, document))
