"""Linking: order does not matter, and every reference becomes an edge or a problem."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule.graph.graph import Edge, Graph
from plumbrule.graph.link import link
from plumbrule.graph.paths import all_edges
from plumbrule_parsers.document import Document, Node, Problem, Reference, ToAddress, ToMatch
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import MapValue, Reason, Segments, Unknown

ANCESTORS = {"k.Pod": ("k.Pod", "k.Object"), "k.Service": ("k.Service", "k.Object")}
BY_NAME = ToMatch(("k.Pod",), (("name", "web"),))
UNSET = Unknown(Reason.NO_VALUE, "var.x")
UNREAD = Unknown(Reason.TEMPLATE, "chart web is not rendered")


def fields(source: Source, rest: Unknown | None = None, **values: Any) -> MapValue:
    made = {
        key: MapValue(source, 0, 0, value) if isinstance(value, dict) else value
        for key, value in values.items()
    }
    return MapValue(source, 0, 0, made, rest=rest)


def pod(path: str, name: str = "web", rest: Unknown | None = None, **values: Any) -> Document:
    source = Source(path, name)
    node = Node(
        f"{path}#Pod/{name}", "k.Pod", f"Pod {name}", fields(source, rest, name=name, **values),
        source.whole(),
    )  # fmt: skip
    return Document(source, "test", (node,))


def service(path: str, target: ToAddress | ToMatch, **settings: Any) -> Document:
    source = Source(path, "service")
    node = Node(f"{path}#Service", "k.Service", "Service", fields(source), source.whole())
    reference = Reference("selects", node.address, target, source.whole(), **settings)
    return Document(source, "test", (node,), (reference,))


def linked(*documents: Document) -> tuple[Graph, tuple[Problem, ...]]:
    return link(documents, ANCESTORS, {})


def selected(*documents: Document) -> dict[str, bool]:
    """The path of each selected node, and whether the edge is sure."""
    graph, _problems = linked(*documents)
    return {
        edge.target.partition("#")[0]: edge.doubt is None
        for edge in all_edges(graph)
        if edge.name == "selects"
    }


def labels(**wanted: Any) -> ToMatch:
    return ToMatch(("k.Pod",), labels=tuple(wanted.items()))


def requires(operator: str, *values: Any, key: str = "tier") -> ToMatch:
    return ToMatch(("k.Pod",), expressions=((key, operator, values),))


# ------------------------------------------------------------------ laws

_words = st.sampled_from(["a", "b", "c"])
_labels = st.one_of(
    st.none(), st.just(UNSET), st.dictionaries(_words, st.one_of(_words, st.just(UNSET)))
)
_paths = st.sampled_from(["", "x/", "x/y/", "x/y/z/", "w/"])


@st.composite
def _estates(draw: st.DrawFn) -> list[Document]:
    documents: list[Document] = []
    for number in range(draw(st.integers(1, 7))):
        path = f"{draw(_paths)}f{number}.yaml"
        if draw(st.booleans()):
            given_labels = draw(_labels)
            more = {} if given_labels is None else {"labels": given_labels}
            rest = UNREAD if draw(st.integers(0, 5)) == 0 else None
            documents.append(pod(path, draw(_words), rest, **more))
            continue
        target: ToAddress | ToMatch = draw(
            st.one_of(
                st.builds(lambda name: ToAddress(f"f0.yaml#Pod/{name}"), _words),
                st.builds(lambda name: ToMatch(("k.Pod",), (("name", name),)), _words),
                st.builds(
                    lambda wanted: labels(**wanted), st.dictionaries(_words, _words, min_size=1)
                ),
                st.builds(
                    lambda operator, key, value: requires(operator, value, key=key),
                    st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"]), _words, _words,
                ),
            )
        )  # fmt: skip
        documents.append(service(path, target, external=draw(st.booleans())))
    return documents


def _facts(graph: Graph) -> tuple[list[str], list[Edge]]:
    return list(graph.nodes), list(all_edges(graph))


@given(_estates(), st.randoms(use_true_random=False))
def test_linking_does_not_depend_on_the_order_of_documents(
    documents: list[Document], random: Any
) -> None:
    shuffled = list(documents)
    random.shuffle(shuffled)
    one, problems = linked(*documents)
    other, other_problems = linked(*shuffled)
    assert _facts(one) == _facts(other)
    assert problems == other_problems


@given(_estates())
def test_every_reference_is_an_edge_or_a_problem_or_external(documents: list[Document]) -> None:
    graph, problems = linked(*documents)
    for document in documents:
        for reference in document.references:
            edges = graph.outgoing(reference.origin, reference.edge)
            reported = any(problem.span == reference.span for problem in problems)
            assert edges or reported or reference.external
            assert not (edges and reported)


@given(_estates())
def test_the_index_finds_what_comparing_with_each_node_finds(documents: list[Document]) -> None:
    """Known labels are looked up; unknown ones must not be lost by that."""
    graph, _ = linked(*documents)
    pods = [node for document in documents for node in document.nodes if node.kind == "k.Pod"]
    for document in documents:
        for reference in document.references:
            target = reference.target
            if isinstance(target, ToAddress) or not target.labels:
                continue
            could = [node for node in pods if _could_fit(node, target)]
            assert bool(could) == bool(graph.outgoing(reference.origin, "selects"))


def _could_fit(node: Node, target: ToMatch) -> bool:
    own = node.fields.get("labels")
    if isinstance(own, Unknown):
        return True
    if own is None:
        return node.fields.rest is not None
    assert isinstance(own, MapValue)
    return all(own.get(key) in (value, UNSET) for key, value in target.labels)


# ------------------------------------------------------------------ selecting


@pytest.mark.parametrize(
    ("target", "own", "sure"),
    [
        (labels(tier="web"), {"tier": "web"}, True),
        (labels(tier="web"), {"tier": "db"}, None),
        (labels(tier="web"), {}, None),
        (labels(tier="web"), {"tier": UNSET}, False),
        (labels(tier="web"), UNSET, False),
        (labels(tier=UNSET), {"tier": "web"}, False),
        (labels(tier="web"), {"tier": Segments(("we", UNSET))}, False),
        (labels(tier="web"), {"tier": Segments(("d", UNSET))}, None),
        (labels(tier="web", zone="a"), {"tier": "web", "zone": "b"}, None),
        (labels(tier="web", zone="a"), {"tier": UNSET, "zone": "b"}, None),
        (requires("In", "web", "api"), {"tier": "api"}, True),
        (requires("In", "web", "api"), {"tier": "db"}, None),
        (requires("In", "web", "api"), {}, None),
        (requires("In", "web"), {"tier": UNSET}, False),
        (requires("In", "web", UNSET), {"tier": "db"}, False),
        (requires("NotIn", "web"), {"tier": "db"}, True),
        (requires("NotIn", "web"), {}, True),
        (requires("NotIn", "web"), {"tier": "web"}, None),
        (requires("NotIn", "web"), {"tier": UNSET}, False),
        (requires("Exists"), {"tier": "web"}, True),
        (requires("Exists"), {"tier": UNSET}, True),
        (requires("Exists"), {"zone": "a"}, None),
        (requires("Exists"), UNSET, False),
        (requires("DoesNotExist"), {"zone": "a"}, True),
        (requires("DoesNotExist"), {"tier": "web"}, None),
        (requires("DoesNotExist"), UNSET, False),
        (requires("Gt", "1"), {"tier": "2"}, False),
    ],
)
def test_selectors(target: ToMatch, own: Any, sure: bool | None) -> None:
    found = selected(service("s.yaml", target), pod("p.yaml", labels=own))
    assert found == ({} if sure is None else {"p.yaml": sure})


def test_labels_that_may_stand_among_what_was_not_read_are_possible() -> None:
    found = selected(service("s.yaml", labels(tier="web")), pod("p.yaml", rest=UNREAD))
    assert found == {"p.yaml": False}


def test_a_null_field_counts_as_absent() -> None:
    target = ToMatch(("k.Pod",), (("name", "web"), ("namespace", "")))
    assert selected(service("s.yaml", target), pod("p.yaml", namespace=None)) == {"p.yaml": True}
    assert selected(service("s.yaml", target), pod("p.yaml")) == {"p.yaml": True}
    assert selected(service("s.yaml", target), pod("p.yaml", namespace="shop")) == {}


# ------------------------------------------------------------------ nearness


def test_the_nearest_folder_is_meant() -> None:
    web = ToMatch(("k.Pod",), (("name", "web"),))
    near, above, beside = pod("a/b/p.yaml"), pod("a/p.yaml"), pod("c/p.yaml")
    origin = service("a/b/s.yaml", web)
    assert selected(origin, near, above, beside) == {"a/b/p.yaml": True}
    assert selected(origin, above, beside) == {"a/p.yaml": True}
    assert selected(origin, beside) == {"c/p.yaml": True}


def test_a_folder_is_not_near_because_its_name_starts_alike() -> None:
    web = ToMatch(("k.Pod",), (("name", "web"),))
    found = selected(service("app/s.yaml", web), pod("app2/p.yaml"), pod("app/x/p.yaml"))
    assert found == {"app/x/p.yaml": True}


def test_a_doubtful_near_match_does_not_hide_a_sure_one_farther_up() -> None:
    origin = service("a/b/s.yaml", labels(tier="web"))
    doubtful = pod("a/b/p.yaml", labels=UNSET)
    sure, farther = pod("a/q.yaml", labels={"tier": "web"}), pod("r.yaml", labels={"tier": "web"})
    found = selected(origin, doubtful, sure, farther)
    assert found == {"a/b/p.yaml": False, "a/q.yaml": False}


def test_within_keeps_to_its_folder_wherever_the_origin_stands() -> None:
    inside = ToMatch(("k.Pod",), (("name", "web"),), within="charts/web")
    found = selected(
        service("gitops/s.yaml", inside), pod("gitops/p.yaml"), pod("charts/web/p.yaml"),
        pod("charts/web2/p.yaml"),
    )  # fmt: skip
    assert found == {"charts/web/p.yaml": True}


# ------------------------------------------------------------------ edges


def test_a_sure_edge_beats_its_possible_twin() -> None:
    source = Source("s.yaml", "service")
    node = Node("s.yaml#Service", "k.Service", "Service", fields(source), source.whole())
    target = ToAddress("p.yaml#Pod/web")
    references = (
        Reference("selects", node.address, target, source.span(0, 1), condition=UNSET),
        Reference("selects", node.address, target, source.span(2, 3)),
    )
    graph, _ = linked(Document(source, "test", (node,), references), pod("p.yaml"))
    [edge] = graph.outgoing(node.address, "selects")
    assert edge.doubt is None


def test_a_reference_that_had_to_fit_is_a_problem_at_its_place() -> None:
    origin = service("s.yaml", ToAddress("p.yaml#Pod/none"), external=False)
    _, [problem] = linked(origin, pod("p.yaml"))
    assert problem.code == "dangling-reference"
    assert problem.span == origin.references[0].span
    assert "p.yaml#Pod/none" in problem.message


def test_a_reverse_reference_runs_from_its_target() -> None:
    graph, _ = linked(service("s.yaml", ToAddress("p.yaml#Pod/web"), reverse=True), pod("p.yaml"))
    assert [edge.target for edge in graph.outgoing("p.yaml#Pod/web", "selects")] == [
        "s.yaml#Service"
    ]


def test_linking_compares_in_proportion_to_the_estate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the services and pods: about twice the comparisons, not four times."""
    from plumbrule.graph import link as module

    calls = 0
    original = module._fits  # noqa: SLF001

    def counting(node: Node, target: ToMatch) -> bool | Unknown:
        nonlocal calls
        calls += 1
        return original(node, target)

    monkeypatch.setattr(module, "_fits", counting)

    def comparisons(size: int) -> int:
        nonlocal calls
        calls = 0
        documents = [pod(f"{n}/p.yaml", f"p{n}", labels={"app": f"{n}"}) for n in range(size)]
        documents += [service(f"{n}/s.yaml", labels(app=f"{n}")) for n in range(size)]
        linked(*documents)
        return calls

    assert comparisons(200) <= 2 * comparisons(100)


