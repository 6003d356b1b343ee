"""Paths of files inside packed ones: `charts/redis-1.2.3.tgz!/templates/web.yaml`."""

from __future__ import annotations

from typing import Final

INSIDE: Final = "!/"  # between the path of the packed file and the path in it


def file_on_disk(path: str) -> tuple[str, str]:
    """The file that a path stands for, and the path in it ("" if it is a file by itself)."""
    outer, _, inner = path.partition(INSIDE)
    return (outer, inner) if outer.endswith((".tgz", ".gz")) else (path, "")
