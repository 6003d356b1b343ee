"""One chart rendered for people: `-f`, `--set`, and the origin of every value."""

from __future__ import annotations

from tests.parsers.helm.charts import CHART, CONFIG_MAP

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.helm.render import Release
from plumbrule_parsers.helm.render_chart_folder import RenderedChart, render_chart_folder
from plumbrule_parsers.helm.set_values import Setting
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import MapValue

FILES = {
    "Chart.yaml": CHART, "values.yaml": "a: plain\nb: plain\n",
    "templates/c.yaml": CONFIG_MAP + "  b: {{ .Values.b }}\n  r: {{ .Release.Name }}\n",
}  # fmt: skip


def rendered(
    *settings: Setting, values: tuple[Source | MapValue, ...] = (), **more: str
) -> RenderedChart:
    tree = ScannedFiles(None, (), FILES | more)
    found = render_chart_folder("", tree, values, settings, Release("web", "prod"))
    assert found is not None
    return found


def data_of(chart: RenderedChart) -> MapValue:
    (file,) = chart.files
    (manifest,) = file.values
    assert isinstance(manifest, MapValue)
    data = manifest["data"]
    assert isinstance(data, MapValue)
    return data


def test_values_files_and_settings_lie_over_the_defaults_in_order() -> None:
    first, second = Source("x/one.yaml", "a: one\nb: one\n"), Source("two.yaml", "b: two\n")
    chart = rendered(Setting("b=set"), values=(first, second))
    data = data_of(chart)
    assert dict(data) == {"a": "one", "b": "set", "r": "web"}
    assert chart.files[0].name == "shop/templates/c.yaml"
    assert 'namespace: "prod"' in chart.files[0].text
    places = {key: data.place(key) for key in data}
    assert places["a"] is not None
    assert str(places["a"].value) == "x/one.yaml:1:1"
    assert places["b"] is not None
    assert places["b"].value.text == "--set b=set"
    assert data_of(rendered(values=(first, second)))["b"] == "two"
    assert chart.problems == ()


def test_what_is_wrong_with_values_is_a_problem_and_the_rest_is_rendered() -> None:
    listed = Source("l.yaml", "- a\n")
    chart = rendered(Setting("a"), Setting("b=x"), values=(listed,))
    assert [problem.code for problem in chart.problems] == ["chart-values", "set-argument"]
    assert dict(data_of(chart)) == {"a": "plain", "b": "x", "r": "web"}


def test_a_template_that_does_not_render_says_why() -> None:
    chart = rendered(**{"templates/d.yaml": '{{ fail "no way" }}'})
    wrong = next(file for file in chart.files if file.name.endswith("d.yaml"))
    assert wrong.values == ()
    assert [(p.code, p.span.path) for p in wrong.problems] == [
        ("chart-refuses", "templates/d.yaml")
    ]  # fmt: skip
    assert "no way" in wrong.problems[0].message


def test_unknown_parts_are_marked() -> None:
    chart = rendered(**{"templates/c.yaml": "a: x-{{ randAlphaNum 5 }}\n"})
    assert chart.files[0].text == "a: x-<?>\n"


def test_no_chart() -> None:
    assert render_chart_folder("nowhere", ScannedFiles(None, (), FILES)) is None
