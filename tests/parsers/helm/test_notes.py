"""NOTES.txt prints nothing that is installed, but a chart whose notes fail does not install."""

from __future__ import annotations

import pytest
from tests.parsers.helm.charts import by_unit, chart, entries, resolved

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.document import Completeness, Severity
from plumbrule_parsers.helm.render_chart_folder import render_chart_folder

NOTES = "charts/shop/templates/NOTES.txt"


@pytest.mark.parametrize(("text", "code", "message"), [
    ('\n{{ required "give b" .Values.b }}', "chart-refuses",
     "the chart refuses these values: give b"),
    ('\n{{ fail "never" }}', "chart-refuses", "the chart refuses these values: never"),
    ("\n{{ .Values.a.b.c }}", "render-error", "not rendered: `c`: there is no `b` in a value"),
    ('\n{{ include "nowhere" . }}', "render-error", "not rendered: there is no template `nowhere`"),
])  # fmt: skip
def test_an_error_in_the_notes_is_a_problem_at_its_line(
    text: str, code: str, message: str
) -> None:  # fmt: skip
    documents = resolved(chart(**{"templates/NOTES.txt": text}))
    found = documents[NOTES]
    (problem,) = found.problems
    assert (problem.code, problem.span.line, problem.severity) == (code, 2, Severity.WARNING)
    assert problem.message.startswith(message)
    assert found.completeness is Completeness.SKIPPED
    assert found.holes == ()  # no object is lost with the notes
    assert entries(by_unit(documents)["charts/shop"]) == {"a": "plain"}  # what renders is judged


def test_notes_that_print_declare_nothing() -> None:
    notes = "kind: Secret\napiVersion: v1\nmetadata: {name: {{ .Values.a }}}\n: [ no yaml"
    found = resolved(chart(**{"templates/NOTES.txt": notes}))[NOTES]
    assert (found.nodes, found.problems) == ((), ())
    assert found.completeness is Completeness.EVALUATED


def test_notes_of_a_subchart_count_as_well() -> None:
    files = chart(**{
        "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        "charts/sub/templates/NOTES.txt": '{{ fail "sub" }}',
    })  # fmt: skip
    found = resolved(files)["charts/shop/charts/sub/templates/NOTES.txt"]
    assert [one.code for one in found.problems] == ["chart-refuses"]


def test_notes_that_need_values_are_judged_with_the_set_that_gives_them() -> None:
    files = chart(**{
        "templates/NOTES.txt": '{{ required "b must be set" .Values.b }}',
        "ci/b-values.yaml": "b: 1\n",
    })  # fmt: skip
    documents = resolved(files)
    assert documents[NOTES].completeness is Completeness.EVALUATED
    (problem,) = documents["charts/shop/Chart.yaml"].problems
    assert problem.code == "needs-values"
    assert "b must be set" in problem.message


def test_rendering_a_folder_tells_of_failing_notes() -> None:
    files = {path.removeprefix("charts/shop/"): text for path, text in chart(**{
        "templates/NOTES.txt": '{{ fail "never" }}'
    }).items()}  # fmt: skip
    made = render_chart_folder("", ScannedFiles(None, (), files))
    assert made is not None
    assert [one.problems[0].message for one in made.files if one.problems] == [
        "not rendered: never"
    ]
    assert [len(one.values) for one in made.files] == [0, 1]
