"""Provisioners of Terraform: their commands, where these stand and on what machine they run."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.parse import parse


def read(text: str, path: str = "main.tf") -> Document:
    return parse(Source(path, dedent(text)))


def commands(document: Document) -> dict[str, Node]:
    return {node.span.text: node for node in document.nodes if node.kind == "sh.Command"}


HEREDOC = """\
    resource "null_resource" "run" {
      provisioner "local-exec" {
        interpreter = ["/bin/bash", "-ec"]
        command     = <<-EOT
          kubectl create ns ${var.ns}
          cat <<E > notes
            $${HOME}
          E
          mkdir "/opt/$TOOL"
        EOT
      }
    }
    """


def test_each_command_has_the_place_where_it_is_written() -> None:
    found = commands(read(HEREDOC))
    assert {text: node.span.line for text, node in found.items()} == {
        "kubectl create ns ${var.ns}": 5, "cat": 6, 'mkdir "/opt/$TOOL"': 9,
    }  # fmt: skip
    assert found["cat"].fields["heredoc"] == "${HOME}\n"
    assert found["cat"].fields["errexit"] is True
    assert found["kubectl create ns ${var.ns}"].fields["expressions"] == ["var.ns"]


def test_escapes_of_a_quoted_command_keep_the_places() -> None:
    document = read(r"""
        resource "null_resource" "run" {
          provisioner "local-exec" {
            command = "echo \"a\tb\" >> /etc/hosts && mkdir /opt/x"
          }
        }
        """)
    found = commands(document)
    assert list(found) == [r"echo \"a\tb\"", "mkdir /opt/x"]
    redirects = found[r"echo \"a\tb\""].fields["redirects"]
    assert [(one["op"], one["target"]) for one in redirects] == [(">>", "/etc/hosts")]


def test_the_lines_of_inline_are_one_script_on_another_machine() -> None:
    document = read("""
        resource "null_resource" "run" {
          provisioner "remote-exec" {
            inline = ["set -e", "mkdir /opt/x", var.more, "useradd robot"]
          }
        }
        """)
    found = commands(document)
    assert list(found) == ["set -e", "mkdir /opt/x", "useradd robot"]
    assert found["useradd robot"].fields["machine"] == "persistent"
    assert found["useradd robot"].fields["errexit"] is True
    assert [hole.span.text for hole in document.holes if "contains" in hole.edges] == ["var.more"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('interpreter = ["python3", "-c"]\ncommand = "print(1)"', "script in `python3`"),
        ('interpreter = [var.shell]\ncommand = "mkdir x"', "the interpreter"),
        ("command = var.command", "the commands of a local-exec provisioner"),
    ],
)
def test_what_is_not_read_is_a_hole(body: str, why: str) -> None:
    text = 'resource "null_resource" "run" {\nprovisioner "local-exec" {\n' + body + "\n}\n}\n"
    document = parse(Source("main.tf", text))
    assert commands(document) == {}
    holes = [hole for hole in document.holes if hole.addresses]
    assert [hole.why.detail.startswith(why) for hole in holes] == [True]


def test_a_value_from_elsewhere_stands_where_it_is_named() -> None:
    document = read("""
        resource "null_resource" "run" {
          provisioner "local-exec" {
            command = true ? "mkdir x" : "true"
          }
        }
        """)
    made = [node for node in document.nodes if node.kind == "sh.Command"]
    assert [node.fields["text"] for node in made] == ["mkdir x"]
    assert made[0].span.line == 4


@pytest.mark.parametrize(
    ("settings", "field", "value"),
    [
        ("when = destroy", "when", "destroy"), ('when = "destroy"', "when", "destroy"),
        ("", "when", "create"), ("on_failure = continue", "on_failure", "continue"),
    ],
)  # fmt: skip
def test_when_it_runs_and_what_a_failure_does(settings: str, field: str, value: str) -> None:
    text = 'resource "a" "b" {\nprovisioner "local-exec" {\ncommand = "true"\n' + settings
    document = parse(Source("main.tf", text + "\n}\n}\n"))
    (node,) = (one for one in document.nodes if one.kind == "tf.Provisioner")
    assert node.fields[field] == value
    assert node.parent == "main.tf#a.b"


@pytest.mark.parametrize(
    ("triggers", "told"),
    [
        ('triggers = { a = filesha256("x") }', "hashed"),
        ("triggers = { a = timestamp() }", "other"),
        ("triggers_replace = [local.digest]", "hashed"), ("", "none"),
    ],
)  # fmt: skip
def test_what_makes_it_run_again(triggers: str, told: str) -> None:
    text = 'resource "null_resource" "a" {\n' + triggers
    document = parse(Source("main.tf", text + '\nprovisioner "local-exec" { command = "a" }\n}\n'))
    (node,) = (one for one in document.nodes if one.kind == "tf.Provisioner")
    assert node.fields["triggers"] == told


def test_json_syntax_has_its_commands_at_the_string() -> None:
    text = (
        '{"resource": {"null_resource": {"a": {"provisioner": [{"local-exec":'
        ' {"command": "mkdir \\"x\\""}}]}}}}'
    )
    (node,) = commands(parse(Source("main.tf.json", text))).values()
    assert node.fields["program"] == "mkdir"


WORDS = st.lists(
    st.sampled_from(
        ["mkdir x", "&&", "\n", "${var.a}", "$${B}", "\\n", '\\"', "<<E", "E", "é", "$(", ")", "%"]
    ),
    max_size=12,
).map(" ".join)


@given(text=WORDS, dedented=st.booleans(), quoted=st.booleans())
def test_any_command_is_read_with_places_inside_the_provisioner(
    text: str, dedented: bool, quoted: bool
) -> None:
    written = f"<<{'-' if dedented else ''}EOT\n  {text}\n  EOT\n"
    if quoted:
        written = '"' + text.replace("\n", " ") + '"\n'
    whole = 'resource "a" "b" {\nprovisioner "local-exec" {\ncommand = ' + written + "}\n}\n"
    for node in parse(Source("main.tf", whole)).nodes:
        if node.kind == "sh.Command":
            assert whole.index("command =") <= node.span.start <= node.span.end <= len(whole) - 3
