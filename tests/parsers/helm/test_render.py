"""Charts to objects: what a template renders to, and which line each value comes from."""

from __future__ import annotations

from collections.abc import Iterator

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.document import Completeness, Document, Node
from plumbrule_parsers.formats import format_of
from plumbrule_parsers.helm.chart import Charts
from plumbrule_parsers.helm.render import Release, Rendering, render_chart
from plumbrule_parsers.source import Source
from plumbrule_parsers.traced_text import plain_text
from plumbrule_parsers.value import MapValue, Place, Unknown

CHART = "apiVersion: v2\nname: shop\nversion: 1.2.3\n"
HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n"


def rendering(files: dict[str, str], release: Release | None = None) -> Rendering:
    charts = Charts(ScannedFiles(None, (), files))
    chart = charts.load("c")
    assert chart is not None
    return render_chart(chart, {}, release or Release())


def text_of(template: str, values: str = "", **more: str) -> str:
    files = {"c/Chart.yaml": CHART, "c/values.yaml": values, "c/templates/t.yaml": template}
    (found,) = rendering(files | {f"c/{name}": text for name, text in more.items()}).templates
    assert found.error is None, found.error
    return plain_text(found.pieces)


def error_of(template: str, values: str = "") -> tuple[str, str]:
    files = {"c/Chart.yaml": CHART, "c/values.yaml": values, "c/templates/t.yaml": template}
    (found,) = rendering(files).templates
    assert found.error is not None
    return found.error.message, found.error.span.text


def documents(files: dict[str, str]) -> dict[str, Document]:
    found = format_of("helm")
    parsed = {path: found.parse(Source(path, text)) for path, text in files.items()}
    assert found.resolve is not None
    for document in found.resolve(dict(parsed), ScannedFiles(None, (), files)):
        parsed[document.source.path] = document
    return parsed


def data_of(template: str, values: str, helpers: str = "") -> MapValue:
    files = {
        "c/Chart.yaml": CHART, "c/values.yaml": values,
        "c/templates/t.yaml": HEAD + template, "c/templates/_h.tpl": helpers or "{{/* none */}}",
    }  # fmt: skip
    (node,) = documents(files)["c/templates/t.yaml"].nodes
    data = node.fields["data"]
    assert isinstance(data, MapValue)
    return data


def place(data: MapValue, key: str) -> Place:
    found = data.place(key)
    assert found is not None
    return found


def where(found: Place) -> tuple[str, str]:
    return found.value.path, found.value.text


# ------------------------------------------------------------------ the language
def test_numbers_of_values_are_floats() -> None:
    assert text_of("{{ .Values.n }}", "n: 1000000") == "1e+06"


def test_whole_constants_are_ints_where_one_is_wanted() -> None:
    assert text_of('{{ trunc 1e1 "abcdefghijkl" }}{{ until 2.0 }}{{ typeOf 2.0 }}') == (
        "abcdefghij[0 1]float64"
    )
    message, at = error_of("{{ $x := 2.0 }}{{ until $x }}")
    assert "expected int" in message
    assert at == "until $x"


def test_blank_lines_at_the_end_of_a_document_are_trimmed() -> None:
    template = "a: |\n{{ .Values.t | indent 2 }}\n---\nb: |\n{{ .Values.t | indent 2 }}\n"
    assert text_of(template, 't: "x\\n"') == "a: |\n  x\n---\nb: |\n  x\n"


def test_missing_values_print_nothing() -> None:
    assert text_of("a{{ .Values.x }}b") == "ab"
    assert text_of("{{ (.Values.x).y }}{{ $z := .Values.x }}{{ $z.y }}") == ""


def test_fields_of_nil_are_an_error_where_they_stand() -> None:
    message, at = error_of("{{ .Values.x.y }}")
    assert "`x` is not set" in message
    assert at == ".Values.x.y"


def test_errors_of_branches_that_are_not_taken_do_not_count() -> None:
    assert text_of("{{ if .Values.no }}{{ .Values.x.y }}{{ else }}ok{{ end }}") == "ok"


