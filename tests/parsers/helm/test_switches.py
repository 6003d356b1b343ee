"""What a branch that is not taken would have written, and the switch that kept it out."""

from __future__ import annotations

import pickle

import pytest
from tests.parsers.helm.charts import chart, resolved

from plumbrule_parsers.value import GapPlaces, ListValue, MapValue, Place, same_places

HEAD = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: web
          image: acme/web:1.4.2
"""
PROBE = """\
          {{- if .Values.probe.enabled }}
          readinessProbe:
            tcpSocket: {port: 80}
          {{- end }}
"""
OFF = "probe:\n  enabled: false\n"


def container(template: str, values: str, **more: str) -> MapValue:
    """The first container of the chart's only workload."""
    found = resolved(chart(values, HEAD + template, **more))
    pod = found["charts/shop/templates/c.yaml"].nodes[0].fields["pod"]
    assert isinstance(pod, MapValue)
    listed = pod["containers"]
    assert isinstance(listed, ListValue)
    assert isinstance(listed[0], MapValue)
    return listed[0]


def kept_out(holder: MapValue, key: str = "readinessProbe") -> tuple[str, int, str]:
    """File, line and text of the switch."""
    place = holder.absent(key)
    assert place is not None, f"nothing is known of {key}"
    return place.value.path.rpartition("/")[2], place.value.line, place.value.text


def notes(place: Place | None) -> list[tuple[str, int]]:
    assert place is not None
    return [(hop.note, hop.span.line) for hop in place.via]


def test_a_switch_that_is_off_is_the_place_of_what_it_keeps_out() -> None:
    found = container(PROBE, OFF)
    assert kept_out(found) == ("values.yaml", 2, "enabled: false")
    assert notes(found.absent("readinessProbe")) == [
        ("kept out by this condition", 11),
        ("values key `probe.enabled`", 2),
    ]


def test_a_switch_that_is_on_keeps_nothing_out() -> None:
    found = container(PROBE, "probe: {enabled: true}\n")
    assert "readinessProbe" in found
    assert found.absent("readinessProbe") is None


def test_an_empty_value_is_the_place_of_what_it_would_fill() -> None:
    template = """\
          {{- with .Values.readinessProbe }}
          readinessProbe: {{ toYaml . | nindent 12 }}
          {{- end }}
"""
    found = container(template, "readinessProbe: {}\n")
    assert kept_out(found) == ("values.yaml", 1, "readinessProbe: {}")


def test_a_key_that_is_nowhere_leaves_the_condition() -> None:
    assert kept_out(container(PROBE.replace("probe.enabled", "probe"), "a: 1\n")) == (
        "c.yaml", 11, ".Values.probe",
    )  # fmt: skip


def test_of_two_switches_the_one_that_says_no_counts() -> None:
    template = PROBE.replace(
        "{{- if .Values.probe.enabled }}",
        "{{- if .Values.custom }}\n"
        "          readinessProbe: {{ toYaml .Values.custom | nindent 12 }}\n"
        "          {{- else if .Values.probe.enabled }}",
    )
    assert kept_out(container(template, "custom: {}\n" + OFF))[2] == "enabled: false"
    assert kept_out(container(template, OFF + "custom: {}\n"))[2] == "enabled: false"


def test_what_would_stand_in_the_other_branch() -> None:
    template = """\
          {{- if .Values.probe.enabled }}
          readinessProbe: {tcpSocket: {port: 80}}
          {{- else }}
          command: [sleep, infinity]
          {{- end }}
"""
    assert kept_out(container(template, "probe:\n  enabled: true\n"), "command") == (
        "values.yaml", 2, "enabled: true",
    )  # fmt: skip


def test_a_loop_over_nothing() -> None:
    template = """\
          {{- range .Values.probes }}
          readinessProbe: {{ toYaml . | nindent 12 }}
          {{- end }}
"""
    assert kept_out(container(template, "probes: []\n"))[2] == "probes: []"


def test_a_switch_inside_an_include_that_is_indented() -> None:
    helper = """\
{{- define "more" -}}
env: []
{{- if .Values.probe.enabled }}
readinessProbe: {tcpSocket: {port: 80}}
{{- end }}
{{- end -}}
"""
    template = '          {{- include "more" . | nindent 10 }}\n'
    found = container(template, OFF, **{"templates/_h.tpl": helper})
    assert kept_out(found) == ("values.yaml", 2, "enabled: false")
    assert ("included from", 11) in notes(found.absent("readinessProbe"))


@pytest.mark.parametrize(
    ("indent", "branch"),
    [
        (8, "- name: side\n          readinessProbe: {}\n"),  # no part of the container before
        (10, "env:\n            readinessProbe: {}\n"),  # deeper than the container
        (6, "readinessProbe: {}\n"),  # of the pod
        (10, "{{- toYaml .Values.probe | nindent 10 }}\n"),  # what actions print is not claimed
        (10, "# readinessProbe: {}\n          env: []\n"),  # a comment
    ],
)
def test_what_would_stand_elsewhere_is_not_claimed(indent: int, branch: str) -> None:
    pad = " " * indent
    template = f"{pad}{{{{- if .Values.probe.enabled }}}}\n{pad}{branch}{pad}{{{{- end }}}}\n"
    assert container(template, OFF).absent("readinessProbe") is None


def test_a_key_of_another_object_is_not_claimed() -> None:
    other = """\
{{- if .Values.probe.enabled }}
---
apiVersion: v1
kind: Secret
metadata: {name: s}
immutable: true
{{- end }}
"""
    nodes = resolved(chart(OFF, HEAD + other))["charts/shop/templates/c.yaml"].nodes
    (workload,) = [node for node in nodes if node.kind == "k8s.Deployment"]
    assert workload.fields.absent("immutable") is None


def test_each_set_of_values_has_its_own_switch() -> None:
    files = chart("probe:\n  enabled: true\n", HEAD + PROBE)
    files["charts/shop/values-prod.yaml"] = "# production\nprobe:\n  enabled: false\n"
    nodes = [
        node
        for node in resolved(files)["charts/shop/templates/c.yaml"].nodes
        if node.kind == "k8s.Container"
    ]
    absent = {node.unit: node.fields.absent("readinessProbe") for node in nodes}
    assert absent["charts/shop"] is None
    found = absent["charts/shop@values-prod.yaml"]
    assert found is not None
    assert (found.value.path, found.value.line) == ("charts/shop/values-prod.yaml", 3)


def test_places_of_what_is_absent_survive_copies_and_transport() -> None:
    found = container(PROBE, OFF)
    copied = pickle.loads(pickle.dumps(found.copy_with(role="main")))
    assert isinstance(copied.places, GapPlaces)
    assert copied.absent("readinessProbe") == found.absent("readinessProbe")
    assert copied.absent("role") is None
    assert not same_places(found, container(PROBE, "# other\n" + OFF))


def test_gaps_leave_the_text_alone() -> None:
    """A helper whose text is empty because a branch was not taken is still empty."""
    helper = """\
{{- define "none" -}}
{{- if .Values.probe.enabled }}
readinessProbe: {}
{{- end }}
{{- end -}}
"""
    template = '          command: [{{ include "none" . | default "sleep" | quote }}]\n'
    found = container(template, OFF, **{"templates/_h.tpl": helper})
    assert found["command"] == ["sleep"]
