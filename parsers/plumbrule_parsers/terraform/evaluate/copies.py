"""Which instances of a resource have nodes of their own, within bounds.

Known keys of `count` and `for_each` make one node each. Where there may be more than the known
ones, one more node stands for those; where there are too many, one stands for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.evaluate.resources import computed_by, key_text, object_of
from plumbrule_parsers.terraform.static import SINGLE, Copy
from plumbrule_parsers.traced import Traced

if TYPE_CHECKING:
    from plumbrule_parsers.terraform.evaluate.modules import Module

MAX_NODES = 64  # instances of one block that have nodes of their own
STEPS_EACH = 100  # what each instance adds to the budget of its root


def copies_of(module: Module, address: str) -> tuple[Copy, ...]:
    """The instances of a block as the graph has them: `SINGLE` alone if they share one node."""
    found = module.copies.get(address)
    if found is None:
        found = module.copies[address] = _copies(module, address)
    return found


def bound_in(module: Module, address: str, copy: Copy) -> Mapping[str, Traced]:
    """What `each`, `count` and `self` are in an instance, or in all of them together."""
    instances = module.instances(address)
    bound = instances.each()[copy.name] if copy.key else instances.bound
    declared = module.folder.blocks[address]
    mentioned = module.folder.mentions(declared.source, declared.block)
    if any(one.names[0] == "self" for one in mentioned):
        own = (copy.key, bound) if copy.key else None
        itself = object_of(module, address, computed_by(address), declared.head, own)
        bound = {**bound, "self": itself}
    return bound


def _copies(module: Module, address: str) -> tuple[Copy, ...]:
    declared = module.folder.blocks.get(address)
    if declared is None or ("count" not in declared.settings and (
        "for_each" not in declared.settings
    )):  # fmt: skip
        return (SINGLE,)
    instances = module.instances(address)
    over = instances.over
    many = len(instances.pairs) if instances.kind == "for_each" else instances.size or 0
    if over is None or over.sensitive or not many:
        return (SINGLE,)
    run = module.run
    if many > MAX_NODES or many > run.copies:
        setting = declared.settings[instances.kind]
        source = declared.place(instances.kind)
        _report(module, address, many, Span(source, setting.start, setting.name_end))
        return (SINGLE,)
    run.copies -= many
    run.steps += STEPS_EACH * many
    known = [Copy(key_text(instances.kind, name), name) for name in instances.each()]
    if instances.size is None:
        assert instances.doubt is not None
        known.append(Copy("", "", instances.doubt))
    return tuple(known)


def _report(module: Module, address: str, many: int, span: Span) -> None:
    """Say that instances share one node, where they may differ: once for a file."""
    declared = module.folder.blocks[address]
    names = {one.names[0] for one in module.folder.mentions(declared.source, declared.block)}
    if not names & {"each", "count"}:
        return
    run = module.run
    told = run.many.setdefault(span.path, {})
    told[address] = (many, span)
    first = min(told, key=lambda one: told[one][1].start)
    many, span = told[first]
    limit = f"than {MAX_NODES}" if many > MAX_NODES else "than are left of the budget"
    others = len(told) - 1
    more = f", and so have {others} more blocks of the file" if others else ""
    message = f"`{first}` has {many} instances, more {limit}{more}: they are judged as one"
    run.problems["instances", span.path] = Problem(
        "many-instances", message, span, Severity.WARNING,
        "what differs between them is unknown",
    )  # fmt: skip
