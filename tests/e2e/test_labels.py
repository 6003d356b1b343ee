"""What other projects label in their fixtures: how much of it is found may not fall."""

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

CORPORA = Path(os.environ.get("PLUMBRULE_CORPORA", "/nowhere"))
TOOL = Path(__file__).parents[2] / "benchmarks" / "labels.py"
# The lowest recall and precision of a category, at level default and at level strict.
FLOORS = {
    "secrets": {"default": (0.80, 1.0), "strict": (0.87, 1.0)},
}


def tool() -> ModuleType:
    spec = spec_from_file_location("labels", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["labels"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.corpora
@pytest.mark.slow
@pytest.mark.skipif(
    not (CORPORA / "public" / "labelled" / "labels.jsonl").is_file(),
    reason="PLUMBRULE_CORPORA names no folder with labels",
)
@pytest.mark.parametrize("category", FLOORS)
def test_recall_and_precision_stay_above_their_floors(category: str) -> None:
    labels = tool()
    outcomes, _without, unmapped = labels.measure(CORPORA, category)
    assert unmapped == []
    for level, (recall, precision) in FLOORS[category].items():
        outcome = outcomes[category, level]
        total = outcome.total
        assert labels.ratio(total.found, total.missed) >= recall
        assert labels.ratio(total.found, total.false) >= precision
        assert [str(label.place) for label, _ours, why in outcome.misses if not why] == []
        assert [f"{label.file}:{line}" for label, _, line, why in outcome.alarms if not why] == []


def test_every_mapping_names_rules_that_exist() -> None:
    labels = tool()
    rules = {rule.id for rule in labels.rules_of(labels.Config()).rules}
    unknown = {
        name for entry in labels.read_entries() for name in entry.ours or () if name not in rules
    }
    assert unknown == set()
