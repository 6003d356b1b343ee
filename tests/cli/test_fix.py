"""`plumb fix`: what is safe is mended in place, and every fix proves itself."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from plumbrule.__main__ import main

RULES = """\
plumbrule 1

rule demo.tty {
  title    "No terminal"
  severity low
  why      "It needs one."
  remedy   "Give it one."

  match c: k8s.Container
  where c["tty"] is missing

  report at c.name "{c.name} has no terminal"

  fix safe "give it a terminal" { set c["tty"] = true }
}

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

rule demo.default {
  title    "A default"
  severity low
  why      "It is one."
  remedy   "Drop it."

  match v: tf.Variable
  where v.default is set

  report at v.default "{v.name} has one"

  fix unsafe "drop the default" { remove v.default }
}
"""
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
        - name: web   # the one
"""
TTY = "          tty: true\n"
PASSWORD = "hunter2-" + "Prod!"
VARIABLES = f'variable "db_password" {{\n  type    = string\n  default = "{PASSWORD}"\n}}\n'
MINE = ("--rule", "demo.*")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/demo.plumb").write_text(RULES)
    (tmp_path / "plumbrule.toml").write_text('packs = ["rules"]\n')
    (tmp_path / "web.yaml").write_text(WEB)
    (tmp_path / "vars.tf").write_text(VARIABLES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_safe_fixes_are_applied_and_the_rest_is_named(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fix", *MINE]) == 0
    assert (repository / "web.yaml").read_text() == WEB + TTY
    assert (repository / "vars.tf").read_text() == VARIABLES
    assert capsys.readouterr().err.splitlines() == [
        "web.yaml:5: demo.replicas: not fixed: it does not clear the finding",
        "web.yaml:10: demo.tty: give it a terminal",
        "1 fixed in 1 file, 1 not fixed, 1 more with `--unsafe`",
    ]
    assert main(["fix", *MINE, "--diff"]) == 0  # nothing is left


def test_unsafe_fixes_are_applied_on_request(repository: Path) -> None:
    assert main(["fix", *MINE, "--unsafe"]) == 0
    assert (repository / "vars.tf").read_text() == VARIABLES.replace(
        f'  default = "{PASSWORD}"\n', ""
    )


def test_a_diff_writes_nothing_and_shows_no_secret_whole(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fix", "--diff", "--unsafe", "--rule", "demo.default"]) == 1
    out = capsys.readouterr().out
    assert "--- vars.tf\n+++ vars.tf\n" in out
    assert "\n-  default = " in out
    assert PASSWORD not in out
    assert (repository / "vars.tf").read_text() == VARIABLES


def test_a_diff_of_what_holds_no_secret_can_be_applied(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "web.yaml").write_bytes(WEB.replace("\n", "\r\n").rstrip().encode())
    assert main(["fix", "--diff", "--rule", "demo.tty"]) == 1
    lines = capsys.readouterr().out.split("\n")
    assert "-        - name: web   # the one" in lines
    assert "\\ No newline at end of file" in lines
    assert "+          tty: true" in lines
    assert "+        - name: web   # the one\r" in lines


def test_a_byte_order_mark_stays(repository: Path) -> None:
    (repository / "web.yaml").write_bytes(codecs.BOM_UTF8 + WEB.encode())
    assert main(["fix", "--rule", "demo.tty"]) == 0
    assert (repository / "web.yaml").read_bytes() == codecs.BOM_UTF8 + (WEB + TTY).encode()


def test_what_is_not_ours_or_not_utf_8_is_left_alone_and_spoils_nothing(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("vendor", "examples"):
        (repository / folder).mkdir()
        (repository / folder / "web.yaml").write_text(WEB)
    (repository / "wide.yaml").write_bytes(WEB.encode("utf-16"))
    assert main(["fix", "--rule", "demo.tty"]) == 0
    said = capsys.readouterr().err
    assert "`vendor/web.yaml` is other people's code (folder `vendor`)" in said
    assert "`examples/web.yaml` is test data or an example" in said
    assert "`wide.yaml` is not plain UTF-8" in said
    assert "1 fixed in 1 file, 3 not fixed" in said
    assert (repository / "vendor/web.yaml").read_text() == WEB
    assert (repository / "wide.yaml").read_bytes() == WEB.encode("utf-16")
    assert (repository / "web.yaml").read_text() == WEB + TTY


def test_rules_that_are_allowed_somewhere_mend_nothing_there(repository: Path) -> None:
    comment = '# plumb:allow demo.tty until 2999-01-01 because "no one looks"'
    allowed = WEB.replace("        - name", f"        {comment}\n        - name")
    (repository / "web.yaml").write_text(allowed)
    assert main(["fix", "--rule", "demo.tty"]) == 0
    assert (repository / "web.yaml").read_text() == allowed
