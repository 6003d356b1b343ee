"""Dockerfiles: stages, instructions, and the commands that they run."""

from plumbrule_parsers.dockerfile.parse import detect, parse
from plumbrule_parsers.format import Format

FORMAT = Format("dockerfile", detect, parse)
