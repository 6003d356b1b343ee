"""Images that pipelines build: which, under which names, from which Dockerfile, run by whom."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule.config import Config
from plumbrule.graph.graph import Graph
from plumbrule.pack import load_pack
from plumbrule.scan.scan import model_of_texts
from plumbrule_parsers.document import Node
from plumbrule_parsers.formats import schema_sources
from plumbrule_parsers.image_builds.image_names import ImageName, image_name, same_image
from plumbrule_parsers.value import Reason, Segments, Unknown, Value

ANY = Unknown(Reason.ENVIRONMENT, "x")
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec: {{containers: [{{name: web, image: "{}"}}]}}
"""


def graph_of(files: dict[str, str]) -> Graph:
    pack = load_pack([], schema_sources(), None)
    texts = {path: dedent(text) for path, text in files.items()}
    return model_of_texts(texts, Config(), pack).graph


def builds(files: dict[str, str]) -> list[Node]:
    return [node for node in graph_of(files).nodes.values() if node.kind == "ci.ImageBuild"]


def shell(script: str) -> list[Node]:
    return builds({".gitlab-ci.yml": f"build:\n  script:\n    - {script}\n"})


def steps(text: str) -> dict[str, str]:
    body = "".join(f"      {line}\n" for line in dedent(text).strip().splitlines())
    head = "on: push\nenv: {REGISTRY: ghcr.io}\njobs:\n  build:\n    runs-on: ubuntu-latest\n"
    return {".github/workflows/build.yaml": f"{head}    steps:\n{body}"}


def names(found: list[Node]) -> list[str]:
    return sorted(str(node.fields["image"]) for node in found)


# ------------------------------------------------------------------ commands
@pytest.mark.parametrize(
    ("command", "image", "pushes"),
    [
        ("docker build -t acme/web:1 .", "acme/web:1", False),
        ("docker build --tag=acme/web:1 .", "acme/web:1", False),
        ("docker buildx build --push -t acme/web:1 .", "acme/web:1", True),
        ("docker image build -t acme/web:1 .", "acme/web:1", False),
        ("docker push acme/web:1", "acme/web:1", True),
        ("docker tag web acme/web:1", "acme/web:1", False),
        ("docker buildx imagetools create -t acme/web:1 acme/web:a", "acme/web:1", True),
        ("podman build -t acme/web:1 .", "acme/web:1", False),
        ("buildah bud -t acme/web:1 .", "acme/web:1", False),
        ("buildah push web docker://acme/web:1", "acme/web:1", True),
        ("/kaniko/executor --context . --destination acme/web:1", "acme/web:1", True),
        ("/kaniko/executor --no-push --destination=acme/web:1", "acme/web:1", False),
        ("skopeo copy docker://a/web:1 docker://acme/web:1", "acme/web:1", True),
        ("crane copy a/web:1 acme/web:1", "acme/web:1", True),
        ("pack build acme/web:1 --publish", "acme/web:1", True),
        ("gcloud builds submit --tag acme/web:1 .", "acme/web:1", True),
        ("az acr build -r acme -t web:1 .", "acme.azurecr.io/web:1", True),
    ],
)
def test_commands_that_make_an_image(command: str, image: str, *, pushes: bool) -> None:
    (node,) = shell(command)
    assert node.fields["image"] == image
    assert node.fields["pushes"] is pushes


@pytest.mark.parametrize("command", [
    "docker run acme/web:1", "docker pull acme/web:1", "docker build .", "podman login ghcr.io",
    "docker buildx bake --print", "executor --version", "crane digest acme/web:1",
])  # fmt: skip
def test_commands_that_make_none(command: str) -> None:
    assert shell(command) == []


def test_a_variable_with_one_value_is_filled_in_and_others_stay_unknown() -> None:
    (node,) = builds({".gitlab-ci.yml": """
        variables: {APP: web}
        build:
          script:
            - TAG=1.2
            - docker push "$CI_REGISTRY_IMAGE/$APP:$TAG"
        """})  # fmt: skip
    assert str(node.fields["image"]) == "<?>/web:1.2"
    assert isinstance(node.fields["repository"], Segments)
    assert node.fields["tag"] == "1.2"


def test_unquoted_variables_with_slashes_are_one_word() -> None:
    (node,) = shell("docker push $HOST/$OWNER/$NAME:$TAG")
    assert str(node.fields["image"]) == "<?>/<?>/<?>:<?>"


# ------------------------------------------------------------------ steps
def test_tags_of_the_metadata_action_are_its_images() -> None:
    found = builds(
        steps("""
        - uses: docker/metadata-action@v5
          id: meta
          with:
            images: |
              ${{ env.REGISTRY }}/acme/web
              acme/web
        - uses: docker/build-push-action@v6
          with: {push: true, context: web, tags: "${{ steps.meta.outputs.tags }}"}
        """)
    )
    assert names(found) == ["acme/web:<?>", "ghcr.io/acme/web:<?>"]
    assert {node.fields["home"] for node in found} == {"ghcr.io/acme", "docker.io/acme"}


