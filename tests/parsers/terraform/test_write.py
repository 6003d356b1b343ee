"""What the writer of generated HCL writes reads back as it was."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plumbrule_parsers.hcl_tree import parse_hcl
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.static import Static
from plumbrule_parsers.terraform.write import write_hcl

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True).filter(
    lambda name: name not in ("for", "in", "if", "null", "true", "false")
)
TEXTS = st.text(st.sampled_from('ab é"{}$%.-:/#\\\n\t\b\x7f'), max_size=8)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)


def read_back(text: str) -> dict[str, Any]:
    source = Source("a.tf", text)
    read = parse_hcl(source)
    assert read.problems == (), (text, read.problems)
    static = Static(source)
    return {name: static.value(one.value) for name, one in read.body.settings().items()}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(NAMES, DATA, min_size=1, max_size=3))
def test_what_is_written_reads_back(data: dict[str, Any]) -> None:
    assert read_back(write_hcl(data)) == data
