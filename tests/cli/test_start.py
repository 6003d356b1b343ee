"""Start-up imports only what a command needs: counted, because a count does not depend on load."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

STOREFRONT = str(Path(__file__).parents[2] / "fixtures" / "storefront")
COUNT = """
import sys
before = set(sys.modules)
sys.argv = ["plumb", *{words!r}]
from plumbrule.__main__ import main
main()
sys.stderr.write("\\n".join(sorted(set(sys.modules) - before)))
"""
HEAVY = {
    "lark",
    "networkx",
    "hcl2",
    "pygls",
    "lsprotocol",
    "asyncio",
    "jsonschema",
    "rich",
    "click",
    "importlib.metadata",
    "multiprocessing",
    "unittest",
    "interegular",
}


def imported(cache: Path, *words: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", COUNT.format(words=list(words))],
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_CACHE_HOME": str(cache)},
        timeout=120,
        check=True,
    )
    return done.stderr.split("\n")


def test_version_loads_next_to_nothing(tmp_path: Path) -> None:
    assert len(imported(tmp_path, "--version")) <= 4


def test_a_warm_check_loads_no_compiler_and_no_graph_library(tmp_path: Path) -> None:
    words = ("check", STOREFRONT, "--exit-zero", "--output", "concise", "--jobs", "1")
    imported(tmp_path, *words)  # fills the cache
    modules = imported(tmp_path, *words)
    assert not HEAVY & {name for module in modules for name in (module, module.partition(".")[0])}
    assert "plumbrule.language.parse" not in modules
    assert len(modules) <= 510  # the storefront has eight formats


def test_what_a_repository_does_not_have_is_not_loaded(tmp_path: Path) -> None:
    manifest = tmp_path / "manifests" / "web.yaml"
    manifest.parent.mkdir()
    manifest.write_text("apiVersion: v1\nkind: Service\nmetadata: {name: web}\n")
    words = ("check", str(manifest.parent), "--output", "concise", "--jobs", "1")
    imported(tmp_path, *words)
    modules = imported(tmp_path, *words)
    rooms = (
        "terraform.evaluate",
        "helm.render",
        "kustomize.build",
        "jenkins.parse",
        "hcl_tree.parse",
    )
    assert not {f"plumbrule_parsers.{room}" for room in rooms} & set(modules)
    assert len(modules) <= 290
    assert "ssl" not in modules  # nothing talks to a network


@pytest.mark.parametrize("words", [["rules"], ["schema"], ["config"]])
def test_small_commands_load_no_scanner(tmp_path: Path, words: list[str]) -> None:
    imported(tmp_path, *words)
    modules = imported(tmp_path, *words)
    assert "networkx" not in modules
    assert "lark" not in modules
