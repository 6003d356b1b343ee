"""The workspaces that a root is written for: keys of maps that `terraform.workspace` chooses."""

from __future__ import annotations

from collections.abc import Iterator

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.terraform.evaluate.folder import Folder

MAX_WORKSPACES = 12


def workspaces(folder: Folder) -> tuple[str, ...]:
    """The names, sorted; none if no map tells them, or if there are too many."""
    if not any("terraform.workspace" in source.text for source, _body in folder.bodies.values()):
        return ()
    found: set[str] = set()
    for _source, body in folder.bodies.values():
        for node in _inside(body):
            if isinstance(node, h.Index) and _is_workspace(node.key, folder):
                found.update(_keys(node.object, folder))
            elif (
                isinstance(node, h.Call)
                and node.name == "lookup"
                and len(node.args) > 1
                and _is_workspace(node.args[1], folder)
            ):
                found.update(_keys(node.args[0], folder))
    return tuple(sorted(found)) if len(found) <= MAX_WORKSPACES else ()


def _inside(value: object) -> Iterator[object]:
    """Every node of a tree, in the order of appearance, without recursion."""
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, tuple):
            if hasattr(current, "_fields"):
                yield current
            stack.extend(reversed([one for one in current if isinstance(one, tuple)]))


def _is_workspace(node: h.Expr, folder: Folder) -> bool:
    """Whether the expression is the name of the workspace, perhaps by a local name."""
    for _step in range(4):
        while isinstance(node, h.Paren):
            node = node.inner
        if isinstance(node, h.Template) and len(node.parts) == 1:
            part = node.parts[0]
            if not isinstance(part, h.Interpolation):
                return False
            node = part.value
            continue
        if not isinstance(node, h.Traversal) or len(node.names) != 2:
            return False
        if node.names == ("terraform", "workspace"):
            return True
        if node.names[0] != "local" or node.names[1] not in folder.locals:
            return False
        node = folder.locals[node.names[1]][1].value
    return False


def _keys(node: h.Expr, folder: Folder) -> tuple[str, ...]:
    """The keys of a map that is written out, behind a local name or a variable's default."""
    for _step in range(4):
        while isinstance(node, h.Paren):
            node = node.inner
        if isinstance(node, h.Object):
            keys = [key.value for key, _item in node.items if isinstance(key, h.Literal)]
            named = [key for key in keys if isinstance(key, str)]
            return tuple(named) if len(keys) == len(node.items) else ()
        if not isinstance(node, h.Traversal) or len(node.names) != 2:
            return ()
        first, name = node.names
        if first == "local" and name in folder.locals:
            node = folder.locals[name][1].value
        elif first == "var" and f"var.{name}" in folder.blocks:
            default = folder.blocks[f"var.{name}"].settings.get("default")
            if default is None:
                return ()
            node = default.value
        else:
            return ()
    return ()
