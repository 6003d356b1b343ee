"""What a chart has behind a switch is reported at the switch, in every form of report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.parsers.terraform.plans import PACK

from plumbrule.cli.run import run
from plumbrule.finding import Finding
from plumbrule.scan.scan import scan_texts

READY, LIVE = "k8s.unprobed_service_backend", "k8s.container_without_liveness_probe"
CHART = "apiVersion: v2\nname: shop\nversion: 1.2.3\n"
TEMPLATE = """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: acme/web:1.4.2
          ports: [{containerPort: 8080}]
          {{- if .Values.web.readinessProbe.enabled }}
          readinessProbe:
            tcpSocket: {port: 8080}
          {{- end }}
          {{- with .Values.web.livenessProbe }}
          livenessProbe: {{ toYaml . | nindent 12 }}
          {{- end }}
"""
VALUES = """\
web:
  readinessProbe:
    enabled: true
  livenessProbe: {}
"""
PROD = """\
web:
  readinessProbe:
    enabled: false  # too slow
"""
FILES = {
    "shop/Chart.yaml": CHART, "shop/values.yaml": VALUES, "shop/templates/web.yaml": TEMPLATE,
}  # fmt: skip


def findings(rule: str, **others: str) -> list[Finding]:
    files = FILES | {f"shop/{name}": text for name, text in others.items()}
    return list(scan_texts(files, PACK, only=frozenset({rule})).findings)


def where(finding: Finding) -> tuple[str, int]:
    return finding.span.path, finding.span.line


def test_the_empty_value_is_where_a_probe_belongs() -> None:
    (found,) = findings(LIVE)
    assert where(found) == ("shop/values.yaml", 4)
    assert [(one.note, one.span.path, one.span.line) for one in found.related] == [
        ("`livenessProbe` is missing here", "shop/templates/web.yaml", 14),
        ("kept out by this condition", "shop/templates/web.yaml", 21),
        ("values key `web.livenessProbe`", "shop/values.yaml", 4),
    ]


def test_a_switch_that_one_environment_turns_off_is_found_in_its_file() -> None:
    assert not findings(READY)
    (found,) = findings(READY, **{"values-prod.yaml": PROD})
    assert where(found) == ("shop/values-prod.yaml", 3)
    assert found.units == ("shop@values-prod.yaml",)


def test_the_probe_is_not_written_a_second_time() -> None:
    (found,) = findings(READY, **{"values-prod.yaml": PROD})
    assert found.fix is None


def test_without_a_switch_the_container_is_the_place() -> None:
    start, end = TEMPLATE.index("          {{- with"), TEMPLATE.rindex("{{- end }}")
    plain = TEMPLATE[:start] + TEMPLATE[end + len("{{- end }}\n") :]
    (found,) = findings(LIVE, **{"templates/web.yaml": plain})
    assert where(found) == ("shop/templates/web.yaml", 14)


def test_every_report_names_the_switch_and_the_condition(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (FILES | {"shop/values-prod.yaml": PROD}).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    run(["check", "--no-config", "--no-cache", "--rule", READY, "-o", "full", "-o", "sarif=s.json"])
    shown = capsys.readouterr().out
    assert "shop/values-prod.yaml:3" in shown
    assert "kept out by this condition" in shown
    (result,) = json.loads((tmp_path / "s.json").read_text())["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "shop/values-prod.yaml"
    assert place["region"]["startLine"] == 3
    assert ("kept out by this condition", 17) in [
        (one["message"]["text"], one["physicalLocation"]["region"]["startLine"])
        for one in result["relatedLocations"]
    ]


def test_why_names_the_switch_in_a_helper(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start, end = TEMPLATE.index("          {{- if"), TEMPLATE.index("          {{- with")
    helper = (
        '{{- define "probe" -}}\nenv: []\n{{- if .Values.web.readinessProbe.enabled }}\n'
        "readinessProbe: {tcpSocket: {port: 8080}}\n{{- end }}\n{{- end -}}\n"
    )
    included = '          {{- include "probe" . | nindent 10 }}\n'
    files = FILES | {
        "shop/templates/web.yaml": TEMPLATE[:start] + included + TEMPLATE[end:],
        "shop/templates/_h.tpl": helper, "shop/values.yaml": VALUES.replace("true", "false"),
    }  # fmt: skip
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    run(["why", "--no-config", "--no-cache", READY, "container/web"])
    shown = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["left", "out", "by", "shop/templates/_h.tpl:3"] in [line[:4] for line in shown]
    assert ["because", "shop/values.yaml:3", "enabled:", "false"] in shown
