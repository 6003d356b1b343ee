"""Helm charts: the chart and its values; templates are listed, not rendered yet."""

from plumbrule_parsers.format import Format
from plumbrule_parsers.helm.parse import detect, parse
from plumbrule_parsers.helm.resolve import resolve

FORMAT = Format("helm", detect, parse, resolve=resolve)
