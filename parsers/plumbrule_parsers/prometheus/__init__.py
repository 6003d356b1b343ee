"""Prometheus rule files, plain or as the operator's custom resource."""

from plumbrule_parsers.format import Format
from plumbrule_parsers.prometheus.parse import detect, parse

FORMAT = Format("prometheus", detect, parse)
