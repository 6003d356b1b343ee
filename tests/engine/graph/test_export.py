"""What of the graph leaves the program: any label gives text that its readers can parse."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule.graph import paths
from plumbrule.graph.export import FORMS, TooLargeError, export
from plumbrule.graph.find import NodeNotFoundError, find_node
from plumbrule.graph.graph import Edge, Graph
from plumbrule_parsers.document import Hole, Node
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import MapValue, Reason, Unknown

DOUBT = Unknown(Reason.NO_VALUE, "var.x")


def make_node(
    address: str, label: str = "", kind: str = "k.Thing", condition: Unknown | None = None
) -> Node:
    source = Source(address.partition("#")[0], "text")
    fields = MapValue(source, 0, 0)
    return Node(address, kind, label or address, fields, source.whole(), condition=condition)


def make_edge(origin: str, target: str, name: str = "uses", doubt: Unknown | None = None) -> Edge:
    return Edge(origin, target, name, Source("e.yaml", "e").whole(), doubt)


def chain(*steps: str, doubt: Unknown | None = None) -> list[Edge]:
    return [make_edge(one, other, doubt=doubt) for one, other in zip(steps, steps[1:])]  # noqa: B905, RUF007


def graph_of(addresses: str, edges: list[Edge], holes: list[Hole] | None = None) -> Graph:
    return Graph([make_node(address) for address in addresses.split()], edges, holes or [], {})


SMALL = Graph(
    [
        make_node("a.yaml#one", "one"),
        make_node("a.yaml#two", "two", condition=Unknown(Reason.EXPRESSION, "var.create")),
        make_node("b.yaml#three", "three"),
    ],
    [
        make_edge("a.yaml#one", "a.yaml#two", "contains"),
        make_edge("a.yaml#one", "b.yaml#three", "selects", DOUBT),
    ],
    [
        Hole(
            Unknown(Reason.TEMPLATE, "chart web is not rendered"),
            Source("charts/web/Chart.yaml", "chart").whole(), kinds=("k8s.Pod",),
        )
    ],
    {},
)  # fmt: skip


# ------------------------------------------------------------------ forms


def test_dot_shows_certainty_conditions_and_holes() -> None:
    text = export(SMALL, "dot")
    assert 'n0 -> n1 [label="contains"];' in text
    assert 'n0 -> n2 [label="selects? (no value: var.x)", style="dashed"];' in text
    assert 'tooltip="k.Thing, only if expression: var.create", style="rounded,dashed"' in text
    assert "not read: template: chart web is not rendered (charts/web/Chart.yaml:1" in text


def test_mermaid_shows_certainty_conditions_and_holes() -> None:
    assert export(SMALL, "mermaid") == (
        "flowchart LR\n"
        '  subgraph f0["a.yaml"]\n'
        '    n0["one"]\n'
        '    n1["two (only if expression: var.create)"]\n'
        "  end\n"
        '  subgraph f1["b.yaml"]\n'
        '    n2["three"]\n'
        "  end\n"
        '  n0 -->|"contains"| n1\n'
        '  n0 -.->|"selects? (no value: var.x)"| n2\n'
        '  h0>"not read: template: chart web is not rendered (charts/web/Chart.yaml:1, '
        'could hold k8s.Pod)"]\n'
        "  classDef conditional stroke-dasharray: 4 3\n"
        "  class n1 conditional\n"
    )


def test_json_says_everything() -> None:
    facts = json.loads(export(SMALL, "json"))
    assert [node["address"] for node in facts["nodes"]] == [
        "a.yaml#one", "a.yaml#two", "b.yaml#three",
    ]  # fmt: skip
    assert facts["nodes"][1]["onlyIf"] == "expression: var.create"
    assert [(edge["name"], edge["possible"]) for edge in facts["edges"]] == [
        ("contains", False),
        ("selects", True),
    ]
    assert facts["holes"][0]["kinds"] == ["k8s.Pod"]


def test_networkx_reads_the_graphml_back() -> None:
    import networkx as nx

    back = nx.parse_graphml(export(SMALL, "graphml"), force_multigraph=True)
    labels = nx.get_node_attributes(back, "label")
    assert sorted(labels.values()) == ["one", "three", "two"]
    edges = {(labels[a], labels[b], data["name"], data["possible"])
             for a, b, data in back.edges(data=True)}  # fmt: skip
    assert edges == {("one", "two", "contains", False), ("one", "three", "selects", True)}
    assert "not rendered" in back.graph["holes"]


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(ValueError, match="dot, mermaid, json, graphml"):
        export(SMALL, "svg")


@pytest.mark.parametrize("form", FORMS)
def test_the_bytes_do_not_depend_on_hash_seed_or_order(form: str) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_export as t;"
        "from plumbrule.graph.graph import Graph;"
        "s = t.SMALL; edges = list(t.paths.all_edges(s))[::int(sys.argv[3])];"
        "g = Graph(list(s.nodes.values())[::int(sys.argv[3])], edges, s.holes, {});"
        "sys.stdout.write(t.export(g, sys.argv[2]))"
    )
    folder = __file__.rpartition("/")[0]
    texts = {
        subprocess.run(
            [sys.executable, "-c", program, folder, form, step],
            capture_output=True, check=True, text=True,
            env={"PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}, timeout=60,
        ).stdout
        for seed, step in (("1", "1"), ("2", "-1"))
    }  # fmt: skip
    assert texts == {export(SMALL, form)}


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_in_a_label_or_a_doubt_is_not_shown_whole(form: str) -> None:
    secret = "Tr0ub4dor-" + "3xample"
    doubt = Unknown(Reason.EXPRESSION, f'--password "{secret}"')
    nodes = [make_node("d#a", f"ENV DB_PASSWORD={secret}"), make_node("d#b")]
    text = export(Graph(nodes, [make_edge("d#a", "d#b", doubt=doubt)], [], {}), form)
    assert "DB_PASSWORD" in text
    assert secret not in text


# ------------------------------------------------------------------ any text

_texts = st.text(st.characters(), max_size=30) | st.sampled_from(
    [
        '"',
        "\\",
        '\\"',
        "a\nb",
        "]]>",
        "<b>",
        "end",
        "`x`",
        "#quot;",
        "\x00",
        "\ud800",
        "--",
        '"]; x',
    ]
)


def _odd(label: str, other: str) -> Graph:
    nodes = [make_node(f"{label}#a", label), make_node("b#b", other, condition=DOUBT)]
    doubt = Unknown(Reason.EXPRESSION, other)
    source = Source(label, "")
    hole = Hole(Unknown(Reason.TEMPLATE, label), source.whole(), kinds=("k.Thing",))
    return Graph(nodes, [make_edge(f"{label}#a", "b#b", doubt=doubt)], [hole], {"b#b": other})


@given(_texts, _texts)
def test_any_label_gives_readable_json_and_graphml(label: str, other: str) -> None:
    graph = _odd(label, other)
    facts = json.loads(export(graph, "json").encode())
    assert len(facts["nodes"]) == 2
    tree = ET.fromstring(export(graph, "graphml").encode())
    names = [element.tag.rpartition("}")[2] for element in tree.iter()]
    assert names.count("node") == 2
    assert names.count("edge") == 1


_STRING = r'"(?:[^"\\\n]|\\["\\])*"'
_ATTRIBUTES = rf" \[\w+={_STRING}(?:, \w+={_STRING})*\]"
_DOT_LINE = re.compile(
    rf"digraph plumbrule \{{|\s*\}}|  subgraph cluster_\d+ \{{|\s*\w+={_STRING};"
    rf"|\s*\w+{_ATTRIBUTES};|  n\d+ -> n\d+{_ATTRIBUTES};"
)
_ENTITY_TEXT = r'"(?:[^#"<>&`\\;|\[\]{}\n]|#\d+;)+"'
_MERMAID_LINE = re.compile(
    rf"flowchart LR|  end|  subgraph f\d+\[{_ENTITY_TEXT}\]|    n\d+\[{_ENTITY_TEXT}\]"
    rf"|  n\d+ -\.?->\|{_ENTITY_TEXT}\| n\d+|  h\d+>{_ENTITY_TEXT}\]"
    r"|  classDef conditional [\w: -]+|  class [n\d,]+ conditional"
)


@given(_texts, _texts)
def test_any_label_keeps_dot_and_mermaid_well_formed(label: str, other: str) -> None:
    graph = _odd(label, other)
    for form, line_form in (("dot", _DOT_LINE), ("mermaid", _MERMAID_LINE)):
        text = export(graph, form)
        text.encode()
        for line in text.removesuffix("\n").split("\n"):
            assert line_form.fullmatch(line), line
        assert text.count("\n") < 25


# ------------------------------------------------------------------ size


@pytest.mark.parametrize("form", ["dot", "mermaid"])
def test_a_drawing_too_large_to_read_is_refused_with_a_way_out(form: str) -> None:
    many = graph_of(" ".join(f"f#{number}" for number in range(1501)), [])
    with pytest.raises(TooLargeError, match=r"1501 nodes .* limit is 1500.*--limit 1501"):
        export(many, form)
    assert export(many, form, limit=1501)
    assert export(many, "json")
    assert export(many, "graphml")


# ------------------------------------------------------------------ parts


def test_a_neighbourhood_counts_steps_in_both_directions() -> None:
    graph = graph_of("f#a f#b f#c f#d f#e", chain("f#a", "f#b", "f#c", "f#d"))
    assert paths.neighbourhood(graph, "f#c", 1).addresses == ("f#b", "f#c", "f#d")
    assert paths.neighbourhood(graph, "f#c", 0).addresses == ("f#c",)
    part = paths.neighbourhood(graph, "f#c", 2)
    assert part.addresses == ("f#a", "f#b", "f#c", "f#d")
    assert len(part.edges) == 3


def steps(graph: Graph, origin: str, target: str) -> list[tuple[str, str]] | None:
    part = paths.shortest_path(graph, origin, target)
    return None if part is None else [(edge.origin, edge.target) for edge in part.edges]


def test_the_shortest_path_follows_edges() -> None:
    edges = [*chain("f#a", "f#b", "f#c", "f#d"), *chain("f#a", "f#x", "f#d")]
    graph = graph_of("f#a f#b f#c f#d f#x f#z", edges)
    assert steps(graph, "f#a", "f#d") == [("f#a", "f#x"), ("f#x", "f#d")]
    assert steps(graph, "f#a", "f#a") == []
    assert steps(graph, "f#a", "f#z") is None


def test_a_sure_path_beats_a_possible_one_of_its_length_only() -> None:
    edges = [*chain("f#a", "f#b", "f#d", doubt=DOUBT), *chain("f#a", "f#c", "f#d")]
    assert steps(graph_of("f#a f#b f#c f#d", edges), "f#a", "f#d") == [
        ("f#a", "f#c"), ("f#c", "f#d"),
    ]  # fmt: skip
    edges = [make_edge("f#a", "f#d", doubt=DOUBT), *chain("f#a", "f#c", "f#d")]
    assert steps(graph_of("f#a f#b f#c f#d", edges), "f#a", "f#d") == [("f#a", "f#d")]


def test_without_a_path_along_the_edges_one_against_them_is_shown() -> None:
    graph = graph_of("f#a f#b f#c", [make_edge("f#a", "f#b"), make_edge("f#c", "f#b")])
    assert steps(graph, "f#a", "f#c") == [("f#a", "f#b"), ("f#c", "f#b")]


def test_components_are_listed_by_size() -> None:
    graph = graph_of("f#a f#b f#c f#d f#e", [*chain("f#a", "f#b"), *chain("f#d", "f#c", "f#e")])
    assert paths.components(graph) == [("f#c", "f#d", "f#e"), ("f#a", "f#b")]


_arcs = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.booleans()), max_size=15)


@given(_arcs)
def test_the_adopted_shape_is_what_networkx_would_have_built(arcs: list[tuple]) -> None:
    """The fast way uses private names of networkx; this is what holds it to the public way."""
    import networkx as nx

    edges = [make_edge(f"f#{a}", f"f#{b}", doubt=DOUBT if d else None) for a, b, d in arcs]
    graph = graph_of(" ".join(f"f#{number}" for number in range(7)), edges)
    nodes = {address: {} for address in graph.nodes}
    found = paths._arcs(paths.all_edges(graph))  # noqa: SLF001
    adopted = paths._adopt(dict(nodes), found)  # noqa: SLF001
    added = paths._add(dict(nodes), found)  # noqa: SLF001
    assert adopted is not None
    assert nx.utils.graphs_equal(adopted, added)
    assert [nx.descendants(adopted, node) for node in nodes] == [
        nx.descendants(added, node) for node in nodes
    ]
    assert [nx.ancestors(adopted, node) for node in nodes] == [
        nx.ancestors(added, node) for node in nodes
    ]


# ------------------------------------------------------------------ finding a node

SHOP = Graph(
    [
        make_node("shop/web.yaml#Deployment/shop/web", "Deployment shop/web"),
        make_node("shop/web.yaml#Service/shop/web", "Service shop/web"),
        make_node("tf/main.tf#aws_s3_bucket.logs", "aws_s3_bucket.logs"),
        make_node("tf/main.tf#var.db_password", "var.db_password"),
    ],
    [], [], {},
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("shop/web.yaml#Service/shop/web", "shop/web.yaml#Service/shop/web"),
        ("Service shop/web", "shop/web.yaml#Service/shop/web"),
        ("Service/shop/web", "shop/web.yaml#Service/shop/web"),
        ("#var.db_password", "tf/main.tf#var.db_password"),
        ("logs", "tf/main.tf#aws_s3_bucket.logs"),
        ("service shop", "shop/web.yaml#Service/shop/web"),
        ("`var.db_password`", "tf/main.tf#var.db_password"),
    ],
)
def test_a_node_is_found_by_address_label_or_the_end_of_one(text: str, address: str) -> None:
    assert find_node(SHOP, text).address == address


def test_several_that_fit_are_listed() -> None:
    with pytest.raises(NodeNotFoundError, match=r"`web` fits 2 nodes: `shop.*Deployment") as error:
        find_node(SHOP, "web")
    assert len(error.value.candidates) == 2


def test_a_misspelt_node_gets_a_suggestion() -> None:
    with pytest.raises(
        NodeNotFoundError, match=r"did you mean `tf/main\.tf#var\.db_password`"
    ) as one:
        find_node(SHOP, "var.db_pasword")
    assert one.value.candidates == ("tf/main.tf#var.db_password",)
    with pytest.raises(NodeNotFoundError, match="there is no node `zzz`"):
        find_node(SHOP, "zzz")
    with pytest.raises(NodeNotFoundError):
        find_node(SHOP, "")
