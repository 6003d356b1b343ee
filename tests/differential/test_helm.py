"""Our rendering of charts against `helm template`: the same documents, leaf by leaf.

`PLUMBRULE_HELM` names a helm binary, `PLUMBRULE_CORPORA` a folder of repositories with charts.
Dependencies that are not vendored are taken from the same repository, for both sides.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.helm.chart import Chart, Charts
from plumbrule_parsers.helm.programs import Programs
from plumbrule_parsers.helm.render import Release, render_chart
from plumbrule_parsers.helm.values import Table, traced_values
from plumbrule_parsers.traced_text import HOLE, plain_text

HELM = os.environ.get("PLUMBRULE_HELM", "")
CORPORA = os.environ.get("PLUMBRULE_CORPORA", "")
PROGRAMS = Programs()  # parsed texts, of which charts share many
needs_helm = pytest.mark.skipif(not HELM, reason="PLUMBRULE_HELM names no helm binary")
OWN = {
    "Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\nappVersion: '2'\n",
    "values.yaml": "a: 1000000\nb: {c: [x, 'y', 1.5], d: true, e: null}\nt: '{{ .Release.Name }}'\n"
    "long: 'a text that is far longer than eighty columns so that it has to be folded somewhere "
    "by whoever writes it'\nlines: |\n  one\n    two\n",
    "templates/_h.tpl": '{{ define "n" }}{{ printf "%s-%s" .Release.Name .Chart.Name }}{{ end }}',
    "templates/c.yaml": """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "n" . | trunc 20 | trimSuffix "-" }}
