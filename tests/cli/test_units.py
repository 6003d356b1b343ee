"""`plumb units`, `plumb graph --unit` and `plumb why` in units."""

import json
from pathlib import Path

import pytest

from plumbrule.__main__ import main

STOREFRONT = str(Path(__file__).parents[2] / "fixtures" / "storefront")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def test_units_are_listed_with_their_environments(capsys: pytest.CaptureFixture[str]) -> None:
    rows = {row["name"]: row for row in json.loads(
        printed(capsys, "units", STOREFRONT, "--format", "json")
    )}  # fmt: skip
    assert rows["terraform"]["kind"] == "terraform root"
    assert rows["charts/web"]["environment"] == "default"
    prod = rows["charts/web@values-prod.yaml"]
    assert prod["environment"] == "prod"
    assert prod["because"]
    assert "charts/web/values-prod.yaml" in prod["inputs"]
    assert prod["nodes"] > 0
    text = printed(capsys, "units", STOREFRONT)
    for name, row in rows.items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ")]
        assert row["kind"] in line
        assert str(row["nodes"]) in line.split()
    assert f"{len(rows)} units: " in text


def test_a_folder_without_units_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.txt").write_text("nothing\n")
    assert "there are no units" in printed(capsys, "units", str(tmp_path))


def test_holes_are_told_with_their_unit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "main.tf").write_text('module "vpc" {\n  source = "acme/vpc/aws"\n}\n')
    text = printed(capsys, "units", str(tmp_path))
    assert "missing: main.tf:2: module `acme/vpc/aws` is not in the repository" in text


def test_the_graph_of_a_unit(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "graph", STOREFRONT, "--unit", "terraform")
    assert "aws_s3_bucket.uploads" in text
    assert "Deployment" not in text
    rows = json.loads(printed(capsys, "graph", STOREFRONT, "--unit", "terraform", "--format",
                              "json", "--limit", "9999"))  # fmt: skip
    names = {node["address"] for node in rows["nodes"]}
    assert names
    assert all(name.startswith("terraform/") for name in names)
    assert all({edge["origin"], edge["target"]} <= names for edge in rows["edges"])
    assert main(["graph", STOREFRONT, "--unit", "terrafrom"]) == 2
    assert "did you mean `terraform`?" in capsys.readouterr().err


def test_why_tells_what_a_template_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    rule = "k8s.unprobed_service_backend"
    node = "charts/web/templates/deployment.yaml#Deployment/default/release-name-web/container/web"
    text = printed(capsys, "why", rule, "container web of Deployment storefront-prod-web",
                   STOREFRONT)  # fmt: skip
    assert "verdict: violation" in text
    assert "in helm chart charts/web@values-prod.yaml, prod" in text
    lines = [" ".join(line.split()) for line in text.splitlines()]
    (left_out,) = [line for line in lines if line.startswith("left out by ")]
    assert left_out.endswith("{{- if .Values.readinessProbe.enabled }}")
    (because,) = [line for line in lines if line.startswith("because ")]
    assert "charts/web/values-prod.yaml:4 enabled: false" in because
    assert "verdict: pass" in printed(capsys, "why", rule, node, STOREFRONT)


def test_why_tells_the_way_of_a_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "main.tf").write_text(
        'variable "keep" {}\n'
        'resource "aws_db_instance" "db" {\n  deletion_protection = var.keep\n}\n'
    )
    (tmp_path / "main.tf").write_text(
        'variable "safe" {}\nmodule "db" {\n  source = "./modules"\n  keep   = var.safe\n}\n'
    )
    (tmp_path / "terraform.tfvars").write_text("safe = false\n")
    text = printed(capsys, "why", "tf.database_without_deletion_protection", "aws_db_instance.db",
                   str(tmp_path))  # fmt: skip
    story = text.partition("where the values come from")[2]
    places = [story.find(word) for word in (
        "modules/main.tf:3", "main.tf:4  ", "keep   = var.safe", "argument of module.db",
        "terraform.tfvars:1", "safe = false",
    )]  # fmt: skip
    assert -1 not in places, text
    assert places == sorted(places)


def test_why_hides_secrets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    secret = "Not" + "-4-real-" + "Passw0rd!"
    (tmp_path / "main.tf").write_text(f'variable "db_password" {{\n  default = "{secret}"\n}}\n')
    text = printed(capsys, "why", "tf.secret_in_variable_default", "var.db_password",
                   str(tmp_path))  # fmt: skip
    assert "verdict: violation" in text
    assert "main.tf:2" in text
    assert secret not in text


def test_why_finds_the_part_of_a_resource(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_security_group" "a" {\n  ingress {\n    from_port = 22\n    to_port = 22\n'
        '    protocol = "tcp"\n    cidr_blocks = ["0.0.0.0/0"]\n  }\n}\n'
    )
    rule = "net.admin_port_open_to_world"
    assert "verdict: violation" in printed(capsys, "why", rule, "aws_security_group.a",
                                           str(tmp_path))  # fmt: skip


TEMPLATE = """apiVersion: v1
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
        {{- if .Values.on }}
        - name: web
          image: acme/web:1.0.0
          ports: [{containerPort: 80}]
          {{- if .Values.on }}
          {{- with .Values.probes }}
          {{- if .ready }}
          readinessProbe: {}
          {{- end }}
          {{- end }}
          {{- end }}
        {{- end }}
"""


def test_why_names_the_condition_that_decides_and_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: web\nversion: 1.0.0\n")
    (tmp_path / "values.yaml").write_text("on: true\nprobes:\n  live: true\n  ready: false\n")
    (tmp_path / "templates" / "web.yaml").write_text(TEMPLATE)
    text = printed(capsys, "why", "k8s.unprobed_service_backend", "container/web", str(tmp_path))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    (left_out,) = [line for line in lines if line.startswith("left out by ")]
    assert left_out.endswith("templates/web.yaml:20 {{- if .ready }}")
    (because,) = [line for line in lines if line.startswith("because ")]
    assert because.endswith("values.yaml:4 ready: false")