def test_loops_variables_and_jumps() -> None:
    values = "l: [a, b, c, d]\nm: {z: 1, y: 2}\n"
    template = (
        "{{ $n := 0 }}{{ range $i, $v := .Values.l }}{{ if eq $v `b` }}{{ continue }}{{ end }}"
        "{{ if eq $v `d` }}{{ break }}{{ end }}{{ $n = add $n 1 }}"
        "{{ $i }}{{ $v }} {{ end }}{{ $n }}"
        "{{ range $k, $v := .Values.m }} {{ $k }}{{ $v }}{{ end }}{{ range 3 }}{{ . }}{{ end }}"
        "{{ range .Values.none }}{{ else }} none{{ end }}"
    )
    assert text_of(template, values) == "0a 2c 2 y2 z1012 none"


def test_and_and_or_stop_at_the_argument_that_decides() -> None:
    assert text_of("{{ and .Values.x .Values.x.y }}{{ or 1 .Values.x.y }}") == "1"


def test_tpl_may_use_and_define_templates() -> None:
    values = 't: \'{{ define "i" }}<{{ . }}>{{ end }}{{ include "i" .Values.x }}\'\nx: z\n'
    assert text_of("{{ tpl .Values.t . }}", values) == "<z>"


def test_files_release_chart_and_capabilities() -> None:
    template = (
        '{{ .Files.Get "conf/a.txt" }} {{ .Release.Name }} {{ .Chart.Name }}-{{ .Chart.Version }} '
        '{{ .Capabilities.APIVersions.Has "apps/v1" }} {{ .Template.Name }}'
    )
    shown = text_of(template, "", **{"conf/a.txt": "hello"})
    assert shown == "hello release-name shop-1.2.3 true shop/templates/t.yaml"


# ------------------------------------------------------------------ charts
def test_parents_globals_conditions_and_aliases() -> None:
    files = {
        "c/Chart.yaml": CHART + "dependencies:\n- {name: db, version: ^1, alias: one}\n"
        "- {name: db, version: ^1, alias: two, condition: two.enabled}\n",
        "c/values.yaml": "one: {size: 5}\ntwo: {enabled: false}\nglobal: {zone: z}\n",
        "c/charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
        "c/charts/db/values.yaml": "size: 1\nuser: root\n",
        "c/charts/db/templates/d.yaml": "{{ .Values.size }} {{ .Values.user }} "
        "{{ .Values.global.zone }} {{ .Chart.Name }}",
    }
    done = rendering(files)
    assert [plain_text(one.pieces) for one in done.templates] == ["5 root z one"]
    assert [(folder, one.name) for folder, one in done.disabled] == [("c/charts/db", "two")]


def test_a_dependency_that_is_nowhere_makes_its_values_unknown() -> None:
    files = {
        "c/Chart.yaml": CHART + "dependencies: [{name: db, version: ^1, repository: 'oci://x'}]\n",
        "c/values.yaml": "db: {enabled: true}\n",
        "c/templates/t.yaml": HEAD + "  port: {{ .Values.db.service.port }}\n"
        '  name: {{ include "db.name" . }}\n',
    }  # fmt: skip
    found = documents(files)
    data = found["c/templates/t.yaml"].nodes[0].fields["data"]
    assert isinstance(data, MapValue)
    assert isinstance(data["port"], Unknown)
    assert isinstance(data["name"], Unknown)
    (hole,) = found["c/Chart.yaml"].holes
    assert "`db` is not in the repository" in str(hole.why)
    assert hole.apart


def test_one_template_that_fails_costs_only_itself() -> None:
    files = {
        "c/Chart.yaml": CHART, "c/values.yaml": "",
        "c/templates/a.yaml": 'kind: Service\na: {{ required "say `x`" .Values.x }}\n',
        "c/templates/b.yaml": HEAD + "  a: {{ .Chart.Name }}\n",
    }  # fmt: skip
    found = documents(files)
    assert found["c/templates/a.yaml"].completeness is Completeness.SKIPPED
    assert "say `x`" in found["c/templates/a.yaml"].because
    assert found["c/templates/a.yaml"].holes[0].kinds == ("k8s.Service",)
    assert found["c/templates/b.yaml"].completeness is Completeness.EVALUATED
    assert found["c/templates/b.yaml"].nodes


# ------------------------------------------------------------------ origins
VALUES = "image:\n  tag: '1.2'\nsize: 3\nbox:\n  cpu: 1\n  labels: {a: b}\n"


