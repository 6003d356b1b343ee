"""The scanned files as parsers see them: on disk, or in memory on top of it."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import posixpath
import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from plumbrule_parsers.read import Unreadable, decode
from plumbrule_parsers.source import Source

_MAX_NAMES = 5_000  # in one folder
_BYTE = re.compile(rb"\\x([0-9a-f]{2})")


def _on_disk(path: str) -> str:
    """The name of a file whose name is no UTF-8: discovery writes its odd bytes in hexadecimal."""
    return os.fsdecode(_BYTE.sub(lambda match: bytes.fromhex(match[1].decode()), path.encode()))


_NO_WAIT = getattr(os, "O_NONBLOCK", 0)


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | _NO_WAIT)


class ScannedFiles:
    """A FileTree over a root folder and texts that override it; nothing outside is ever opened."""

    def __init__(
        self, root: Path | None, paths: Iterable[str], texts: Mapping[str, str] | None = None,
        max_size: int = 5_000_000,
    ) -> None:  # fmt: skip
        self.root = root
        self.texts = dict(texts or {})
        self.max_size = max_size
        self._paths = sorted({*paths, *self.texts})
        self._known = set(self._paths)
        # What was read on behalf of other files: includes, templates. None: there is no such text.
        self.consulted: dict[str, Source | None] = {}
        self.digests: dict[
            str, bytes
        ] = {}  # of what was read as bytes; empty: there is no such file

    def paths(self) -> list[str]:
        """All paths, sorted."""
        return self._paths

    def read(self, path: str) -> Source | None:
        """The decoded file, None if it is no text inside the root."""
        path = posixpath.normpath(path)
        loaded = self.load(path)
        found = loaded if isinstance(loaded, Source) else None
        self.consulted[path] = found
        return found

    def names(self, folder: str) -> list[str]:
        """The names of what lies in a folder inside the root, sorted, and bounded."""
        folder = posixpath.normpath(folder)
        start = "" if folder == "." else f"{folder}/"
        known = {path[len(start) :] for path in self._paths if path.startswith(start)}
        found = {name for name in known if "/" not in name}
        if self.root is not None and not folder.startswith(("/", "../")) and folder != "..":
            real = os.path.realpath(os.path.join(self.root, folder))
            top = os.path.realpath(self.root)
            if real == top or real.startswith(top + os.sep):
                with contextlib.suppress(OSError, ValueError), os.scandir(real) as entries:
                    found.update(entry.name for entry in itertools.islice(entries, _MAX_NAMES))
        return sorted(found)

    def read_bytes(self, path: str) -> bytes | None:
        """The file as it is, None if it is absent, outside the root or too large."""
        path = posixpath.normpath(path)
        text = self.texts.get(path)
        loaded = self._data(path) if text is None else text.encode("utf-8", "surrogatepass")
        found = loaded if isinstance(loaded, bytes) else None
        self.digests[path] = hashlib.sha256(found).digest() if found is not None else b""
        return found

    def load(self, path: str) -> Source | Unreadable:
        """The decoded file, or why there is none."""
        if path in self.texts:
            return Source(path, self.texts[path])
        data = self._data(path)
        return decode(path, data) if isinstance(data, bytes) else data

    def _data(self, path: str) -> bytes | Unreadable:
        if self.root is None or path.startswith(("/", "../")) or path == "..":
            return Unreadable("outside", "outside the scanned folder")
        full = os.path.join(self.root, path)
        if "\\x" in path and not os.path.lexists(full):
            full = os.path.join(self.root, _on_disk(path))
        if path not in self._known:
            real = os.path.realpath(full)
            if not real.startswith(os.path.realpath(self.root) + os.sep):
                return Unreadable("outside", "outside the scanned folder")
        try:
            # What was a file during the walk may be a pipe by now: opening must not wait for it.
            with open(full, "rb", opener=_open) as stream:
                if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                    return Unreadable("unreadable", "not a regular file")
                data = stream.read(self.max_size + 1)
        except (OSError, ValueError) as error:
            if isinstance(error, ValueError):  # a NUL in a path that some file names
                return Unreadable("unreadable", "cannot be read: no path of this system")
            return Unreadable("unreadable", f"cannot be read: {error.strerror or error}")
        if len(data) > self.max_size:
            return Unreadable("too-large", f"larger than {self.max_size} bytes")
        return data
