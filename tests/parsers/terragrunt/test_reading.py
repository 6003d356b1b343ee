"""How Terragrunt files are read: includes and merging, functions, paths, cycles, unknowns."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parsers.terragrunt.repository import (
    LIVE,
    by_address,
    evaluated,
    inputs,
    one_unit,
    problems,
    trail,
    unit,
)

from plumbrule_parsers.document import Document
from plumbrule_parsers.terraform.terragrunt.rounds import rounds
from plumbrule_parsers.value import MapValue, Reason, Segments, Unknown, Value

MODULE = {"modules/app/main.tf": 'variable "it" {}\noutput "it" {\n  value = var.it\n}\n'}
SOURCE = 'terraform { source = "${get_repo_root()}/modules//app" }\n'


def value(expression: str, more: str = "", **files: str) -> Value:
    found = one_unit(f"{more}\ninputs = {{\n  it = {expression}\n}}\n", **files)
    return inputs(found, "live/app")["it"]


def app(body: str, **files: str) -> dict[str, Document]:
    """The unit `live/prod/app`, with more files below `live`."""
    more = {f"live/{name.replace('__', '/')}.hcl": text for name, text in files.items()}
    return evaluated({"live/prod/app/terragrunt.hcl": SOURCE + body, **MODULE, **more})


# ------------------------------------------------------------------ includes
BASE = 'inputs = {\n  tags = { a = "base", b = "base" }\n  list = ["base"]\n  it = "base"\n}\n'
OWN = 'inputs = {\n  tags = { a = "own" }\n  list = ["own"]\n}\n'


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("shallow", {"tags": {"a": "own"}, "list": ["own"], "it": "base"}),
        ("deep", {"tags": {"a": "own", "b": "base"}, "list": ["base", "own"], "it": "base"}),
        ("deep_map_only", {"tags": {"a": "own", "b": "base"}, "list": ["own"], "it": "base"}),
        ("no_merge", {"tags": {"a": "own"}, "list": ["own"]}),
    ],
)
def test_merge_strategies(strategy: str, expected: dict[str, object]) -> None:
    body = f"""\
include "base" {{
  path           = find_in_parent_folders("base.hcl")
  merge_strategy = "{strategy}"
}}
"""
    assert inputs(app(body + OWN, base=BASE), "live/prod/app") == expected


def test_later_includes_win_over_earlier_ones() -> None:
    body = """\
include "one" {
  path = "../../one.hcl"
}
include "two" {
  path = "${get_terragrunt_dir()}/../../two.hcl"
}
inputs = { c = "own" }
"""
    found = app(
        body, one='inputs = { a = "one", b = "one", c = "one" }\n',
        two='inputs = { b = "two", c = "two" }\n',
    )  # fmt: skip
    assert inputs(found, "live/prod/app") == {"a": "one", "b": "two", "c": "own"}


def test_included_files_work_in_the_folder_of_the_file_that_includes_them() -> None:
    body = 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n'
    found = app(
        body,
        root="""\
inputs = {
  dir    = basename(get_terragrunt_dir())
  parent = basename(get_parent_terragrunt_dir())
  to     = path_relative_to_include()
  from   = path_relative_from_include()
}
""",
    )
    assert inputs(found, "live/prod/app") == {
        "dir": "app", "parent": "live", "to": "prod/app", "from": "../..",
    }  # fmt: skip


def test_a_file_that_is_read_works_in_its_own_folder() -> None:
    body = 'locals { r = read_terragrunt_config("../../env/dev.hcl") }\ninputs = local.r.inputs\n'
    found = app(
        body,
        env__dev="""\
inputs = {
  dir      = basename(get_terragrunt_dir())
  original = basename(get_original_terragrunt_dir())
  to       = path_relative_to_include()
}
""",
    )
    assert inputs(found, "live/prod/app") == {"dir": "env", "original": "app", "to": "."}


def test_an_include_that_is_not_exposed_is_not_seen() -> None:
    body = """\
include "root" {
  path = find_in_parent_folders("root.hcl")
}
inputs = {
  it = include.root.locals.name
}
"""
    root = 'locals {\n  name = "x"\n}\n'
    assert isinstance(inputs(app(body, root=root), "live/prod/app")["it"], Unknown)
    seen = body.replace("}\ninputs", "  expose = true\n}\ninputs")
    assert inputs(app(seen, root=root), "live/prod/app")["it"] == "x"


def test_an_include_without_a_name() -> None:
    body = """\
