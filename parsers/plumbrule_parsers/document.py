"""Document, Node, Reference, Problem and Hole: what one file, or one resolved unit, declares."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from plumbrule_parsers.source import Source, Span, by_fields, record
from plumbrule_parsers.value import Hop, MapValue, Unknown, Value


class Severity(StrEnum):
    """How much of a file a problem costs: `error` loses something, `warning` does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault met while reading or resolving, with what it means and what to do about it.

    `code` is a stable kebab-case name (`yaml-syntax`, `duplicate-key`, `too-deep`). The message is
    lower case, without a full stop, and quotes user input in backticks.
    """

    code: str
    message: str
    span: Span
    severity: Severity = Severity.ERROR
    hint: str = ""

    __reduce__ = by_fields


@record(frozen=True, slots=True)
class Node:
    """A thing that a file declares.

    `address` is unique in the repository and stable under reordering of files and lines:
    `<path>#<kind-specific name path>`, such as `web.yaml#Deployment/shop/web/container/app`.
    `label` is how people call it ("Deployment shop/web", "aws_s3_bucket.logs"). `fields` are named
    as the schema names them; their values are as written (quantities, images and the like are read
    by the language through the field's declared type). `span` is the head of the declaration.
    `parent` is the address of the containing node: it makes the `contains` edge. `condition` is
    set if the node may not exist (`count = var.x ? 1 : 0`, `{{ if }}`, CI `if:`).

    A file that several units use is resolved once for each. `unit` is then the name of the `Unit`
    and `variant` what tells its resolution from the others of the file: the address is
    `<path>#<variant>:<name path>`. The plain resolution of a file has no variant.

    One declaration may also make several things of one kind (`for_each`): `instance` is what tells
    them from each other in the address (`["web"]`), "" for what is made once.
    """

    address: str
    kind: str
    label: str
    fields: MapValue
    span: Span
    parent: str = ""
    condition: Unknown | None = None
    unit: str = ""
    variant: str = ""
    instance: str = ""

    __reduce__ = by_fields

    @property
    def path(self) -> str:
        """The path of the file that declares the node."""
        return self.span.source.path

    @property
    def plain_address(self) -> str:
        """The address without variant and instance: equal for all that one declaration makes."""
        plain = plain_address(self.address, self.variant)
        if not self.instance:
            return plain
        at = plain.find(f"{self.instance}/", plain.find("#"))
        if at < 0:
            return plain.removesuffix(self.instance)
        return plain[:at] + plain[at + len(self.instance) :]


def plain_address(address: str, variant: str) -> str:
    """An address of that variant as it would be in the plain resolution of its file."""
    return address.replace(f"#{variant}:", "#", 1) if variant else address


def variant_address(address: str, variant: str) -> str:
    """A plain address as it is in that variant."""
    path, _, name = address.partition("#")
    return f"{path}#{variant}:{name}" if variant else address


@dataclass(frozen=True, slots=True)
class Unit:
    """What is run or deployed as one, in one way: a Terraform root, a chart with a value set.

    `name` is unique in the repository: the folder (`envs/prod`, "." for the root of the
    repository), and behind `@` what tells this way from the plain one
    (`charts/shop@values-prod.yaml`, `infra@prod.tfvars`). `kind` says what it is, in words
    ("terraform root", "helm chart", "kustomize overlay"). `folder` is where it stands and `span`
    the head of what declares it. `label` is how people call the way ("values-prod.yaml"), "" for
    the plain one. `inputs` are the paths of the files that make this way; the environment is told
    from them and from the folder, unless what declares the unit says it: `environment`.
    `declared_by` are the addresses of nodes elsewhere that deploy it: a release, an Application.
    """

    name: str
    kind: str
    folder: str
    span: Span
    label: str = ""
    inputs: tuple[str, ...] = ()
    environment: str = ""
    declared_by: tuple[str, ...] = ()

    __reduce__ = by_fields


class Addresses:
    """Addresses given out within one file, each once: a repeated one gets `~2`, `~3` and so on."""

    __slots__ = ("_counts", "_taken")

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}

    def unique(self, wanted: str) -> str:
        """The address that is wanted, or the next of its repeats that is free."""
        address = wanted
        while address in self._taken:
            count = self._counts[wanted] = self._counts.get(wanted, 1) + 1
            address = f"{wanted}~{count}"
        self._taken.add(address)
        return address


@dataclass(frozen=True, slots=True)
class ToAddress:
    """The node at exactly this address."""

    address: str

    __reduce__ = by_fields


@record(frozen=True, slots=True)
class ToMatch:
    """Every node of one of `kinds` (subtypes included) that fits.

    `equals`: each named field of the target equals the value; an absent target field fits only ""
    (two objects without a namespace share one); an unknown on either side makes the edge possible.
    `labels`: each entry is contained in the target's field `labels_field` (a Kubernetes selector);
    `expressions` are label requirements `(key, operator, values)` with the operators In, NotIn,
    Exists, DoesNotExist. `within` restricts targets to files below a folder (a chart, a module), ""
    means anywhere. Of all that fit, the nearest are meant: those in the origin's folder, else in
    the folder above, and so on.
    """

    kinds: tuple[str, ...]
    equals: tuple[tuple[str, Value], ...] = ()
    labels: tuple[tuple[str, Value], ...] = ()
    labels_field: str = "labels"
    expressions: tuple[tuple[str, str, tuple[Value, ...]], ...] = ()
    within: str = ""

    __reduce__ = by_fields


@record(frozen=True, slots=True)
class Reference:
    """A named or selecting reference, which linking turns into edges of type `edge`.

    `condition` is set if the reference itself is only possible. `external` references may point
    outside the repository without that being a problem. `reverse` makes the edge run from the
    target to the origin. `way` are the places that a value passes between the two, from the target.
    """

    edge: str
    origin: str  # address of the node that refers
    target: ToAddress | ToMatch
    span: Span
    condition: Unknown | None = None
    external: bool = True
    reverse: bool = False
    way: tuple[Hop, ...] = ()

    __reduce__ = by_fields


@dataclass(frozen=True, slots=True)
class Hole:
    """Something that exists in the repository but could not be read as nodes or edges.

    It casts doubt only on what it could contain: nodes of `kinds` (empty: any kind, unless `edges`
    are given), or `edges` that start at the nodes with address in `addresses` (empty: any edges of
    these names). Addresses beside `kinds` are calls behind which it is: who mentions none of them
    mentions nothing of it, and it mentions only what is handed to them. `within` is the folder to
    which it belongs: nodes whose folder lies neither above nor below it are not concerned (""
    concerns the whole repository). `apart` says that it is a thing of its own, which does not know
    those that use it: none of its objects takes hold of one of theirs.
    """

    why: Unknown
    span: Span
    kinds: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    within: str = ""
    apart: bool = False

    __reduce__ = by_fields


class Completeness(StrEnum):
    """How far a file was understood."""

    EVALUATED = "evaluated"
    PARTLY = "partly evaluated"
    SKIPPED = "skipped"


def how_much(problems: Iterable[Problem], *, something: bool = True) -> tuple[Completeness, str]:
    """How much of a file is evaluated, and the first of the errors that cost the rest.

    `something` says whether anything of the file could be read.
    """
    lost = [problem for problem in problems if problem.severity is Severity.ERROR]
    if not lost:
        return Completeness.EVALUATED, ""
    more = f", and {len(lost) - 1} more" if len(lost) > 1 else ""
    state = Completeness.PARTLY if something else Completeness.SKIPPED
    return state, f"{lost[0].message}{more}"


@dataclass(frozen=True, slots=True)
class Document:
    """What one file declares. `because` says why it was not evaluated wholly (else empty)."""

    source: Source
    format: str
    nodes: tuple[Node, ...] = ()
    references: tuple[Reference, ...] = ()
    problems: tuple[Problem, ...] = ()
    holes: tuple[Hole, ...] = ()
    completeness: Completeness = Completeness.EVALUATED
    because: str = ""
    facts: dict[str, Any] = field(default_factory=dict)  # for the format's own `resolve`
    units: tuple[Unit, ...] = ()  # that this file declares

    __reduce__ = by_fields