def test_leaves_stand_at_their_values_line_with_the_way_to_it() -> None:
    data = data_of("  tag: {{ .Values.image.tag | quote }}\n", VALUES)
    found = place(data, "tag")
    assert where(found) == ("c/values.yaml", "tag: '1.2'")
    notes = [(hop.note, hop.span.text) for hop in found.via]
    assert notes == [
        ("template", "{{ .Values.image.tag | quote }}"),
        ("values key `image.tag`", "tag: '1.2'"),
    ]


def test_literal_text_stands_in_the_template() -> None:
    data = data_of("  mode: fast # as {{ .Chart.Name }}\n", VALUES)
    assert where(place(data, "mode")) == ("c/templates/t.yaml", "fast")
    assert place(data, "mode").entry.text == "mode: fast"


def test_lines_of_toyaml_keep_the_lines_of_the_values() -> None:
    data = data_of("  {{- toYaml .Values.box | nindent 2 }}\n", VALUES)
    assert where(place(data, "cpu")) == ("c/values.yaml", "cpu: 1")
    labels = data["labels"]
    assert isinstance(labels, MapValue)
    assert where(place(labels, "a")) == ("c/values.yaml", "a: b")


def test_includes_are_on_the_way() -> None:
    helpers = '{{ define "tag" }}v{{ .Values.image.tag }}{{ end }}{{ define "k" }}x{{ end }}'
    data = data_of(
        '  tag: {{ include "tag" . | upper }}\n  k: {{ include "k" . }}\n', VALUES, helpers
    )
    found = place(data, "tag")
    assert data["tag"] == "V1.2"
    assert where(found) == ("c/values.yaml", "tag: '1.2'")
    assert [hop.note for hop in found.via] == [
        "template", "included from", "values key `image.tag`",
    ]  # fmt: skip
    assert where(place(data, "k")) == ("c/templates/_h.tpl", "x")
    assert [hop.span.text for hop in place(data, "k").via] == ['include "k" .']


def test_random_text_is_unknown() -> None:
    data = data_of("  a: {{ randAlphaNum 8 }}\n  b: x-{{ randAlphaNum 8 }}\n", VALUES)
    assert isinstance(data["a"], Unknown)
    assert str(data["b"]).startswith("x-")


def test_nodes_are_addressed_by_their_template() -> None:
    files = {
        "c/Chart.yaml": CHART, "c/values.yaml": "n: web\n",
        "c/templates/t.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.n }}\n",
    }  # fmt: skip
    (node,) = documents(files)["c/templates/t.yaml"].nodes
    assert node.address == "c/templates/t.yaml#Service/default/web"
    assert node.span.path == "c/templates/t.yaml"
    assert node.span.line == 4


# ------------------------------------------------------------------ hostile charts
def hostile() -> Iterator[tuple[str, str]]:
    calls = '{{ define "%s" }}{{ include "%s" . }}{{ end }}'
    yield calls % ("a", "b") + calls % ("b", "a") + '{{ include "a" . }}', "levels deep"
    yield "{{ tpl .Values.t . }}", "levels deep"
    yield "{{ range 1000000 }}{{ range 1000000 }}x{{ end }}{{ end }}", "too many steps"
    yield "{{ range until 1000000 }}x{{ end }}", ""


def test_hostile_templates_end_with_one_problem() -> None:
    for template, message in hostile():
        found, _at = error_of(template, "t: '{{ tpl .Values.t . }}'\n")
        assert message in found


def test_nodes_of_aliases_have_their_own_addresses() -> None:
    files = {
        "c/Chart.yaml": CHART + "dependencies:\n- {name: db, version: ^1, alias: one}\n"
        "- {name: db, version: ^1, alias: two}\n",
        "c/values.yaml": "",
        "c/charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
        "c/charts/db/templates/d.yaml": "apiVersion: v1\nkind: Service\n"
        "metadata: {name: '{{ .Chart.Name }}'}\n",
    }
    nodes: tuple[Node, ...] = documents(files)["c/charts/db/templates/d.yaml"].nodes
    assert sorted(str(node.fields["name"]) for node in nodes) == ["one", "two"]
    assert len({node.address for node in nodes}) == 2
