"""Script files and rules of Makefiles that steps run, in every system, with their own places."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parsers.pipelines.repository import Repository, texts

from plumbrule_parsers.document import Completeness
from plumbrule_parsers.shell.makefile import rules_of

HEAD = "on: push\njobs:\n  a:\n    runs-on: {}\n    steps:\n"


def steps(*runs: str, runner: str = "ubuntu-latest", **files: str) -> Repository:
    text = HEAD.format(runner) + "".join(f"    - run: {run}\n" for run in runs)
    return Repository.of({".github/workflows/a.yml": text, **files})


@pytest.mark.parametrize(
    "run",
    ["./scripts/go.sh", "scripts/go.sh x", "bash scripts/go.sh", "sh -e ./scripts/go.sh",
     "source scripts/go.sh", "cd scripts && ./go.sh", "sudo bash scripts/go.sh"],
)  # fmt: skip
def test_a_step_runs_a_script_of_the_repository(run: str) -> None:
    found = steps(run, **{"scripts/go.sh": "mkdir -p a\nkubectl apply -f x\n"})
    command = found.command("kubectl apply -f x")
    assert (command.span.path, command.span.line) == ("scripts/go.sh", 2)
    assert ("workflow/job/a/step/0", "script") in found.edges("runs")
    assert found.documents["scripts/go.sh"].completeness is Completeness.EVALUATED


def test_every_system_runs_scripts() -> None:
    go = "x.sh"
    for path, text in (
        (".gitlab-ci.yml", "a:\n  script: [./x.sh]\n"),
        ("Jenkinsfile", "node { stage('a') { sh './x.sh' } }\n"),
        (".github/workflows/a.yml", HEAD.format("ubuntu-latest") + "    - run: ./x.sh\n"),
    ):
        found = Repository.of({path: text, go: "mkdir x\n"})
        assert found.command("mkdir x").address == "x.sh#script/command/mkdir"


def test_a_script_stands_on_the_machines_of_its_callers() -> None:
    files = {"go.sh": "mkdir x\n"}
    assert steps("./go.sh", **files).command("mkdir x").fields["machine"] == "throwaway"
    found = steps("./go.sh", runner="self-hosted", **files)
    assert found.command("mkdir x").fields["machine"] == "persistent"
    both = {".github/workflows/b.yml": HEAD.format("self-hosted") + "    - run: ./go.sh\n"}
    found = steps("./go.sh", **files, **both)
    assert found.command("mkdir x").fields["machine"] == "persistent"


def test_scripts_run_scripts_in_the_folder_of_their_caller() -> None:
    found = steps("./a/one.sh", runner="self-hosted", **{
        "a/one.sh": "bash a/two.sh\n", "a/two.sh": "mkdir x\nbash a/one.sh\n",
    })  # fmt: skip
    assert found.command("mkdir x").fields["machine"] == "persistent"
    assert ("script/command/bash", "script") in found.edges("runs")


def test_the_shell_of_a_script_is_that_of_its_first_line_and_its_call() -> None:
    found = steps("./one.sh", "bash -e two.sh", "./two.sh", "bash -e three.sh", **{
        "one.sh": "#!/bin/bash -e\na\n", "two.sh": "b\n", "three.sh": "c\n",
    })  # fmt: skip
    fatal = {text: found.command(text).fields["fatal"] for text in "abc"}
    assert fatal == {"a": True, "b": False, "c": True}


def test_a_cluster_that_a_script_starts_is_gone_with_the_job() -> None:
    found = steps("kubectl get a", "make up", "kubectl get b", "./use.sh", **{
        "Makefile": "up:\n\t./up.sh\n", "up.sh": "kind create cluster\n",
        "use.sh": "kubectl create ns x\n",
    })  # fmt: skip
    domains = {text: found.command(text).fields["domain"] for text in
               ("kubectl get a", "kubectl get b", "kubectl create ns x")}  # fmt: skip
    assert domains == {
        "kubectl get a": "remote", "kubectl get b": "throwaway",
        "kubectl create ns x": "throwaway",
    }  # fmt: skip


def test_what_runs_elsewhere_or_is_no_shell_is_left_alone() -> None:
    found = steps("ssh host ./go.sh", "./tool.py", "/opt/go.sh", **{
        "go.sh": "mkdir x\n", "tool.py": "#!/usr/bin/env python3\nprint()\n",
    })  # fmt: skip
    assert found.edges("runs") == set()
    document = found.documents["go.sh"]
    assert (document.completeness, document.because) == (
        Completeness.SKIPPED, "no pipeline runs it",
    )  # fmt: skip


def test_a_script_that_cannot_be_told_is_a_hole_of_its_command() -> None:
    found = steps("bash $DIR/go.sh", **{"go.sh": "mkdir x\n"})
    (hole,) = found.documents[".github/workflows/a.yml"].holes
    assert hole.edges == ("runs",)
    assert hole.addresses == (
        ".github/workflows/a.yml#workflow/job/a/step/0/command/bash",
        ".github/workflows/a.yml#workflow/job/a/step/0",
    )


# ------------------------------------------------------------------ Makefiles
MAKEFILE = """\
NS ?= demo
.PHONY: deploy
deploy: build check
\t@kubectl create ns $(NS) \\
\t  --token $$TOKEN
\t-mkdir out
build: ; go build
%.o: %.c
\tcc $<
other:
\t$(MAKE) build
"""


def test_a_rule_runs_with_what_it_needs() -> None:
    found = steps("make deploy", Makefile=MAKEFILE)
    assert {node.fields["target"] for node in found.of_kind("make.Rule")} == {"deploy", "build"}
    by_program = {str(node.fields["program"]): node for node in found.of_kind("sh.Command")}
    create, mkdir = by_program["kubectl"], by_program["mkdir"]
    assert create.span.text.startswith("kubectl create ns $(NS)")
    assert texts(create.fields["expressions"]) == ["(NS)"]
    assert texts(create.fields["variables"]) == ["TOKEN"]
    assert (create.fields["fatal"], mkdir.fields["swallowed"]) == (True, True)
    assert ("rule/deploy", "rule/build") in found.edges("runs")
    assert ("workflow/job/a/step/0", "rule/deploy") in found.edges("runs")


@pytest.mark.parametrize(
    ("run", "rules"),
    [("make", {"deploy", "build"}), ("make build", {"build"}), ("make other", {"other", "build"}),
     ("make -C sub x", {"x"}), ("make missing", set()), ("make A=b build -j 4", {"build"})],
)  # fmt: skip
def test_targets_are_told_from_the_call(run: str, rules: set[str]) -> None:
    files = {"Makefile": MAKEFILE, "sub/Makefile": "x:\n\ttrue\n"}
    found = steps(run, **files)
    assert {str(node.fields["target"]) for node in found.of_kind("make.Rule")} == rules


LETTERS = ("a", ":", "\t", "\n", "$", "(", ")", "$$", "\\\n", "b: c", "=", " ", "#", "é")


@given(st.lists(st.sampled_from(LETTERS), max_size=30).map("".join))
@settings(max_examples=200, deadline=None)
def test_any_makefile_is_read_with_places_inside_it(text: str) -> None:
    for rule in rules_of(text):
        assert text[rule.start : rule.end] == rule.target
        for recipe in rule.recipes:
            assert len(recipe.table) == len(recipe.text)
            assert all(0 <= at < len(text) for at in recipe.table)


def test_a_script_that_does_not_parse_says_so() -> None:
    found = steps("./go.sh", **{"go.sh": "mkdir x\nif ((\n"})
    (hole,) = found.documents["go.sh"].holes
    assert (hole.edges, hole.addresses) == (("contains",), ("go.sh#script",))
    assert "mkdir x" in found.commands()
