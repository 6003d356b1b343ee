"""Hostile and broken files: each costs itself and one clear line, and the run goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from plumbrule.config import Config
from plumbrule.finding import Report
from plumbrule.pack import Pack, load_pack
from plumbrule.scan import parse_files as stage
from plumbrule.scan.discover import discover
from plumbrule.scan.files import ScannedFiles
from plumbrule.scan.scan import Model, build_model, scan
from plumbrule_parsers.document import Completeness, Problem
from plumbrule_parsers.formats import FORMATS, schema_sources

GOOD = """\
apiVersion: v1
kind: Service
metadata: {name: %s}
"""
HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: hostile}\n"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack((), schema_sources(), None)


def model_of(root: Path, pack: Pack, jobs: int = 1) -> Model:
    """The model of a folder that also holds one sound file, which must have been read."""
    (root / "good.yaml").write_text(GOOD % "good")
    model = build_model([root], Config(), pack, jobs=jobs)
    assert "good.yaml#Service/default/good" in model.graph.nodes
    return model


def report_of(root: Path, pack: Pack) -> Report:
    (root / "good.yaml").write_text(GOOD % "good")
    return scan([root], Config(), pack, jobs=1, today="2026-01-01")


def problems_of(model: Model, path: str) -> list[Problem]:
    return [problem for problem in model.problems if problem.span.source.path == path]


def state_of(model: Model | Report, path: str) -> tuple[Completeness, str]:
    states = model.states if isinstance(model, Model) else model.files
    (found,) = [state for state in states if state.path == path]
    return found.completeness, found.because


# ------------------------------------------------------------------ texts
def laughs() -> str:
    lines = ["a0: &a0 {x: lol}"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return HEAD + "\n".join(lines) + "\n"


def merge_bomb() -> str:
    lines = ["a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(500)) + "}"]
    lines += [f"b{n}:\n  <<: *a0\n  own: 1" for n in range(300)]
    return HEAD + "\n".join(lines) + "\n"


def staircase() -> str:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 3000)]
    return HEAD + "\n".join(lines) + "\n"


HOSTILE = {
    "billion laughs": (laughs(), "alias-limit"),
    "merge bomb": (merge_bomb(), "merge-limit"),
    "aliases stacked on aliases": (staircase(), "too-deep"),
    "200 KB of brackets": (HEAD + "x: " + "[" * 200_000, "too-deep"),
    "200 KB of dashes": (HEAD + "---\n" + "- " * 100_000, "too-deep"),
    "200 KB of braces": (HEAD + "x: " + "{a: " * 50_000, "too-deep"),
    "recursive alias": (HEAD + "data: &d\n  a: [*d]\n", "recursive-alias"),
    "recursive merge": (HEAD + "data: &d\n  <<: *d\n", "recursive-alias"),
    "undefined alias": (HEAD + "data: *nowhere\n", "undefined-alias"),
    "control character": (HEAD + "data: {a: \x07}\n", "yaml-character"),
    "unclosed quote": (HEAD + 'data: {a: "' + "x" * 500_000, "yaml-syntax"),
    "unclosed brackets on many lines": (HEAD + "data: [\n" + "a,\n" * 50_000, "yaml-syntax"),
    "tabs": (HEAD + "data:\n\ta: 1\n", "yaml-syntax"),
    "template": (HEAD + "data: {a: {{ x }}}\n", "complex-key"),
    "many broken documents": (HEAD + "---\n[\n" * 20_000, "too-many-faults"),
    "many duplicate keys": (HEAD + "data:\n" + "  a: 1\n" * 50_000, "duplicate-key"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_is_one_clear_line(name: str, tmp_path: Path, pack: Pack) -> None:
    text, code = HOSTILE[name]
    (tmp_path / "bad.yaml").write_text(text)
    model = model_of(tmp_path, pack)
    found = problems_of(model, "bad.yaml")
    assert code in {problem.code for problem in found}
    assert len(found) <= 120
    for problem in found:
        assert len(problem.message) < 200
        assert "internal" not in problem.code
    if code != "duplicate-key":
        assert state_of(model, "bad.yaml")[0] is not Completeness.EVALUATED


@pytest.mark.parametrize("name", HOSTILE)
def test_what_stands_in_sound_documents_is_not_lost(name: str, tmp_path: Path, pack: Pack) -> None:
    text, code = HOSTILE[name]
    if code == "too-many-faults":
        text = text[: text.index("---")] + "---\n[\n" * 3
    (tmp_path / "bad.yaml").write_text(f"{GOOD % 'before'}---\n{text}\n---\n{GOOD % 'after'}")
    nodes = model_of(tmp_path, pack).graph.nodes
    assert "bad.yaml#Service/default/before" in nodes
    assert "bad.yaml#Service/default/after" in nodes


def test_deep_json_is_one_clear_line(tmp_path: Path, pack: Pack) -> None:
    text = '{"apiVersion": "v1", "kind": "ConfigMap", "data": '
    (tmp_path / "bad.json").write_text(text + "[" * 200_000)
    (tmp_path / "twice.json").write_text(
        '{"apiVersion": "v1", "kind": "ConfigMap"' + ', "a": 1, "b": /**/ 2' * 30_000 + "}"
    )
    model = model_of(tmp_path, pack)
    assert [one.code for one in problems_of(model, "bad.json")] == ["too-deep"]
    codes = [one.code for one in problems_of(model, "twice.json")]
    assert codes[0] == "json-comment"
    assert set(codes) == {"json-comment", "duplicate-key"}
    assert len(codes) <= 60


def test_thousands_of_documents_and_long_lines_are_read(tmp_path: Path, pack: Pack) -> None:
    many = "---\n".join(GOOD % f"s{number}" for number in range(4000))
    (tmp_path / "many.yaml").write_text(many)
    (tmp_path / "long.yaml").write_text(HEAD + "data: {a: '" + "x y " * 250_000 + "'}\n")
    (tmp_path / "script.yml").write_text(
        "on: push\njobs:\n  a:\n    steps:\n    - run: echo " + "x" * 1_000_000 + "\n"
    )
    model = model_of(tmp_path, pack)
    assert "many.yaml#Service/default/s3999" in model.graph.nodes
    assert "long.yaml#ConfigMap/default/hostile" in model.graph.nodes
    assert "script.yml#workflow" in model.graph.nodes


# ------------------------------------------------------------------ bytes
def test_bytes_that_are_no_text_are_named(tmp_path: Path, pack: Pack) -> None:
    good = (GOOD % "x").encode()
    (tmp_path / "nul.yaml").write_bytes(good + b"#" * 600 + b"\na: \0\n")
    (tmp_path / "latin.yaml").write_bytes(good + "a: caf\xe9\n".encode("latin-1"))
    (tmp_path / "cut.yaml").write_bytes(good + b"# \xf0\x9f")
    (tmp_path / "huge.yaml").write_bytes(good + b"a: " + b"x" * 10_000_000)
    (tmp_path / "half.yaml").write_bytes("\ufeff".encode("utf-16-le") + b"a")
    report = report_of(tmp_path, pack)
    states = {state.path: (state.completeness, state.because) for state in report.files}
    skipped = Completeness.SKIPPED
    assert states["nul.yaml"] == (skipped, "binary file: NUL character on line 5")
    assert states["latin.yaml"][0] is skipped
    assert states["latin.yaml"][1].startswith("not UTF-8: byte 0xe9 on line 4")
    assert states["cut.yaml"][0] is skipped
    assert states["huge.yaml"] == (skipped, "larger than 5000000 bytes")
    assert states["half.yaml"][0] is skipped
    assert states["good.yaml"][0] is Completeness.EVALUATED


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_are_read(encoding: str, tmp_path: Path, pack: Pack) -> None:
    (tmp_path / "x.yaml").write_bytes(("# \u00e9\n" + GOOD % "wide").encode(encoding))
    nodes = model_of(tmp_path, pack).graph.nodes
    node = nodes["x.yaml#Service/default/wide"]
    assert (node.span.line, node.span.text) == (4, "name: wide")


# ------------------------------------------------------------------ the file system
def test_links_and_odd_files_are_skipped_with_a_reason(tmp_path: Path, pack: Pack) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.yaml").write_text(GOOD % "outside")
    (root / "loop").symlink_to(root)
    (root / "self.yaml").symlink_to("self.yaml")
    (root / "out.yaml").symlink_to(tmp_path / "secret.yaml")
    (root / "away").symlink_to(tmp_path)
    (root / "twin.yaml").symlink_to("good.yaml")
    (root / "deployment.yaml").mkdir()
    (root / "deployment.yaml" / "x.yaml").write_text(GOOD % "inner")
    os.mkfifo(root / "pipe.yaml")
    model = model_of(root, pack)
    skipped = Completeness.SKIPPED
    assert state_of(model, "loop") == (skipped, "link to a folder that is read in its own place")
    assert state_of(model, "self.yaml") == (skipped, "link that leads nowhere")
    assert state_of(model, "out.yaml") == (skipped, "link that leads out of the scanned folder")
    assert state_of(model, "away") == (skipped, "link that leads out of the scanned folder")
    assert state_of(model, "twin.yaml")[0] is skipped
    assert state_of(model, "pipe.yaml") == (skipped, "not a regular file")
    services = [name for name, node in model.graph.nodes.items() if node.kind == "k8s.Service"]
    assert sorted(services) == [
        "deployment.yaml/x.yaml#Service/default/inner", "good.yaml#Service/default/good",
    ]  # fmt: skip


def test_unreadable_files_are_named(tmp_path: Path, pack: Pack) -> None:
    (tmp_path / "closed.yaml").write_text(GOOD % "x")
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed.yaml").chmod(0)
    (tmp_path / "closed").chmod(0)
    try:
        if os.access(tmp_path / "closed.yaml", os.R_OK):
            pytest.skip("this user may read everything")
        model = model_of(tmp_path, pack)
        assert state_of(model, "closed.yaml") == (
            Completeness.SKIPPED, "cannot be read: Permission denied"
        )  # fmt: skip
        assert state_of(model, "closed")[1] == "cannot be listed: Permission denied"
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_a_file_that_fails_to_open_is_named(
    tmp_path: Path, pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone.yaml").write_text(GOOD % "x")
    (tmp_path / "changed.yaml").write_text(GOOD % "x")
    (tmp_path / "grown.yaml").write_text(GOOD % "x")
    found = stage.parse_files

    def later(files: object, tree: ScannedFiles, jobs: int) -> object:
        (tmp_path / "gone.yaml").unlink()
        (tmp_path / "changed.yaml").unlink()
        os.mkfifo(tmp_path / "changed.yaml")
        (tmp_path / "grown.yaml").write_text("x" * 6_000_000)
        return found(files, tree, jobs)  # type: ignore[arg-type]

    monkeypatch.setattr("plumbrule.scan.scan.parse_files", later)
    model = model_of(tmp_path, pack)
    reason = "cannot be read: No such file or directory"
    assert state_of(model, "gone.yaml") == (Completeness.SKIPPED, reason)
    assert state_of(model, "changed.yaml") == (Completeness.SKIPPED, "not a regular file")
    assert state_of(model, "grown.yaml") == (Completeness.SKIPPED, "larger than 5000000 bytes")


def test_names_that_are_no_text_are_read_and_printable(tmp_path: Path, pack: Pack) -> None:
    (tmp_path / "new\nline.yaml").write_text(GOOD % "a")
    raw = os.fsencode(tmp_path) + b"/caf\xe9.yaml"
    try:
        with open(raw, "w") as stream:
            stream.write(GOOD % "b")
    except OSError:
        pytest.skip("this file system refuses such names")
    model = model_of(tmp_path, pack)
    services = [node for node in model.graph.nodes.values() if node.kind == "k8s.Service"]
    assert sorted(node.fields["name"] for node in services) == ["a", "b", "good"]
    for state in model.states:
        state.path.encode("utf-8")


def test_the_tree_gives_nothing_outside_the_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.yaml").write_text("x")
    (root / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    (root / "in.yaml").write_text("y")
    found = discover([root], (), (), 1000)
    tree = ScannedFiles(found.root, (one.path for one in found.files))
    inner = tree.read("./in.yaml")
    assert inner is not None
    assert inner.text == "y"
    for path in (
        "../secret.yaml",
        "link.yaml",
        str(tmp_path / "secret.yaml"),
        "a/../../secret.yaml",
    ):
        assert tree.read(path) is None


# ------------------------------------------------------------------ steps
UNITS = (
    " ", "\n", "\t", "\r", "[", "{", "(", "'", '"', ":", "#", "- ", "- - ", ": ", "a: ", "{{",
    "{{-", "}}", "\\\n", "<<a ", "${", "groups:", "rules: ", "kind: ", "kind:\n", "- \n", " \n",
    "\n ", "apiVersion: ", "x" * 64 + "\n", "--a ", "--a=", "$", "${{ ", "a.", "FROM ", "0",
    "1.", "_", "/*", "//", "*/", '"a', "<<", "'\\", "&a ", "!a ", "|\n", "a:\n", "?\n", "...\n",
)  # fmt: skip
PATHS = ("a.yaml", "a.json", ".github/workflows/a.yml", "action.yml", ".gitlab-ci.yml",
         "Dockerfile", "templates/a.yaml", "values.yaml", "Chart.yaml", "kustomization.yaml",
         "rules.yml", "a.rules", "main.tf", "a.tf.json", "a.tfvars", "a.hcl")  # fmt: skip
PROGRAM = """
import sys
from plumbrule.scan.files import ScannedFiles
from plumbrule.scan.parse_files import detect
from plumbrule_parsers.formats import FORMATS, format_of
from plumbrule_parsers.source import Source
name, units, paths = sys.argv[1], eval(sys.argv[2]), eval(sys.argv[3])
found = format_of(name)
texts = [(u * 4096)[:4096] for u in units] + [a * 700 + b * 700 for a in units[:14] for b in units]
for text in texts:
    text = text[:4096]
    for path in paths:
        found.detect(path, text)
        if found.detect(path, text) or len(set(text)) < 3:
            found.parse(Source(path, text))
"""


@pytest.mark.parametrize("name", FORMATS)
def test_no_text_makes_a_detector_or_parser_run_away(name: str) -> None:
    """A process of its own, because a regular expression that backtracks cannot be interrupted."""
    command = [sys.executable, "-c", PROGRAM, name, repr(UNITS), repr(PATHS)]
    result = subprocess.run(command, timeout=20, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
