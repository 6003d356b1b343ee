"""Pipelines made whole, with their jobs and steps.

Source: https://docs.gitlab.com/ci/yaml/.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from plumbrule_parsers.document import Document
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.gitlab_ci.jobs import read_jobs
from plumbrule_parsers.gitlab_ci.parse import parse
from plumbrule_parsers.gitlab_ci.whole import MAX_INCLUDES, Whole, local_includes
from plumbrule_parsers.path_glob import glob_match
from plumbrule_parsers.value import ListValue, MapValue

_MAIN = (".gitlab-ci.yml", ".gitlab-ci.yaml")


def resolve(documents: Mapping[str, Document], files: FileTree) -> Iterable[Document]:
    """Each pipeline file with its jobs. Files that others include give their jobs to those."""
    known = dict(documents)
    tops = {path.rpartition("/")[0] for path in documents if path.rpartition("/")[2] in _MAIN}
    included: set[str] = set()
    children: set[str] = set()
    todo = sorted(documents)
    while todo:
        path = todo.pop()
        included |= _reached(path, root_of(path, tops), known, files) - {path}
        for child in _started(path, root_of(path, tops), known, files):
            if child not in children:
                children.add(child)
                todo.append(child)
    for path in sorted({*documents, *children}):
        if path in included and path not in children and not path.endswith(_MAIN):
            continue
        tree = known[path].facts.get("tree")
        if isinstance(tree, MapValue):
            yield _pipeline(path, root_of(path, tops), known, tree)


def _pipeline(path: str, root: str, known: Mapping[str, Document], tree: MapValue) -> Document:
    whole = Whole(path, root, known)
    whole.collect(path, [])
    made = read_jobs(whole, tree)
    before = known[path]
    return replace(
        before, nodes=tuple(made.nodes), references=tuple(made.references),
        problems=(*before.problems, *whole.problems),
        holes=(*before.holes, *whole.holes, *made.holes), facts={},
    )  # fmt: skip


def root_of(path: str, tops: set[str]) -> str:
    """The folder of the pipeline's repository: the nearest above that holds `.gitlab-ci.yml`."""
    folder = own = path.rpartition("/")[0]
    while folder not in tops:
        if not folder:
            return own
        folder = folder.rpartition("/")[0]
    return folder


def _reached(start: str, root: str, known: dict[str, Document], files: FileTree) -> set[str]:
    """The files that a pipeline includes, directly or not; those not yet read are read."""
    found: set[str] = set()
    todo = [start]
    while todo and len(found) < MAX_INCLUDES:
        tree = known[todo.pop()].facts.get("tree")
        for local, _span in local_includes(tree) if isinstance(tree, MapValue) else ():
            for name in _named(local, root, files):
                _read(name, known, files)
                if name in known and name not in found:
                    found.add(name)
                    todo.append(name)
    return found


def _read(name: str, known: dict[str, Document], files: FileTree) -> None:
    # Nothing but a name makes a file of variables a part of a pipeline.
    source = files.read(name) if name not in known else None
    if source is not None:
        known[name] = parse(source)


def _started(path: str, root: str, known: dict[str, Document], files: FileTree) -> Iterator[str]:
    """The files of child pipelines that jobs of the file start."""
    tree = known[path].facts.get("tree")
    for job in tree.values() if isinstance(tree, MapValue) else ():
        trigger = job.get("trigger") if isinstance(job, MapValue) else None
        included = trigger.get("include") if isinstance(trigger, MapValue) else None
        for entry in included if isinstance(included, ListValue) else [included]:
            local = entry.get("local") if isinstance(entry, MapValue) else entry
            for name in _named(local, root, files) if isinstance(local, str) else ():
                _read(name, known, files)
                if name in known:
                    yield name


def _named(local: str, root: str, files: FileTree) -> list[str]:
    wanted = posixpath.normpath(posixpath.join(root, local.lstrip("/")))
    if "*" in wanted:
        return [name for name in files.paths() if glob_match(wanted, name)]
    return [wanted] if wanted.endswith((".yml", ".yaml")) else []
