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
from pathlib import Path
from typing import Any

import pytest
import yaml

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.helm.chart import Chart, Charts
from plumbrule_parsers.helm.render import Release, render_chart
from plumbrule_parsers.traced_text import HOLE, plain_text

HELM = os.environ.get("PLUMBRULE_HELM", "")
CORPORA = os.environ.get("PLUMBRULE_CORPORA", "")
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
    return sorted(found, key=lambda one: json.dumps([[*map(str, k)] for k in one], default=str))


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


def difference(charts: Charts, folder: str, root: Path, scratch: Path) -> str | None:
    """What differs first: "" if nothing does, None if helm refuses the chart."""
    chart = charts.load(folder)
    assert chart is not None
    copy = scratch / "chart"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root / folder, copy)
    fill(chart, charts, copy, root)
    any_version(chart)
    any_version_on_disk(copy)
    command = [HELM, "template", "release-name", str(copy), "--skip-schema-validation"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        return None
    ours = {}
    for one in render_chart(chart, {}, Release(), {}).templates:
        if one.error is not None:
            return f"{one.name}: {one.error}"
        ours[one.name] = plain_text(one.pieces)
    for name, text in by_template(done.stdout).items():
        if "/crds/" in name:
            continue
        if name not in ours:
            return f"{name}: not rendered"
        try:
            wanted = objects(text)
        except yaml.YAMLError:  # a tag of an application's own, or no YAML at all
            continue
        try:
            got = objects(ours[name])
        except yaml.YAMLError as error:
            return f"{name}: {error}"
        if len(wanted) != len(got):
            return f"{name}: {len(wanted)} documents and not {len(got)}"
        for left, right in zip(wanted, got, strict=True):
            for path in {**left, **right}:
                was, is_ = left.get(path), right.get(path)
                random = isinstance(is_, str) and HOLE in is_
                if was != is_ and not random and "checksum" not in str(path):
                    return f"{name}: {path}: {str(was)[:80]!r} and not {str(is_)[:80]!r}"
    return ""


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
    if not CORPORA:
        pytest.skip("PLUMBRULE_CORPORA names no folder")
    equal, different = 0, []
    for root in sorted(path for path in Path(CORPORA).iterdir() if path.is_dir()):
        paths = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
        charts = Charts(ScannedFiles(root, [path for path in paths if ".git/" not in path]))
        for folder in sorted(charts.folders):
            chart = charts.load(folder) if charts.outermost(folder) == folder else None
            if chart is None or chart.is_library:
                continue
            found = difference(charts, folder, root, tmp_path)
            if found:
                different.append(f"{root.name}/{folder}: {found}")
            equal += found == ""
    print(equal, "equal", *different, sep="\n")  # noqa: T201 - the figures are the purpose
    assert equal > 0
    assert len(different) <= 0.02 * (equal + len(different)), "\n".join(different)
