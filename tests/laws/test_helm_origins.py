"""What rendered leaves say of where they come from is true: change a value and look what changes.

Every leaf has the template position of each of its stretches. If one line of a values file is
changed and the chart rendered again, every leaf that differs has that line among its origins or
its guards; and what claims to be made of the line does change for some other value of it.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.helm.chart import Chart, Charts
from plumbrule_parsers.helm.manifests import Origins
from plumbrule_parsers.helm.programs import Programs
from plumbrule_parsers.helm.render import Release, Rendered, render_chart
from plumbrule_parsers.helm.values import Table
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.traced_text import HOLE, plain_text
from plumbrule_parsers.value import Hop, ListValue, MapValue, Unknown, Value
from plumbrule_parsers.yaml_tree import parse_yaml

CORPORA = os.environ.get("PLUMBRULE_CORPORA", "")
PROGRAMS = Programs()
MAX_LEAVES = 40  # of one change that count: a name that is everywhere must not outweigh the rest
Path_ = tuple[str | int, ...]


class Leaf(NamedTuple):
    """One scalar of a rendered document; list items have no number in `path`."""

    path: tuple[str, ...]
    value: str
    start: int
    end: int


@dataclass
class Page:
    """One template's output."""

    origins: Origins
    leaves: list[Leaf]

    def hops(self, leaf: Leaf) -> Iterator[Hop]:
        """All hops of the stretch that makes the leaf."""
        for number in self.origins.numbers(leaf.start, leaf.end):
            yield from self.origins.pieces[number].hops


@dataclass
class Tally:
    """What was counted."""

    leaves: int = 0
    placed: int = 0
    changed: int = 0
    known: int = 0
    claims: int = 0
    false: int = 0
    misses: list[str] = field(default_factory=list)

    def share(self) -> str:
        return (
            f"{self.placed} of {self.leaves} leaves have a template position; "
            f"{self.known} of {self.changed} changed leaves know the line; "
            f"{self.false} of {self.claims} claims are false"
        )


def leaves(value: Value, path: tuple[str, ...], start: int, end: int) -> Iterator[Leaf]:
    if isinstance(value, MapValue) and value:
        for key, item in value.items():
            place = value.place(key)
            assert place is not None
            entry = place.entry
            yield from leaves(item, (*path, key), entry.start, entry.end)
    elif isinstance(value, ListValue) and value:
        for index, item in enumerate(value):
            place = value.place(index)
            assert place is not None
            yield from leaves(item, (*path, "*"), place.value.start, place.value.end)
    elif not isinstance(value, Unknown):
        yield Leaf(path, str(value), start, end)


def page(rendered: Rendered) -> Page | None:
    """The leaves of a template; None if there are none to compare."""
    if rendered.error is not None:
        return None
    text = plain_text(rendered.pieces)
    stream = parse_yaml(Source("rendered", text), "1.1")
    if any(problem.severity == "error" for problem in stream.problems):
        return None
    found: list[Leaf] = []
    for document in stream.documents:
        if isinstance(document.value, MapValue):
            found += leaves(document.value, (), document.span.start, document.span.end)
    return Page(Origins(rendered.pieces, rendered.source), found)


def pages(chart: Chart) -> dict[str, Page | None]:
    done = render_chart(chart, {}, Release(), PROGRAMS)
    return {one.name: page(one) for one in done.templates}


