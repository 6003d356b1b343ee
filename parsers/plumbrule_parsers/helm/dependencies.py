"""Which subcharts count, under which name, and the values that each chart gets.

Conditions come before tags, an alias makes a copy, and a dependency that is nowhere in the
repository is noted as missing where it would be enabled.
"""

from __future__ import annotations

from collections.abc import Callable

from plumbrule_parsers.helm.chart import Chart, Requirement
from plumbrule_parsers.helm.values import (
    Table,
    copied_table,
    found_at,
    merge_chart,
    merge_globals,
    merge_tables,
    table_of,
)
from plumbrule_parsers.traced import Traced, walk
from plumbrule_parsers.value import MapValue, Reason, Unknown

Fits = Callable[[str, str], bool]


class DependencyError(Exception):
    """The values do not fit the charts."""


def settle(chart: Chart, given: Table, fits: Fits) -> Table:
    """The values that the chart and its subcharts render with; disabled subcharts are dropped.

    DependencyError: a key that must hold a subchart's values holds something else.
    """
    enable(chart, given, "", fits)
    import_values(chart)
    values = coalesced(chart, copied_table(given), keeps_nulls=False)
    mark_missing(chart, values)
    return values


def mark_missing(chart: Chart, values: Table) -> None:
    """Say of the values of dependencies that are nowhere that there are more than are known."""
    for requirement in chart.missing:
        why = Unknown(
            Reason.REMOTE,
            f"the values of `{requirement.name}`, which is not in the repository",
            requirement.span,
        )
        held = values.setdefault(requirement.name, Traced({}))
        for one in walk(held):
            if isinstance(one.data, dict):
                one.rest = why
    for child in chart.children:
        inner = table_of(values.get(child.name))
        if inner is not None:
            mark_missing(child, inner)


def coalesced(chart: Chart, target: Table, *, keeps_nulls: bool) -> Table:
    """`target` with the defaults of the chart and of all charts inside it."""
    names = [child.name for child in chart.children]
    merge_chart(target, chart.values, names, keeps_nulls=keeps_nulls)
    for child in chart.children:
        held = target.get(child.name)
        if held is None:
            held = target[child.name] = Traced({})
        inner = table_of(held)
        if inner is None:
            raise DependencyError(f"the values key `{child.name}` belongs to the subchart of that "
                                  "name and must be a mapping")  # fmt: skip
        merge_globals(inner, target)
        coalesced(child, inner, keeps_nulls=keeps_nulls)
    return target


def enable(chart: Chart, given: Table, path: str, fits: Fits) -> None:
    """Choose the subcharts by version, alias, tags and conditions."""
    if not chart.requirements:
        return
    chosen = [
        child for child in chart.children
        if not child.borrowed and not any(
            one.chart == child.name and _version_fits(one, child, fits)
            for one in chart.requirements
        )
    ]  # fmt: skip
    absent: list[Requirement] = []
    for requirement in chart.requirements:
        found = next(
            (child for child in chart.children if child.name == requirement.chart
             and _version_fits(requirement, child, fits)), None,
        )  # fmt: skip
        requirement.name = requirement.alias or requirement.chart
        if found is not None:
            chosen.append(found.again(requirement.name))
        else:
            absent.append(requirement)
    chart.children = chosen
    values = coalesced(chart, copied_table(given), keeps_nulls=False)
    tags = table_of(values.get("tags"))
    for requirement in chart.requirements:
        decide(requirement, values, tags, path)
    off = {one.name: one for one in chart.requirements if not one.enabled}
    chart.disabled = [
        (child.folder, off[child.name]) for child in chart.children if child.name in off
    ]
    chart.missing = [requirement for requirement in absent if requirement.enabled]
    chart.children = [child for child in chart.children if child.name not in off]
    for child in chart.children:
        enable(child, values, f"{path}{child.name}.", fits)
    chart.requirements = [one for one in chart.requirements if one.enabled]


def decide(requirement: Requirement, values: Table, tags: Table | None, path: str) -> None:
    """Whether the dependency is enabled; the first condition that is set decides over the tags."""
    set_to = [tags[tag].data for tag in requirement.tags if tag in tags] if tags else []
    if False in set_to and True not in set_to:
        requirement.enabled = False
        requirement.why = f"tag `{requirement.tags[0]}` is false"
    for condition in requirement.conditions:
        if not condition:
            continue
        found = found_at(values, path + condition)
        if found is not None and isinstance(found.data, bool):
            requirement.enabled = found.data
            requirement.why = f"`{path + condition}` is false"
            break


def _version_fits(requirement: Requirement, child: Chart, fits: Fits) -> bool:
    version = child.meta.get("version")
    return not requirement.version or fits(requirement.version, str(version))


def import_values(chart: Chart) -> None:
    """Bring the values that `import-values` names up into their parents' defaults."""
    for child in chart.children:
        import_values(child)
    if not chart.requirements:
        return
    values = coalesced(chart, {}, keeps_nulls=True)
    brought: Table = {}
    for requirement in chart.requirements:
        for item in requirement.imports:
            if isinstance(item, MapValue):
                inner, parent = str(item.get("child")), str(item.get("parent"))
            else:
                inner, parent = f"exports.{item}", "."
            table = table_of(found_at(values, f"{requirement.name}.{inner}"))
            if table is None:
                continue
            table = copied_table(table)
            if parent != ".":
                for name in reversed(parent.split(".")):
                    table = {name: Traced(table)}
            merge_tables(brought, table, keeps_nulls=True)
    chart.values = merge_tables(values, brought, keeps_nulls=True)
