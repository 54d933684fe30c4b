"""How far two texts are from each other: edits, and which tokens of one are those of the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def edit_distance(found: Sequence[str], expected: Sequence[str]) -> int:
    """The least number of insertions, deletions and replacements between two sequences (Levenshtein)."""
    return int(_table(found, expected)[-1][-1]) if found and expected else max(len(found), len(expected))


def prefix_end(found: Sequence[str], prefix: Sequence[str]) -> int:
    """Where in `found` a beginning that is closest to `prefix` ends."""
    if not found or not prefix:
        return 0
    last = _table(prefix, found)[-1]
    return int(last.argmin())


def _table(rows: Sequence[str], columns: Sequence[str]) -> list[np.ndarray]:
    """The distance of each beginning of one sequence to each of the other."""
    numbers = {item: number for number, item in enumerate({*rows, *columns})}
    across = np.array([numbers[item] for item in columns])
    steps = np.arange(len(columns) + 1)
    table = [steps]
    for number, item in enumerate(rows, 1):
        before = table[-1]
        row = np.empty_like(before)
        row[0] = number
        row[1:] = np.minimum(before[1:] + 1, before[:-1] + (across != numbers[item]))
        table.append(np.minimum.accumulate(row - steps) + steps)  # insertions, from left to right
    return table


def aligned(found: Sequence[str], expected: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs of places at which both have the same item, in order: of a longest common subsequence."""
    numbers = {item: number for number, item in enumerate({*found, *expected})}
    across = np.array([numbers[item] for item in expected], dtype=np.int64)
    table = [np.zeros(len(expected) + 1, np.int64)]
    for item in found:
        before = table[-1]
        row = before.copy()
        row[1:] = np.maximum(row[1:], before[:-1] + (across == numbers[item]))
        table.append(np.maximum.accumulate(row))
    pairs = []
    i, j = len(found), len(expected)
    while i and j:
        if table[i][j] == table[i - 1][j]:
            i -= 1
        elif table[i][j] == table[i][j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]