# ------------------------------------------------------------------ units
def of_unit(document: Document, unit: str, variant: str = "") -> Document:
    def address(plain: str) -> str:
        path, _, name = plain.partition("#")
        return f"{path}#{variant}:{name}" if variant else plain

    nodes = tuple(
        replace(node, unit=unit, variant=variant, address=address(node.address))
        for node in document.nodes
    )
    references = tuple(replace(one, origin=address(one.origin)) for one in document.references)
    return replace(document, nodes=nodes, references=references)


def edges(*documents: Document) -> set[tuple[str, str]]:
    graph, _problems = linked(*documents)
    return {(edge.origin, edge.target) for edge in all_edges(graph) if edge.name == "selects"}


def together(*documents: Document) -> Document:
    """One file in several resolutions."""
    return replace(
        documents[0],
        nodes=tuple(node for one in documents for node in one.nodes),
        references=tuple(reference for one in documents for reference in one.references),
    )


def test_a_unit_refers_to_what_it_holds_itself() -> None:
    service_, pod_ = service("base/s.yaml", BY_NAME), pod("base/p.yaml")
    found = edges(
        together(of_unit(service_, "dev", "dev"), of_unit(service_, "prod", "prod")),
        together(of_unit(pod_, "dev", "dev"), of_unit(pod_, "prod", "prod")),
    )
    assert found == {
        ("base/s.yaml#dev:Service", "base/p.yaml#dev:Pod/web"),
        ("base/s.yaml#prod:Service", "base/p.yaml#prod:Pod/web"),
    }


