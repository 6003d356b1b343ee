"""Steps that were labelled by reading: the rules of idempotency find what may not run again."""

import importlib.util
import os
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

TOP = Path(__file__).parents[2]
CORPORA = Path(os.environ.get("PLUMBRULE_CORPORA", "/nowhere"))


def benchmark() -> ModuleType:
    """`benchmarks/steps.py`, which is no package."""
    spec = importlib.util.spec_from_file_location("steps", TOP / "benchmarks" / "steps.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


STEPS = benchmark()


def test_every_label_says_what_its_kind_needs() -> None:
    rows = tomllib.loads(STEPS.LABELS.read_text("utf-8"))["steps"]
    for row in rows:
        place = f"{row['corpus']}/{row['file']}:{row['lines'][0]}"
        first, last = row["lines"]
        assert 1 <= first <= last, place
        assert re.fullmatch(r"[0-9a-f]{64}", row["sha256"]), place
        assert row["label"] in {"idempotent", "not", "undecided"}, place
        if row["label"] == "not":
            assert first <= row["at"] <= last, place
            assert row["class"] in {"fails", "duplicates", "replaces", "varies"}, place
            assert row["level"] in {"default", "none"}, place
        else:
            assert not {"at", "class", "level", "form"} & set(row), place
        if row["label"] != "idempotent":
            assert row["why"], place


def test_the_strata_are_those_of_the_head() -> None:
    text = STEPS.LABELS.read_text("utf-8")
    said = {name: int(re.search(rf"^#   {name} +(\d+) ", text, re.MULTILINE)[1])
            for name in STEPS.STRATA}  # fmt: skip
    assert Counter(step.stratum for step in STEPS.read_labels()) == said


def test_no_step_is_labelled_twice() -> None:
    places = Counter(step.place for step in STEPS.read_labels())
    assert [place for place, count in places.items() if count > 1] == []


def test_a_step_that_was_edited_is_told_and_not_compared(tmp_path: Path) -> None:
    step = next(step for step in STEPS.read_labels() if step.due)
    path = tmp_path / step.corpus / step.file
    path.parent.mkdir(parents=True)
    path.write_text("on: push\njobs: {}\n", "utf-8")
    measured = STEPS.measure(tmp_path)
    assert step.place in measured.changed
    assert measured.strata == {}
    assert measured.absent


@pytest.mark.corpora
@pytest.mark.skipif(not CORPORA.is_dir(), reason="PLUMBRULE_CORPORA names no folder of corpora")
def test_precision_and_recall_at_level_default() -> None:
    measured = STEPS.measure(CORPORA)
    if not measured.strata:
        pytest.skip("PLUMBRULE_CORPORA holds none of the labelled corpora")
    assert measured.changed == []
    every = measured.total()
    assert every.precision >= 0.9, measured.notes
    assert every.recall >= 0.8, measured.notes