include {
  path   = find_in_parent_folders("root.hcl")
  expose = true
}
inputs = { it = include.locals.name }
"""
    found = app(body, root='locals {\n  name = "x"\n}\n')
    assert inputs(found, "live/prod/app")["it"] == "x"


def test_an_include_that_is_not_there_is_a_problem_and_leaves_all_open() -> None:
    body = 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\ninputs = { a = 1 }\n'
    found = app(body)
    (problem,) = problems(found)
    assert (problem.code, problem.span.line) == ("missing-include", 2)
    assert "root.hcl" in problem.message
    given_inputs = inputs(found, "live/prod/app")
    assert given_inputs == {"a": 1}
    assert given_inputs.rest is not None  # type: ignore[attr-defined]
    variable = by_address(found, "modules/app/main.tf#output.it").fields["value"]
    assert isinstance(variable, Unknown)


def test_an_included_file_cannot_include() -> None:
    body = 'include "a" {\n  path = "../../a.hcl"\n}\n'
    found = app(body, a='include "b" {\n  path = "../../b.hcl"\n}\n', b="inputs = { it = 1 }\n")
    (problem,) = problems(found)
    assert (problem.code, problem.span.path) == ("include-depth", "live/a.hcl")
    assert inputs(found, "live/prod/app") == {}


# ------------------------------------------------------------------ functions
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("basename(get_terragrunt_dir())", "app"),
        ("basename(dirname(get_terragrunt_dir()))", "live"),
        ("get_path_from_repo_root()", "live/app"),
        ("get_path_to_repo_root()", "../.."),
        ("path_relative_to_include()", "."),
        ("path_relative_from_include()", "."),
        ('trimprefix(get_terragrunt_dir(), "${get_repo_root()}/")', "live/app"),
        ('find_in_parent_folders("no.hcl", "fallback")', "fallback"),
        ('try(find_in_parent_folders("no.hcl"), "tried")', "tried"),
        ('read_terragrunt_config("no.hcl", { locals = { a = 7 } }).locals.a', 7),
        ("get_terraform_commands_that_need_parallelism()", ["apply", "plan", "destroy"]),
        ('startswith("abc", "ab")', True),
        ('mark_as_read("x")', "x"),
        ("deep_merge({ a = { b = 1 } }, { a = { c = 2 } })", {"a": {"b": 1, "c": 2}}),
        ('file("${get_terragrunt_dir()}/note.txt")', "hello"),
        ('file("note.txt")', "hello"),
        ('yamldecode(file(find_in_parent_folders("common.yaml"))).zones[1]', "b"),
        ('jsondecode(read_tfvars_file("v.tfvars")).size', 4),
        ('jsondecode(file("v.json")).a[0]', 1),
        ("local.there", 3),
        ('local["there"]', 3),
    ],
)
def test_functions(expression: str, expected: object) -> None:
    files = {
        "live__app__note.txt": "hello",
        "live__common.yaml": "zones:\n- a\n- b\n",
        "live__app__v.tfvars": "size = 4\n",
        "live__app__v.json": '{"a": [1]}',
    }
    assert value(expression, "locals {\n  there = 3\n}", **files) == expected


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ('get_env("HOME")', Reason.ENVIRONMENT),
        ('get_env("HOME", "fallback")', Reason.ENVIRONMENT),
        ('run_cmd("echo", "x")', Reason.ENVIRONMENT),
        ("get_aws_account_id()", Reason.ENVIRONMENT),
        ("get_repo_root()", Reason.ENVIRONMENT),
        ("sha1(get_terragrunt_dir())", Reason.ENVIRONMENT),
        ('length(split("/", get_terragrunt_dir()))', Reason.ENVIRONMENT),
        ('sops_decrypt_file("secrets.yaml")', Reason.SECRET),
        ('yamldecode(sops_decrypt_file("secrets.yaml")).password', Reason.SECRET),
        ('file("../../../etc/passwd")', Reason.MISSING_FILE),
        ('file("/etc/passwd")', Reason.MISSING_FILE),
        ('read_terragrunt_config("../../../x.hcl").locals.a', Reason.MISSING_FILE),
        ('read_tfvars_file("/etc/passwd")', Reason.MISSING_FILE),
        ("feature.fast.value", Reason.ENVIRONMENT),
        ("values.name", Reason.NO_VALUE),
        ("dependency.no.outputs.x", Reason.EXPRESSION),
        ("local.no", Reason.EXPRESSION),
        ('find_in_parent_folders("no.hcl")', Reason.TYPE),
    ],
)
def test_what_only_a_run_knows_is_unknown(expression: str, reason: Reason) -> None:
    found = value(expression, 'feature "fast" {\n  default = true\n}')
    assert isinstance(found, Unknown)
    assert found.reason is reason


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("local.parts[length(local.parts) - 1]", "app"),
        ("element(reverse(local.parts), 1)", "live"),
        ('join("-", slice(local.parts, length(local.parts) - 2, length(local.parts)))', "live-app"),
        ('regex("[^/]+$", get_terragrunt_dir())', "app"),
        ('strcontains(get_terragrunt_dir(), "/app")', True),
        ('endswith(get_terragrunt_dir(), "/app")', True),
        ("local.parts[2]", None),
        ("local.parts[1]", None),
        ("length(local.parts)", None),
        ("sha256(get_terragrunt_dir())", None),
        ('strcontains(get_terragrunt_dir(), "prod")', None),
        ('startswith(get_terragrunt_dir(), "/srv")', None),
    ],
)
def test_only_what_does_not_depend_on_the_place_of_the_checkout_is_known(
    expression: str, expected: object
) -> None:
    found = value(expression, 'locals {\n  parts = split("/", get_terragrunt_dir())\n}')
    if expected is None:
        assert isinstance(found, Unknown)
    else:
        assert found == expected


def test_sources_and_state_may_be_named_by_the_end_of_the_path() -> None:
    found = evaluated({
        "live/prod/app/terragrunt.hcl": """\
