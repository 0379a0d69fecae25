"""What a race is run on: designs as rows of whole numbers, which of them are alike, and their neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np

from accel_models.description import Sized
from accel_models.template import Template
from cosearch.bounds.grid import L1, L2, NOC, SIZES, DesignGrid, Floats, Ints
from cosearch.problem.budget import Budget
from cosearch.problem.template_space import MOST_ELEMENTS, WIRED
from cosearch.search.race.moves import around, moved, refitted
from cosearch.search.race.starts import with_largest_l2
from nets.elementary import log, logs


class Ground(Protocol):
    """The designs inside a budget.

    Attributes:
        features: m, numbers of a point of :meth:`placed`.
    """

    features: int

    @property
    def budget(self) -> Budget:
        """Their limits."""

    def niches(self, designs: Ints) -> Ints:
        """A number (n,) for each kind of designs (n, k); of one niche are those that differ only in their sizes."""

    def placed(self, designs: Ints) -> Floats:
        """Designs as points (n, m), of which those that are alike lie near each other."""

    def neighbour(self, design: Ints, rng: np.random.Generator) -> Ints | None:
        """A design of the same niche that differs in a size or a few; ``None`` where none was inside the budget."""

    def around(self, design: Ints) -> Ints:
        """All designs (n, k) of the same niche inside the budget that are a step away."""

    def inside(self, design: Ints) -> Ints:
        """Designs (n, k) like one, which may be outside the budget, that use the room there is; none where none fit."""

    def machine(self, design: Ints) -> Sized:
        """A design as it is built."""

    def point(self, design: Ints) -> dict[str, float]:
        """A design as numbers with names."""


WEIGHTS: Final = np.array([1.0] * L1 + [0.7, 0.7, 0.4])
"""Of a factor of two in each size of the template, when designs are compared."""


class TemplateGround:
    """See :class:`Ground`: a niche is a wiring with registers or SRAM in its elements.

    Args:
        grid: of the designs.
        square: whether rows and columns can change places in every layer: then of two mirror images one is a neighbour.
        lengths: of an axis over each dim that :meth:`around` tries too (:func:`cosearch.search.race.moves.lengths_of`).
    """

    features = len(SIZES)

    def __init__(self, grid: DesignGrid, *, square: bool, lengths: Sequence[Ints] = ()) -> None:
        self.grid, self._square, self._lengths = grid, square, lengths
        self._lanes, self._l1, self._l2 = (
            logs(np.maximum(sizes, 1).astype(np.float64)) / log(2.0)
            for sizes in (np.arange(MOST_ELEMENTS + 1), grid.l1.size, grid.l2.size)
        )

    @property
    def budget(self) -> Budget:
        """See :class:`Ground`."""
        return self.grid.space.budget

    def niches(self, designs: Ints) -> Ints:
        """See :class:`Ground`."""
        wired = (designs[:, :L1] > 1) @ (1 << np.arange(L1))
        kinds: Ints = 2 * wired + (designs[:, L1] >= self.grid.l1.first_sram)
        return kinds

    def placed(self, designs: Ints) -> Floats:
        """See :class:`Ground`."""
        buffers = zip((L1, L2, NOC), (self._l1, self._l2, self._lanes))
        sizes = [self._lanes[designs[:, :L1]], *(table[designs[:, place, None]] for place, table in buffers)]
        placed: Floats = np.concatenate(sizes, axis=1) * WEIGHTS
        return placed

    def neighbour(self, design: Ints, rng: np.random.Generator) -> Ints | None:
        """See :class:`Ground`."""
        return moved(self.grid, design, rng, square=self._square)

    def around(self, design: Ints) -> Ints:
        """See :class:`Ground`: a step changes two sizes at most, and L2; or the array, by lengths that layers fill."""
        steps = around(self.grid, design, square=self._square)
        if not self._lengths:
            return steps
        found = np.concatenate([steps, refitted(self.grid, design, self._lengths, square=self._square)])
        return np.unique(found, axis=0)

    def inside(self, design: Ints) -> Ints:
        """See :class:`Ground`: with the largest L2 that fits."""
        return with_largest_l2(self.grid, design[None])

    def machine(self, design: Ints) -> Template:
        """See :class:`Ground`."""
        return self.grid.machine(design)

    def point(self, design: Ints) -> dict[str, float]:
        """Lanes of each wired dim, bytes, words a cycle."""
        lanes = {f"lanes_{dim}": float(width) for dim, width in zip(WIRED, design) if width > 1}
        return lanes | {
            "l1_bytes": float(self.grid.l1.size[design[L1]]),
            "l2_bytes": float(self.grid.l2.size[design[L2]]),
            "noc_words": float(design[NOC]),
        }
