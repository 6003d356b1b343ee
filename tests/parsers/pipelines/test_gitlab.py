"""GitLab pipelines in the words of all systems: templates, child pipelines, secrets, machines."""

from __future__ import annotations

import pytest
from tests.parsers.pipelines.repository import Repository, texts

from plumbrule_parsers.gitlab_ci.expressions import comparisons, expand, leaves, parse_condition
from plumbrule_parsers.value import Segments, Unknown


def gitlab(text: str, **more: str) -> Repository:
    return Repository.of({".gitlab-ci.yml": text, **more})


@pytest.mark.parametrize(
    ("text", "names", "compared"),
    [
        ("$CI_COMMIT_TAG", ["CI_COMMIT_TAG"], []),
        ('$A == "x" && $B != null', ["A", "B"], [("A", "==", "x"), ("B", "!=", "null")]),
        ("$A =~ /^v\\d/i || ($B && $C)", ["A", "B", "C"], [("A", "=~", "/^v\\d/i")]),
    ],
)
def test_conditions_are_trees(
    text: str, names: list[str], compared: list[tuple[str, str, str]]
) -> None:
    tree = parse_condition(text)
    assert tree is not None
    assert [leaf.text for leaf in leaves(tree) if leaf.kind == "name"] == names
    found = [one for one in comparisons(tree) if one[1] not in ("&&", "||")]
    assert found == compared


@pytest.mark.parametrize("text", ["", "$A ==", "a b", "(" * 60, '$A == "x'])
def test_what_is_no_condition_is_none(text: str) -> None:
    assert parse_condition(text) is None


def test_variables_are_filled_in_as_far_as_the_files_give_them() -> None:
    assert expand("$A/${B}:1", {"A": "x", "B": "y"}) == "x/y:1"
    found = expand("$A/$C", {"A": "x"})
    assert isinstance(found, Segments)
    assert found.prefix == "x/"
    assert isinstance(expand("$[[ inputs.x ]]", {}), Segments)


def test_settings_become_the_words_of_all_systems() -> None:
    found = gitlab("""\
        stages: [build, deploy]
        default: {image: "acme/tools:1", retry: {max: 2}}
        variables: {IMG: acme/web}
        build:
          stage: build
          image: {name: "$IMG:dev"}
          script: [make]
          artifacts: {paths: [out]}
          cache: {key: k, paths: [c]}
          timeout: 1h 30m
        deploy:
          stage: deploy
          environment: {name: production}
          resource_group: prod
          interruptible: true
          rules: [{if: $CI_COMMIT_TAG, when: manual}]
          script: [ship]
        """)
    build, deploy = found.node("/job/build").fields, found.node("/job/deploy").fields
    keys = ("image", "retries", "timeout", "machine")
    assert [build[key] for key in keys] == ["acme/web:dev", 2, 90.0, "throwaway"]
    keys = ("environment", "lock", "cancels", "manual", "image")
    assert [deploy[key] for key in keys] == ["production", "prod", True, True, "acme/tools:1"]
    assert found.edges("needs") == {("pipeline/job/deploy", "pipeline/job/build")}
    assert [node.fields["event"] for node in found.of_kind("ci.Trigger")] == ["tag"]
    (artifact,), (cache,) = found.of_kind("ci.Artifact"), found.of_kind("ci.Cache")
    assert (texts(artifact.fields["paths"]), cache.fields["key"]) == (["out"], "k")


def test_all_lines_run_in_one_shell_and_the_last_section_in_its_own() -> None:
    found = gitlab("""\
        a:
          before_script: [set +e]
          script: [b, set -e, c]
          after_script: [d]
        """)
    fatal = {text: found.command(text).fields["fatal"] for text in ("b", "c", "d")}
    assert fatal == {"b": False, "c": True, "d": True}
    assert found.command("b").fields["swallowed"] is True