locals {
  parts = split("/", get_terragrunt_dir())
  name  = local.parts[length(local.parts) - 1]
}
terraform {
  source = "${get_repo_root()}/modules/${local.name}"
}
remote_state {
  backend = "s3"
  config  = { key = "${local.name}/tf.tfstate", first = local.parts[2] }
}
""",
        **MODULE,
    })  # fmt: skip
    fields = unit(found, "live/prod/app").fields
    assert fields["source_path"] == "modules/app"
    state = fields["remote_state"]
    assert isinstance(state, MapValue)
    assert isinstance(state["config"], MapValue)
    assert state["config"]["key"] == "app/tf.tfstate"
    assert isinstance(state["config"]["first"], Unknown)


def test_the_known_part_of_a_path_stays() -> None:
    found = value('"${get_repo_root()}/policies/a.json"')
    assert isinstance(found, Segments)
    assert found.suffix == "/policies/a.json"


def test_a_default_of_the_environment_is_named_and_not_taken() -> None:
    found = one_unit('inputs = {\n  it = get_env("X", "open")\n}\n')
    assert trail(unit(found, "live/app"), "inputs", "it")[-1] == (
        "live/app/terragrunt.hcl", 3, "default of environment variable X",
    )  # fmt: skip


def test_values_of_data_files_have_their_lines() -> None:
    body = """\
