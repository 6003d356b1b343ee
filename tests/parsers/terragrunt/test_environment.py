"""`get_env` finds what the settings say, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbrule.cli.config import shown
from plumbrule.cli.prepare import rules_of
from plumbrule.config import Config, find_config, load_config
from plumbrule.pack import Pack
from plumbrule.scan.scan import build_model
from plumbrule_parsers.document import Node
from plumbrule_parsers.value import Unknown

FILES = {
    "modules/app/main.tf": 'variable "it" {}\nresource "aws_x" "y" {\n  it = var.it\n}\n',
    "live/app/terragrunt.hcl": """\
terraform {
  source = "../../modules/app"
}
inputs = {
  it = get_env("REGION", "nowhere")
}
""",
}


@pytest.fixture(scope="module")
def pack() -> Pack:
    return rules_of(Config())


def resource(folder: Path, pack: Pack, toml: str, path: str = ".") -> Node:
    for name, text in {**FILES, "plumbrule.toml": toml}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    config = load_config(find_config(folder))
    assert config.problems == ()
    model = build_model([folder / path], config, pack)
    (found,) = [one for one in model.graph.nodes.values() if one.label == "aws_x.y"]
    return found


def test_a_variable_that_the_settings_name_has_its_value(tmp_path: Path, pack: Pack) -> None:
    found = resource(tmp_path, pack, '[terragrunt.env]\nREGION = "eu-west-1"\n')
    assert found.fields["it"] == "eu-west-1"
    place = found.fields.place("it")
    assert place is not None
    last = place.via[-1]
    assert (last.span.path, last.span.line, last.span.text) == (
        "plumbrule.toml", 2, '"eu-west-1"',
    )  # fmt: skip
    assert last.note == "environment variable REGION"


@pytest.mark.parametrize("toml", ["", '[terragrunt.env]\nOTHER = "x"\n', "[terragrunt]\n"])
def test_others_stay_unknown(
    tmp_path: Path, pack: Pack, toml: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGION", "of-this-machine")
    assert isinstance(resource(tmp_path, pack, toml).fields["it"], Unknown)


def test_the_settings_are_shown_without_values(tmp_path: Path) -> None:
    path = tmp_path / "plumbrule.toml"
    path.write_text('[terragrunt]\nenv = { B = "hidden", A = "x" }\n', encoding="utf-8")
    (line,) = [one for one in shown(load_config(path)).splitlines() if "terragrunt" in one]
    assert '{"env": ["A", "B"]}' in line
    assert "hidden" not in line


@pytest.mark.parametrize(
    ("toml", "word"),
    [("[terragrunt.env]\nA = 1\n", "terragrunt.env.A"), ("[terragrunt]\nenvs = {}\n", "envs")],
)
def test_what_is_no_environment_is_an_error(tmp_path: Path, toml: str, word: str) -> None:
    path = tmp_path / "plumbrule.toml"
    path.write_text(toml, encoding="utf-8")
    (problem,) = load_config(path).problems
    assert word in problem.message
    assert problem.span.line == 2
