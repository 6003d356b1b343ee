"""A root with inputs that something else gives: a Terragrunt unit, a stack, a test."""

from __future__ import annotations

from dataclasses import dataclass

from plumbrule_parsers.source import Span
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Unknown


@dataclass(frozen=True, slots=True)
class Given:
    """One more way to run the module in `folder`.

    `arguments` are its input variables; files of values that Terraform loads itself win over them,
    as they do over `TF_VAR_` variables. `generated` is set if files with providers may be written
    beside the module before it runs. The other fields are those of the `Unit` that it makes.
    """

    name: str
    folder: str
    arguments: dict[str, Traced]
    span: Span
    kind: str
    label: str = ""
    inputs: tuple[str, ...] = ()
    environment: str = ""
    generated: Unknown | None = None