locals {
  yaml = yamldecode(file(find_in_parent_folders("common.yaml")))
  vars = jsondecode(read_tfvars_file("v.tfvars"))
}
inputs = {
  it    = local.yaml.net.cidr
  other = local.vars.size
}
"""
    found = one_unit(
        body, **{"live__common.yaml": "a: 1\nnet:\n  cidr: 0.0.0.0/0\n",
                 "live__app__v.tfvars": "\nsize = 4\n"},
    )  # fmt: skip
    resource = by_address(found, "modules/app/main.tf#aws_x.y")
    assert resource.fields["it"] == "0.0.0.0/0"
    assert trail(resource, "it")[-1][:2] == ("live/common.yaml", 3)
    assert trail(resource, "other")[-1] == ("live/app/v.tfvars", 2, "tfvars key `size`")
    (declared,) = found["live/app/terragrunt.hcl"].units
    assert {"live/common.yaml", "live/app/v.tfvars"} <= set(declared.inputs)


# ------------------------------------------------------------------ dependencies
def dependent(block: str, source: str = "git::https://git.example/m.git//x") -> dict[str, Document]:
    return evaluated({
        "net/terragrunt.hcl": f'terraform {{ source = "{source}" }}\ninputs = {{ it = "real" }}\n',
        "app/terragrunt.hcl": f'{SOURCE}dependency "net" {{\n  config_path = "../net"\n{block}}}\n'
        "inputs = {\n  it = dependency.net.outputs.it\n}\n",
        **MODULE,
    })  # fmt: skip


def test_a_mock_is_no_value() -> None:
    found = dependent('  mock_outputs = { it = "mock" }\n')
    it = inputs(found, "app")["it"]
    assert isinstance(it, Unknown)
    assert (it.reason, it.candidates) == (Reason.REMOTE, ())
    assert "mock" in it.detail
    hops = trail(unit(found, "app"), "inputs", "it")
    assert hops[-1] == ("app/terragrunt.hcl", 4, "a mock, not the real value")


def test_a_mock_is_the_value_where_outputs_are_always_skipped() -> None:
    found = dependent('  skip_outputs = true\n  mock_outputs = { it = "mock" }\n')
    assert inputs(found, "app")["it"] == "mock"


def test_the_output_of_a_module_here_is_known_despite_a_mock() -> None:
    found = dependent('  mock_outputs = { it = "mock" }\n', "../modules//app")
    assert inputs(found, "app")["it"] == "real"


def test_outputs_of_a_file_that_is_read() -> None:
    texts = {
        "net/terragrunt.hcl": SOURCE + 'inputs = { it = "real" }\n',
        "common.hcl": 'dependency "net" {\n  config_path = "net"\n}\n',
        "app/terragrunt.hcl": SOURCE
        + """\
