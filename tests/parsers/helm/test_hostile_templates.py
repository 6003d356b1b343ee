"""Charts that are made to cost: rendering ends soon, with one problem that says what is wrong.

No test here measures time; what is bounded is counted in steps, characters and levels. A chart that
was not bounded would not end at all.
"""

from __future__ import annotations

import pytest

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.formats import format_of
from plumbrule_parsers.helm.chart import Charts
from plumbrule_parsers.helm.render import Release, Rendering, render_chart
from plumbrule_parsers.source import Source
from plumbrule_parsers.traced_text import plain_text

CHART = "apiVersion: v2\nname: c\nversion: 1.0.0\n"
FINE = "kind: ConfigMap\n"
LEVELS = 12


def rendering(template: str, values: str = "") -> Rendering:
    """The chart with the template and, beside it, one that is fine."""
    files = {
        "Chart.yaml": CHART, "values.yaml": values, "templates/bad.yaml": template,
        "templates/a/fine.yaml": FINE,
    }  # fmt: skip
    chart = Charts(ScannedFiles(None, (), files)).load("")
    assert chart is not None
    return render_chart(chart, {}, Release())


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, LEVELS)
)
LOOP = "{{ range until 3000 }}"
DEFINE_A = '{{ define "a" }}{{ include "b" . }}{{ end }}'
DEFINE_B = '{{ define "b" }}{{ template "a" . }}{{ end }}'
TREE = '{{ include "a" (sub . 1) }}'
TPL_A = '{{ define "a" }}{{ tpl .Values.t . }}{{ end }}{{ include "a" . }}'
DOUBLE = "{{ range until 60 }}{{ $x = %s $x $x }}{{ end }}"
TPL = "{{ tpl .Values.t . }}"
# Template, values, what the problem says.
HOSTILE = {
    "until": ("{{ range until 1000000 }}x{{ end }}", "", "too long"),
    "nested loops": (LOOP * 3 + "{{ end }}" * 3, "", "too many steps"),
    "one that includes itself": (
        '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}', "", "levels deep",
    ),
    "two that include each other": (
        DEFINE_A + DEFINE_B + '{{ include "a" . }}', "", "levels deep",
    ),
    "a tree of includes": (
        '{{ define "a" }}{{ if gt (int .) 0 }}' + TREE * 2 + "{{ end }}{{ end }}"
        + '{{ include "a" 50 }}', "", "too many steps",
    ),
    "tpl of itself": (TPL, f"t: '{TPL}'\n", "levels deep"),
    "tpl that defines itself": (TPL, f"t: '{TPL_A}'\n", "levels deep"),
    "text that doubles": ('{{ $x := "0123456789" }}' + DOUBLE % "cat", "", "too large"),
    "much output": (
        '{{ $x := repeat 90000 "y" }}{{ range until 1000 }}{{ $x }}{{ end }}', "", "too much text",
    ),
    "a list that doubles": ("{{ $x := until 100 }}" + DOUBLE % "concat", "", "too large"),
    "a map in itself": (
        '{{ $x := dict }}{{ $_ := set $x "x" $x }}{{ toYaml $x }}', "", "nested deeper",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_ends_with_one_problem(name: str) -> None:
    template, values, message = HOSTILE[name]
    done = rendering(template, values)
    errors = {one.name: one.error for one in done.templates}
    error = errors["c/templates/bad.yaml"]
    assert error is not None
    assert message in error.message
    assert len(error.message) < 300
    assert error.span.source.path in ("templates/bad.yaml", "values.yaml")


def test_what_renders_beside_a_hostile_template_is_kept() -> None:
    template, values, _message = HOSTILE["two that include each other"]
    done = rendering(template, values)
    (fine,) = [one for one in done.templates if one.name.endswith("fine.yaml")]
    assert fine.error is None
    assert plain_text(fine.pieces) == FINE


def test_values_with_a_billion_laughs_are_bounded() -> None:
    template = "all: {{ toJson .Values | quote }}\n"
    files = {"Chart.yaml": CHART, "values.yaml": BOMB, "templates/bad.yaml": template}
    helm = format_of("helm")
    documents = {path: helm.parse(Source(path, text)) for path, text in files.items()}
    assert helm.resolve is not None
    for document in helm.resolve(dict(documents), ScannedFiles(None, (), files)):
        documents[document.source.path] = document
    problems = [problem for document in documents.values() for problem in document.problems]
    assert any("alias" in problem.message for problem in problems), problems
