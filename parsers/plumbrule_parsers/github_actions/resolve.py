"""Actions of the repository with their callers: what machine they run on, what they start.

A workflow is whole by itself; only where commands take effect depends on other files.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from plumbrule_parsers.document import Document, Hole, Node, ToAddress
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.github_actions.parse import CALLERS
from plumbrule_parsers.shell_tree.domain import (
    behind_cluster,
    joined_machine,
    made_cluster,
    on_machine,
)
from plumbrule_parsers.value import MapValue, Reason, Unknown, Value

MAX_ROUNDS = 10  # GitHub's own limit of nested composite actions


def resolve(documents: Mapping[str, Document], _files: FileTree) -> Iterable[Document]:
    """The documents in which something changes by what their callers or their actions are."""
    actions = {
        str(node.fields["folder"]): path
        for path, document in sorted(documents.items())
        for node in document.nodes
        if node.kind == "gha.Action"
    }
    calls = [
        (path, step, owner, folder)
        for path, document in sorted(documents.items())
        for step, owner, folder in _calls(document, set(actions))
    ]
    machines = _machines(actions, calls)
    clusters = _clusters(documents, actions, calls)
    for path in sorted(documents):
        document = documents[path]
        changed: dict[str, Node] = {}
        folder = next((name for name, where in actions.items() if where == path), None)
        if folder is not None and folder in machines:
            for node in document.nodes:
                made = on_machine(node, machines[folder], CALLERS)
                if made is not node:
                    changed[node.address] = made
        nodes = [changed.get(node.address, node) for node in document.nodes]
        for caller, step, owner, called in calls:
            if caller == path and called in clusters:
                changed |= behind_cluster(nodes, owner.address, step.address)
        holes = tuple(_missing(document, documents))
        if changed or holes:
            nodes = [changed.get(node.address, node) for node in document.nodes]
            yield replace(document, nodes=tuple(nodes), holes=(*document.holes, *holes))


def _missing(document: Document, documents: Mapping[str, Document]) -> Iterator[Hole]:
    """Workflows and actions that are named by a path which the repository does not have."""
    for reference in document.references:
        if reference.edge != "uses":
            continue
        target = reference.target
        if isinstance(target, ToAddress):
            path = target.address.partition("#")[0]
            there = path in documents
        else:
            path = str(dict(target.equals).get("folder", ""))
            there = any(f"{path}/action.{end}".lstrip("/") in documents for end in ("yml", "yaml"))
        if not there:
            why = Unknown(Reason.MISSING_FILE, f"`{path[:80]}` is not in the repository",
                          reference.span)  # fmt: skip
            yield Hole(why, reference.span, edges=("uses",), addresses=(reference.origin,))


def _calls(document: Document, folders: set[str]) -> Iterator[tuple[Node, Node, str]]:
    """Steps that use actions of the repository: the step, its job or action, the folder."""
    by_address = {node.address: node for node in document.nodes}
    head, found, _ = document.source.path.partition(".github/")
    prefix = head if found else ""
    for node in document.nodes:
        uses = node.fields.get("uses") if node.kind == "gha.Step" else None
        if isinstance(uses, MapValue) and uses.get("form") == "local":
            folder = posixpath.normpath(posixpath.join(prefix, str(uses["path"])))
            if folder in folders and node.parent in by_address:
                yield node, by_address[node.parent], folder


def _machines(
    actions: Mapping[str, str],
    calls: list[tuple[str, Node, Node, str]],
) -> dict[str, Value]:  # fmt: skip
    """For each action that is called, the machine of its callers."""
    found: dict[str, Value] = {}
    folders = {path: folder for folder, path in actions.items()}
    for _round in range(MAX_ROUNDS):
        machines: dict[str, list[Value]] = {}
        for path, _step, owner, folder in calls:
            if owner.kind == "gha.Action":
                own = folders.get(path, "")
                if own in found:
                    machines.setdefault(folder, []).append(found[own])
            else:
                machines.setdefault(folder, []).append(owner.fields.get("machine"))
        made = {folder: joined_machine(some, CALLERS) for folder, some in machines.items()}
        if made == found:
            break
        found = made
    return found


def _clusters(
    documents: Mapping[str, Document], actions: Mapping[str, str],
    calls: list[tuple[str, Node, Node, str]],
) -> set[str]:  # fmt: skip
    """The folders of actions that start a cluster, directly or by another action."""
    found = {
        folder for folder, path in actions.items() if any(map(made_cluster, documents[path].nodes))
    }
    for _round in range(MAX_ROUNDS):
        more = {
            folder for folder, path in actions.items()
            if any(caller == path and called in found for caller, _step, _owner, called in calls)
        }  # fmt: skip
        if more <= found:
            break
        found |= more
    return found
