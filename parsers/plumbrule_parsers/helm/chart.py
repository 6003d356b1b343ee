"""Charts as Helm loads them: metadata, defaults, templates, files, and the charts inside.

Sources: https://helm.sh/docs/topics/charts/ and Helm's loader for which file is what.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase, translate
from typing import Final

from plumbrule_parsers.format import FileTree
from plumbrule_parsers.helm.chart_tree import ChartTree
from plumbrule_parsers.helm.values import Table, copied_table, traced_values
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Value
from plumbrule_parsers.yaml_tree import parse_yaml

MAX_NESTING: Final = 8  # charts inside charts
_CHART_FILES = frozenset(
    ("Chart.yaml", "Chart.yml", "Chart.lock", "values.yaml", "values.schema.json",
     "requirements.lock", ".helmignore")
)  # fmt: skip


@dataclass(slots=True)
class Requirement:
    """One entry of `dependencies`. `name` is the alias once the chart was found."""

    name: str
    chart: str
    version: str
    repository: str
    alias: str
    conditions: tuple[str, ...]
    tags: tuple[str, ...]
    imports: tuple[Value, ...]
    span: Span
    enabled: bool = True
    why: str = ""  # it is not enabled


@dataclass(slots=True)
class Chart:
    """One chart. Paths of templates and files are relative to `folder`."""

    name: str
    folder: str
    meta: MapValue
    values: Table
    templates: dict[str, Source]
    paths: dict[str, str]  # what `.Files` has: relative path to path in the repository
    children: list[Chart]
    requirements: list[Requirement]
    tree: FileTree
    borrowed: bool = False  # it stands elsewhere in the repository, not in `charts/`
    missing: list[Requirement] = field(default_factory=list)
    disabled: list[tuple[str, Requirement]] = field(default_factory=list)  # folder, why

    @property
    def is_library(self) -> bool:
        """Whether only its helpers count."""
        return self.meta.get("type") == "library"

    def again(self, name: str) -> Chart:
        """A copy under another name; what merging changes is not shared."""
        return replace(
            self, name=name, values=copied_table(self.values),
            children=[child.again(child.name) for child in self.children],
            requirements=[replace(one) for one in self.requirements],
            missing=[], disabled=[],
        )  # fmt: skip

    def file(self, path: str) -> bytes | None:
        """A file's content."""
        full = self.paths.get(path)
        source = self.tree.read(full) if full is not None else None
        return source.text.encode("utf-8", "surrogateescape") if source is not None else None

    def matching(self, glob: str) -> list[str]:
        """The files that fit a glob, sorted."""
        pattern = re.compile(_glob(glob) + r"\Z", re.DOTALL)
        return sorted(path for path in self.paths if pattern.match(path))


def _glob(glob: str) -> str:
    r"""A glob as a regular expression: `*` stops at `/`, `**` does not."""
    out: list[str] = []
    at = 0
    while at < len(glob):
        letter = glob[at]
        if glob.startswith("**", at):
            out.append(".*")
            at += 2
            continue
        if letter == "*":
            out.append("[^/]*")
        elif letter == "?":
            out.append("[^/]")
        elif letter == "{" and "}" in glob[at:]:
            end = glob.index("}", at)
            out.append("(?:" + "|".join(map(_glob, glob[at + 1 : end].split(","))) + ")")
            at = end
        elif letter == "[" and "]" in glob[at + 2 :]:
            end = glob.index("]", at + 2)
            inner = glob[at + 1 : end]
            negated = inner[:1] in ("!", "^")
            body = re.escape(inner[negated:]).replace("\\-", "-")
            out.append(f"[{'^' if negated else ''}{body}]")
            at = end
        else:
            out.append(re.escape(letter))
        at += 1
    return "".join(out)


