"""`dynamic` blocks over known collections, written out."""

from __future__ import annotations

from collections.abc import Sequence

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.terraform.evaluate.expressions import settled, value
from plumbrule_parsers.terraform.evaluate.folder import made_type
from plumbrule_parsers.terraform.evaluate.loops import pairs
from plumbrule_parsers.terraform.evaluate.scope import Scope
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Reason, Unknown

MAX_BLOCKS = 500


def iterations(block: h.Block, scope: Scope) -> tuple[list[tuple[h.Block, Scope]], Unknown | None]:
    """The content with its scope for every item; what may be there besides, None if nothing."""
    settings = block.body.settings()
    contents = block.body.blocks("content")
    loop = settings.get("for_each")
    if loop is None or not contents:
        span = scope.source.span(block.start, block.head_end)
        return [], Unknown(Reason.SYNTAX, f"dynamic `{block.labels[0].text}` is not whole", span)
    over = settled(loop.value, scope)
    if over.unknown is not None:
        return [], over.unknown
    if over.data is None:
        return [], None
    name = block.labels[0].text
    iterator = settings.get("iterator")
    if iterator is not None and isinstance(iterator.value, h.Traversal):
        name = iterator.value.names[0]
    if not isinstance(over.data, (list, dict)):
        span = scope.source.span(loop.value.start, loop.value.end)
        return [], Unknown(Reason.TYPE, f"for_each of dynamic `{name}` is no collection", span)
    made: list[tuple[h.Block, Scope]] = []
    rest = over.rest
    for key, item in pairs(over):
        if len(made) >= MAX_BLOCKS:
            rest = rest or Unknown(Reason.LIMIT, f"dynamic `{name}` has more than {MAX_BLOCKS}")
            break
        made.append((contents[0], scope.bind(**{name: Traced({"key": key, "value": item})})))
    return made, rest


def expanded(
    blocks: Sequence[h.Block], scope: Scope
) -> tuple[list[tuple[h.Block, Scope]], Unknown | None]:
    """Nested blocks with their scopes, dynamic ones written out; what may be there besides."""
    found: list[tuple[h.Block, Scope]] = []
    rest: Unknown | None = None
    for block in blocks:
        if block.type != "dynamic":
            found.append((block, scope))
            continue
        made, doubt = iterations(block, scope)
        rest = rest or doubt
        found.extend(made)
    return found, rest


def nested_blocks(blocks: Sequence[h.Block], scope: Scope, computed: Unknown) -> Traced:
    """Nested blocks of one type as a list of objects; what a provider adds is `computed`."""
    found, rest = expanded(blocks, scope)
    return Traced([_as_object(block, inner, computed) for block, inner in found], rest=rest)


def _as_object(block: h.Block, scope: Scope, computed: Unknown) -> Traced:
    entries = {name: value(setting.value, scope) for name, setting in block.body.settings().items()}
    for name, entry in entries.items():
        if entry.data is None:  # not set, so a provider may fill it
            entries[name] = Traced(computed, entry.via, sensitive=entry.sensitive)
    grouped: dict[str, list[h.Block]] = {}
    for inner in block.body.blocks():
        grouped.setdefault(made_type(inner), []).append(inner)
    for name, blocks in grouped.items():
        entries.setdefault(name, nested_blocks(blocks, scope, computed))
    return Traced(entries, span=scope.source.span(block.start, block.end), rest=computed)
