"""Paths through a trellis of resolutions: Auto-DeepLab's network level (Liu et al. 2019).

Layer by layer the resolution halves, stays or doubles, between an output stride of 4 (level 0) and of 32 (level 3). The
first layer works at level 0, so 12 layers have 28,657 paths. A relaxed network weighs the moves out of every node by a
softmax; the best path is the most probable one, which Viterbi's algorithm finds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nets.errors import InputError

Floats = NDArray[np.float64]

LEVELS: Final = 4
MOVES: Final = (-1, 0, 1)
"""Up to twice the resolution, along, down to half of it."""


def count_paths(layers: int, levels: int = LEVELS) -> int:
    """Number of paths of ``layers`` layers that begin at level 0."""
    ways = [1] + [0] * (levels - 1)
    for _ in range(layers - 1):
        ways = [sum(ways[max(0, level - 1) : level + 2]) for level in range(levels)]
    return sum(ways)


def transition_probabilities(scores: Floats) -> Floats:
    """Softmax over the moves out of each node; moves that leave the trellis have probability 0.

    Args:
        scores: (layers - 1, levels, 3), in the order of :data:`MOVES`.
    """
    levels = scores.shape[1]
    targets = np.arange(levels)[:, None] + np.array(MOVES)
    masked = np.where((targets >= 0) & (targets < levels), scores, -np.inf)
    weights = np.exp(masked - masked.max(axis=2, keepdims=True))
    probabilities: Floats = weights / weights.sum(axis=2, keepdims=True)
    return probabilities


def path_probability(probabilities: Floats, path: Sequence[int]) -> float:
    """Product of the moves along a path.

    Args:
        probabilities: as :func:`transition_probabilities` gives them.
        path: level of every layer; the first is 0.

    Raises:
        InputError: the path has another length, does not begin at level 0, or jumps.
    """
    if len(path) != len(probabilities) + 1 or path[0] != 0:
        raise InputError("trellis path", list(path), f"must have {len(probabilities) + 1} levels, the first of them 0")
    product = 1.0
    for layer, (level, other) in enumerate(pairwise(path)):
        if other - level not in MOVES:
            raise InputError(f"trellis path: layer {layer + 2}", other, f"must be next to level {level}")
        product *= float(probabilities[layer, level, MOVES.index(other - level)])
    return product


def decode_path(probabilities: Floats) -> tuple[int, ...]:
    """The most probable path (Viterbi): the level of every layer; of equals the one that stays higher up.

    Args:
        probabilities: (layers - 1, levels, 3), as :func:`transition_probabilities` gives them.
    """
    levels = probabilities.shape[1]
    with np.errstate(divide="ignore"):
        costs = -np.log(probabilities)  # sums of logarithms, for products of many layers vanish
    best = np.full(levels, np.inf)
    best[0] = 0.0
    came_from: list[list[int]] = []
    for layer in range(len(probabilities)):
        reached, before = np.full(levels, np.inf), [0] * levels
        for level in range(levels):
            for code, move in enumerate(MOVES):
                target = level + move
                if 0 <= target < levels and best[level] + costs[layer, level, code] < reached[target]:
                    reached[target], before[target] = best[level] + costs[layer, level, code], level
        best, came_from = reached, [*came_from, before]
    path = [int(np.argmin(best))]
    for before in reversed(came_from):
        path.append(before[path[-1]])
    return tuple(reversed(path))
