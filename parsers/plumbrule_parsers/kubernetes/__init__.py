"""Kubernetes manifests, and the custom resources of tools that live in a cluster."""

from plumbrule_parsers.format import Format
from plumbrule_parsers.kubernetes.detect import detect
from plumbrule_parsers.kubernetes.parse import parse

FORMAT = Format("kubernetes", detect, parse)
