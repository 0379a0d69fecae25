"""Densities over the codes of a search space, from examples: a product kernel for each (Falkner et al., ICML 2018).

The kernel of a decision keeps the example's choice with probability 1 - w. Among others it is even where they have no
order (Aitchison and Aitken 1976), and falls by w for each step where they have one (Wang and van Ryzin 1981).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nets.elementary import exps, logs
from nets.spaces import Decision

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def kernel(decision: Decision, examples: int) -> Floats:
    """Probability of each choice (columns) around an example's choice (rows); rows add up to 1.

    The width w is (choices - 1) / (choices + examples), as if one even draw were added to the examples.
    """
    size = len(decision.choices)
    if size == 1:
        return np.ones((1, 1))
    width = (size - 1) / (size + examples)
    steps = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    fallen = np.cumprod(np.full(size, width))[steps - 1]  # products are the same on every processor
    others = np.where(steps > 0, fallen if decision.ordered else 1.0, 0.0)
    table: Floats = others / others.sum(1, keepdims=True) * width
    np.fill_diagonal(table, 1 - width)
    return table


class Parzen:
    """Mean of the kernels of all examples and one that is even.

    Args:
        decisions: of the space.
        examples: of shape (examples, decisions): the choice taken, or the number of choices where a decision means
            nothing, which is even.
    """

    def __init__(self, decisions: Sequence[Decision], examples: Ints) -> None:
        even = np.array([[len(decision.choices) for decision in decisions]], dtype=np.int64)
        self._rows = np.concatenate([examples.reshape(-1, len(decisions)), even])
        self._tables = [
            np.vstack([kernel(decision, len(examples)), np.full(len(decision.choices), 1 / len(decision.choices))])
            for decision in decisions
        ]

    def draw(self, rng: np.random.Generator, joint: bool) -> list[int]:
        """A choice for every decision, around one example or each around its own."""
        places = rng.integers(len(self._rows), size=1 if joint else len(self._tables))
        rows = self._rows[np.broadcast_to(places, len(self._tables)), np.arange(len(self._tables))]
        thrown = rng.random(len(self._tables))
        return [
            min(int(np.searchsorted(np.cumsum(table[row]), at, side="right")), table.shape[1] - 1)
            for table, row, at in zip(self._tables, rows, thrown)
        ]

    def log_density(self, codes: Ints, joint: bool) -> Floats:
        """Of each row of ``codes``, written as examples are; decisions that mean nothing there count for nothing."""
        summed = np.zeros((len(self._rows) if joint else 1, len(codes)))
        for number, table in enumerate(self._tables):
            padded = np.hstack([table, np.ones((len(table), 1))])
            rows, columns = self._rows[:, number], codes[:, number]
            if joint:
                summed += logs(padded)[rows][:, columns]
            else:
                summed += logs(padded[rows][:, columns].mean(0))
        top = summed.max(0)
        density: Floats = top + logs(exps(summed - top).mean(0))
        return density
