"""Kubernetes objects in Terraform become what they are in manifests, at the lines of Terraform."""

from __future__ import annotations

import json
from functools import cache

import pytest

from plumbrule.catalogue import builtin_pack
from plumbrule.finding import Report
from plumbrule.fixes.apply import apply_fixes
from plumbrule.pack import Pack
from plumbrule.scan.scan import scan_texts
from plumbrule_parsers.document import Node
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.value import MapValue, Unknown

DEPLOYMENT = """\
variable "image" {
  default = "acme/web:1.4.2"
}

resource "kubernetes_deployment_v1" "web" {
  metadata {
    name      = "web"
    namespace = "shop"
  }
  spec {
    replicas = "3"
    selector {
      match_labels = { app = "web" }
    }
    template {
      metadata {
        labels = { app = "web", "example.com/team" = "shop" }
      }
      spec {
        termination_grace_period_seconds = 45
        host_network                     = true
        container {
          name  = "web"
          image = var.image
          port {
            container_port = 8080
          }
          env {
            name  = "WORKERS"
            value = 4
          }
          env {
            name = "API_TOKEN"
            value_from {
              secret_key_ref {
                name = "api"
                key  = "token"
              }
            }
          }
          security_context {
            privileged  = "true"
            run_as_user = "1000"
          }
          liveness_probe {
            period_seconds = 5
            http_get {
              path = "/alive"
              port = "http"
            }
          }
        }
        volume {
          name = "node"
          host_path {
            path = "/srv"
          }
        }
      }
    }
  }
}
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""


def objects(text: str) -> dict[str, Node]:
    nodes = parse(Source("main.tf", text)).nodes
    return {node.label: node for node in nodes if node.kind.startswith("k8s.")}


RULES = frozenset({"k8s.unprobed_service_backend", "k8s.mutable_image_tag"})


@cache
def pack() -> Pack:
    return builtin_pack()


def judged(texts: dict[str, str]) -> Report:
    return scan_texts(texts, pack(), only=RULES)


def test_a_deployment_has_the_fields_of_a_manifest() -> None:
    found = objects(DEPLOYMENT)
    workload = found["Deployment shop/web"]
    assert workload.kind == "k8s.Deployment"
    assert workload.parent == "main.tf#kubernetes_deployment_v1.web"
    assert workload.fields["replicas"] == 3
    assert workload.fields["termination_grace"] == 45
    assert workload.fields["host_network"] is True
    assert workload.fields["pod_labels"] == {"app": "web", "example.com/team": "shop"}
    container = found["container web of Deployment shop/web"]
    assert container.parent == workload.address
    assert container.fields["ports"] == [{"containerPort": 8080}]
    assert container.fields["securityContext"] == {"privileged": True, "runAsUser": 1000}
    assert found["variable WORKERS"].fields["value"] == "4"
    assert found["Secret api in variable API_TOKEN"].fields["key"] == "token"
    assert found["volume node"].fields["hostPath"] == {"path": "/srv"}
    probe = found["livenessProbe of container web of Deployment shop/web"]
    assert probe.fields["port_name"] == "http"
    assert probe.fields["handler"] == {"httpGet": {"path": "/alive", "port": "http"}}


def test_every_place_is_a_line_of_the_configuration() -> None:
    container = objects(DEPLOYMENT)["container web of Deployment shop/web"]
    context = container.fields["securityContext"]
    assert isinstance(context, MapValue)
    place = context.place("privileged")
    assert place is not None
    assert place.entry.text == 'privileged  = "true"'
    assert container.span.text == 'name  = "web"'


def test_a_service_of_a_manifest_selects_the_deployment_of_a_module() -> None:
    report = judged({"infra/main.tf": DEPLOYMENT, "infra/web.yaml": SERVICE})
    found = [one for one in report.findings if one.rule == "k8s.unprobed_service_backend"]
    assert [(one.span.path, one.span.text) for one in found] == [("infra/main.tf", 'name  = "web"')]


def test_a_value_leads_back_to_the_default_of_its_variable() -> None:
    texts = {"main.tf": DEPLOYMENT.replace("acme/web:1.4.2", "acme/web:latest")}
    found = [one for one in judged(texts).findings if one.rule == "k8s.mutable_image_tag"]
    assert [one.span.line for one in found] == [24]
    assert any(place.span.line == 2 for place in found[0].related)


@pytest.mark.parametrize(
    "resource",
    [
        (
            'resource "kubernetes_manifest" "m" {\n  manifest = {\n    apiVersion = "v1"\n'
            '    kind = "Pod"\n    metadata = { name = "web" }\n    spec = { containers = [{\n'
            '      name = "web"\n      image = "acme/web:1.0.0"\n    }] }\n  }\n}\n'
        ),
        (
            'resource "kubectl_manifest" "m" {\n  yaml_body = yamlencode({\n    apiVersion = "v1"\n'
            '    kind = "Pod"\n    metadata = { name = "web" }\n    spec = { containers = [{\n'
            '      name = "web"\n      image = "acme/web:1.0.0"\n    }] }\n  })\n}\n'
        ),
        (
            'resource "kubectl_manifest" "m" {\n  yaml_body = <<-YAML\n    ---\n'
            "    apiVersion: v1\n    kind: Pod\n    metadata: {name: web}\n    spec:\n"
            "      containers:\n"
            '        - name: web\n          image: "acme/web:1.0.0"\n  YAML\n}\n'
        ),
    ],
)
def test_manifests_in_arguments(resource: str) -> None:
    container = objects(resource)["container web of Pod web"]
    place = container.fields.place("image")
    assert container.fields["image"] == "acme/web:1.0.0"
    assert place is not None
    assert place.value.text == '"acme/web:1.0.0"'


def test_interpolation_in_a_heredoc_keeps_its_way() -> None:
    text = (
        'variable "tag" {\n  default = "latest"\n}\nresource "kubectl_manifest" "m" {\n'
        "  yaml_body = <<YAML\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n"
        "  containers:\n    - name: web\n      image: acme/web:${var.tag}\nYAML\n}\n"
    )
    found = [one for one in judged({"main.tf": text}).findings
             if one.rule == "k8s.mutable_image_tag"]  # fmt: skip
    assert [one.span.line for one in found] == [12]
    assert any(place.span.line == 2 for place in found[0].related)


def test_a_file_that_is_a_manifest_is_judged_once() -> None:
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n"
        '  containers: [{name: web, image: "acme/web:latest"}]\n'
    )
    reader = 'resource "kubectl_manifest" "m" {\n  yaml_body = file("${path.module}/pod.yaml")\n}\n'
    report = judged({"main.tf": reader, "pod.yaml": pod})
    found = [one.span.path for one in report.findings if one.rule == "k8s.mutable_image_tag"]
    assert found == ["pod.yaml"]


def test_what_cannot_be_told_is_a_hole() -> None:
    text = 'resource "kubectl_manifest" "m" {\n  yaml_body = data.http.remote.response_body\n}\n'
    document = parse(Source("main.tf", text))
    assert [hole.kinds for hole in document.holes] == [("k8s.Object",)]


def test_a_dynamic_probe_over_a_variable_is_unknown() -> None:
    text = DEPLOYMENT.replace(
        "          liveness_probe {\n            period_seconds = 5\n",
        '          dynamic "liveness_probe" {\n            for_each = var.probes\n'
        "            content {\n            period_seconds = 5\n",
    ).replace('port = "http"\n            }\n', 'port = "http"\n            }\n            }\n')
    container = objects(text)["container web of Deployment shop/web"]
    assert isinstance(container.fields["livenessProbe"], Unknown)
    assert "readinessProbe" not in container.fields


def test_data_of_a_secret_is_plain_in_terraform() -> None:
    text = (
        'resource "kubernetes_secret" "s" {\n  metadata {\n    name = "s"\n  }\n'
        '  type = "Opaque"\n  data = {\n    motd = "hello there"\n  }\n'
        '  binary_data = {\n    greeting = "aGVsbG8="\n  }\n}\n'
    )
    secret = objects(text)["Secret s"]
    assert secret.fields["type"] == "Opaque"
    assert secret.fields["plain"] == {"motd": "hello there", "greeting": "hello"}


def test_services_ingresses_budgets_and_autoscalers_name_each_other() -> None:
    text = """\
