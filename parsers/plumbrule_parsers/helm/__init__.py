"""Helm charts: the chart, its values, and its templates rendered with them."""

from plumbrule_parsers.format import Format
from plumbrule_parsers.helm.parse import concerns_charts, detect, parse
from plumbrule_parsers.helm.resolve import resolve

FORMAT = Format(
    "helm",
    detect,
    parse,
    resolve=resolve,
    reads=("terraform", "kustomize", "kubernetes"),
    heeds=lambda _own: concerns_charts,
)
