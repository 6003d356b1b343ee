"""Inputs merged: what an include, the file itself and the way of merging make of them."""

from __future__ import annotations

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.evaluate.unknowns import derived
from plumbrule_parsers.terraform.functions.call import Files
from plumbrule_parsers.terraform.functions.table import call
from plumbrule_parsers.terraform.terragrunt.config import Config, led
from plumbrule_parsers.traced import Traced, hops_of, made_of
from plumbrule_parsers.value import Hop, Reason, Unknown

_NO_FILES = Files(lambda _path: None, lambda _folder, _pattern: None)


def inputs_of(config: Config) -> Traced | None:
    """The inputs of a file with those of its includes; None if nobody sets any."""
    found = _own_inputs(config)
    for include in config.merged():
        hop = Hop(include.head, f"include `{include.name}`" if include.name else "include",
                  "decision")  # fmt: skip
        if include.config is None:
            why = Unknown(Reason.MISSING_FILE, f"include `{include.path}`", include.head)
            weak: Traced | None = Traced(why, (hop,))
        else:
            weak = _own_inputs(include.config)
        if weak is None:
            continue
        if isinstance(weak.data, dict):
            entries = {key: item.with_hop(hop) for key, item in weak.data.items()}
            weak = Traced(entries, weak.via, weak.span, weak.rest, sensitive=weak.sensitive)
        found = weak if found is None else merged(weak, found, include.strategy)
    return found


def _own_inputs(config: Config) -> Traced | None:
    """What `inputs` of a file says, each entry with its line."""
    setting = config.body.settings().get("inputs")
    lost = config.reading.world.broken.get(config.source.path)
    rest = None
    if lost is not None:  # nobody knows what stood there
        rest = Unknown(Reason.SYNTAX, f"{config.source.path} did not parse", lost)
    if setting is None:
        return Traced({}, rest=rest) if rest is not None else None
    found, at = config.settled(setting.value), config.span(setting.value)
    if isinstance(setting.value, h.Object) and found.unknown is not None:
        found = _each_by_itself(config, setting.value, found.unknown)
    if not isinstance(found.data, dict):
        return found.with_hop(Hop(at, "inputs"))
    entries = {
        key: led(item, Hop(item.span or at, f"input `{key}`")) for key, item in found.data.items()
    }
    return Traced(entries, (), at, found.rest or rest, sensitive=found.sensitive)


def _each_by_itself(config: Config, node: h.Object, doubt: Unknown) -> Traced:
    """An object of which some entries are refused: the others stand."""
    entries: dict[str, Traced] = {}
    rest: Unknown | None = None
    for key, item in node.items:
        name = config.settled(key)
        made = config.settled(item)
        if isinstance(name.data, str):
            entries[name.data] = Traced(made.data, made.via, config.span(item), made.rest,
                                        sensitive=made.sensitive)  # fmt: skip
        else:
            rest = derived(doubt)
    return Traced(entries, rest=rest)


def merged(weak: Traced, strong: Traced, strategy: str) -> Traced:
    """Two maps of inputs; entries of `strong` win, and a deep merge goes into maps and lists."""
    for one in (weak, strong):
        if not isinstance(one.data, (dict, Unknown)):
            return weak if one is strong else strong
    if strategy.startswith("deep"):
        return deep_merged(weak, strong, lists=strategy != "deep_map_only")
    return call("merge", [weak, strong], _NO_FILES)


def deep_merged(weak: Traced, strong: Traced, *, lists: bool = True) -> Traced:
    """Maps entry by entry, lists one behind the other, anything else the stronger."""
    left, right = weak.data, strong.data
    if isinstance(left, dict) and isinstance(right, dict):
        doubt = strong.rest
        entries = {
            key: item if doubt is None or key in right else made_of(derived(doubt), item)
            for key, item in left.items()
        }
        for key, item in right.items():
            if key in left:
                entries[key] = deep_merged(left[key], item, lists=lists)
            else:
                entries[key] = item if weak.rest is None else _maybe_longer(item, weak.rest)
        return Traced(entries, hops_of((weak, strong)), strong.span, weak.rest or strong.rest)
    if isinstance(left, list) and isinstance(right, list) and lists:
        return Traced([*left, *right], hops_of((weak, strong)), None, weak.rest or strong.rest)
    if isinstance(left, Unknown) and isinstance(right, (dict, list)):
        if isinstance(right, dict):
            open_entries = {key: _maybe_longer(item, left) for key, item in right.items()}
            return Traced(open_entries, hops_of((weak, strong)), strong.span, left)
        return made_of(derived(left), weak, strong)
    if isinstance(right, Unknown) and isinstance(left, (dict, list)):
        return made_of(derived(right), weak, strong)
    return strong


def _maybe_longer(item: Traced, doubt: Unknown) -> Traced:
    """An entry into which something unknown may be merged: only a scalar stays as it is."""
    if isinstance(item.data, dict):
        entries = {key: _maybe_longer(one, doubt) for key, one in item.data.items()}
        return Traced(entries, item.via, item.span, item.rest or derived(doubt),
                      sensitive=item.sensitive)  # fmt: skip
    if isinstance(item.data, list):
        return made_of(derived(doubt), item)
    return item


def as_object(config: Config) -> Traced:
    """What another file sees of a file that it reads or includes."""
    entries: dict[str, Traced] = {"locals": config.locals_object()}
    inputs = inputs_of(config)
    entries["inputs"] = inputs if inputs is not None else Traced({})
    if config.dependencies:
        from plumbrule_parsers.terraform.terragrunt.outputs import all_outputs

        entries["dependency"] = Traced({
            name: Traced({"outputs": all_outputs(config, found, found.head),
                          "config_path": found.path})
            for name, found in config.dependencies.items()
        })  # fmt: skip
    for layer in reversed(config.layers()):
        for item in layer.body.items:
            if isinstance(item, h.Setting):
                if item.name != "inputs":
                    entries[item.name] = layer.settled(item.value)
            elif item.type in ("generate", "feature", "extra_arguments") and item.labels:
                known = entries.setdefault(item.type, Traced({})).data
                assert isinstance(known, dict)
                known[item.labels[0].text] = block_object(layer, item)
            elif item.type not in ("locals", "include", "dependency"):
                entries[item.type] = block_object(layer, item)
    return Traced(entries)


def block_object(config: Config, block: h.Block) -> Traced:
    """The settings of a block and of those inside it."""
    entries = {
        name: config.settled(setting.value) for name, setting in block.body.settings().items()
    }
    for inner in block.body.blocks():
        name = inner.labels[0].text if inner.labels else inner.type
        entries.setdefault(name, block_object(config, inner))
    return Traced(entries, (), Span(config.source, block.start, block.end))
