"""The scanned files with those of packed charts among them."""

from __future__ import annotations

from collections.abc import Iterable

from plumbrule_parsers.document import Problem
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.packed_path import INSIDE, is_packed
from plumbrule_parsers.source import Source


class ChartTree:
    """A FileTree in which `charts/redis-1.2.3.tgz!/templates/x.yaml` is a file.

    `archives` are the packed charts, `inside` their files, `problems` what is wrong with them.
    """

    def __init__(self, files: FileTree) -> None:
        self.files = files
        self.archives: list[str] = []
        self.inside: dict[str, Source] = {}
        self.problems: dict[str, Problem] = {}
        found = sorted(files.paths())
        charts = {path.rpartition("/")[0] for path in found if path.endswith("Chart.yaml")}
        for path in found:
            if is_packed(path) and path.rpartition("charts/")[0].rstrip("/") in charts:
                self.archives.append(path)
                self.unpack(path)
        self._paths = sorted({*found, *self.inside}) if self.inside else found

    def unpack(self, path: str) -> None:
        """Take in the files of one packed chart."""
        from plumbrule_parsers.helm.archive import unpacked

        data = self.files.read_bytes(path)
        at = Source(path, "").whole()
        if data is None:
            message = f"the packed chart `{path}` cannot be read, or it is too large"
            self.problems[path] = Problem("archive-broken", message, at)
            return
        found = unpacked(path, data)
        self.inside.update((f"{path}{INSIDE}{name}", one) for name, one in found.files.items())
        if found.code:
            message = f"the packed chart `{path}` is left out: {found.message}"
            hint = "unpack it into a folder, or pack it anew with `helm package`"
            self.problems[path] = Problem(found.code, message, at, hint=hint)

    def paths(self) -> Iterable[str]:
        """All paths, sorted."""
        return self._paths

    def read(self, path: str) -> Source | None:
        """The file, or None."""
        return self.inside.get(path) or self.files.read(path)

    def read_bytes(self, path: str) -> bytes | None:
        """The file as it is, or None."""
        source = self.inside.get(path)
        return source.text.encode("utf-8") if source is not None else self.files.read_bytes(path)

    def names(self, folder: str) -> Iterable[str]:
        """The names of what lies in a folder."""
        return self.files.names(folder)
