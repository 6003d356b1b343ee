"""Paths of files inside packed ones: `charts/redis-1.2.3.tgz!/templates/web.yaml`."""

from __future__ import annotations

from typing import Final

INSIDE: Final = "!/"  # between the path of the packed file and the path in it

_PACKED: Final = (".tgz", ".tar.gz")


def is_packed(path: str) -> bool:
    """Whether the path is that of a packed chart in a chart's `charts/` folder, by its name."""
    folder, _, name = path.rpartition("/")
    return name.endswith(_PACKED) and (folder == "charts" or folder.endswith("/charts"))


def file_on_disk(path: str) -> tuple[str, str]:
    """The file that a path stands for, and the path in it ("" if it is a file by itself)."""
    outer, _, inner = path.partition(INSIDE)
    return (outer, inner) if outer.endswith(_PACKED) else (path, "")
