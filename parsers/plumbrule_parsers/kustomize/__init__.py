"""Kustomizations: listed with what they name; overlays are not built yet."""

from plumbrule_parsers.format import Format
from plumbrule_parsers.kustomize.parse import detect, parse

FORMAT = Format("kustomize", detect, parse)
