"""Examples of every function: what Helm 4.1 prints for an expression, or that it refuses it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from tests.parsers.helm.functions.expression import FakeHost, a_call, evaluate

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.helm.functions.go_values import shown
from plumbrule_parsers.helm.functions.objects import ApiVersions, FilesData, StructData
from plumbrule_parsers.helm.functions.table import FUNCTIONS
from plumbrule_parsers.traced import Traced, trace
from plumbrule_parsers.traced_text import plain_text

HERE = Path(__file__).parent
LINES = (HERE / "examples.txt").read_text(encoding="utf-8").split("\n")[:-1]
EXAMPLES = [tuple(line.rsplit("  =>  ", 1)) for line in LINES]
VALUES = {
    "port": 80.0, "big": 1000000.0, "name": "web", "list": ["a", "b"],
    "map": {"x": 1.0, "z": ["p", 2.0]},
}  # fmt: skip
FILES = {"files/a.txt": b"one\ntwo: 2\n", "files/b.txt": b"b"}
# Whose results are unknown here and random or of the machine there, tested in `test_unknowns`.
UNKNOWABLE = {
    "ago", "bcrypt", "decryptAES", "derivePassword", "encryptAES", "genCA",
    "genCAWithKey", "genPrivateKey", "genSelfSignedCert", "genSelfSignedCertWithKey",
    "genSignedCert", "genSignedCertWithKey", "getHostByName", "include", "now", "randAlpha",
    "randAlphaNum", "randAscii", "randBytes", "randInt", "randNumeric", "shuffle", "tpl", "uuidv4",
}  # fmt: skip


def objects() -> dict[str, Traced]:
    names = ApiVersions([Traced("v1"), Traced("apps/v1")])
    capabilities = StructData({"APIVersions": Traced(names)}, "*common.Capabilities", "")
    return {
        "Values": trace(VALUES),
        "Capabilities": Traced(capabilities),
        "Files": Traced(FilesData(chart=True)),
    }


def printed(expression: str) -> str:
    value = evaluate(expression, objects(), a_call(FakeHost(FILES)))
    return "" if value.data is None else plain_text(shown(value))


@pytest.mark.parametrize(("expression", "expected"), EXAMPLES)
def test_an_expression_prints_what_helm_prints(expression: str, expected: str) -> None:
    if expected == "!":
        with pytest.raises(FunctionError):
            printed(expression)
    else:
        assert printed(expression) == json.loads(expected)


def test_every_function_has_an_example_or_a_reason() -> None:
    words = {word for expression, _ in EXAMPLES for word in re.findall(r"\w+", expression)}
    twins = {f"must{name[0].upper()}{name[1:]}" for name in FUNCTIONS}
    without = {
        name
        for name in FUNCTIONS
        if name not in words and name not in UNKNOWABLE and name not in twins
    }
    assert without == set()


@pytest.mark.slow
def test_the_real_helm_agrees(tmp_path: Path) -> None:
    """Set PLUMBRULE_HELM to a Helm 4.1 binary: it prints the same for every example."""
    helm = os.environ.get("PLUMBRULE_HELM")
    if helm is None:
        pytest.skip("PLUMBRULE_HELM names no helm binary")
    (tmp_path / "templates").mkdir()
    (tmp_path / "files").mkdir()
    for path, content in FILES.items():
        (tmp_path / path).write_bytes(content)
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 0.1.0\n")
    (tmp_path / "values.yaml").write_text(json.dumps(VALUES))
    good = [(text, want) for text, want in EXAMPLES if want != "!"]
    body = [
        f'{{{{ define "t{n}" }}}}{{{{ {text} }}}}{{{{ end }}}}' for n, (text, _) in enumerate(good)
    ]
    body += [f'r{n}: {{{{ include "t{n}" . | toRawJson }}}}' for n in range(len(good))]
    (tmp_path / "templates" / "t.yaml").write_text("\n".join(body), encoding="utf-8")
    command = [helm, "template", "r", str(tmp_path), "--kube-version", "1.33.0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    found = dict(re.findall(r"^r(\d+): (.*)$", done.stdout, re.MULTILINE))
    for number, (text, want) in enumerate(good):
        assert json.loads(found[str(number)]).replace("<no value>", "") == json.loads(want), text