data:
  number: {{ .Values.a | quote }}
  missing: {{ .Values.nothing | quote }}
  tree: |
    {{- toYaml .Values | nindent 4 }}
  json: {{ .Values.b | toJson | quote }}
  tpl: {{ tpl .Values.t . }}
  digits: {{ printf "%05d|%-5s|%q|%v" 42 "ab" "c\\"d" .Values.b | quote }}
  sum: {{ add 1 .Values.a | mul 2 | quote }}
  {{- range $k, $v := .Values.b }}
  {{ $k }}: {{ $v | toString | quote }}
  {{- end }}
""",
}


class Loader(yaml.CSafeLoader):
    """Dates and `=` stay text on both sides."""


Loader.yaml_implicit_resolvers = {
    letter: [one for one in found if one[0].rpartition(":")[2] not in ("timestamp", "value")]
    for letter, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def leaves(value: Any, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, str(key)))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value.rstrip("\n") if isinstance(value, str) else value


def objects(text: str) -> list[dict[tuple[object, ...], Any]]:
    """The leaves of each document, in an order of their own; Helm sorts by kind."""
    found = [dict(leaves(one)) for one in yaml.load_all(text, Loader) if one is not None]
    named = (("kind",), ("metadata", "name"), ("metadata", "namespace"))

    def order(one: dict[tuple[object, ...], Any]) -> str:
        names = [str(one.get(path)) for path in named]
        return json.dumps([names, [[*map(str, path)] for path in one]])

    return sorted(found, key=order)


def by_template(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    name = ""
    for part in re.split(r"(?m)^---\n", text):
        head = re.match(r"# Source: (.*)\n", part)
        if head is not None:
            name = head[1]
        if name:
            found[name] = found.get(name, "") + "\n---\n" + part
    return found


def fill(chart: Chart, charts: Charts, folder: Path, root: Path) -> None:
    """Copy what we take from elsewhere in the repository to where helm looks for it."""
    for child in chart.children:
        if child.borrowed:
            target = folder / "charts" / child.name
            shutil.copytree(root / child.folder, target, dirs_exist_ok=True)
            fill(child, charts, target, root)


def any_version(chart: Chart) -> None:
    """Let every version of a dependency do: the repository has only one of each."""
    for requirement in chart.requirements:
        requirement.version = ""
    for child in chart.children:
        any_version(child)


def any_version_on_disk(folder: Path) -> None:
    for path in (*folder.rglob("Chart.yaml"), *folder.rglob("requirements.yaml")):
        written = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)
        if isinstance(written, dict) and written.get("dependencies"):
            for one in written["dependencies"]:
                one["version"] = ">=0.0.0-0"
            path.write_text(yaml.dump(written, default_style='"'), "utf-8")


def given_values(charts: Charts, path: str) -> Table:
    """The values of a file, as `-f` gives them; a file of comments gives none."""
    written = charts.mapping(path) if path else None
    return traced_values(written) if written is not None else {}


def difference(
    charts: Charts, folder: str, root: Path, scratch: Path, values: str = ""
) -> str | None:
    """What differs first: "" if nothing does, None if helm refuses the chart.

    `values` is the path of a values file of the chart.
    """
    chart = charts.load(folder)
    assert chart is not None
    copy = scratch / "chart"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root / folder, copy)
    fill(chart, charts, copy, root)
    any_version(chart)
    any_version_on_disk(copy)
    command = [HELM, "template", "release-name", str(copy), "--skip-schema-validation"]
    if values:
        command += ["-f", str(root / values)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        return None
    ours = {}
    for one in render_chart(chart, given_values(charts, values), Release(), PROGRAMS).templates:
        if one.error is not None:
            return f"{one.name}: {one.error}"
        ours[one.name] = plain_text(one.pieces)
    for name, text in by_template(done.stdout).items():
        if "/crds/" in name:
            continue
        if name not in ours:
            return f"{name}: not rendered"
        found = difference_of_texts(text, ours[name])
        if found:
            return f"{name}: {found}"
    return ""


def difference_of_texts(text: str, rendered: str) -> str:
    """What differs first between the documents of two texts; "" if nothing does."""
    try:
        wanted = objects(text)
    except yaml.YAMLError:  # a tag of an application's own, or no YAML at all
        return ""
    try:
        got = objects(rendered)
    except yaml.YAMLError as error:
        return str(error)
    if len(wanted) != len(got):
        return f"{len(wanted)} documents and not {len(got)}"
    for left, right in zip(wanted, got, strict=True):
        for path in {**left, **right}:
            was, is_ = left.get(path), right.get(path)
            random = isinstance(is_, str) and HOLE in is_
            if was != is_ and not random and "checksum" not in str(path):
                return f"{path}: {first_difference(was, is_)}"
    return ""


def first_difference(was: object, is_: object) -> str:
    """Both values from where they differ."""
    left, right = str(was), str(is_)
    pairs = enumerate(zip(left, right, strict=False))
    at = next((at for at, (a, b) in pairs if a != b), min(len(left), len(right)))
    at = max(at - 20, 0)
    return f"{left[at : at + 80]!r} and not {right[at : at + 80]!r}"


def repositories() -> Iterator[tuple[Path, Charts]]:
    """The folders of the corpora with their charts."""
    if not CORPORA:
        pytest.skip("PLUMBRULE_CORPORA names no folder")
    for root in sorted(path for path in Path(CORPORA).iterdir() if path.is_dir()):
        paths = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
        yield root, Charts(ScannedFiles(root, [path for path in paths if ".git/" not in path]))


@needs_helm
def test_our_own_chart_is_the_same(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    for name, text in OWN.items():
        path = root / "c" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    charts = Charts(ScannedFiles(root, [f"c/{name}" for name in OWN]))
    assert difference(charts, "c", root, tmp_path) == ""


@needs_helm
@pytest.mark.slow
@pytest.mark.corpora
def test_charts_of_the_corpora_are_the_same(tmp_path: Path) -> None:
    equal, different = 0, []
    for root, charts in repositories():
        for folder in sorted(charts.folders):
            chart = charts.load(folder) if charts.outermost(folder) == folder else None
            if chart is None or chart.is_library:
                continue
            found = difference(charts, folder, root, tmp_path)
            if found:
                different.append(f"{root.name}/{folder}: {found}")
            equal += found == ""
    report(equal, different, 0.01)


@needs_helm
@pytest.mark.slow
@pytest.mark.corpora
def test_charts_with_their_own_test_values_are_the_same(tmp_path: Path) -> None:
    equal, different = 0, []
    for root, charts in repositories():
        for path in charts.all:
            found = re.fullmatch(r"(.*)/ci/[^/]*values[^/]*\.ya?ml", path)
            folder = found[1] if found is not None else ""
            if folder not in charts.folders or charts.outermost(folder) != folder:
                continue
            chart = charts.load(folder)
            if chart is None or chart.is_library:
                continue
            what = difference(charts, folder, root, tmp_path, path)
            if what:
                different.append(f"{root.name}/{path}: {what}")
            equal += what == ""
    report(equal, different, 0.015)


@pytest.mark.slow
@pytest.mark.corpora
def test_published_renderings_are_the_same() -> None:
    """Charts that keep what they render to beside the values: `examples/NAME/rendered`."""
    equal, different = 0, []
    for root, charts in repositories():
        for path in charts.all:
            found = re.fullmatch(r"(.*)/examples/[^/]*/values\.ya?ml", path)
            rendered = root / path.rpartition("/")[0] / "rendered"
            if found is None or found[1] not in charts.folders or not rendered.is_dir():
                continue
            chart = charts.load(found[1])
            assert chart is not None
            # They were made for a cluster of before 1.33; nothing else in them depends on it.
            plain = Release().capabilities
            release = Release("example", capabilities=replace(plain, kube_version="v1.32.0"))
            done = render_chart(chart, given_values(charts, path), release, PROGRAMS)
            ours = {one.name: plain_text(one.pieces) for one in done.templates}
            names = {file.relative_to(rendered).as_posix() for file in rendered.rglob("*.yaml")}
            for name in sorted(names):
                inside = f"{chart.name}/templates/{name}"
                wanted = (rendered / name).read_text("utf-8")
                what = difference_of_texts(wanted, ours.get(inside, ""))
                if what:
                    different.append(f"{path}: {name}: {what}")
                equal += not what
    report(equal, different, 0.0)


def report(equal: int, different: list[str], allowed: float) -> None:
    print(equal, "equal", *different, sep="\n")  # noqa: T201 - the figures are the purpose
    assert equal > 0
    assert len(different) <= allowed * (equal + len(different)), "\n".join(different)
