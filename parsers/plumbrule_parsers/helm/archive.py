"""Packed charts (`charts/redis-1.2.3.tgz`) to their files, in memory and within bounds.

Nothing is written and nothing outside the archive is named: a link, a device, a path that is
absolute or climbs, and an archive that unpacks to too much are refused whole, with the reason.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from dataclasses import dataclass, field
from typing import Final

from plumbrule_parsers.packed_path import INSIDE, is_packed
from plumbrule_parsers.read import decode
from plumbrule_parsers.source import Source

MAX_MEMBERS: Final = 5_000
MAX_SIZE: Final = 50_000_000  # bytes of one archive, unpacked, with those inside it
MAX_FILE: Final = 5_000_000
MAX_RATIO: Final = 150  # unpacked to packed bytes; text packs to a tenth
FREE_SIZE: Final = 2_000_000  # up to which the ratio does not matter
MAX_NESTING: Final = 3  # archives inside archives


@dataclass(slots=True)
class Unpacked:
    """The files of an archive under their paths in it, without the chart's own folder.

    `code` and `message` say why there is nothing (or less), "" if all is well.
    """

    files: dict[str, Source] = field(default_factory=dict)
    code: str = ""
    message: str = ""


class _Refused(Exception):  # noqa: N818
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def unpacked(path: str, data: bytes) -> Unpacked:
    """The text files of the packed chart at `path`; their sources are named `path!/inside`."""
    found = Unpacked()
    try:
        _unpack(path, data, found.files, _Budget(len(data)), 0)
    except _Refused as why:
        return Unpacked({}, why.code, why.message)
    return found


class _Budget:
    """What may still be unpacked."""

    def __init__(self, packed: int) -> None:
        self.members = MAX_MEMBERS
        self.left = min(MAX_SIZE, max(FREE_SIZE, packed * MAX_RATIO))

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise _Refused("archive-limit", "it unpacks to too much for its size")

    def member(self) -> None:
        self.members -= 1
        if self.members < 0:
            raise _Refused("archive-limit", f"it holds more than {MAX_MEMBERS} files")


class _Counted(io.RawIOBase):
    """The unpacked stream, read no further than the budget allows."""

    def __init__(self, stream: gzip.GzipFile, budget: _Budget) -> None:
        super().__init__()
        self.stream, self.budget = stream, budget

    def read(self, size: int = -1) -> bytes:
        limit = self.budget.left + 1
        found = self.stream.read(limit if size < 0 else min(size, limit))
        self.budget.take(len(found))
        return found


def _unpack(
    path: str, data: bytes, files: dict[str, Source], budget: _Budget, depth: int, below: str = ""
) -> None:
    inner: list[tuple[str, bytes]] = []
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            stream = _Counted(packed, budget)
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    budget.member()
                    relative = _relative(member)
                    if relative is None:
                        continue
                    content = archive.extractfile(member)
                    raw = content.read() if content is not None else b""
                    if is_packed(relative) and depth < MAX_NESTING:
                        inner.append((below + relative, raw))
                        continue
                    source = decode(f"{path}{INSIDE}{below}{relative}", raw)
                    if isinstance(source, Source):
                        files[below + relative] = source
    except (tarfile.TarError, OSError, EOFError, zlib.error, ValueError, OverflowError) as error:
        why = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        raise _Refused("archive-broken", f"it cannot be unpacked: {why[:200]}") from None
    for relative, raw in inner:
        _unpack(path, raw, files, budget, depth + 1, relative + INSIDE)


def _relative(member: tarfile.TarInfo) -> str | None:
    """The path of a file in the chart; None for a folder and for what is beside the chart."""
    name = member.name.replace("\\", "/")
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or ":" in parts[0] or "!" in parts[-1]:
        raise _Refused("archive-unsafe", f"it holds a path that leads out of it: `{name[:100]}`")
    if member.issym() or member.islnk():
        raise _Refused("archive-unsafe", f"it holds a link: `{name[:100]}`")
    if member.isdir():
        return None
    if not member.isreg() or member.issparse():
        raise _Refused("archive-unsafe", f"it holds what is no plain file: `{name[:100]}`")
    if member.size > MAX_FILE:
        raise _Refused("archive-limit", f"`{name[:100]}` in it is larger than {MAX_FILE} bytes")
    inside = [part for part in parts if part not in ("", ".")][1:]
    return "/".join(inside) or None
