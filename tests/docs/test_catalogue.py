"""The generated pages are those that are committed, and they are whole."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest
from tests.docs.examples import TOP, blocks

from plumbrule.catalogue import WRITTEN, builtin_pack, catalogue, fill, main, pages
from plumbrule.config import load_config
from plumbrule.pack import Pack, load_pack
from plumbrule_parsers.formats import schema_sources
from plumbrule_parsers.source import Source

DOCS = TOP / "docs"


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    return pages(builtin_pack(), {name: (DOCS / name).read_text("utf-8") for name in WRITTEN})


def test_the_committed_pages_are_what_it_prints(found: dict[str, str]) -> None:
    changed = [
        name
        for name, text in found.items()
        if not (DOCS / name).is_file() or (DOCS / name).read_text("utf-8") != text
    ]
    assert not changed, "run `make docs`"
    kept = {f"rules/{path.name}" for path in (DOCS / "rules").glob("*.md")}
    assert kept == {name for name in found if name.startswith("rules/")}


def test_every_rule_has_a_page_with_a_case_that_is_found_and_one_that_is_not(
    found: dict[str, str],
) -> None:
    for rule in builtin_pack().rules:
        page = found[f"rules/{rule.id}.md"]
        assert f"# {rule.id}\n\n**{rule.title}**" in page
        assert "\n### Found: " in page
        assert "\n### Not found: " in page
        assert f"({rule.id}.md)" in found["rules/index.md"]
        source = re.search(r"Source: \[[^\]]*\]\(([^)]*)\)", page)
        assert source is not None
        assert (DOCS / "rules" / source[1]).is_file()


def test_the_settings_on_a_rule_page_can_be_copied(found: dict[str, str], tmp_path: Path) -> None:
    for name, text in found.items():
        if not name.startswith("rules/") or name.endswith("index.md"):
            continue
        # A test of the rule may show a file of settings, too.
        [block] = [one for one in blocks(text) if one.language == "toml" and "[rules." in one.text]
        tomllib.loads(block.text)
        path = tmp_path / "plumbrule.toml"
        path.write_text(block.text, encoding="utf-8")
        assert not load_config(path).problems, name


def test_every_kind_and_edge_is_described(found: dict[str, str]) -> None:
    schema = builtin_pack().schema
    headings = re.findall(r"^### (.*)$", found["kinds.md"], re.MULTILINE)
    assert headings == sorted(schema.kinds, key=lambda kind: (kind.partition(".")[0], kind))
    for edge in schema.edges:
        assert f"\n| `{edge}` |" in found["kinds.md"]
    anchors = {re.sub(r"[^\w-]", "", heading.lower()) for heading in headings}
    for page in found.values():
        assert set(re.findall(r"kinds\.md#([\w-]+)", page)) <= anchors


def test_the_schema_of_the_settings_is_a_schema_and_takes_the_example(
    found: dict[str, str],
) -> None:
    schema = json.loads(found["schema/plumbrule.schema.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    guide = [tomllib.loads(one.text) for one in blocks(found["guide.md"]) if one.language == "toml"]
    for example in guide:
        jsonschema.validate(example, schema)
    assert max(guide, key=len).keys() == schema["properties"].keys()  # one shows all settings


def test_parts_of_written_pages_are_filled_and_the_rest_is_kept() -> None:
    page = "a\n<!-- generated: errors -->\nold\n<!-- end -->\nb\n"
    filled = fill(page)
    assert filled.startswith("a\n<!-- generated: errors -->\n\n| code | means |")
    assert filled.endswith("\n<!-- end -->\nb\n")
    assert "old" not in filled
    assert fill(filled) == filled
    with pytest.raises(ValueError, match="`eror`"):
        fill("<!-- generated: eror -->\n<!-- end -->\n")


def test_words_of_a_rule_cannot_break_its_page() -> None:
    text = '''plumbrule 1
rule demo.odd {
  title "a | b"
  severity low
  severity high when c.name
    matches re"a|b"
  param words: set<string> = {"a|b"} "x | y"
  match c: k8s.Container
  where c.name in words
  report at c "odd"
  test "fence" fails { file "a.md" """
      ```
      x
  """ }
}
'''
    pack: Pack = load_pack([Source("demo/odd.plumb", text)], schema_sources(), None)
    assert not [problem for problem in pack.problems if problem.code.startswith("E")]
    found = pages(pack, {})
    assert "| low | a \\| b |" in found["rules/index.md"]
    page = found["rules/demo.odd.md"]
    assert '| `{"a\\|b"}` | x \\| y |' in page
    assert "````" in page
    assert 'The severity is high when `c.name matches re"a|b"`, else low.' in page


def test_pages_of_rules_that_are_gone_are_removed(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    stale = tmp_path / "rules" / "old.rule.md"
    stale.write_text("old", encoding="utf-8")
    catalogue(tmp_path)
    assert not stale.exists()
    assert (tmp_path / "kinds.md").is_file()


def test_a_folder_must_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
