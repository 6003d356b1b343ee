"""Units in the order of their dependencies, and the rounds among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def rounds(edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The strongly connected parts, each sorted, what a part depends on before it.

    Source: R. Tarjan, Depth-first search and linear graph algorithms (1972), without recursion.
    """
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    waiting: set[str] = set()
    found: list[list[str]] = []
    for start in sorted(edges):
        if start in number:
            continue
        pending = [(start, iter(sorted(edges[start])))]
        number[start] = lowest[start] = len(number)
        stack.append(start)
        waiting.add(start)
        while pending:
            current, targets = pending[-1]
            target = next((one for one in targets if one in edges), None)
            if target is None:
                pending.pop()
                if pending:
                    above = pending[-1][0]
                    lowest[above] = min(lowest[above], lowest[current])
                if lowest[current] == number[current]:
                    at = stack.index(current)
                    found.append(sorted(stack[at:]))
                    waiting.difference_update(stack[at:])
                    del stack[at:]
            elif target not in number:
                number[target] = lowest[target] = len(number)
                stack.append(target)
                waiting.add(target)
                pending.append((target, iter(sorted(edges[target]))))
            elif target in waiting:
                lowest[current] = min(lowest[current], number[target])
    return found