class Charts:
    """The charts of a repository. `values_of` gives a values file that was parsed already."""

    def __init__(
        self, tree: FileTree, values_of: Callable[[str], MapValue | None] | None = None
    ) -> None:
        self.tree = ChartTree(tree)
        self.values_of = values_of or (lambda _path: None)
        self.all = list(self.tree.paths())
        self.folders = {
            path.rpartition("/")[0] for path in self.all if path.rpartition("/")[2] == "Chart.yaml"
        }
        self.by_name: dict[str, list[str]] | None = None

    def below(self, folder: str) -> Iterator[str]:
        """The paths below a folder."""
        prefix = f"{folder}/" if folder else ""
        at = bisect_left(self.all, prefix)
        while at < len(self.all) and self.all[at].startswith(prefix):
            yield self.all[at]
            at += 1

    def outermost(self, folder: str) -> str:
        """The chart in whose `charts/` folder this one stands, or itself."""
        found = folder
        while True:
            head, separator, _name = found.rpartition("/charts/")
            if separator and head in self.folders:
                found = head
            elif found.startswith("charts/") and "" in self.folders:
                return ""
            else:
                return found

    def load(self, folder: str, depth: int = 0) -> Chart | None:
        """The chart in a folder; None if its Chart.yaml is no mapping."""
        meta_path = f"{folder}/Chart.yaml" if folder else "Chart.yaml"
        meta = self.mapping(meta_path)
        if meta is None:
            return None
        name = meta.get("name")
        start = len(folder) + 1 if folder else 0
        ignored = self.ignored(folder)
        templates: dict[str, Source] = {}
        files: dict[str, str] = {}
        inner: set[str] = set()
        for path in self.below(folder):
            relative = path[start:]
            if ignored(relative):
                continue
            if relative.startswith("templates/"):
                source = self.tree.read(path)
                if source is not None:
                    templates[relative] = source
            elif relative.startswith("charts/"):
                below = relative[len("charts/") :].partition("/")
                if below[1] and below[0][:1] not in ("_", "."):
                    inner.add(below[0])
            elif relative not in _CHART_FILES:
                files[relative] = path
        prefix = f"{folder}/" if folder else ""
        values = self.values_of(f"{prefix}values.yaml") or self.mapping(f"{prefix}values.yaml")
        requirements = _requirements(meta)
        if not requirements and "requirements.yaml" in files:
            written = self.mapping(f"{prefix}requirements.yaml")
            requirements = _requirements(written) if written is not None else []
        chart = Chart(
            name if isinstance(name, str) else folder.rpartition("/")[2] or "chart", folder, meta,
            traced_values(values) if values is not None else {}, templates, files, [],
            requirements, self.tree,
        )  # fmt: skip
        if depth < MAX_NESTING:
            for below_name in sorted(inner):
                below_folder = f"{prefix}charts/{below_name}"
                if below_folder in self.folders:
                    child = self.load(below_folder, depth + 1)
                    if child is not None:
                        chart.children.append(child)
            self.borrow(chart, depth)
        return chart

    def borrow(self, chart: Chart, depth: int) -> None:
        """Take dependencies that are not vendored from elsewhere in the repository."""
        held = {child.name for child in chart.children}
        for requirement in chart.requirements:
            if requirement.chart in held:
                continue
            folder = self.elsewhere(chart.folder, requirement)
            child = self.load(folder, depth + 1) if folder is not None else None
            if child is not None:
                child.borrowed = True
                chart.children.append(child)
                held.add(requirement.chart)

    def elsewhere(self, folder: str, requirement: Requirement) -> str | None:
        """The folder of a chart of the repository that can only be meant, if there is one."""
        if requirement.repository.startswith("file://"):
            import posixpath

            wanted = requirement.repository.removeprefix("file://")
            found = posixpath.normpath(posixpath.join(folder, wanted))
            found = "" if found == "." else found
            return found if found in self.folders and found != folder else None
        if self.by_name is None:
            self.by_name = {}
            for one in sorted(self.folders):
                if self.outermost(one) == one:
                    meta = self.mapping(f"{one}/Chart.yaml" if one else "Chart.yaml")
                    name = meta.get("name") if meta is not None else None
                    if isinstance(name, str):
                        self.by_name.setdefault(name, []).append(one)
        named = [one for one in self.by_name.get(requirement.chart, ()) if one != folder]
        return named[0] if len(named) == 1 else None

    def mapping(self, path: str) -> MapValue | None:
        """The mapping that a YAML file holds."""
        source = self.tree.read(path)
        if source is None:
            return None
        documents = parse_yaml(source, "1.1").documents
        value = documents[0].value if documents else None
        return value if isinstance(value, MapValue) else None

    def ignored(self, folder: str) -> Callable[[str], bool]:
        """What the chart's `.helmignore` leaves out."""
        source = self.tree.read(f"{folder}/.helmignore" if folder else ".helmignore")
        rules = [_rule("/templates/.?*")]
        for line in source.text.splitlines() if source is not None else ():
            written = line.strip()
            if written and written[0] not in "#!":
                rules.append(_rule(written))

        names = {is_folder: _any(pattern for pattern, only_folders, whole in rules
                                 if not whole and (is_folder or not only_folders))
                 for is_folder in (False, True)}  # fmt: skip
        wholes = [rule for rule in rules if rule[2]]

        def one(path: str, *, is_folder: bool) -> bool:
            named = names[is_folder]
            if named is not None and named.match(path.rpartition("/")[2]):
                return True
            return any(
                path.count("/") == pattern.count("/") and fnmatchcase(path, pattern)
                for pattern, only_folders, _whole in wholes
                if is_folder or not only_folders
            )

        known: dict[str, bool] = {"": False}

        def ignored_folder(path: str) -> bool:
            found = known.get(path)
            if found is None:
                above = path.rpartition("/")[0]
                found = known[path] = ignored_folder(above) or one(path, is_folder=True)
            return found

        return lambda path: ignored_folder(path.rpartition("/")[0]) or one(path, is_folder=False)


def _any(patterns: Iterable[str]) -> re.Pattern[str] | None:
    """One expression for all the patterns, None if there are none."""
    text = "|".join(map(translate, patterns))
    return re.compile(text) if text else None


def _rule(written: str) -> tuple[str, bool, bool]:
    only_folders = written.endswith("/")
    pattern = written.rstrip("/")
    whole = "/" in pattern
    return pattern.removeprefix("/"), only_folders, whole


def _requirements(meta: Mapping[str, Value]) -> list[Requirement]:
    listed = meta.get("dependencies")
    found: list[Requirement] = []
    for item in listed if isinstance(listed, ListValue) else ():
        if not isinstance(item, MapValue) or not isinstance(item.get("name"), str):
            continue
        place = item.place("name")
        condition = item.get("condition")
        tags, imports = item.get("tags"), item.get("import-values")
        name = str(item["name"])
        found.append(Requirement(
            name, name, _text(item.get("version")), _text(item.get("repository")),
            _text(item.get("alias")),
            tuple(condition.strip().split(",")) if isinstance(condition, str) else (),
            tuple(map(_text, tags)) if isinstance(tags, ListValue) else (),
            tuple(imports) if isinstance(imports, ListValue) else (),
            place.entry if place is not None else item.span.first_line,
        ))  # fmt: skip
    return found


def _text(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return str(value)