locals {
  common = read_terragrunt_config("../common.hcl")
}
inputs = {
  it = local.common.dependency.net.outputs.it
}
""",
        **MODULE,
    }
    assert inputs(evaluated(texts), "app")["it"] == "real"


def test_an_output_that_the_module_does_not_have_is_unknown() -> None:
    texts = dict(MODULE)
    texts["net/terragrunt.hcl"] = SOURCE + 'inputs = { it = "x" }\n'
    texts["app/terragrunt.hcl"] = SOURCE + (
        'dependency "net" {\n  config_path = "../net"\n}\n'
        "inputs = {\n  it = dependency.net.outputs.nothing\n}\n"
    )
    it = inputs(evaluated(texts), "app")["it"]
    assert isinstance(it, Unknown)
    assert "no output `nothing`" in it.detail


# ------------------------------------------------------------------ cycles
def chain(*names: str) -> dict[str, str]:
    texts = dict(MODULE)
    for name, other in zip(names, (*names[1:], names[0]), strict=True):
        texts[f"{name}/terragrunt.hcl"] = SOURCE + (
            f'dependency "o" {{\n  config_path = "../{other}"\n}}\n'
            "inputs = {\n  it = dependency.o.outputs.it\n}\n"
        )
    return texts


@pytest.mark.parametrize("names", [("a",), ("a", "b"), ("a", "b", "c", "d")])
def test_units_in_a_round_are_one_problem(names: tuple[str, ...]) -> None:
    found = evaluated(chain(*names))
    (problem,) = problems(found)
    assert problem.code == "cycle"
    assert all(f"`{name}`" in problem.message for name in names)
    for name in names:
        it = inputs(found, name)["it"]
        assert isinstance(it, Unknown)
        assert it.reason is Reason.CYCLE


def test_a_unit_that_depends_on_a_round_is_evaluated() -> None:
    texts = chain("a", "b")
    texts["c/terragrunt.hcl"] = SOURCE + (
        'dependency "a" {\n  config_path = "../a"\n}\ninputs = {\n  it = 1\n}\n'
    )
    assert inputs(evaluated(texts), "c") == {"it": 1}


def test_files_that_read_each_other_are_one_problem() -> None:
    body = 'locals { a = read_terragrunt_config("../../a.hcl") }\ninputs = { it = 1 }\n'
    found = app(
        body, a='locals { b = read_terragrunt_config("b.hcl") }\n',
        b='locals { a = read_terragrunt_config("a.hcl") }\n',
    )  # fmt: skip
    (problem,) = problems(found)
    assert problem.message == "`live/a.hcl` and `live/b.hcl` read each other"
    assert inputs(found, "live/prod/app") == {"it": 1}


def test_a_file_that_includes_or_reads_itself() -> None:
    for body in ('include "me" {\n  path = "terragrunt.hcl"\n}\n',
                 'locals { me = read_terragrunt_config("terragrunt.hcl") }\n'):  # fmt: skip
        (problem,) = problems(app(body))
        assert problem.code == "cycle"


def test_locals_that_need_each_other() -> None:
    (problem,) = problems(app("locals {\n  a = local.b\n  b = local.a\n}\n"))
    assert problem.code == "cycle"
    assert "`local.a` and `local.b`" in problem.message


# ------------------------------------------------------------------ bounds and laws
@pytest.mark.parametrize(
    "expression",
    [
        "range(1000000000)",
        "[for a in range(1000) : [for b in range(1000) : a]]",
        'jsondecode(file("deep.json"))',
        'yamldecode(file("deep.yaml"))',
        "local.doubled",
    ],
)
def test_what_is_too_large_or_too_deep_is_unknown(expression: str) -> None:
    files = {
        "live__app__deep.json": "[" * 150 + "]" * 150,
        "live__app__deep.yaml": "[" * 150 + "]" * 150,
    }
    for number in range(40):
        following = f'read_terragrunt_config("{number + 1}.hcl")'
        files[f"live__{number}.hcl"] = f"locals {{\n  a = {following}\n  b = {following}\n}}\n"
    found = one_unit(
        'locals {\n  doubled = read_terragrunt_config("../0.hcl")\n}\n'
        f"inputs = {{\n  it = {expression}\n  other = 1\n}}\n",
        **files,
    )
    given_inputs = inputs(found, "live/app")
    assert "Unknown(" in repr((given_inputs, given_inputs.rest))  # type: ignore[attr-defined]


def test_nested_calls_are_evaluated_once() -> None:
    nested = "file(" * 60 + '"a"' + ")" * 60
    assert value(nested, live__app__a="a") == "a"


def test_no_message_names_a_path_from_the_root_of_the_disk() -> None:
    for expression in ('file("${get_repo_root()}/no.txt")', "tonumber(get_repo_root())",
                       "get_env(get_terragrunt_dir())", "{ (get_repo_root()) = 1 }",
                       'templatefile("${get_terragrunt_dir()}/t", {})'):  # fmt: skip
        found = one_unit(f"inputs = {{\n  it = {expression}\n}}\n", live__app__t="t")
        node = unit(found, "live/app")
        said = [repr(node.fields), *(note for _path, _line, note in trail(node, "inputs", "it"))]
        assert all(text.isascii() for text in said)


def test_nested_files_end() -> None:
    texts = dict(LIVE)
    for number in range(300):
        texts[f"live/deep/{number}.hcl"] = (
            f'locals {{\n  next = read_terragrunt_config("{number + 1}.hcl")\n}}\n'
        )
    texts["live/prod/app/terragrunt.hcl"] += (
        'locals {\n  deep = read_terragrunt_config("../../deep/0.hcl")\n}\n'
    )
    assert inputs(evaluated(texts), "live/prod/app")["size"] == 3


_EDGES = st.dictionaries(
    st.sampled_from("abcdefg"), st.lists(st.sampled_from("abcdefg"), max_size=4)
)


@settings(deadline=None)
@given(_EDGES)
def test_rounds_are_what_can_reach_each_other(edges: dict[str, list[str]]) -> None:
    reach = {name: {one for one in edges[name] if one in edges} for name in edges}
    for _step in edges:
        reach = {name: found.union(*(reach[one] for one in found)) for name, found in reach.items()}
    parts = rounds(edges)
    assert sorted(name for part in parts for name in part) == sorted(edges)
    where = {name: number for number, part in enumerate(parts) for name in part}
    for name in edges:
        for other in edges:
            together = name == other or (other in reach[name] and name in reach[other])
            assert (where[name] == where[other]) is together
        # What it depends on comes before it.
        assert all(where[one] <= where[name] for one in reach[name])
