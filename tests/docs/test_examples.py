"""Every example in the written pages holds: it parses, loads, runs, and prints what is shown."""

from __future__ import annotations

import argparse
import re
import shlex
from importlib import import_module
from pathlib import Path

import plumbrule_rules
import pytest
from tests.docs.examples import PAGES, TOP, UPDATE, Block, blocks, run

from plumbrule.cli.run import COMMANDS
from plumbrule.config import load_config
from plumbrule.pack import load_pack
from plumbrule_parsers.formats import schema_sources
from plumbrule_parsers.source import Source

names = [str(page.relative_to(TOP)) for page in PAGES]
PAGES_BY_NAME = pytest.mark.parametrize("page", PAGES, ids=names)


@PAGES_BY_NAME
def test_outputs_are_what_the_program_prints(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    edits: list[tuple[Block, str]] = []
    faults: list[str] = []
    for block in blocks(text):
        if block.what == "file":
            path = tmp_path / block.word
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.what:
            printed, fault = run(block.word, TOP if block.what == "run here" else tmp_path)
            if fault:
                faults.append(fault)
            else:
                edits.append((block, printed))
    if UPDATE:
        for block, printed in reversed(edits):
            text = text[: block.start] + printed + text[block.end :]
        page.write_text(text, encoding="utf-8")
    assert not faults, "\n".join(faults)
    for block, printed in edits:
        assert UPDATE or block.text == printed, f"{page.name}, {block}: {block.word}"


@PAGES_BY_NAME
def test_plumb_examples_are_free_of_errors(page: Path) -> None:
    """Each stands beside the built-in rules, whose names exemptions may use."""
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language != "plumb":
            continue
        assert block.text.startswith("plumbrule 1\n"), f"{page.name}, {block}: no edition line"
        rules = Path(next(iter(plumbrule_rules.__path__)))
        pack = load_pack([rules, Source(f"{page.name}.plumb", block.text)], schema_sources(), None)
        faults = [f"{one.span}: {one.message}" for one in pack.problems if one.code[0] != "W"]
        assert not faults, f"{page.name}, {block}: {faults}"


@PAGES_BY_NAME
def test_toml_examples_load(page: Path, tmp_path: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language == "toml":
            path = tmp_path / "plumbrule.toml"
            path.write_text(block.text, encoding="utf-8")
            assert not [f"{block}: {one.message}" for one in load_config(path).problems]


@PAGES_BY_NAME
def test_commands_in_the_pages_exist(page: Path) -> None:
    """Shell examples and `plumb ...` in the text name commands and arguments that there are."""
    text = page.read_text(encoding="utf-8")
    lines = [
        line.partition("#")[0]
        for block in blocks(text)
        if block.language == "sh"
        for line in block.text.splitlines()
    ]
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    lines += re.findall(r"`(plumb [^`]*)`", prose.replace("\n", " "))
    for line in lines:
        words = shlex.split(line.replace("...", ""))
        if not words or not words[0].endswith("plumb"):
            continue
        if words[1] in ("COMMAND", "--version"):
            continue
        assert words[1] in COMMANDS, line
        parser = argparse.ArgumentParser(exit_on_error=False)
        import_module(f"plumbrule.cli.{words[1]}").arguments(parser)
        known = {option for action in parser._actions for option in action.option_strings}  # noqa: SLF001
        used = {word.partition("=")[0] for word in words[2:] if word.startswith("-")}
        assert used <= known, f"{line}: {used - known}"


def test_shell_examples_of_make_name_targets() -> None:
    makefile = (TOP / "Makefile").read_text(encoding="utf-8")
    for page in PAGES:
        for target in re.findall(r"(?:^|`)make ([\w-]+)", page.read_text("utf-8"), re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page.name}: make {target}"


def test_the_guide_lists_every_command_and_setting() -> None:
    guide = (TOP / "docs" / "guide.md").read_text(encoding="utf-8")
    for name, what in COMMANDS.items():
        assert f"| `plumb {name}` | {what} |" in guide


@pytest.mark.parametrize("page", [*PAGES, TOP / "CHANGELOG.md"], ids=[*names, "CHANGELOG.md"])
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        goal = (page.parent / path) if path else page
        assert goal.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", goal.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in headings}
            assert anchor in anchors, f"{page.name} links to {target}"
