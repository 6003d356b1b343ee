"""Units: environments come from them, and one defect in several units is said once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plumbrule.finding import Cause, Finding, Review
from plumbrule.graph.graph import Graph
from plumbrule.merge_units import Merger
from plumbrule.units import units_of
from plumbrule_parsers.document import Document, Node, Unit, plain_address, variant_address
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import MapValue

SOURCE = Source("chart/templates/web.yaml", "kind: Deployment\nspec: {}\n")
HERE, THERE = Span(SOURCE, 0, 4), Span(SOURCE, 17, 21)
PLAIN = f"{SOURCE.path}#Deployment/web"


def node(unit: str = "", variant: str = "", plain: str = PLAIN) -> Node:
    address = variant_address(plain, variant)
    return Node(address, "k8s.Deployment", "web", MapValue(SOURCE, 0, 0), HERE,
                unit=unit, variant=variant)  # fmt: skip


def merger(*nodes: Node, **environments: str) -> Merger:
    found = {one.address: environments.get(one.unit, "default") for one in nodes}
    return Merger(Graph(nodes, [], [], {}, found))


def finding(subject: Node, span: Span = HERE, rule: str = "a.b", only_if: str = "") -> Finding:
    return Finding(rule, "high", "high", subject.address, "web", "no probe", span,
                   fingerprint="f" * 32, only_if=only_if)  # fmt: skip


# ------------------------------------------------------------------ addresses
def test_addresses_lead_from_plain_to_variant_and_back() -> None:
    there = variant_address(PLAIN, "chart@prod.yaml")
    assert there == "chart/templates/web.yaml#chart@prod.yaml:Deployment/web"
    assert plain_address(there, "chart@prod.yaml") == PLAIN
    assert variant_address(PLAIN, "") == plain_address(PLAIN, "") == PLAIN


# ------------------------------------------------------------------ merging
def test_what_holds_in_all_units_is_said_once_without_a_label() -> None:
    dev, prod = node("dev", "dev"), node("prod", "prod")
    (one,) = merger(dev, prod, dev="dev", prod="prod").findings([finding(prod), finding(dev)])
    assert (one.subject, one.only_in) == (dev.address, "")


def test_what_holds_in_one_environment_says_so() -> None:
    dev, prod = node("dev", "dev"), node("prod", "prod")
    (one,) = merger(dev, prod, dev="dev", prod="prod").findings([finding(prod)])
    assert (one.environments, one.units, one.only_in) == (("prod",), ("prod",), "prod only")


def test_without_environments_the_units_are_named() -> None:
    plain, ci = node("chart"), node("chart@ci/a.yaml", "chart@ci/a.yaml")
    merged = merger(plain, ci)
    assert merged.findings([finding(ci)])[0].only_in == "chart@ci/a.yaml only"
    assert merged.findings([finding(plain)])[0].only_in == "chart only"


def test_an_environment_that_also_holds_the_sound_unit_is_no_label() -> None:
    one, other = node("a", "a"), node("b", "b")
    (found,) = merger(one, other, a="prod", b="prod").findings([finding(one)])
    assert (found.environments, found.only_in) == ((), "a only")


def test_different_places_stay_apart_with_fingerprints_of_their_own() -> None:
    dev, prod = node("dev", "dev"), node("prod", "prod")
    found = merger(dev, prod).findings([finding(dev), finding(prod, THERE)])
    assert [one.span for one in found] == [HERE, THERE]
    assert len({one.fingerprint for one in found}) == 2
    assert found[0].fingerprint == "f" * 32


def test_two_declarations_at_one_place_stay_apart() -> None:
    one, other = node(), node(plain=f"{SOURCE.path}#Deployment/api")
    assert len(merger(one, other).findings([finding(one), finding(other)])) == 2


def test_what_is_sure_in_one_unit_is_sure() -> None:
    dev, prod = node("dev", "dev"), node("prod", "prod")
    (one,) = merger(dev, prod).findings([finding(dev, only_if="var.x"), finding(prod)])
    assert (one.subject, one.only_if) == (prod.address, "")


def test_of_several_units_the_gravest_speaks_among_the_sure() -> None:
    plain, variant = node("web"), node("web", "prod")
    made = merger(plain, variant)
    low = finding(plain)
    high = replace(finding(variant), severity="critical")
    assert [one.severity for one in made.findings([low, high])] == ["critical"]
    unsure = replace(high, only_if="x")
    assert [one.severity for one in made.findings([low, unsure])] == [low.severity]


def test_reviews_of_one_declaration_join_their_causes() -> None:
    dev, prod = node("dev", "dev"), node("prod", "prod")
    made = [
        Review("a.b", "high", one.address, "web", HERE, (Cause(key, key),))
        for one, key in ((prod, "x"), (dev, "y"), (dev, "z"))
    ]
    (one,) = merger(dev, prod).reviews(made)
    assert (one.subject, {cause.key for cause in one.causes}) == (dev.address, {"x", "y", "z"})


def test_the_order_of_findings_does_not_matter() -> None:
    dev, prod = node("dev", "dev"), node("prod", "prod")
    found = [finding(dev), finding(prod, THERE), finding(prod, rule="c.d")]
    merged = merger(dev, prod, dev="dev", prod="prod")
    assert merged.findings(found) == merged.findings(reversed(found))


# ------------------------------------------------------------------ environments of units
def unit(folder: str, *inputs: str, environment: str = "") -> Unit:
    source = Source(f"{folder}/Chart.yaml", "name: x\n")
    return Unit(folder, "helm chart", folder, source.span(0, 0), inputs=inputs,
                environment=environment)  # fmt: skip


@pytest.mark.parametrize(
    ("made", "environment", "because"),
    [
        (unit("chart"), "default", ""),
        (unit("envs/prod"), "prod", "folder `prod`"),
        (unit("chart", "chart/values.yaml", "chart/live.yaml"), "prod", "file name `live.yaml`"),
        (unit("chart", "envs/dev/values.yaml"), "dev", "folder `dev` of `envs/dev/values.yaml`"),
        (unit("dev/chart", environment="Production"), "prod", "declared"),
        (unit("dev/chart", environment="blue"), "blue", "declared"),
        (unit("chart", "values.web-stg.yaml"), "staging", "file name `values.web-stg.yaml`"),
    ],
)
def test_the_environment_of_a_unit(made: Unit, environment: str, because: str) -> None:
    found = units_of([Document(made.span.source, "helm", units=(made,))], {})
    placed = found.placed[made.name]
    assert (placed.environment, placed.because) == (environment, because)


def test_nodes_have_the_environment_of_their_unit_else_of_their_file() -> None:
    prod = unit("shop", "shop/prod.yaml")
    nodes = (node(prod.name), node("nobody", plain=f"{SOURCE.path}#Deployment/api"))
    document = Document(SOURCE, "helm", nodes, units=(prod,))
    assert units_of([document], {}).environments == {
        nodes[0].address: "prod", nodes[1].address: "default",
    }  # fmt: skip
    configured = {"lab": ("chart/**",)}
    assert units_of([document], configured).environments[nodes[1].address] == "lab"


def test_manifests_and_pipelines_are_units_by_their_place() -> None:
    web = Source("k8s/prod/web.yaml", "kind: Deployment\n")
    flow = Source(".github/workflows/ci.yml", "on: push\n")
    documents = [
        Document(source, format_, (Node(f"{source.path}#x", "k", "x", MapValue(source, 0, 0),
                                        source.span(0, 2)),))
        for source, format_ in ((web, "kubernetes"), (flow, "github_actions"))
    ]  # fmt: skip
    found = units_of(documents, {})
    assert [(name, one.unit.kind, one.environment) for name, one in found.placed.items()] == [
        (".github/workflows/ci.yml", "pipeline", "default"),
        ("k8s/prod/*.yaml", "manifests", "prod"),
    ]
    assert [one.nodes[0].unit for one in found.documents] == ["k8s/prod/*.yaml", flow.path]


def test_a_declaration_may_be_called_otherwise_in_each_unit() -> None:
    """The name of a release is part of what its objects are called."""
    default = node("chart", plain=f"{SOURCE.path}#Deployment/release-name-web")
    shop = node("chart@shop", "chart@shop", plain=f"{SOURCE.path}#Deployment/shop-web")
    second = node("chart@shop", "chart@shop", plain=f"{SOURCE.path}#Deployment/tail")
    merged = merger(default, shop, second)
    (one,) = merged.findings([finding(shop), finding(default)])
    assert (one.subject, one.only_in) == (default.address, "")
    found = merged.findings([finding(shop), finding(default), finding(second)])
    assert [item.only_in for item in found] == ["", ""]


# ------------------------------------------------------------------ confidence
def test_names_suggest_an_environment_and_settings_say_it() -> None:
    said = Unit("a", "terraform root", "a", HERE, environment="production")
    by_folder = Unit("b", "terraform root", "envs/prod", HERE, inputs=("envs/prod/x.tfvars",))
    plain = Unit("c", "terraform root", "c", HERE)
    document = Document(SOURCE, "kubernetes", (node("a", "a"), node("b", "b"), node("c", "c")),
                        units=(said, by_folder, plain))  # fmt: skip
    made = units_of([document], {})
    found = {name: (one.environment, one.confidence) for name, one in made.placed.items()}
    assert found == {"a": ("prod", "high"), "b": ("prod", "medium"), "c": ("default", "")}
    assert node("b", "b").address in made.suggested
    assert not made.suggested & {node("a", "a").address, node("c", "c").address}


def test_a_namespace_speaks_where_nothing_else_does() -> None:
    fields = MapValue(SOURCE, 0, 0)
    fields.put("namespace", "shop-prod")
    owner = Node(PLAIN, "k8s.Deployment", "web", fields, HERE)
    part = Node(f"{PLAIN}/container/web", "k8s.Container", "web", MapValue(SOURCE, 0, 0), HERE,
                parent=PLAIN)  # fmt: skip
    made = units_of([Document(SOURCE, "kubernetes", (owner, part))], {})
    assert set(made.environments.values()) >= {"prod"}
    assert made.environments[part.address] == "prod"
    assert part.address in made.suggested
