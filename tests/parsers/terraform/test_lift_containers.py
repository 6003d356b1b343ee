"""Containers of ECS task definitions and Cloud Run, however they are written."""

from __future__ import annotations

import pytest

from plumbrule_parsers.document import Node
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.value import Segments

TASKS = {
    "jsonencode": """\
resource "aws_ecs_task_definition" "web" {
  container_definitions = jsonencode([
    {
      name        = "web"
      image       = "acme/web:1.0.0"
      privileged  = true
      healthCheck = { command = ["CMD", "ask"] }
    },
    { name = "log", image = "acme/log:1.0.0", essential = false },
  ])
}
""",
    "heredoc": """\
resource "aws_ecs_task_definition" "web" {
  container_definitions = <<-JSON
    [
      {
        "name": "web", "image": "acme/web:1.0.0", "privileged": true,
        "healthCheck": {"command": ["CMD", "ask"]}
      },
      {"name": "log", "image": "acme/log:1.0.0", "essential": false}
    ]
  JSON
}
""",
}


def containers(text: str) -> list[Node]:
    return [node for node in parse(Source("main.tf", text)).nodes if node.kind == "run.Container"]


@pytest.mark.parametrize("form", TASKS)
def test_containers_of_a_task(form: str) -> None:
    web, log = containers(TASKS[form])
    assert web.address == "main.tf#aws_ecs_task_definition.web/container/web"
    assert web.parent == "main.tf#aws_ecs_task_definition.web"
    assert web.fields["platform"] == "ecs"
    assert web.fields["image"] == "acme/web:1.0.0"
    assert web.fields["privileged"] is True
    assert web.fields["health_check"] == {"command": ["CMD", "ask"]}
    assert "health_check" not in log.fields
    assert log.fields["essential"] is False
    place = web.fields.place("image")
    assert place is not None
    assert "acme/web:1.0.0" in place.value.text
    assert web.span.text.replace('"', "").split() in (["name", "=", "web"], ["name:", "web"])


def test_an_image_that_is_known_in_part() -> None:
    (web,) = containers(
        'resource "aws_ecs_task_definition" "web" {\n'
        '  container_definitions = jsonencode([{ image = "acme/web:${var.tag}" }])\n}\n'
    )
    image = web.fields["image"]
    assert isinstance(image, Segments)
    assert image.prefix == "acme/web:"


def test_containers_that_cannot_be_told_may_be_there() -> None:
    (unknown,) = containers(
        'resource "aws_ecs_task_definition" "web" {\n  container_definitions = var.containers\n}\n'
    )
    assert unknown.condition is not None


def test_containers_of_both_generations_of_cloud_run() -> None:
    new, old = containers(
        'resource "google_cloud_run_v2_service" "a" {\n  template {\n    containers {\n'
        '      image = "acme/a:1.0.0"\n      liveness_probe {\n        timeout_seconds = 1\n'
        "      }\n    }\n  }\n}\n"
        'resource "google_cloud_run_service" "b" {\n  template {\n    spec {\n      containers {\n'
        '        image = "acme/b:1.0.0"\n      }\n    }\n  }\n}\n'
    )
    assert new.fields["image"] == "acme/a:1.0.0"
    assert new.fields["liveness_probe"] == {"timeout_seconds": 1}
    assert old.fields["image"] == "acme/b:1.0.0"
    assert {new.fields["platform"], old.fields["platform"]} == {"cloud_run"}
