"""What generated code promises: safety, no lost doubt, no squared joins, and a warm start."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from plumbrule.evaluate import indexes
from plumbrule.evaluate.compile import compile_rule, generated
from plumbrule.evaluate.evaluate import Evaluation, RuleSettings, Settings, evaluate
from plumbrule.graph.graph import Graph
from plumbrule.language import ir
from plumbrule.language.types import BOOL, STRING, kind_type
from plumbrule.pack import Pack, load_pack
from plumbrule_parsers.document import Node
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import ListValue, MapValue, Reason, Segments, Unknown

SCHEMA = Source("s.plumb", """plumbrule 1
module schema
kind core.Node { field name: string }
kind t.Cmd extends core.Node {
  field program?: string  field flags?: list<string>  field zone?: string  open: any
}
""")  # fmt: skip
FILE = Source("a.sh", "line" * 9)
OPEN = Unknown(Reason.NO_VALUE, "var.x")


def pack(body: str) -> Pack:
    text = f'plumbrule 1\nrule t.rule {{ title "t" severity high {body} }}'
    made = load_pack([Source("r.plumb", text)], [SCHEMA], None)
    assert made.problems == ()
    return made


def graph_of(made: Pack, *fields: dict[str, object]) -> Graph:
    nodes = [
        Node(f"a.sh#{at:05}", "t.Cmd", f"cmd {at}",
             MapValue(FILE, 0, 9, {"name": f"n{at}", **given}), FILE.span(0, 3))  # type: ignore[dict-item]
        for at, given in enumerate(fields)
    ]  # fmt: skip
    return Graph(nodes, [], [], made.schema.ancestors)


def run(made: Pack, graph: Graph, **chosen: object) -> Evaluation:
    """The verdicts of the generated code, which must be those of the walk."""
    assert all(program.code for program in made.programs.values())
    settings = Settings("2026-01-01", {"t.rule": RuleSettings(**chosen)})  # type: ignore[arg-type]
    fast = evaluate(made.rules, (), graph, settings, programs=made.programs)
    assert fast == evaluate(made.rules, (), graph, settings, compiled=False)
    assert fast.problems == ()
    return fast


HOSTILE = (
    "'); raise SystemExit('pwned') #",
    '"""\nraise SystemExit\n"""',
    "\\",
    "{__import__('os')}",
    "k0_",
    "\u2028 \x00 \ud800",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_a_rule_never_becomes_code(text: str) -> None:
    at = FILE.span(0, 1)
    subject = ir.Var(text, kind_type("t.Cmd"), at)
    held = ir.Field(subject, text, STRING, ir.Param(text, STRING, at), False, STRING, at)
    named = ir.Call("truncate", (held,), ((text, ir.Const(3, STRING, at)),), STRING, at)
    inner = ir.Quantifier(
        "any", ir.Each(f"{text}k", f"{text}i", ir.Item(subject, held, False, STRING, at), at),
        ir.Compare("==", ir.Var(f"{text}i", STRING, at), ir.Const(text, STRING, at), False, BOOL,
                   at), None, BOOL, at)  # fmt: skip
    pattern = ir.Pattern(None, (ir.PatternNode(text, ("t.Cmd",), True, at),), (), at)
    rule = ir.CheckedRule(
        text, text, "low", "high", "default", text, text, (), (), (), (),
        (ir.LetDecl("let", named, at),),
        (pattern,), (inner, ir.Test(ir.Var("let", STRING, at), "set", False, BOOL, at),
                     ir.IsKind(subject, (text,), True, BOOL, at)), "review",
        ir.Report(None, ir.Template((text,), at), (), None), None, (), text, ("t.Cmd",),
        frozenset(), frozenset(), frozenset(), at, text,
    )  # fmt: skip
    code, constants = generated(rule)
    assert text in constants
    strange = re.sub(r"k\d+_", "", code) if text == "k0_" else code
    assert text not in strange
    assert code.isascii()
    assert compile_rule(rule).code


def test_a_rule_with_quotes_and_code_in_its_texts_works() -> None:
    made = pack("""
      match c: t.Cmd
      where c["it's \\\\\\"x\\\\\\""] == "'); raise SystemExit #" or c.program == "\\"\\"\\""
      report at c "x" """)
    graph = graph_of(made, {'it\'s \\"x\\"': "'); raise SystemExit #"}, {"program": '"""'}, {})
    assert run(made, graph).counts[0].violations == 2


MKDIR = 'match c: t.Cmd where c.program == "mkdir" where "-p" not in c.flags report at c "x"'
FLAGS = ListValue(FILE, 0, 1, ["-p"])
NONE = ListValue(FILE, 0, 1, [])


