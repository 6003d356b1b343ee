"""Large hostile files of each format: work grows with the text, not with its square or worse.

Each runs in a process of its own that is killed after 20 seconds; quadratic work takes minutes.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

MANIFEST = "apiVersion: v1\\nkind: Secret\\nmetadata: {name: a}\\n---\\n"
# ruff: noqa: E501 - texts are written as expressions, so that the tests' names stay readable
CASES = {
    "objects of one name": ("kubernetes", {"a.yaml": f"'{MANIFEST}' * 20_000"}),
    "a List by aliases": ("kubernetes", {"a.yaml": (
        "'x: &x {apiVersion: v1, kind: Secret, metadata: {name: a}}\\n---\\napiVersion: v1\\n"
        "kind: List\\nitems:\\n- &y {apiVersion: v1, kind: Secret, metadata: {name: a}}\\n'"
        " + '- *y\\n' * 100_000")}),
    "expressions that never end": ("github_actions", {".github/workflows/a.yml": (
        "'on: push\\njobs:\\n  a:\\n    steps:\\n    - run: echo ' + '${{ ' * 60_000"
        " + '\\n      with: {x: \"' + '${{ ' * 200_000 + '\"}'")}),
    "wide characters in a script": ("github_actions", {".github/workflows/a.yml": (
        "'on: push\\njobs:\\n  a:\\n    steps:\\n    - run: |\\n' + '        echo é $x\\n' * 8_000")}),
    "continued lines": ("dockerfile", {"Dockerfile": "'FROM a\\nRUN x' + ' && y \\\\\\n' * 15_000"}),
    "heredocs": ("dockerfile", {"Dockerfile": "'FROM a\\nRUN ' + '<<a ' * 50_000 + '\\nx'"}),
    "includes of includes": ("gitlab_ci", {
        ".gitlab-ci.yml": "'include: [' + 'c0.yml, ' * 20 + ']\\nstages: [a]\\n'",
        **{f"c{n}.yml": f"'include: [' + 'c{n + 1}.yml, ' * 20 + ']\\nj{n}:\\n  script: x\\n'"
           for n in range(12)},
    }),
    "references to references": ("gitlab_ci", {".gitlab-ci.yml": (
        "'stages: [a]\\nj0: {script: [x]}\\n' + ''.join(f'j{n}:\\n  script:\\n'"
        " + f'  - !reference [j{n - 1}, script]\\n' * 20 for n in range(1, 11))")}),
    "templates of templates": ("gitlab_ci", {".gitlab-ci.yml": (
        "'stages: [a]\\n.j0: {script: [x]}\\n' + ''.join(f'.j{n}:\\n  extends: [{f\".j{n - 1}, \" * 20}]\\n'"
        " for n in range(1, 11)) + 'job: {extends: .j10}\\n'")}),
    "globs": ("gitlab_ci", {
        ".gitlab-ci.yml": "'include: ' + '/**/*a*a*a*a' * 200 + '/x.yml\\nstages: [a]\\n'",
        "/".join("a" * 40 for _ in range(60)) + "/y.yml": "'stages: [a]\\nj:\\n  script: x\\n'",
    }),
    "braces that never end": ("jenkins", {"Jenkinsfile": "'node { a { (' * 60_000"}),
    "interpolations that never end": ("jenkins", {"Jenkinsfile": "'sh \"\"\"' + '${ $a ' * 40_000"}),
    "steps of one name": ("jenkins", {"Jenkinsfile": (
        "'node { withCredentials([string(credentialsId: \"a\", variable: \"B\")]) {\\n'"
        " + 'sh \"echo $B\"\\n' * 20_000 + '}}'")}),
    "methods that call each other": ("jenkins", {"Jenkinsfile": (
        "''.join(f'def m{n}() {{ m{n + 1}(); m{n + 1}() }}\\n' for n in range(3_000)) + 'm0()'")}),
    "alerts of one name": ("prometheus", {"rules.yml": (
        "'groups:\\n- name: g\\n  rules:\\n' + '  - {alert: A, expr: up}\\n' * 50_000")}),
    "values with many keys": ("helm", {"c/values.yaml": (
        "''.join(f'k{n}: {n}\\n' for n in range(100_000))")}),
    "templates without an end": ("helm", {"templates/a.yaml": "'{{ .Values.a ' * 100_000"}),
    "resources": ("kustomize", {"kustomization.yaml": "'resources:\\n' + '- a\\n' * 100_000"}),
}  # fmt: skip
PROGRAM = """
import sys
from plumbrule.scan.files import ScannedFiles
from plumbrule.scan.parse_files import detect, head_of
from plumbrule_parsers.formats import format_of
from plumbrule_parsers.source import Source
name, files = sys.argv[1], {path: eval(text) for path, text in eval(sys.argv[2]).items()}
found = format_of(name)
for path, text in files.items():
    assert detect(path, head_of(text)) == name, (path, detect(path, head_of(text)))
documents = {path: found.parse(Source(path, text)) for path, text in files.items()}
if found.resolve is not None:
    list(found.resolve(documents, ScannedFiles(None, (), files)))
"""


@pytest.mark.parametrize("case", CASES)
def test_work_grows_with_the_text(case: str) -> None:
    name, files = CASES[case]
    command = [sys.executable, "-c", PROGRAM, name, repr(files)]
    result = subprocess.run(command, timeout=20, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
