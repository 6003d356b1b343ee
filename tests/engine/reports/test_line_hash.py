"""The line hash against a second, slow implementation that keeps a ring as the original does."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from plumbrule.reports.line_hash import line_hashes

SIZE, BASE, MODULUS = 100, 37, 2**64


def slow(text: str) -> dict[int, str]:
    """One unit at a time: a ring of 100 units, and with each slot the line that began there."""
    data = text.encode("utf-16-be", "surrogatepass")
    units = [data[at] * 256 + data[at + 1] for at in range(0, len(data), 2)]
    ring, began = [0] * SIZE, [0] * SIZE
    seen: Counter[int] = Counter()
    found: dict[int, str] = {}
    slot, line, fresh, after_cr = 0, 0, True, False

    def leave() -> None:
        if began[slot]:
            window = ring[slot:] + ring[:slot]
            value = sum(unit * BASE ** (SIZE - 1 - at) for at, unit in enumerate(window)) % MODULUS
            seen[value] += 1
            found[began[slot]] = f"{value:x}:{seen[value]}"
            began[slot] = 0

    for unit in [*units, 0xFFFF]:
        if unit in (32, 9) or (after_cr and unit == 10):
            after_cr = False
            continue
        after_cr = unit == 13
        kept = 10 if unit == 13 else unit
        leave()
        if fresh:
            line += 1
            began[slot] = line
        fresh = kept == 10
        ring[slot] = kept
        slot = (slot + 1) % SIZE
    for _ in range(SIZE):
        leave()
        ring[slot] = 0
        slot = (slot + 1) % SIZE
    return found


@given(st.text("ab \t\r\n日😀", max_size=400))
def test_law_the_fast_hash_is_the_slow_one(text: str) -> None:
    expected = slow(text)
    assert line_hashes(text, set(range(1, len(expected) + 3))) == expected


@given(st.text("ab\n", max_size=300), st.integers(1, 40))
def test_law_asking_for_one_line_gives_what_asking_for_all_gives(text: str, line: int) -> None:
    expected = slow(text)
    wanted = {line: expected[line]} if line in expected else {}
    assert line_hashes(text, {line}) == wanted


def test_an_empty_file_has_one_line_that_holds_only_the_end() -> None:
    assert line_hashes("", {1}) == {1: f"{0xFFFF * BASE**99 % MODULUS:x}:1"}


def test_line_ends_and_blanks_do_not_count() -> None:
    assert line_hashes("a b\n\tc\n", {1, 2, 3}) == line_hashes("ab \r\n c\r", {1, 2, 3})


def test_repeats_are_numbered() -> None:
    hashes = line_hashes("same\n" * 60, {1, 2, 3})
    assert [mark.rpartition(":")[2] for mark in hashes.values()] == ["1", "2", "3"]
