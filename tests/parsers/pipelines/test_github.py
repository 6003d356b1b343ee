"""Workflows in the words of all systems: expressions, secrets, machines, own actions."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parsers.pipelines.repository import Repository, texts

from plumbrule_parsers.github_actions.expressions import (
    choices,
    contexts_of,
    known,
    parse_expression,
    shown_contexts,
    walk,
)
from plumbrule_parsers.value import Segments, Unknown

PATH = ".github/workflows/a.yml"
MATRIX = "strategy: {{matrix: {}}}\n    runs-on: ${{{{ matrix.os }}}}"


def workflow(text: str, **more: str) -> Repository:
    return Repository.of({PATH: text, **more})


def job(steps: str, head: str = "runs-on: ubuntu-latest") -> Repository:
    lines = "\n".join(f"      {line}" for line in steps.strip("\n").split("\n"))
    inputs = "{os: {type: choice, options: [ubuntu-22.04, macos-14]}, any: {default: ubuntu-22.04}}"
    on = f"on: {{workflow_dispatch: {{inputs: {inputs}}}}}"
    return workflow(f"{on}\njobs:\n  a:\n    {head}\n    steps:\n{lines}\n")


# ------------------------------------------------------------------ expressions
@pytest.mark.parametrize(
    ("text", "reads", "shown"),
    [
        ("github.event.issue.title", ["github.event.issue.title"], ["github.event.issue.title"]),
        ("secrets['A-B']", ["secrets.A-B"], ["secrets.A-B"]),
        ("contains(a.b.*.name, 'x') && !c()", ["a.b.*.name"], []),
        ("a.b == 'x' && env.C || 'd'", ["a.b", "env.C"], ["env.C"]),
        ("a[b.c]", ["a.*", "b.c"], ["a.*", "b.c"]),
        ("fromJSON(x.y).z", ["x.y"], ["x.y"]),
        ("format('{0}', x.y)", ["x.y"], ["x.y"]),
    ],
)
def test_expressions_tell_what_they_read_and_what_comes_out(
    text: str, reads: list[str], shown: list[str]
) -> None:
    tree = parse_expression(text)
    assert tree is not None
    assert [one.text for one in contexts_of(tree)] == reads
    assert [one.text for one in shown_contexts(tree)] == shown


@pytest.mark.parametrize("text", ["", "a.", "1 + 2", "f(", "'a", "(" * 100, "a b"])
def test_what_is_no_expression_is_none(text: str) -> None:
    assert parse_expression(text) is None


@given(st.text(alphabet="ab.()[]'!&|=<>, 1*-", max_size=40))
@settings(max_examples=300, deadline=None)
def test_parts_of_expressions_stand_in_their_text(text: str) -> None:
    tree = parse_expression(text)
    for part in walk(tree) if tree is not None else ():
        assert 0 <= part.start <= part.end <= len(text)


def test_what_is_known_of_an_expression() -> None:
    values = {"env.A": "x"}
    tree = parse_expression("format('{0}-{1}', env.A, 'y')")
    assert tree is not None
    assert known(tree, values) == "x-y"
    tree = parse_expression("env.B")
    assert tree is not None
    assert known(tree, values) is None
    tree = parse_expression("m.x == 'b' && 'one' || m.o")
    assert tree is not None
    assert choices(tree, {"m.o": ("two", "three")}) == ("one", "two", "three")
    assert choices(tree, {}) == ()


# ------------------------------------------------------------------ values
def test_variables_of_the_workflow_are_known_where_nothing_sets_them_anew() -> None:
    found = workflow("""\
        on: push
        env: {IMAGE: acme/web, SET: a}
        jobs:
          a:
            runs-on: ubuntu-latest
            steps:
              - run: echo SET=b >> "$GITHUB_ENV"
              - run: docker push ${{ env.IMAGE }}:1
              - run: docker push ${{ env.SET }}:1
        """)
    first = found.command("docker push ${{ env.IMAGE }}:1")
    assert texts(first.fields["positionals"]) == ["acme/web:1"]
    second = found.command("docker push ${{ env.SET }}:1")
    (word,) = second.fields["positionals"]  # type: ignore[misc,union-attr]
    assert isinstance(word, Segments)


@pytest.mark.parametrize(
    ("head", "hosted", "machine"),
    [
        ("runs-on: ubuntu-latest", True, "throwaway"),
        ("runs-on: macOS-14", True, "throwaway"),
        ("runs-on: [self-hosted, linux]", False, "persistent"),
        ("runs-on: {labels: self-hosted}", False, "persistent"),
        ("runs-on: self-hosted\n    container: a:1", False, "throwaway"),
        (MATRIX.format("{os: [ubuntu-22.04, macos-14]}"), True, "throwaway"),
        (MATRIX.format("{os: [ubuntu-22.04, self-hosted]}"), None, "persistent"),
        (MATRIX.format("{os: [macos-14, self-hosted], exclude: [{os: self-hosted}]}"), True,
         "throwaway"),
        ("runs-on: ${{ github.x == 'y' && 'macos-14' || 'ubuntu-24.04' }}", True, "throwaway"),
        ("runs-on: ${{ inputs.os }}", True, "throwaway"),
        ("runs-on: ${{ inputs.any }}", None, None),
        ("runs-on: ${{ vars.RUNNER }}", None, None),
        ("runs-on: big-machine", False, None),
    ],
)  # fmt: skip
def test_the_runner_says_where_files_last(
    head: str, hosted: bool | None, machine: str | None
) -> None:
    found = job("- run: mkdir x\n- run: kubectl create ns x", head)
    fields = found.node("/job/a").fields
    for key, wanted in (("hosted", hosted), ("machine", machine)):
        value = fields[key]
        assert (None if isinstance(value, Unknown) else value) == wanted
    domain = found.command("mkdir x").fields["domain"]
    assert (None if isinstance(domain, Unknown) else domain) == machine
    assert found.command("kubectl create ns x").fields["domain"] == "remote"


@pytest.mark.parametrize(
    ("maker", "command", "domain"),
    [
        ("run: kind create cluster", "kubectl apply -f x", "throwaway"),
        ("uses: helm/kind-action@v1", "helm install a b", "throwaway"),
        ("run: kind delete cluster", "kubectl apply -f x", "remote"),
        ("run: kind create cluster", "kubectl --context prod apply -f x", "remote"),
        ("run: kind create cluster && aws eks update-kubeconfig", "kubectl apply -f x", "remote"),
        ("run: kind create cluster", "aws s3 mb s3://x", "remote"),
        ("run: kind create cluster && kubectl config use-context prod", "kubectl get x", "remote"),
        ("run: kind create cluster; kubectl config use-context kind-a", "oc get x", "throwaway"),
        ("run: 'true'", "helm template a b", "throwaway"),
        ("run: 'true'", "git commit -m x", "throwaway"),
        ("run: 'true'", "git push", "remote"),
        ("run: 'true'", "docker push localhost:5000/x", "throwaway"),
        ("run: 'true'", "curl https://x.example", "throwaway"),
        ("run: 'true'", "curl -X POST https://x.example", "remote"),
        ("run: 'true'", "psql -h localhost -c x", "throwaway"),
        ("run: 'true'", "psql -h db.example -c x", "remote"),
    ],
)  # fmt: skip
def test_where_effects_last(maker: str, command: str, domain: str) -> None:
    found = job(f"- {maker}\n- run: {command}")
    assert found.command(command).fields["domain"] == domain


# ------------------------------------------------------------------ secrets and expressions
def test_secrets_go_where_their_expressions_stand() -> None:
    found = workflow("""\
        on: push
        env: {TOP: "${{ secrets.TOP }}"}
        jobs:
          a:
            runs-on: ubuntu-latest
            env: {JOB: "${{ secrets.JOB }}"}
            steps:
              - run: echo ${{ secrets.IN }} $TOP
                env: {STEP: "x ${{ secrets.STEP }}"}
              - uses: acme/tool@v1
                with: {token: "${{ github.token }}"}
          b:
            uses: ./.github/workflows/b.yml
            secrets: inherit
        """)
    uses = {
        str(node.fields["name"]): (node.fields["into"], node.fields["scope"])
        for node in found.of_kind("ci.SecretUse")
    }
    assert uses == {
        "TOP": ("env", "pipeline"), "JOB": ("env", "job"), "STEP": ("env", "step"),
        "IN": ("script", "step"), "GITHUB_TOKEN": ("argument", "step"), "*": ("input", "job"),
    }  # fmt: skip
    assert found.edges("reads_secret") == {
        ("workflow/job/a/step/0/command/echo", "workflow/secret/TOP/TOP"),
        ("workflow/job/a/step/0/command/echo", "workflow/job/a/step/0/secret/IN/script"),
    }


def test_expressions_stand_exactly_where_they_are_written() -> None:
    found = job("""