resource "kubernetes_service" "web" {
  metadata {
    name = "web"
  }
  spec {
    selector = { app = "web" }
    port {
      name        = "http"
      port        = 80
      target_port = "8080"
    }
  }
}

resource "kubernetes_ingress_v1" "web" {
  metadata {
    name = "web"
  }
  spec {
    rule {
      http {
        path {
          path = "/"
          backend {
            service {
              name = "web"
              port {
                number = 80
              }
            }
          }
        }
      }
    }
  }
}

resource "kubernetes_pod_disruption_budget_v1" "web" {
  metadata {
    name = "web"
  }
  spec {
    max_unavailable = "0"
    selector {
      match_labels = { app = "web" }
    }
  }
}

resource "kubernetes_horizontal_pod_autoscaler_v2" "web" {
  metadata {
    name = "web"
  }
  spec {
    min_replicas = 2
    max_replicas = 5
    scale_target_ref {
      kind = "Deployment"
      name = "web"
    }
  }
}
"""
    found = objects(text)
    assert found["port http of Service web"].fields["target_number"] == 8080
    assert found["backend web:80 of Ingress web"].fields["port_number"] == 80
    assert found["PodDisruptionBudget web"].fields["max_unavailable"] == 0
    assert found["HorizontalPodAutoscaler web"].fields["target_name"] == "web"
    edges = {one.edge for one in parse(Source("main.tf", text)).references}
    assert {"selects", "routes_to", "protects", "scales"} <= edges


def test_a_fix_is_written_in_blocks() -> None:
    texts = {"main.tf": DEPLOYMENT, "web.yaml": SERVICE}
    report = judged(texts)
    made = apply_fixes(report, lambda changed: judged({**texts, **changed}), unsafe=True).texts
    assert (
        "        container {\n          readiness_probe {\n            tcp_socket {\n"
        "              port = 8080\n            }\n            period_seconds = 10\n          }\n"
    ) in made["main.tf"]


def test_a_planned_deployment_is_judged_at_its_lines() -> None:
    values = {
        "metadata": [{"name": "web", "namespace": "shop"}],
        "spec": [{"replicas": "2", "template": [{
            "metadata": [{"labels": {"app": "web"}}],
            "spec": [{"container": [{"name": "web", "image": "acme/web:latest",
                                     "port": [{"container_port": 8080}]}]}],
        }]}],
    }  # fmt: skip
    resource = {
        "address": "kubernetes_deployment_v1.web", "mode": "managed",
        "type": "kubernetes_deployment_v1", "name": "web", "values": values,
    }  # fmt: skip
    plan = {
        "format_version": "1.2", "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [resource]}},
        "configuration": {"root_module": {"resources": [
            {"address": "kubernetes_deployment_v1.web", "mode": "managed",
             "type": "kubernetes_deployment_v1", "name": "web", "expressions": {}},
        ]}},
    }  # fmt: skip
    report = judged({"main.tf": DEPLOYMENT, "tfplan.json": json.dumps(plan)})
    found = [one for one in report.findings if one.rule == "k8s.mutable_image_tag"]
    assert [(one.span.path, one.span.line) for one in found] == [("main.tf", 24)]
