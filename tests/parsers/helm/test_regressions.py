"""What other scanners were reported to get wrong with charts, each with its link."""

from __future__ import annotations

import json

from tests.parsers.helm.charts import CHART, chart, resolved

from plumbrule_parsers.document import Completeness, Document, Node, Severity
from plumbrule_parsers.value import MapValue

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: {{ .Values.image }}
      securityContext:
        privileged: {{ .Values.privileged }}
"""


def containers(documents: dict[str, Document]) -> list[Node]:
    return [
        node
        for path in sorted(documents)
        for node in documents[path].nodes
        if node.kind == "k8s.Container"
    ]


def context(node: Node) -> MapValue:
    found = node.fields["securityContext"]
    assert isinstance(found, MapValue)
    return found


# https://github.com/aquasecurity/trivy/issues/6380
def test_a_subchart_is_judged_with_what_its_parent_overrides() -> None:
    documents = resolved({
        "top/Chart.yaml": "apiVersion: v2\nname: top\nversion: 1.0.0\n",
        "top/values.yaml": "child:\n  privileged: false\n",
        "top/charts/child/Chart.yaml": "apiVersion: v2\nname: child\nversion: 1.0.0\n",
        "top/charts/child/values.yaml": "image: acme/web:1\nprivileged: true\n",
        "top/charts/child/templates/pod.yaml": POD,
    })  # fmt: skip
    (node,) = containers(documents)
    assert context(node)["privileged"] is False
    place = context(node).place("privileged")
    assert place is not None
    assert str(place.value) == "top/values.yaml:2:3"


# https://github.com/aquasecurity/trivy/issues/6337
def test_a_chart_that_is_all_helpers_is_read_whole() -> None:
    helpers = """\
{{- define "lib.value" -}}
{{- if kindIs "string" .value }}{{ tpl .value .context }}
{{- else }}{{ tpl (toYaml .value) .context }}{{ end -}}
{{- end -}}
{{- define "lib.container" -}}
- name: {{ .name }}
  image: {{ include "lib.value" (dict "value" .spec.image "context" .root) }}
  {{- $security := merge (default dict .spec.security) .root.Values.defaults }}
  securityContext: {{- toYaml $security | nindent 4 }}
{{- end -}}
{{- define "lib.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ printf "%s-%s" .root.Release.Name .name | trunc 63 | trimSuffix "-" }}
spec:
  template:
    spec:
      containers: {{- include "lib.container" . | nindent 8 }}
{{- end -}}
{{- define "lib.all" -}}
{{- range $name, $spec := .Values.components }}
{{- if dig "enabled" true $spec }}
---
{{ include "lib.deployment" (dict "root" $ "name" $name "spec" $spec) }}
{{- end }}
{{- end }}
{{- end -}}
"""
    values = """\
tag: "2"
defaults: {privileged: false}
components:
  api: {image: "acme/api:{{ .Values.tag }}"}
  off: {image: x, enabled: false}
  worker:
    image: acme/worker:1
    security:
      privileged: true
"""
    files = chart(values, '{{ include "lib.all" . }}\n', **{"templates/_lib.tpl": helpers})
    documents = resolved(files)
    document = documents["charts/shop/templates/c.yaml"]
    assert document.completeness is Completeness.EVALUATED
    found = {str(node.fields["name"]): node for node in containers(documents)}
    assert {name: node.fields["image"] for name, node in found.items()} == {
        "api": "acme/api:2", "worker": "acme/worker:1",
    }  # fmt: skip
    place = context(found["worker"]).place("privileged")
    assert place is not None
    assert str(place.value) == "charts/shop/values.yaml:9:7"
    place = context(found["api"]).place("privileged")
    assert place is not None
    assert str(place.value).startswith("charts/shop/values.yaml:2:")


# https://github.com/aquasecurity/trivy/issues/3774
# https://github.com/bridgecrewio/checkov/issues/5755
def test_lines_are_those_of_the_files_that_people_edit() -> None:
    template = (
        "{{/*\nA long head\nthat Helm does not print.\n*/}}\n"
        "{{- $unused := list 1 2 3 -}}\n\n{{- if .Values.on }}\n" + POD + "{{- end }}\n"
    )
    values = "# the image\nimage: acme/web:1\non: true\n\nprivileged: true\n"
    documents = resolved(chart(values, template))
    (node,) = containers(documents)
    source = documents["charts/shop/templates/c.yaml"].source
    assert source.line_text(node.span.line).strip() == "- name: app"
    assert node.path == "charts/shop/templates/c.yaml"
    for fields, key, line in ((node.fields, "image", 2), (context(node), "privileged", 5)):
        place = fields.place(key)
        assert place is not None
        assert (place.value.path, place.value.line) == ("charts/shop/values.yaml", line)
        (written, _value) = place.via
        assert f"{{{{ .Values.{key} }}}}" in source.line_text(written.span.line)


# https://github.com/bridgecrewio/checkov/issues/7605
def test_what_helm_only_warns_about_costs_nothing() -> None:
    meta = CHART + "deprecated: true\ndependencies: [{name: sub, version: 1.0.0}]\n"
    files = chart(
        "image: x\nprivileged: true\ntable: {a: 1}\nsub: {table: [], list: {b: 2}}\n", POD,
        **{
            "Chart.yaml": meta,
            "charts/sub/Chart.yaml": "apiVersion: v1\nname: sub\nversion: 1.0.0\n",
            "charts/sub/values.yaml": "table: {a: 1}\nlist: []\nimage: sub\nprivileged: false\n",
            "charts/sub/templates/pod.yaml": POD,
        },
    )  # fmt: skip
    documents = resolved(files)
    assert [(node.fields["image"], context(node)["privileged"]) for node in containers(documents)
            ] == [("sub", False), ("x", True)]  # fmt: skip
    problems = [one for document in documents.values() for one in document.problems]
    assert [one for one in problems if one.severity is Severity.ERROR] == []


# A schema that no defaults fit: Helm installs nothing, and a scanner that runs it sees nothing.
def test_a_chart_that_its_schema_guards_is_judged_and_the_guard_is_said() -> None:
    schema = {"required": ["password"], "properties": {"privileged": {"type": "string"}}}
    files = chart("image: x\nprivileged: true\n", POD, **{"values.schema.json": json.dumps(schema)})
    documents = resolved(files)
    assert context(containers(documents)[0])["privileged"] is True
    assert [
        (one.code, str(one.span)) for one in documents["charts/shop/Chart.yaml"].problems
    ] == [
        ("values-schema", "charts/shop/values.yaml:1:1"),
        ("values-schema", "charts/shop/values.yaml:2:1"),
    ]  # fmt: skip


# https://github.com/aquasecurity/trivy/issues/6337: one template that fails is not the whole chart
def test_one_template_that_fails_does_not_take_the_others_away() -> None:
    files = chart("image: x\nprivileged: true\n", POD, **{
        "templates/bad.yaml": '{{ required "set it" .Values.absent }}'})  # fmt: skip
    documents = resolved(files)
    assert len(containers(documents)) == 1
    assert documents["charts/shop/templates/bad.yaml"].completeness is Completeness.SKIPPED


def test_definitions_of_resources_in_crds_are_objects_and_no_templates() -> None:
    definition = ("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
                  "metadata: {name: things.example.com}\nspec: {group: example.com}\n")  # fmt: skip
    documents = resolved(chart("image: x\nprivileged: true\n", POD, **{
        "crds/thing.yaml": definition}))  # fmt: skip
    document = documents["charts/shop/crds/thing.yaml"]
    assert (document.format, document.completeness) == ("kubernetes", Completeness.EVALUATED)
    assert [node.label for node in document.nodes] == [
        "CustomResourceDefinition things.example.com"
    ]  # fmt: skip


def test_hooks_are_objects_like_others() -> None:
    hook = POD.replace("name: web\n", 'name: web\n  annotations: {"helm.sh/hook": post-install}\n')
    documents = resolved(chart("image: x\nprivileged: true\n", hook))
    assert len(containers(documents)) == 1