def test_each_value_of_a_matrix_is_an_image() -> None:
    found = builds({".github/workflows/build.yaml": """
        on: push
        jobs:
          build:
            runs-on: ubuntu-latest
            strategy: {matrix: {image: [web, api]}}
            steps:
              - run: docker push ghcr.io/acme/${{ matrix.image }}:1
        """})  # fmt: skip
    assert names(found) == ["ghcr.io/acme/api:1", "ghcr.io/acme/web:1"]


def test_jenkins_builds_and_maybe_pushes() -> None:
    (node,) = builds({"Jenkinsfile": """
        node {
          stage('build') {
            def image = docker.build("registry.example.com/acme/web:${env.BUILD_ID}")
            image.push()
          }
        }
        """})  # fmt: skip
    assert str(node.fields["repository"]) == "registry.example.com/acme/web"
    assert isinstance(node.fields["pushes"], Unknown)


# ------------------------------------------------------------------ edges
def edge(image: str, script: str) -> str:
    """`sure`, `possible` or `none`."""
    graph = graph_of({"k8s/web.yaml": POD.format(image),
                      ".gitlab-ci.yml": f"build:\n  script:\n    - {script}\n"})  # fmt: skip
    found = [one for edges in graph.successors.get("supplies", {}).values() for one in edges]
    return "none" if not found else "possible" if all(one.doubt for one in found) else "sure"


@pytest.mark.parametrize(
    ("image", "script", "wanted"),
    [
        ("ghcr.io/acme/web:1", "docker push ghcr.io/acme/web:1", "sure"),
        ("acme/web:1", "docker push docker.io/acme/web:1", "sure"),
        ("ghcr.io/acme/web", "docker push ghcr.io/acme/web:latest", "sure"),
        ("ghcr.io/acme/web:2", "docker push ghcr.io/acme/web:1", "possible"),
        ("ghcr.io/acme/web:2", "docker push ghcr.io/acme/web:$TAG", "possible"),
        ("ghcr.io/acme/web:2", "docker push $REGISTRY/web:2", "possible"),
        ("ghcr.io/acme/web:2", "docker push ghcr.io/acme/$NAME:2", "possible"),
        ("ghcr.io/acme/web:2", "docker push $IMAGE", "none"),
        ("ghcr.io/acme/web:2", "docker push ghcr.io/$NAME:2", "none"),
        ("ghcr.io/acme/web:2", "docker push $REGISTRY/api:2", "none"),
        ("ghcr.io/acme/web:2", "docker push ghcr.io/other/web:2", "none"),
        ("ghcr.io/acme/web:${TAG}", "docker push ghcr.io/acme/web:1", "possible"),
    ],
)
def test_a_build_supplies_what_runs_its_image(image: str, script: str, wanted: str) -> None:
    assert edge(image, script) == wanted


def test_the_dockerfile_leads_to_the_build_and_on_to_the_container() -> None:
    graph = graph_of({
        **steps("- run: docker build -t acme/web:1 -f docker/web.Dockerfile ."),
        "docker/web.Dockerfile": "FROM alpine:3\n", "k8s/web.yaml": POD.format("acme/web:1"),
    })  # fmt: skip
    (build,) = [one for one in graph.nodes.values() if one.kind == "ci.ImageBuild"]
    (first,) = graph.successors["built_by"]["docker/web.Dockerfile#file"]
    (second,) = graph.successors["supplies"][build.address]
    assert first.target == build.address
    assert second.target == "k8s/web.yaml#Pod/default/web/container/web"
    assert first.doubt is second.doubt is None


def test_the_dockerfile_of_a_context_is_the_one_in_it() -> None:
    (node,) = builds(
        steps("""
        - uses: docker/build-push-action@v6
          with: {context: ./web, tags: "acme/web:1"}
        """)
    )
    assert node.fields["dockerfile"] == "web/Dockerfile"


# ------------------------------------------------------------------ names
PART = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)


@given(st.lists(PART, min_size=1, max_size=3), PART, st.integers(0, 2))
def test_an_image_with_any_folder_unknown_may_still_be_itself(
    folders: list[str], tag: str, hidden: int
) -> None:
    parts = ["ghcr.io", *folders]
    used = image_name(f"{'/'.join(parts)}:{tag}")
    before = "".join(f"{part}/" for part in parts[:hidden])
    behind = "/".join(parts[hidden + 1 :])
    value: Value = f"{'/'.join(parts)}:{tag}"
    if behind:
        text = f"/{behind}:{tag}"
        value = Segments((before, ANY, text) if before else (ANY, text))
    built = image_name(value)
    assert isinstance(used, ImageName)
    assert isinstance(built, ImageName)
    verdict = same_image(built, used)
    assert isinstance(verdict, Unknown) if behind else verdict is True


@pytest.mark.parametrize("text", ["", "scratch", "not an image", "a b"])
def test_what_is_no_name_names_no_image(text: str) -> None:
    assert image_name(text) is None
