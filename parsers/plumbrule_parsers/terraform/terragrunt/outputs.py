"""What a dependency gives: the real outputs of the other unit's module, or an unknown.

A mock is what a plan uses before the other unit exists. It says nothing of the real value, so it is
only named in the way of the unknown; with `skip_outputs` it is all there ever is.
"""

from __future__ import annotations

from collections.abc import Sequence

from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.terragrunt.config import UNIT_FILE, Config, Dependency, Found
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Hop, Reason, Segments, Unknown


def dependency_value(config: Config, names: Sequence[str | None], span: Span) -> Found:
    """`dependency.name.outputs.key`, and how many steps it took."""
    name = names[0]
    found = config.dependencies.get(name) if name is not None else None
    if found is None:
        detail = f"dependency.{name} is not declared"
        return Traced(Unknown(Reason.EXPRESSION, detail[:120], span)), len(names)
    part = names[1] if len(names) > 1 else None
    if part != "outputs":
        setting = found.setting(part) if part is not None else None
        if setting is not None:
            return setting, 2
        return Traced(Unknown(Reason.EXPRESSION, span.text[:60], span)), min(len(names), 2)
    key = names[2] if len(names) > 2 else None
    if key is None:
        return all_outputs(config, found, span), 2
    return one_output(config, found, key, span), 3


def one_output(config: Config, found: Dependency, key: str, span: Span) -> Traced:
    """One output of the other unit."""
    mock = _mock(found)
    mocked = mock.data.get(key) if mock is not None and isinstance(mock.data, dict) else None
    if _skipped(found) and mocked is not None:
        return mocked.with_hop(Hop(found.head, f"mock output `{key}`, which is always used"))
    real = _real(config, found, key)
    if real is not None:
        hop = Hop(found.head, f"output `{key}` of unit `{found.unit or '.'}`")
        return foreign(real, found.unit or "").with_hop(hop)
    return _unknown(found, f"dependency.{found.name}.outputs.{key}", span, mocked)


def all_outputs(config: Config, found: Dependency, span: Span) -> Traced:
    """All outputs of the other unit as one object."""
    mock = _mock(found)
    if _skipped(found) and mock is not None:
        return mock.with_hop(Hop(found.head, "mock outputs, which are always used"))
    real = _real(config, found, "")
    if real is not None:
        hop = Hop(found.head, f"outputs of unit `{found.unit or '.'}`")
        return foreign(real, found.unit or "").with_hop(hop)
    return _unknown(found, f"dependency.{found.name}.outputs", span, mock)


def _real(config: Config, found: Dependency, key: str) -> Traced | None:
    """What the module of the other unit gives."""
    reading = config.reading
    reading.asked = reading.asked or reading.outputs is None
    if reading.outputs is None or found.unit is None:
        return None
    return reading.outputs(found.unit, key)


def foreign(value: Traced, unit: str) -> Traced:
    """A value of another unit: its unknowns refer to that unit, not to what stands here."""
    data = value.data
    if isinstance(data, dict):
        entries = {key: foreign(item, unit) for key, item in data.items()}
        return Traced(entries, value.via, value.span, value.rest, sensitive=value.sensitive)
    if isinstance(data, list):
        items = data.__class__(foreign(item, unit) for item in data)
        return Traced(items, value.via, value.span, value.rest, sensitive=value.sensitive)
    if isinstance(data, Unknown) and data.reference:
        data = _moved(data, unit)
    elif isinstance(data, Segments):
        parts = (_moved(one, unit) if isinstance(one, Unknown) else one for one in data.parts)
        data = Segments(tuple(parts))
    return Traced(data, value.via, value.span, value.rest, sensitive=value.sensitive)


def unit_address(unit: str) -> str:
    """The address of the node of a unit."""
    return f"{unit}/{UNIT_FILE}#unit" if unit else f"{UNIT_FILE}#unit"


def _moved(found: Unknown, unit: str) -> Unknown:
    return Unknown(
        found.reason, found.detail, found.span, found.type, found.candidates, found.not_null,
        unit_address(unit), found.identity, found.length,
    )  # fmt: skip


def _mock(found: Dependency) -> Traced | None:
    return found.setting("mock_outputs")


def _skipped(found: Dependency) -> bool:
    skip, enabled = found.setting("skip_outputs"), found.setting("enabled")
    return skip is not None and skip.data is True and (enabled is None or enabled.data is True)


def _unknown(found: Dependency, detail: str, span: Span, mock: Traced | None) -> Traced:
    via = [Hop(found.head, f"dependency `{found.name}`", "unknown")]
    if mock is not None and mock.span is not None:
        via.append(Hop(mock.span, "a mock, not the real value", "unknown"))
        detail += " (only a mock is given)"
    reference = unit_address(found.unit) if found.unit is not None else ""
    made = Unknown(Reason.REMOTE, detail, span, reference=reference)
    return Traced(made, tuple(via))
