"""Where values stand after a build: at the line that decides, with the way that led there."""

from __future__ import annotations

from tests.parsers.kustomize.repositories import at, built, history, line, one, place

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: app
        image: acme/web:1.0
        securityContext:
          privileged: false
"""
APP = ("spec", "template", "spec", "containers", 0)


def repository(overlay: str, **more: str) -> dict[str, str]:
    return {
        "base/web.yaml": WEB, "base/kustomization.yaml": "resources:\n- web.yaml\n",
        "prod/kustomization.yaml": f"resources:\n- ../base\n{overlay}",
        **{f"prod/{name.replace('_', '.')}": text for name, text in more.items()},
    }  # fmt: skip


PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 3
  template:
    spec:
      containers:
      - name: app
        securityContext:
          privileged: true
          runAsUser: 0
"""


def test_a_patched_value_stands_at_the_patch_and_remembers_the_base() -> None:
    body = one(built(repository("patches:\n- path: p.yaml\n", p_yaml=PATCH), "prod")).body
    assert line(body, "spec", "replicas") == "prod/p.yaml:6"
    assert history(body, "spec", "replicas") == [
        "base/web.yaml:6 set here", "prod/p.yaml:6 replaced here",
    ]  # fmt: skip
    context = (*APP, "securityContext")
    assert line(body, *context, "privileged") == "prod/p.yaml:12"
    assert line(body, *context, "runAsUser") == "prod/p.yaml:13"
    assert history(body, *context, "runAsUser") == []


def test_only_what_the_value_still_comes_from_counts_as_its_data() -> None:
    files = repository("namePrefix: p-\npatches:\n- path: p.yaml\n", p_yaml=PATCH)
    body = one(built(files, "prod")).body
    assert [hop.kind for hop in place(body, "spec", "replicas").via] == ["replaced", "data"]
    assert [hop.kind for hop in place(body, "metadata", "name").via][-1] == "adapted"


def test_a_value_that_no_overlay_touches_stands_in_the_base() -> None:
    body = one(built(repository("patches:\n- path: p.yaml\n", p_yaml=PATCH), "prod")).body
    assert line(body, *APP, "image") == "base/web.yaml:11"
    assert history(body, *APP, "image") == []


def test_a_mapping_that_a_patch_adds_to_stands_at_the_patch() -> None:
    body = one(built(repository("patches:\n- path: p.yaml\n", p_yaml=PATCH), "prod")).body
    assert line(body, *APP, "securityContext") == "prod/p.yaml:11"
    assert history(body, *APP, "securityContext")[0] == "base/web.yaml:12 set here"


def test_names_by_which_items_are_found_stay_where_they_were_declared() -> None:
    body = one(built(repository("patches:\n- path: p.yaml\n", p_yaml=PATCH), "prod")).body
    assert line(body, "metadata", "name") == "base/web.yaml:4"
    assert line(body, *APP, "name") == "base/web.yaml:10"


def test_lines_of_a_patch_inside_the_kustomization_are_those_of_its_text() -> None:
    overlay = """\
patches:
- target: {kind: Deployment}
  patch: |-
    - op: replace
      path: /spec/replicas
      value: 7
- patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      paused: true
"""
    body = one(built(repository(overlay), "prod")).body
    assert line(body, "spec", "replicas") == "prod/kustomization.yaml:8"
    assert line(body, "spec", "paused") == "prod/kustomization.yaml:14"


def test_an_image_stands_at_the_tag_that_the_overlay_sets() -> None:
    overlay = "images:\n- name: acme/web\n  newTag: '2.0'\n"
    body = one(built(repository(overlay), "prod")).body
    assert at(body, *APP, "image") == "acme/web:2.0"
    assert line(body, *APP, "image") == "prod/kustomization.yaml:5"
    assert history(body, *APP, "image")[0] == "base/web.yaml:11 set here"


def test_prefixed_names_stand_where_they_are_declared_and_lead_to_the_prefix() -> None:
    body = one(built(repository("namePrefix: p-\nnamespace: shop\n"), "prod")).body
    assert at(body, "metadata", "name") == "p-web"
    assert line(body, "metadata", "name") == "base/web.yaml:4"
    assert history(body, "metadata", "name")[-1] == "prod/kustomization.yaml:3 prefix added here"
    assert line(body, "metadata", "namespace") == "prod/kustomization.yaml:4"


def test_generated_data_stands_at_its_literal_or_in_its_file() -> None:
    overlay = """\
configMapGenerator:
- name: c
  literals:
  - a=1
  files:
  - f.txt
  envs:
  - e.env
"""
    made = built(repository(overlay, f_txt="content", e_env="# x\nB=2\n"), "prod")
    body = one(made, "ConfigMap").body
    assert line(body, "data", "a") == "prod/kustomization.yaml:6"
    assert line(body, "data", "f.txt") == "prod/f.txt:1"
    assert history(body, "data", "f.txt")[0] == "prod/kustomization.yaml:8 generated here"
    assert line(body, "data", "B") == "prod/e.env:2"


def test_a_copied_value_leads_from_its_source_to_the_replacement() -> None:
    overlay = """\
configMapGenerator:
- {name: c, literals: [count=4]}
replacements:
- source: {kind: ConfigMap, name: c, fieldPath: data.count}
  targets:
  - select: {kind: Deployment}
    fieldPaths: [spec.replicas]
"""
    body = one(built(repository(overlay), "prod")).body
    assert at(body, "spec", "replicas") == 4
    assert history(body, "spec", "replicas") == [
        "base/web.yaml:6 set here", "prod/kustomization.yaml:4 set here",
        "prod/kustomization.yaml:9 copied here",
    ]  # fmt: skip


def test_the_history_of_a_value_is_bounded() -> None:
    files = repository("")
    folder = "prod"
    for number in range(20):
        inner, folder = folder, f"o{number}"
        files[f"{folder}/kustomization.yaml"] = (
            f"resources: [../{inner}]\nreplicas:\n- {{name: web, count: {number}}}\n"
        )
    body = one(built(files, folder)).body
    way = history(body, "spec", "replicas")
    assert len(way) <= 8
    assert way[0] == "base/web.yaml:6 set here"
    assert way[-1].startswith("o19/")