def test_alternatives_are_not_linked_even_if_nothing_else_fits() -> None:
    service_, other = service("chart/s.yaml", BY_NAME), service("chart/t.yaml", BY_NAME)
    assert not edges(
        together(of_unit(service_, "chart"), of_unit(service_, "chart@ci", "chart@ci")),
        together(of_unit(other, "chart@ci", "chart@ci")),
        of_unit(pod("chart/p.yaml"), "chart@ci", "chart@ci"),
    ) & {("chart/s.yaml#Service", "chart/p.yaml#chart@ci:Pod/web")}


def test_units_that_share_nothing_may_refer_to_each_other() -> None:
    found = edges(
        of_unit(service("edge/s.yaml", BY_NAME), "edge"), of_unit(pod("shop/p.yaml"), "shop")
    )
    assert found == {("edge/s.yaml#Service", "shop/p.yaml#Pod/web")}


def test_what_is_in_no_unit_reaches_every_resolution() -> None:
    pod_ = pod("base/p.yaml")
    found = edges(
        service("s.yaml", BY_NAME),
        together(of_unit(pod_, "dev", "dev"), of_unit(pod_, "prod", "prod")),
    )
    assert {target for _origin, target in found} == {
        "base/p.yaml#dev:Pod/web", "base/p.yaml#prod:Pod/web",
    }  # fmt: skip
