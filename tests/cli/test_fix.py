"""`plumb fix`: what is safe is mended in place, and every fix proves itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from plumbrule.__main__ import main

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3   # many
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: acme/web:1.2
          ports: [{containerPort: 8080}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "web.yaml").write_text(WEB)
    (tmp_path / "Dockerfile").write_bytes(b"FROM acme/python:3\r\nADD req.txt /app/\r\n")
    (tmp_path / "req.txt").touch()
    (tmp_path / "vars.tf").write_text('variable "db_password" { default = "hunter2-Prod!" }\n')
    return tmp_path


def test_safe_fixes_are_applied_and_the_rest_is_named(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fix", str(repository)]) == 0
    said = capsys.readouterr().err
    assert (repository / "web.yaml").read_text() == WEB.replace("  replicas: 3   # many\n", "")
    assert (repository / "Dockerfile").read_bytes() == (
        b"FROM acme/python:3\r\nCOPY req.txt /app/\r\n"
    )
    assert "hunter2" in (repository / "vars.tf").read_text()
    assert "2 fixed in 2 files" in said
    assert "more with `--unsafe`" in said
    assert main(["fix", str(repository), "--diff"]) == 0  # nothing is left


def test_unsafe_fixes_are_applied_on_request(repository: Path) -> None:
    assert main(["fix", str(repository), "--unsafe"]) == 0
    assert (repository / "vars.tf").read_text() == 'variable "db_password" {}\n'
    text = (repository / "web.yaml").read_text()
    assert "          readinessProbe:\n            tcpSocket:\n              port: 8080\n" in text


def test_a_diff_writes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fix", str(repository), "--diff", "--rule", "docker.add_for_local_file"]) == 1
    out = capsys.readouterr().out
    assert "-ADD req.txt /app/" in out
    assert "+COPY req.txt /app/" in out
    assert "replicas" not in out
    assert b"ADD" in (repository / "Dockerfile").read_bytes()


def test_a_fix_that_does_not_clear_its_finding_is_dropped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/demo.plumb").write_text(
        """plumbrule 1

rule demo.replicas {
  title    "Few replicas"
  severity low
  why      "One pod is none."
  remedy   "Run more."

  match w: k8s.Deployment
  where w.replicas is explicit

  report at w.replicas "{w} has {w.replicas}"

  fix safe "run two" { set w.replicas = 2 }
}
"""
    )
    (tmp_path / "plumbrule.toml").write_text('packs = ["rules"]\n')
    (tmp_path / "web.yaml").write_text(WEB)
    assert main(["fix", str(tmp_path), "--rule", "demo.replicas"]) == 0
    assert "not fixed: it does not clear the finding" in capsys.readouterr().err
    assert (tmp_path / "web.yaml").read_text() == WEB


def test_a_file_in_another_encoding_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Dockerfile").write_bytes("FROM a\nADD x y\n".encode("utf-16"))
    (tmp_path / "x").touch()
    assert main(["fix", str(tmp_path)]) in (0, 2)
    assert (tmp_path / "Dockerfile").read_bytes() == "FROM a\nADD x y\n".encode("utf-16")
