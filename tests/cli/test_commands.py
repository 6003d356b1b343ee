"""The other commands: each answers, and each refuses what it cannot do in one clear line."""

import json
from pathlib import Path

import pytest

from plumbrule.__main__ import main
from plumbrule.cli.run import COMMANDS
from plumbrule.version import __version__

STOREFRONT = str(Path(__file__).parents[2] / "fixtures" / "storefront")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 2
    return capsys.readouterr().err


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "--version") == f"plumbrule {__version__}\n"
    overview = printed(capsys, "--help")
    assert all(name in overview for name in COMMANDS)
    assert "did you mean `check`?" in refused(capsys, "chekc")
    assert main([]) == 2


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([name, "--help"])
    assert stopped.value.code == 0
    assert f"usage: plumb {name}" in capsys.readouterr().out


def test_rules_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "rules", STOREFRONT)
    rows = json.loads(printed(capsys, "rules", STOREFRONT, "--format", "json"))
    assert len(text.splitlines()) == len(rows) >= 20
    assert all(row["id"] in text and row["title"] in text for row in rows)


def test_conditions_of_severities_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, "explain", "ci.unpinned_action").split("\n")
    assert lines[1:3] == [
        "severity medium, confidence high",
        "severity high when holds_credentials(s)",
    ]


def test_a_rule_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "explain", "k8s.unprobed_service_backend")
    for words in (
        "Why",
        "What to do",
        "ignore_namespaces",
        "match c: k8s.Container",
        "plumb:allow",
    ):
        assert words in text
    assert "did you mean" in refused(capsys, "explain", "k8s.unprobed_service_backed")


def test_why_shows_each_condition(capsys: pytest.CaptureFixture[str]) -> None:
    rule = "k8s.unprobed_service_backend"
    text = printed(capsys, "why", rule, "container/checkout", STOREFRONT)
    assert "verdict: violation" in text
    text = printed(capsys, "why", rule, "container/metrics", STOREFRONT)
    assert "verdict: pass" in text
    assert "false    serves_traffic(c)" in text
    text = printed(
        capsys, "why", "tf.database_without_deletion_protection", "aws_db_instance.shop", STOREFRONT
    )
    assert "verdict: review" in text
    assert "var.protect_database" in text
    assert "fits" in refused(capsys, "why", rule, "checkout", STOREFRONT)
    assert "is a k8s.Service" in refused(capsys, "why", rule, "Service/shop/checkout", STOREFRONT)


@pytest.mark.parametrize("form", ["list", "count", "dot", "mermaid", "json", "graphml"])
def test_the_graph_in_every_form(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    whole = printed(capsys, "graph", STOREFRONT, "--format", form)
    near = printed(capsys, "graph", STOREFRONT, "--format", form, "--node", "Service/shop/checkout")
    assert len(whole) > len(near) > 0


def test_a_path_in_the_graph(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--from", "Service/shop/checkout", "--to", "container/metrics"]
    text = printed(capsys, "graph", STOREFRONT, *words)
    assert "-selects-> Deployment shop/checkout" in text
    assert "there is no path" in refused(
        capsys,
        "graph",
        STOREFRONT,
        "--from",
        "Service/shop/checkout",
        "--to",
        "alert CheckoutErrors",
    )
    assert "go together" in refused(capsys, "graph", STOREFRONT, "--from", "x")
    assert "there is no node" in refused(capsys, "graph", STOREFRONT, "--node", "zzz")
    assert "limit" in refused(capsys, "graph", STOREFRONT, "--format", "dot", "--limit", "3")


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "k8s.Container" in printed(capsys, "schema")
    text = printed(capsys, "schema", "k8s.Container")
    assert "readinessProbe?: k8s.Probe" in text
    assert "did you mean `k8s.Container`?" in refused(capsys, "schema", "k8s.Contaner")


def test_the_settings_are_printed_with_their_origin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plumbrule.toml").write_text('exclude = ["x"]\nfail-on = "low"\n')
    monkeypatch.chdir(tmp_path)
    text = printed(capsys, "config")
    assert 'fail-on       = "low"   # ' in text
    assert "plumbrule.toml:2" in text
    assert "packs         = []   # default" in text
    assert json.loads(printed(capsys, "config", "schema"))["additionalProperties"] is False


def test_rule_files_are_laid_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    crooked = "plumbrule 1\nkind   a.B {   field x:int }\n"
    (tmp_path / "a.plumb").write_text(crooked)
    assert main(["fmt", "--check", "."]) == 1
    assert "would change a.plumb" in capsys.readouterr().err
    assert main(["fmt", "--diff", "."]) == 1
    assert "+kind a.B { field x: int }" in capsys.readouterr().out
    assert (tmp_path / "a.plumb").read_text() == crooked
    assert main(["fmt", "."]) == 0
    assert main(["fmt", "--check", "."]) == 0
    (tmp_path / "b.plumb").write_text("plumbrule 1\nkind {\n")
    assert "b.plumb:2" in refused(capsys, "fmt", "--check", ".")
    assert "there is no rule file or folder" in refused(capsys, "fmt", "c.plumb")


def test_rule_tests_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rule = """plumbrule 1

rule acme.no_engine {
  title    "Database without an engine"
  severity low
  match r: tf.Resource
  where r["engine"] is missing
  report at r "no engine"
  test "bare" fails {
    file "a.tf" "resource \\"aws_db_instance\\" \\"a\\" {}"
  }
  test "set" passes {
    file "a.tf" "resource \\"aws_db_instance\\" \\"a\\" { engine = \\"x\\" }"
  }
}
"""
    path = tmp_path / "a.plumb"
    path.write_text(rule)
    assert main(["test", str(path)]) == 0
    assert "2 tests" in capsys.readouterr().out
    path.write_text(rule.replace("is missing", "is set"))
    assert main(["test", str(path)]) == 1
    assert "acme.no_engine" in capsys.readouterr().out
