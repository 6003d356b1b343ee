"""Which instances of a resource a reference means: `aws_x.y["a"].id`, `aws_x.y[*].id`, `aws_x.y`.

A known key means one instance. Else the values that the block has in the end tell which instances
they came from; where they do not, a computed key may mean any, and a whole resource means all.
"""

from __future__ import annotations

from collections.abc import Sequence

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.evaluate.copies import copies_of
from plumbrule_parsers.terraform.evaluate.expressions import settled
from plumbrule_parsers.terraform.evaluate.modules import Module
from plumbrule_parsers.terraform.evaluate.scope import Scope
from plumbrule_parsers.terraform.evaluate.seen import seen_in, which
from plumbrule_parsers.terraform.functions.call import text_of
from plumbrule_parsers.terraform.static import Copy, Meant
from plumbrule_parsers.value import MapValue, Reason, Unknown


def meant(
    module: Module, scope: Scope, address: str, mention: h.Traversal, node: h.Expr | h.Block,
    fields: MapValue,
) -> Meant | Unknown:  # fmt: skip
    """The instances, each with the unknown that decides it; an Unknown beyond the budget."""
    copies = copies_of(module, address)
    span = Span(scope.source, mention.start, mention.end)
    index = module.folder.index(scope.source, node, mention)
    key = settled(index, scope) if index is not None else None
    if key is not None and key.unknown is None:
        try:
            name = text_of(key)
        except FunctionError:
            return ()
        exact = [copy for copy in copies if copy.key and copy.name == name]
        if exact or copies[-1].key:
            return tuple((copy, None) for copy in exact)
        return ((copies[-1], copies[-1].beyond),)  # one that is not known
    if len(copies) == 1:
        return ((copies[0], None),)
    module.run.meant -= len(copies)
    if module.run.meant < 0:
        detail = f"{address} has too many instances and references to all of them"
        return Unknown(Reason.LIMIT, detail, span)
    around = _setting_around(node, mention)
    if around == "depends_on":
        return _every(copies)
    if around == "for_each":
        twin = _chained(node, copies, scope)
        if twin:
            return _every(twin)
    untold = which(address, copies, span) if key is not None else None
    return seen_in(fields).meant(module, address, copies, span, untold)


def _every(copies: Sequence[Copy]) -> Meant:
    return tuple((copy, copy.beyond) for copy in copies)


def _setting_around(node: h.Expr | h.Block, mention: h.Traversal) -> str:
    """The setting of the block in which the reference stands."""
    if not isinstance(node, h.Block):
        return ""
    return next(
        (one.name for one in node.body.settings().values()
         if one.start <= mention.start and mention.end <= one.end), ""
    )  # fmt: skip


def _chained(node: h.Expr | h.Block, copies: Sequence[Copy], scope: Scope) -> list[Copy]:
    """Of `for_each = aws_x.y` the instance with the own key."""
    assert isinstance(node, h.Block)
    each = scope.bound.get("each")
    own = each.data.get("key") if each is not None and isinstance(each.data, dict) else None
    if own is None or own.unknown is not None:
        return []
    if not isinstance(node.body.settings()["for_each"].value, h.Traversal):
        return []
    return [copy for copy in copies if copy.key and copy.name == own.data]
