"""Terraform, OpenTofu and their variable files."""

from plumbrule_parsers.format import Format
from plumbrule_parsers.terraform.detect import detect
from plumbrule_parsers.terraform.parse import parse

FORMAT = Format("terraform", detect, parse)