- run: |
    set -x
    echo "${{ github.event.issue.title }}"
  if: ${{ github.actor != 'x' }}
""")
    (script,) = [one for one in found.of_kind("ci.Expression") if one.fields["into"] == "script"]
    (condition,) = [one for one in found.of_kind("ci.Expression") if one is not script]
    assert script.span.text == "${{ github.event.issue.title }}"
    assert texts(script.fields["contexts"]) == ["github.event.issue.title"]
    assert texts(condition.fields["contexts"]) == []
    assert texts(condition.fields["reads"]) == ["github.actor"]


# ------------------------------------------------------------------ what all systems have
def test_settings_become_the_words_of_all_systems() -> None:
    found = workflow("""\
        on:
          push: {branches: [main]}
          schedule: [{cron: '0 4 * * *'}]
          workflow_dispatch:
        concurrency: {group: deploy, cancel-in-progress: true}
        jobs:
          a:
            runs-on: ubuntu-latest
            timeout-minutes: 5
            environment: {name: production}
            services: {db: {image: postgres:16}}
            defaults: {run: {shell: bash, working-directory: app}}
            steps:
              - run: a | b
                continue-on-error: true
                if: always()
              - uses: actions/upload-artifact@v4
                with: {name: dist, path: out}
              - uses: actions/cache@v4
                with: {key: k, path: c}
        """)
    triggers = {str(node.fields["event"]) for node in found.of_kind("ci.Trigger")}
    assert triggers == {"push", "schedule", "manual"}
    top, one = found.node("#workflow").fields, found.node("/job/a").fields
    assert (top["lock"], top["cancels"]) == ("deploy", True)
    assert (one["timeout"], one["environment"]) == (5, "production")
    assert texts(one["services"]) == ["postgres:16"]
    step = found.node("/step/0")
    keys = ("may_fail", "always", "pipefail", "working_directory")
    assert [step.fields[key] for key in keys] == [True, True, True, "app"]
    assert step.condition is None
    (artifact,), (cache,) = found.of_kind("ci.Artifact"), found.of_kind("ci.Cache")
    assert (artifact.fields["name"], texts(artifact.fields["paths"])) == ("dist", ["out"])
    assert cache.fields["key"] == "k"


def test_scripts_of_windows_are_no_shell() -> None:
    found = job("- run: mkdir x\n- run: mkdir y\n  shell: bash", "runs-on: windows-latest")
    assert found.commands() == ["mkdir y"]
    assert found.holes() == ["expression: script in `pwsh` is not read"]


# ------------------------------------------------------------------ inside the repository
ACTION = """\
name: k
runs:
  using: composite
  steps:
    - run: |
        kind create cluster
        mkdir x
      shell: bash
