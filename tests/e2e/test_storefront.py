"""The storefront estate: its expected findings, and the same bytes however it is read."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[2] / "fixtures"
EXPECTED = FIXTURES / "expected" / "storefront.txt"


def check(folder: Path, *words: str, **environment: str) -> str:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "plumbrule",
            "check",
            ".",
            "--exit-zero",
            "--today",
            "2026-01-01",
            *words,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, **environment},
    )
    assert done.stderr == ""
    return done.stdout


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The estate outside of this repository, so that nothing above it plays a part."""
    folder = tmp_path_factory.mktemp("estate") / "storefront"
    shutil.copytree(FIXTURES / "storefront", folder)
    return folder


def test_the_expected_findings(estate: Path) -> None:
    """`make expected` writes the file anew; read the difference before you commit it."""
    assert check(estate, "--output", "concise") == EXPECTED.read_text()


def test_every_kind_of_verdict_occurs(estate: Path) -> None:
    report = json.loads(check(estate, "--output", "json"))
    counts = [rule["counts"] for rule in report["rules"]]
    for verdict in ("violations", "passes", "reviews"):
        assert sum(count[verdict] for count in counts) > 0
    assert report["findings"]
    assert report["reviews"]
    assert report["problems"] == []


@pytest.mark.parametrize("form", ["full", "concise", "json", "sarif"])
def test_same_input_same_bytes(estate: Path, form: str, tmp_path: Path) -> None:
    base = check(estate, "--output", form, PYTHONHASHSEED="0")
    for seed in ("1", "4711"):
        assert check(estate, "--output", form, PYTHONHASHSEED=seed) == base
    for jobs in ("1", "2", "3"):
        assert check(estate, "--output", form, "--jobs", jobs) == base
    shuffled = tmp_path / "storefront"
    shuffled.mkdir()
    files = sorted(path for path in estate.rglob("*") if path.is_file())
    for path in reversed(files):  # another order of creation is another order of listing
        target = shuffled / path.relative_to(estate)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    assert check(shuffled, "--output", form) == base


def test_no_secret_leaves_the_program(tmp_path: Path) -> None:
    """Planted secrets stand whole in no output, no cache and no log."""
    secret = "Zq8" + "vT3mKp0wXr" * 2 + "Ln5"
    key = "AKIA" + "Q3EGRZ7TV2LW5NOX"
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "main.tf").write_text(
        f'variable "db_password" {{\n  default = "{secret}"\n}}\n'
        f'variable "access_key" {{\n  sensitive = true\n  default = "{key}"\n}}\n'
    )
    (tmp_path / "repo" / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n"
        f"    - {{name: web, image: 'a:1', env: [{{name: API_TOKEN, value: {key}}}],\n"
        f"       securityContext: {{capabilities: {{add: [SYS_ADMIN]}}}}}} # {key}\n"
    )
    cache = tmp_path / "cache"
    outputs = ["full", "json=r.json", "sarif=r.sarif", "concise=r.txt"]
    words = [word for output in outputs for word in ("--output", output)]
    shown = check(tmp_path / "repo", "--verbose", *words, XDG_CACHE_HOME=str(cache))
    full = check(tmp_path / "repo", "--sarif-profile", "full", "--output", "sarif")
    written = [shown.encode(), full.encode()]
    for folder in (cache, tmp_path / "repo"):
        written += [
            path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix not in (".tf", ".yaml")
        ]
    assert len(written) > 5
    assert b"tf.secret_in_variable_default" in written[0]
    for text in written:
        for word in (secret, key):
            assert word.encode() not in text
            assert word[:9].encode() not in text