def scalars(value: Traced, path: Path_ = ()) -> Iterator[tuple[Path_, Traced]]:
    """The scalars of values that stand on a line of their own file."""
    data = value.data
    if isinstance(data, dict):
        for key, item in data.items():
            yield from scalars(item, (*path, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from scalars(item, (*path, index))
    elif value.via and (data is None or isinstance(data, (str, bool, float))):
        yield path, value


def changed_values(table: Table, path: Path_, data: str | float | bool | None) -> None:
    """Set the scalar at a path; its line stays."""
    holder: Any = table
    for step in path[:-1]:
        holder = holder[step].data
    holder[path[-1]] = Traced(data, holder[path[-1]].via)


def other(data: object) -> tuple[str | float | bool, str | float | bool]:
    """A value near by and one that is far away."""
    if isinstance(data, bool):
        return not data, not data
    if isinstance(data, float):
        return data + 1, data * 3 + 97
    if data:
        return f"{data}x", "q7-entirely-different"
    return "x7", "q7-entirely-different"


def differing(before: Page, after: Page) -> tuple[list[Leaf], list[Leaf]]:
    """Leaves that are only in the one, and only in the other."""
    left = [(leaf.path, leaf.value) for leaf in before.leaves]
    right = [(leaf.path, leaf.value) for leaf in after.leaves]
    low = 0
    while low < min(len(left), len(right)) and left[low] == right[low]:
        low += 1
    high = 0
    while high < min(len(left), len(right)) - low and left[-1 - high] == right[-1 - high]:
        high += 1
    one, two = before.leaves[low : len(left) - high], after.leaves[low : len(right) - high]
    gone: list[Leaf] = []
    new: list[Leaf] = []
    matcher = SequenceMatcher(
        None, left[low : len(left) - high], right[low : len(right) - high], autojunk=False
    )
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal":
            gone += one[a:b]
            new += two[c:d]
    return gone, new


def holds(hop: Hop, line: Span) -> bool:
    span = hop.span
    return span.source is line.source and span.line == line.line


def count_positions(found: dict[str, Page | None], tally: Tally) -> None:
    """Count the leaves that know where in a template they are written."""
    for one in found.values():
        if one is None:
            continue
        for leaf in one.leaves:
            tally.leaves += 1
            pieces = [one.origins.pieces[at] for at in one.origins.numbers(leaf.start, leaf.end)]
            tally.placed += bool(pieces) and all(
                piece.literal is not None
                or any(hop.note in ("template", "included from") for hop in piece.hops)
                for piece in pieces
            )


def check_chart(name: str, chart: Chart, tally: Tally, most: int) -> None:
    """Change up to `most` values of the chart, one after the other."""
    before = pages(chart.again(chart.name))
    count_positions(before, tally)
    found = list(scalars(Traced(chart.values)))
    lines = Counter((one.via[0].span.path, one.via[0].span.line) for _path, one in found)
    for path, value in found[:: max(1, len(found) // most)][:most]:
        line = value.via[0].span
        alone = lines[line.path, line.line] == 1  # else a claim may mean what stands beside it
        near, far = other(value.data)
        after = changed_pages(chart, path, near)
        same: list[tuple[str, Leaf]] = []
        counted = 0
        for template, one in before.items():
            two = after.get(template)
            if one is None or two is None:
                continue
            gone, new = differing(one, two)
            for side, leaf in [*((one, leaf) for leaf in gone), *((two, leaf) for leaf in new)]:
                if counted >= MAX_LEAVES:
                    break
                counted += 1
                tally.changed += 1
                if any(holds(hop, line) for hop in side.hops(leaf)):
                    tally.known += 1
                else:
                    tally.misses.append(f"{name}: {path}: {template}: {leaf[:2]}")
            for leaf in one.leaves:
                # What is unknown may differ unseen; a key stands on the line of its value.
                if not alone or HOLE in leaf.value or leaf.value == str(path[-1]):
                    continue
                if any(hop.kind == "data" and holds(hop, line) for hop in one.hops(leaf)):
                    tally.claims += 1
                    if leaf not in gone:
                        same.append((template, leaf))
        if same:  # a stronger change may show it
            again = changed_pages(chart, path, far)
            for template, leaf in same:
                one, two = before[template], again.get(template)
                if one is None or two is None or leaf in differing(one, two)[0]:
                    continue
                tally.false += 1
                tally.misses.append(f"{name}: {path}: {template}: claims {leaf[:2]}")


def changed_pages(chart: Chart, path: Path_, data: str | float | bool) -> dict[str, Page | None]:
    copy = chart.again(chart.name)
    changed_values(copy.values, path, data)
    return pages(copy)


OWN = {
    "Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "values.yaml": """\
name: web
replicas: 2
image:
  repository: acme/web
  tag: "1.2"
  digest: ""
password: changeme-example
labels:
  team: blue
  tier: front
ports:
- 80
- 443
probes:
  enabled: true
  path: /healthz
secure: true
plain: null
note: 'for {{ .Values.name }}'
config: |-
  level: info
  mode: fast
""",
    "templates/_h.tpl": """\
{{ define "c.name" }}{{ .Values.name | default .Chart.Name | trunc 20 }}{{ end }}
{{ define "c.image" -}}
{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag }}{{ end }}
{{- end }}
{{ define "c.config" }}{{ .Values.config | indent 4 }}{{ end }}
""",
    "templates/d.yaml": """\
kind: {{ if .Values.secure }}StatefulSet{{ else }}Deployment{{ end }}
metadata:
  name: {{ include "c.name" . }}
  annotations:
    sum: {{ include "c.config" . | sha256sum }}
    note: {{ tpl .Values.note . | quote }}
  labels: {{- toYaml (merge (dict "app" .Values.name) .Values.labels) | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  image: {{ include "c.image" . | quote }}
  {{- with .Values.probes }}
  {{- if .enabled }}
  probe: {{ printf "%s?x=1" .path | b64enc }}
  {{- end }}
  {{- end }}
  ports:
    {{- range $i, $port := .Values.ports }}
    - name: p{{ $i }}
      port: {{ $port }}
    {{- end }}
  secret: {{ .Values.password | b64enc | replace "=" "" }}
  mode: {{ ternary "a" "b" .Values.secure }}
  level: {{ (include "c.config" . | fromYaml).level }}
  has: {{ has 80.0 .Values.ports }}
  all: {{ join "," (list .Values.name .Values.image.tag) }}
""",
}  # fmt: skip


def test_changed_leaves_of_our_own_chart_know_the_line_that_changed() -> None:
    charts = Charts(ScannedFiles(None, (), OWN))
    chart = charts.load("")
    assert chart is not None
    tally = Tally()
    check_chart("c", chart, tally, 100)
    assert tally.changed > 40
    assert tally.placed == tally.leaves
    assert not tally.misses, "\n".join(tally.misses)


def repositories() -> Iterator[Charts]:
    """The charts of each folder of the corpora."""
    for root in sorted(path for path in Path(CORPORA).iterdir() if path.is_dir()):
        paths = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
        yield Charts(ScannedFiles(root, [path for path in paths if ".git/" not in path]))


@pytest.mark.slow
@pytest.mark.corpora
def test_changed_leaves_of_real_charts_know_the_line_that_changed() -> None:
    if not CORPORA:
        pytest.skip("PLUMBRULE_CORPORA names no folder")
    tally = Tally()
    for charts in repositories():
        for folder in sorted(charts.folders):
            chart = charts.load(folder) if charts.outermost(folder) == folder else None
            if chart is not None and not chart.is_library:
                check_chart(folder, chart, tally, 12)
    print(tally.share(), *tally.misses, sep="\n")  # noqa: T201 - the figures are the purpose
    assert tally.changed > 0
    assert tally.placed == tally.leaves
    assert tally.known >= 0.97 * tally.changed
    assert tally.false <= 0.01 * tally.claims