"""


def test_an_action_runs_on_the_machines_of_its_callers() -> None:
    caller = (
        "on: push\njobs:\n  a:\n    runs-on: {}\n    steps:\n      - uses: ./.github/actions/k\n"
    )
    action = ".github/actions/k/action.yml"
    for runners, machine in (
        (["ubuntu-latest"], "throwaway"),
        (["self-hosted"], "persistent"),
        (["ubuntu-latest", "self-hosted"], "persistent"),
    ):
        files = {f".github/workflows/{n}.yml": caller.format(one) for n, one in enumerate(runners)}
        found = Repository.of({action: ACTION, **files})
        assert found.command("mkdir x").fields["machine"] == machine
    machine_of_none = Repository.of({action: ACTION}).command("mkdir x").fields["machine"]
    assert isinstance(machine_of_none, Unknown)
    assert machine_of_none.candidates == ("throwaway", "persistent")


def test_a_cluster_that_an_action_starts_is_gone_with_the_job() -> None:
    found = workflow(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - run: kubectl get ns\n      - uses: ./.github/actions/k\n"
        "      - run: kubectl create ns x\n  b:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - run: kubectl create ns y\n",
        **{".github/actions/k/action.yml": ACTION},
    )
    domains = {text: found.command(text).fields["domain"] for text in
               ("kubectl get ns", "kubectl create ns x", "kubectl create ns y")}  # fmt: skip
    assert domains == {
        "kubectl get ns": "remote", "kubectl create ns x": "throwaway",
        "kubectl create ns y": "remote",
    }  # fmt: skip


def test_called_workflows_are_followed_or_are_a_hole() -> None:
    text = "on: push\njobs:\n  a: {uses: ./.github/workflows/b.yml}\n  c: {uses: x/y/z.yml@v1}\n"
    found = workflow(text, **{".github/workflows/b.yml": "on: workflow_call\njobs: {}\n"})
    assert found.edges("uses") == {("workflow/job/a", "workflow")}
    assert found.holes() == ["remote: workflow `x/y/z.yml@v1` is not in the repository"]
    assert len(workflow(text).holes()) == 2
