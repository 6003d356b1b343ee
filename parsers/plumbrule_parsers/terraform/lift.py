"""The nodes of the shared kinds that a resource holds: statements, firewall rules, containers."""

from __future__ import annotations

from collections.abc import Iterator

from plumbrule_parsers.document import Node
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.terraform.lift_containers import (
    CLOUD_RUN,
    TASKS,
    cloud_run_containers,
    task_containers,
)
from plumbrule_parsers.terraform.lift_firewalls import FIREWALLS
from plumbrule_parsers.terraform.lift_policies import (
    DOCUMENTS,
    POLICIES,
    document,
    inline_policies,
    merged_policies,
)
from plumbrule_parsers.terraform.lifted import Lifted
from plumbrule_parsers.terraform.static import Static


def lift(node: Node, type_: str, block: h.Block, static: Static) -> Iterator[Lifted]:
    """What the resource holds of the lifted kinds."""
    if type_ in FIREWALLS:
        yield from FIREWALLS[type_](node)
    elif type_ in DOCUMENTS:
        yield from document(node)
        yield from merged_policies(node, block, static)
    elif type_ in POLICIES:
        yield from inline_policies(node, block, static, POLICIES[type_])
    elif type_ in TASKS:
        yield from task_containers(node, block, static)
    elif type_ in CLOUD_RUN:
        yield from cloud_run_containers(node, CLOUD_RUN[type_])
