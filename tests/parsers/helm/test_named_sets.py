"""Sets of values that `plumbrule.toml` names for charts."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.parsers.helm.charts import CONFIG_MAP, chart

from plumbrule.__main__ import main
from plumbrule.cli.prepare import rules_of
from plumbrule.config import find_config, load_config
from plumbrule.pack import Pack
from plumbrule.scan.scan import Model, build_model
from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.value import MapValue

HEAD = '[[helm.values]]\nchart = "charts/shop"\n'


@pytest.fixture(scope="module")
def pack() -> Pack:
    from plumbrule.config import Config

    return rules_of(Config())


def model(
    folder: Path, pack: Pack, toml: str, path: str = ".", name: str = "plumbrule.toml", **more: str
) -> Model:  # fmt: skip
    """The model of a chart with the configuration."""
    files = chart(**more) | {name: toml, "env/prod.yaml": "a: set\nb: {c: 1}\n"}
    for place, text in files.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text, encoding="utf-8")
    config = load_config(find_config(folder))
    assert config.problems == ()
    return build_model([folder / path], config, pack)


def data_of(found: Model, unit: str) -> MapValue:
    (node,) = [one for one in found.graph.nodes.values()
               if one.unit == unit and one.kind == "k8s.ConfigMap"]  # fmt: skip
    data = node.fields["data"]
    assert isinstance(data, MapValue)
    return data


def faults(found: Model) -> list[tuple[str, int, str]]:
    return [(one.span.path, one.span.line, one.message) for one in found.problems]


def test_a_named_set_is_a_unit_with_its_environment(tmp_path: Path, pack: Pack) -> None:
    toml = HEAD + 'files = ["env/prod.yaml"]\nenvironment = "production"\nnamespace = "x"\n'
    found = model(tmp_path, pack, toml)
    placed = found.units["charts/shop@production"]
    assert (placed.environment, placed.because) == ("prod", "declared")
    assert placed.unit.inputs == ("plumbrule.toml", "env/prod.yaml")
    data = data_of(found, "charts/shop@production")
    place = data.place("a")
    assert data == {"a": "set"}
    assert place is not None
    assert (place.value.path, place.value.line) == ("env/prod.yaml", 1)
    (node,) = [one for one in found.graph.nodes.values()
               if one.unit == "charts/shop@production" and one.kind == "k8s.ConfigMap"]  # fmt: skip
    assert node.fields["namespace"] == "x"
    assert not found.problems


def test_what_is_set_stands_in_the_configuration(tmp_path: Path, pack: Pack) -> None:
    template = CONFIG_MAP + (
        '  b: {{ toJson .Values.b | quote }}\n  c: {{ index .Values.n "x.y/z" | quote }}\n'
    )
    toml = HEAD + (
        'files = ["env/prod.yaml"]\nname = "mine"\n[helm.values.set]\n'
        'a = "over"\n"b.d" = [1, "x"]\nn = {"x.y/z" = true}\n'
    )
    found = model(tmp_path, pack, toml, template=template)
    data = data_of(found, "charts/shop@mine")
    assert data == {"a": "over", "b": '{"c":1,"d":[1,"x"]}', "c": "true"}
    place = data.place("a")
    assert place is not None
    assert (place.value.path, place.value.line) == ("plumbrule.toml", 6)


def test_a_named_set_gives_an_equal_one_its_name(tmp_path: Path, pack: Pack) -> None:
    toml = HEAD + 'files = ["env/prod.yaml"]\nname = "live"\n'
    more = {"values-prod.yaml": "a: set\nb: {c: 1}\n"}
    found = model(tmp_path, pack, toml, **more)
    assert [name for name in found.units if name.startswith("charts/shop")] == [
        "charts/shop", "charts/shop@live"]  # fmt: skip


def test_the_environment_of_the_defaults_can_be_named(tmp_path: Path, pack: Pack) -> None:
    found = model(tmp_path, pack, HEAD + 'environment = "dev"\n')
    assert found.units["charts/shop"].environment == "dev"


def test_a_table_of_pyproject_counts_as_well(tmp_path: Path, pack: Pack) -> None:
    head = HEAD.replace("helm.values", "tool.plumbrule.helm.values")
    toml = f'[tool.other]\na = 1\n{head}files = ["env/none.yaml"]\n'
    found = model(tmp_path, pack, toml, name="pyproject.toml")
    assert [one[:2] for one in faults(found)] == [("pyproject.toml", 5)]


@pytest.mark.parametrize(
    ("toml", "line", "message"),
    [
        (HEAD + 'files = ["env/prod.yaml",\n "env/none.yaml"]', 4,
         "the values file `env/none.yaml`"),
        (HEAD + 'files = ["../../prod.yaml"]', 3, "the values file `../../prod.yaml` is not in"),
        (HEAD + 'set = { "a[" = 1 }', 3, "`set` is wrong"),
        (HEAD + HEAD.replace("shop", "shops"), 4, "there is no chart in `charts/shops`"),
        (HEAD.replace("charts/shop", ".."), 2, "there is no chart in `..`"),
        (HEAD.replace("shop", "shop/charts/sub"), 2, "`charts/shop/charts/sub` is part of the"),
    ],
)  # fmt: skip
def test_a_set_that_cannot_be_used_is_an_error_at_its_line(
    tmp_path: Path, pack: Pack, toml: str, line: int, message: str
) -> None:
    sub = {"charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n"}
    found = model(tmp_path, pack, toml, **sub)
    (problem,) = found.problems
    assert (problem.span.path, problem.span.line) == ("plumbrule.toml", line)
    assert (problem.code, problem.severity) == ("value-set", Severity.ERROR)
    assert problem.message.startswith(message)


def test_a_chart_that_is_not_scanned_is_no_fault(tmp_path: Path, pack: Pack) -> None:
    assert not model(tmp_path, pack, HEAD, path="env").problems


@pytest.mark.parametrize(
    ("toml", "line", "message"),
    [
        (HEAD + "[[helm.values]]\nfiles = []\n", 3, "`helm.values` needs `chart`"),
        (HEAD * 2 + 'file = "x"\n', 5,
         "unknown key `file` in `helm.values`; did you mean `files`?"),
        (HEAD + 'files = ["a",\n 3]\n', 4, "`helm.values.files` must be a string"),
        ("[helm.values]\n", 1, "`helm.values` must be an array"),
        ("[helm]\nvalue = 1\n", 2, "unknown key `value` in `helm`; did you mean `values`?"),
    ],
)  # fmt: skip
def test_wrong_keys_are_errors_of_the_configuration(
    tmp_path: Path, toml: str, line: int, message: str
) -> None:
    def shown(problems: tuple[Problem, ...]) -> list[tuple[int, str]]:
        return [(one.span.line, one.message) for one in problems]

    path = tmp_path / "plumbrule.toml"
    path.write_text(toml)
    assert shown(load_config(path).problems) == [(line, message)]


def test_units_and_config_show_them(
    tmp_path: Path, pack: Pack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model(tmp_path, pack, HEAD + 'files = ["env/prod.yaml"]\nset = {a = "secret-in-values"}\n')
    monkeypatch.chdir(tmp_path)
    assert main(["units", "--no-cache"]) == 0
    assert "charts/shop@env/prod.yaml" in capsys.readouterr().out
    assert main(["config", "--no-cache"]) == 0
    assert "secret-in-values" not in capsys.readouterr().out
