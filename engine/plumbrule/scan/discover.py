"""The files of a run: a sorted walk that stays inside the root and says what it leaves out."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plumbrule.environments import any_matches

# Folders that hold other people's code or a tool's state. Each is named in the report.
PRUNED = {".git", ".hg", ".svn", ".terraform", ".terragrunt-cache", "node_modules", ".venv",
          "__pycache__", ".tox", ".mypy_cache", ".pytest_cache", ".ruff_cache"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read: its path relative to the root and its size in bytes."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or folder that is not read, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the walk found, both sorted by path. `root` is absolute."""

    root: Path
    files: tuple[Found, ...]
    skipped: tuple[Skipped, ...]


def root_of(paths: Sequence[Path], config_path: str = "") -> Path:
    """The folder that paths in a report are relative to, absolute.

    The folder of the configuration, else the top of the git repository, else the deepest folder
    that holds all paths: a file keeps its name, its environment and its fingerprints whichever part
    of the repository is scanned.
    """
    absolute = [Path(os.path.normpath(path.absolute())) for path in paths]
    folders = [path if path.is_dir() else path.parent for path in absolute]
    common = Path(os.path.commonpath([str(folder) for folder in folders]))
    if config_path:
        folder = Path(os.path.normpath(Path(config_path).absolute())).parent
        return folder if common.is_relative_to(folder) else common
    return next((up for up in (common, *common.parents) if (up / ".git").exists()), common)


def discover(
    paths: Sequence[Path],
    include: Sequence[str],
    exclude: Sequence[str],
    max_size: int,
    root: Path | None = None,
) -> Discovery:
    """All files at or below the given paths, named relative to `root` (see `root_of`).

    `.gitignore` files are respected, except for files that are named explicitly. Links are not
    followed: what they lead to is read in its own place or lies outside.
    """
    absolute = [Path(os.path.normpath(path.absolute())) for path in paths]
    root = root_of(paths) if root is None else root
    walk = _Walk(root, tuple(include), tuple(exclude), max_size)
    for path in sorted(set(absolute)):
        if path.is_dir():
            walk.folder(path, _ignores_above(path))
        else:
            walk.file(path, explicit=True)
    files = {found.path: found for found in walk.files}
    skipped = {item.path: item for item in walk.skipped if item.path not in files}
    return Discovery(
        root,
        tuple(files[path] for path in sorted(files)),
        tuple(skipped[path] for path in sorted(skipped)),
    )


_Ignores = tuple[tuple[str, Any], ...]  # absolute folder, its compiled .gitignore


def _ignores_above(folder: Path) -> _Ignores:
    """The .gitignore files from the repository's top down to the folder above this one."""
    chain: list[tuple[str, Any]] = []
    if (folder / ".git").exists():
        return ()
    for above in folder.parents:
        spec = _read_ignore(above)
        if spec is not None:
            chain.append((str(above), spec))
        if (above / ".git").exists():
            return tuple(reversed(chain))
    return ()


def _read_ignore(folder: Path) -> Any | None:
    try:
        text = (folder / ".gitignore").read_bytes().decode("utf-8", "replace")
    except OSError:
        return None
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(text.splitlines()[:10_000])


class _Walk:
    def __init__(
        self, root: Path, include: tuple[str, ...], exclude: tuple[str, ...], max_size: int
    ) -> None:
        self.root, self.include, self.exclude, self.max_size = root, include, exclude, max_size
        self.real_root = os.path.realpath(root)
        self.files: list[Found] = []
        self.skipped: list[Skipped] = []
        self.visited: set[str] = set()

    def relative(self, path: str) -> str:
        relative = os.path.relpath(path, self.root).replace(os.sep, "/")
        # A name that is no UTF-8 must still be printable everywhere.
        return relative.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

    def skip(self, path: str, why: str) -> None:
        self.skipped.append(Skipped(self.relative(path), why))

    def folder(self, start: Path, ignores: _Ignores) -> None:
        """Walk a folder; no recursion, so depth is no danger."""
        stack: list[tuple[str, _Ignores]] = [(str(start), ignores)]
        while stack:
            here, above = stack.pop()
            real = os.path.realpath(here)
            if real in self.visited:
                continue
            self.visited.add(real)
            own = _read_ignore(Path(here))
            active = (*above, (here, own)) if own is not None else above
            try:
                entries = sorted(os.scandir(here), key=lambda entry: entry.name)
            except OSError as error:
                self.skip(here, f"cannot be listed: {error.strerror or error}")
                continue
            for entry in entries:
                deeper = self.entry(entry, active)
                if deeper is not None:
                    stack.append((deeper, active))

    def entry(self, entry: os.DirEntry[str], ignores: _Ignores) -> str | None:
        """Take or skip one entry; the path if it is a folder to walk."""
        path = entry.path
        try:
            if entry.is_symlink():
                return self.link(path, ignores)
            is_folder = entry.is_dir(follow_symlinks=False)
        except OSError as error:
            self.skip(path, f"cannot be examined: {error.strerror or error}")
            return None
        if is_folder and entry.name in PRUNED:
            if entry.name not in {".git", ".hg", ".svn"}:
                self.skip(path, "folder of a tool or of other people's code")
            return None
        relative = self.relative(path)
        if any_matches(self.exclude, relative):
            self.skip(path, "excluded by the configuration")
            return None
        if ignores and _ignored(path, ignores, is_folder=is_folder):
            self.skip(path, "ignored by .gitignore")
            return None
        if is_folder:
            return path
        self.file(Path(path), explicit=False)
        return None

    def link(self, path: str, ignores: _Ignores) -> str | None:
        real = os.path.realpath(path)
        if real != self.real_root and not real.startswith(self.real_root + os.sep):
            self.skip(path, "link that leads out of the scanned folder")
        elif not os.path.exists(real):
            self.skip(path, "link that leads nowhere")
        elif os.path.isdir(real):
            self.skip(path, "link to a folder that is read in its own place")
        elif _ignored(path, ignores, is_folder=False):
            self.skip(path, "ignored by .gitignore")
        else:
            self.skip(path, "link to a file that is read in its own place")
        return None

    def file(self, path: Path, *, explicit: bool) -> None:
        """Take a file, or say why not."""
        relative = self.relative(str(path))
        try:
            state = path.stat()
        except OSError as error:
            self.skip(str(path), f"cannot be read: {error.strerror or error}")
            return
        if not stat.S_ISREG(state.st_mode):
            self.skip(str(path), "not a regular file")
            return
        if self.include and not explicit and not any_matches(self.include, relative):
            self.skip(str(path), "not included by the configuration")
            return
        if state.st_size > self.max_size:
            self.skip(str(path), f"larger than {self.max_size} bytes")
            return
        self.files.append(Found(relative, state.st_size))


def _ignored(path: str, ignores: _Ignores, *, is_folder: bool) -> bool:
    """The last .gitignore with an opinion decides, as in git."""
    for folder, spec in reversed(ignores):
        relative = os.path.relpath(path, folder).replace(os.sep, "/")
        verdict = spec.check_file(relative + "/" if is_folder else relative).include
        if verdict is not None:
            return bool(verdict)
    return False