@pytest.mark.parametrize(
    ("head", "machine"),
    [
        ("image: alpine:3", "throwaway"),
        ("tags: [shell-runner]", "persistent"),
        ("tags: [saas-linux-small-amd64]", "throwaway"),
        ("tags: [prod]", None),
        ("stage: test", None),
    ],
)
def test_the_runner_says_where_files_last(head: str, machine: str | None) -> None:
    found = gitlab(f"a:\n  {head}\n  script: [mkdir x, kubectl create ns x]\n")
    domain = found.command("mkdir x").fields["domain"]
    assert (None if isinstance(domain, Unknown) else domain) == machine
    assert found.command("kubectl create ns x").fields["domain"] == "remote"


def test_secrets_of_the_project_and_of_a_store() -> None:
    found = gitlab("""\
        variables: {DB_PASSWORD: in-the-file}
        a:
          secrets: {KEY_FILE: {vault: a/b@c}}
          id_tokens: {OIDC: {aud: x}}
          script:
            - login $REGISTRY_PASSWORD $DB_PASSWORD $NAME
            - ship $KEY_FILE $OIDC
        """)
    uses = {str(one.fields["name"]): one.fields["into"] for one in found.of_kind("ci.SecretUse")}
    assert uses == {"REGISTRY_PASSWORD": "env", "KEY_FILE": "file", "OIDC": "env"}
    assert found.edges("reads_secret") == {
        ("pipeline/job/a/script/0/command/login", "pipeline/job/a/secret/REGISTRY_PASSWORD"),
        ("pipeline/job/a/script/1/command/ship", "pipeline/job/a/secret/KEY_FILE"),
        ("pipeline/job/a/script/1/command/ship", "pipeline/job/a/secret/OIDC"),
    }


def test_child_pipelines_are_followed_and_find_their_includes_from_the_top() -> None:
    found = gitlab(
        "start:\n  trigger: {include: [{local: ci/child.yml}]}\nfar:\n  trigger: {project: a/b}\n",
        **{
            "ci/child.yml": "include: [{local: /ci/base.yml}]\njob:\n  extends: .base\n",
            "ci/base.yml": ".base:\n  script: [echo base]\n",
        },
    )
    command = found.command("echo base")
    assert command.address.startswith("ci/child.yml#pipeline/job/job/")
    assert command.span.source.path == "ci/base.yml"
    assert ("pipeline/job/start", "pipeline") in found.edges("uses")
    (hole,) = found.holes()
    assert "a/b" in hole
    assert "echo base" in found.commands()


def test_inputs_are_put_in_before_the_shell_sees_the_text() -> None:
    found = gitlab('a:\n  script:\n    - echo "$[[ inputs.name ]]" $X\n')
    command = found.command('echo "$[[ inputs.name ]]" $X')
    assert texts(command.fields["expressions"]) == ["inputs.name"]
    assert texts(command.fields["variables"]) == ["X"]


def test_defaults_may_be_refused() -> None:
    found = gitlab("""\
        default: {image: a:1, before_script: [one]}
        x: {script: [two]}
        y: {inherit: {default: false}, script: [three]}
        z: {inherit: {default: [image]}, script: [four]}
        """)
    images = {name: found.node(f"/job/{name}").fields.get("image") for name in "xyz"}
    assert images == {"x": "a:1", "y": None, "z": "a:1"}
    assert sorted(found.commands()) == ["four", "one", "three", "two"]


def test_a_statement_may_span_several_lines_of_the_script() -> None:
    found = gitlab("""\
        a:
          script:
            - before
            - if ! test -d x; then
            - mkdir x
            - fi
            - after
        """)
    assert sorted(found.commands()) == ["after", "before", "mkdir x", "test -d x"]
    mkdir = found.command("mkdir x")
    assert (mkdir.span.text, mkdir.span.line) == ("mkdir x", 5)
    assert texts(mkdir.fields["guards"]) == ["! test -d x"]
    assert len(found.of_kind("gitlab.Step")) == 5
    assert found.holes() == []