def test_an_index_keeps_whatever_could_fit() -> None:
    made = pack(MKDIR.replace("c.flags", "(c.flags ?? [])"))
    assert made.programs["t.rule"].lookup is not None
    graph = graph_of(
        made,
        {"program": "mkdir", "flags": NONE},
        {"program": "mkdir", "flags": FLAGS},
        {"program": "ls", "flags": NONE},
        {"program": OPEN, "flags": NONE},
        {"program": Segments(("mk", OPEN)), "flags": NONE},
        {"program": Segments(("l", OPEN)), "flags": NONE},
        {"program": 7},
        {},
    )
    count = run(made, graph).counts[0]
    assert (count.violations, count.reviews, count.passes) == (1, 2, 5)


@pytest.mark.parametrize("given", [["mkdir"], ["mkdir", "ls"], []])
def test_a_parameter_chooses_by_index_too(given: list[str]) -> None:
    made = pack('param names: set<string> = {"cp"} "d" match c: t.Cmd '
                'where c.program is set and c.program in names report at c "x"')  # fmt: skip
    assert made.programs["t.rule"].lookup is not None
    graph = graph_of(made, {"program": "mkdir"}, {"program": "ls"}, {"program": OPEN}, {})
    assert run(made, graph).counts[0].passes == 3
    assert run(made, graph, params={"names": given}).counts[0].violations == len(given)


def test_a_run_for_some_files_asks_no_index_for_others() -> None:
    made = pack('match c: t.Cmd where c.program == "mkdir" report at c "x"')
    graph = graph_of(made, {"program": "mkdir"})
    for paths, violations in ((frozenset({"b.sh"}), 0), (frozenset({"a.sh"}), 1)):
        settings = Settings("2026-01-01", paths=paths)
        assert len(evaluate(made.rules, (), graph, settings).findings) == violations


def test_a_rule_that_python_cannot_compile_is_walked() -> None:
    tests = "".join(f'if c.zone == "{at}" then c.program == "mkdir" else ' for at in range(70))
    made = pack(f'match c: t.Cmd where {tests} false report at c "x"')
    assert made.programs["t.rule"].code == b""
    graph = graph_of(made, {"program": "mkdir", "zone": "69"}, {"program": "mkdir", "zone": "70"})
    assert evaluate(made.rules, (), graph, Settings("2026-01-01")).counts[0].violations == 1


def test_unconnected_patterns_are_joined_by_value(monkeypatch: pytest.MonkeyPatch) -> None:
    made = pack("""match a: t.Cmd, b: t.Cmd
      where a.zone == "staging" where b.zone == "prod"
      where (a.program ?? "") == (b.program ?? "") report at a "x" """)
    fields = [{"zone": zone, "program": f"p{at}"} for zone in ("staging", "prod") for at in
              range(100)]  # fmt: skip
    graph = graph_of(made, *fields, {"zone": "prod", "program": OPEN})
    offered: list[int] = []
    plain = indexes.Join.rows

    def counted(self: indexes.Join, *given: object) -> object:
        rows = plain(self, *given)  # type: ignore[arg-type]
        offered.append(len(rows))
        return rows

    assert run(made, graph).counts[0].violations == 100
    monkeypatch.setattr(indexes.Join, "rows", counted)
    evaluate(made.rules, (), graph, Settings("2026-01-01"), programs=made.programs)
    assert offered == [2] * 100  # its twin, and the one whose program is unknown


def test_programs_survive_the_cache() -> None:
    made = pack(MKDIR.replace("c.flags", "(c.flags ?? [])"))
    again = pickle.loads(pickle.dumps(made))
    graph = graph_of(made, {"program": "mkdir", "flags": NONE})
    assert run(again, graph) == run(made, graph)


WARM = """
import sys
from pathlib import Path
from plumbrule.evaluate.evaluate import evaluate, Settings
from plumbrule.graph.graph import Graph
from plumbrule.pack import load_pack
from plumbrule_parsers.source import Source
made = load_pack([Path("r.plumb")], [Source("s.plumb", Path("s.plumb").read_text())], Path("cache"))
assert not made.problems and made.programs["t.rule"].code
evaluate(made.rules, (), Graph([], [], [], {}), Settings("2026-01-01"), programs=made.programs)
print(sorted({"lark", "plumbrule.language.check", "plumbrule.language.parse"} & set(sys.modules)))
"""


def test_a_warm_run_needs_neither_parser_nor_checker(tmp_path: Path) -> None:
    rule = f'plumbrule 1\nrule t.rule {{ title "t" severity high {MKDIR} }}'
    (tmp_path / "r.plumb").write_text(rule.replace("c.flags", "(c.flags ?? [])"))
    (tmp_path / "s.plumb").write_text(SCHEMA.text)
    said = [
        subprocess.run([sys.executable, "-c", WARM], cwd=tmp_path, check=True, capture_output=True,
                       text=True, timeout=60).stdout.strip()
        for _ in range(2)
    ]  # fmt: skip
    assert said == ["['lark', 'plumbrule.language.check', 'plumbrule.language.parse']", "[]"]
