"""The switch that is named as the reason why a key is missing brings the key when it is flipped."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from tests.parsers.helm.charts import chart, resolved

from plumbrule_parsers.value import ListValue, MapValue, Value

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: t}\ndata:\n  own: 1\n"
NAMES = ("alpha", "beta", "gamma", "delta")
Tree = dict[str, "tuple[str, Tree]"]  # key -> how it is switched, what is below
HOW = st.sampled_from(["always", "if", "not", "include"])


def trees(below: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    """Mappings whose keys are switched in some way."""
    return st.dictionaries(st.sampled_from(NAMES), st.tuples(HOW, below), max_size=3)


TREES = st.recursive(st.just(Tree()), trees, max_leaves=12)


class Writer:
    """A template, its helpers and its values for a tree; each switched key has its own switch."""

    def __init__(self) -> None:
        self.switches: dict[str, str] = {}
        self.helpers: list[str] = []

    def lines(self, tree: Tree, indent: int) -> Iterator[str]:
        """The template's lines for the keys of a tree."""
        pad = " " * indent
        for key, (how, below) in tree.items():
            name = f"s{len(self.switches)}"
            test = f"not .Values.{name}" if how == "not" else f".Values.{name}"
            if how != "always":
                self.switches[name] = "true" if how == "not" else "false"
            if how == "include":
                inner = "".join(self.entry(key, below, 0))
                self.helpers.append(
                    f'{{{{- define "{name}" -}}}}\nin-{name}: 1\n{{{{- if {test} }}}}\n{inner}'
                    f"{{{{- end }}}}\n{{{{- end -}}}}\n"
                )
                yield f'{pad}{{{{- include "{name}" . | nindent {indent} }}}}\n'
            elif how == "always":
                yield from self.entry(key, below, indent)
            else:
                yield f"{pad}{{{{- if {test} }}}}\n"
                yield from self.entry(key, below, indent)
                yield f"{pad}{{{{- end }}}}\n"

    def entry(self, key: str, below: Tree, indent: int) -> Iterator[str]:
        """A key with what is below it."""
        pad = " " * indent
        yield f"{pad}{key}:\n{pad}  own: 1\n"
        yield from self.lines(below, indent + 2)


def mappings(value: Value, path: tuple[str | int, ...] = ()) -> Iterator[tuple[object, MapValue]]:
    """Every mapping inside with its path."""
    if isinstance(value, MapValue):
        yield path, value
        for key, item in value.items():
            yield from mappings(item, (*path, key))
    elif isinstance(value, ListValue):
        for number, item in enumerate(value):
            yield from mappings(item, (*path, number))


def rendered(template: str, values: str, helpers: str) -> dict[object, MapValue]:
    """All mappings of the chart's only object, by path."""
    found = resolved(chart(values, template, **{"templates/_h.tpl": helpers}))
    return dict(mappings(found["charts/shop/templates/c.yaml"].nodes[0].fields["data"]))


def chart_of(tree: Tree) -> tuple[str, str, str]:
    """Template, values and helpers."""
    writer = Writer()
    body = "".join(writer.lines(tree, 2))
    values = "".join(f"{name}: {said}\n" for name, said in writer.switches.items())
    helpers = "".join(writer.helpers)
    return HEAD + body, values or "a: 1\n", helpers or "{{/* none */}}"


@given(TREES)
def test_a_flipped_switch_brings_the_key(tree: Tree) -> None:
    template, values, helpers = chart_of(tree)
    for path, holder in rendered(template, values, helpers).items():
        for key in NAMES:
            switch = holder.absent(key)
            if switch is None:
                continue
            name, said = switch.value.text.split(": ")
            assert switch.value.path == "charts/shop/values.yaml"
            other = "true" if said == "false" else "false"
            flipped = values.replace(f"{name}: {said}\n", f"{name}: {other}\n")
            assert key in rendered(template, flipped, helpers)[path]


@given(TREES)
def test_every_key_that_is_kept_out_names_a_switch(tree: Tree) -> None:
    holder = rendered(*chart_of(tree))[()]
    for key, (how, _below) in tree.items():
        assert (holder.absent(key) is not None) == (how != "always")
