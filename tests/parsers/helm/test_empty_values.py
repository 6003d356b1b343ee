"""A value that is empty was set somewhere, too: its leaf stands at that line."""

from __future__ import annotations

import pytest
from tests.parsers.helm.charts import by_unit, chart, data, resolved

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n"
VALUES = "# first\nempty: ''\nnone: ~\nbare:\nmap: {}\nlist: []\nfull: x\n"
HELPERS = (
    '{{ define "same" }}{{ .Values.empty }}{{ end }}'
    '{{ define "kept" }}{{ printf "%s%s" .Values.empty "" | trunc 63 | trimSuffix "-" }}{{ end }}'
)


@pytest.mark.parametrize(("written", "value", "line"), [
    ("{{ .Values.empty }}", None, 2),
    ('"{{ .Values.empty }}"', "", 2),
    ("{{ .Values.empty | quote }}", "", 2),
    ("'{{ .Values.empty }}' # why", "", 2),
    ("{{ .Values.empty | default .Values.empty | squote }}", "", 2),
    ("{{ .Values.empty | trim | quote }}", "", 2),
    ("{{ .Values.empty | trunc 63 }}", None, 2),
    ("{{ .Values.empty | toString | upper | quote }}", "", 2),
    ("{{ tpl .Values.empty . }}", None, 2),
    ('{{ include "same" . }}', None, 2),
    ('{{ include "kept" . }}', None, 2),
    ("{{ .Values.none }}", None, 3),
    ("{{ .Values.bare }}", None, 4),
    ("\n    {{ .Values.bare }}", None, 4),
    ("{{ .Values.none | quote }}", None, 3),
    ("{{ toYaml .Values.none }}", None, 3),
    ("{{ toYaml .Values.map }}", {}, 5),
    ("{{- toYaml .Values.map | nindent 4 }}", {}, 5),
    ("{{ toJson .Values.list }}", [], 6),
])  # fmt: skip
def test_an_empty_value_stands_at_its_line(written: str, value: object, line: int) -> None:
    template = f"{HEAD}  a: {written}\n  b: {{{{ .Values.full }}}}\n"
    documents = resolved(chart(VALUES, template, **{"templates/_h.tpl": HELPERS}))
    found = data(by_unit(documents)["charts/shop"])
    assert found == {"a": value, "b": "x"}
    place = found.place("a")
    assert place is not None
    assert (place.value.path, place.value.line) == ("charts/shop/values.yaml", line)
    assert place.via[0].span.path == "charts/shop/templates/c.yaml"
    full = found.place("b")
    assert full is not None
    assert full.value.line == 7


def test_an_empty_part_does_not_take_the_place_of_what_is_there() -> None:
    template = HEAD + '  a: "{{ .Values.full }}{{ .Values.empty }}"\n  b:\n  c: plain\n'
    found = data(by_unit(resolved(chart(VALUES, template)))["charts/shop"])
    assert found == {"a": "x", "b": None, "c": "plain"}
    places = [found.place(key) for key in "abc"]
    assert [(one.value.path, one.value.line) for one in places if one is not None] == [
        ("charts/shop/values.yaml", 7), ("charts/shop/templates/c.yaml", 6),
        ("charts/shop/templates/c.yaml", 7),
    ]  # fmt: skip
