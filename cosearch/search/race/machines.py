"""Races of machines of a person's own: designs are places among the values of everything that varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np

from accel_models.structure import Structure
from cosearch.bounds.boxes import Floats, Ints
from cosearch.bounds.machine_boxes import HI, MachineBoxes
from cosearch.bounds.machine_layers import LeastOfLayers, can_search
from cosearch.bounds.workload import counted
from cosearch.problem.budget import Budget
from cosearch.problem.machine_space import MachineSpace
from cosearch.search.race.estimates import Estimates
from nets.elementary import log
from nets.layer import Layer
from nets.network import Network

DRAWS: Final = 1536
"""Designs that are drawn to begin with, of all niches and lanes together."""
LEAST_DRAWS: Final = 16
"""Of them, of each niche."""
STRATA: Final = 4
"""In how many parts those of a niche begin, by the memory that they have: estimates do not see what little costs."""
MOST_STEPS: Final = 3
"""Sizes that a move changes."""
REACH: Final = (1, 1, 2, 4, 8)
"""Places that a move goes."""
GROWS: Final = 0.5
"""How often what a move leaves of the area goes to another size."""
TRIES: Final = 60
KEPT: Final = 1 << 12


class MachineGround:
    """See :class:`cosearch.search.race.ground.Ground`: a niche is a combination of alternatives."""

    def __init__(self, space: MachineSpace) -> None:
        self._space, self._boxes = space, MachineBoxes(space)
        varied = space.varied
        self._ordered = np.array([at for at, one in enumerate(varied) if one.ordered], dtype=np.int64)
        kinds = [1 if one.ordered else len(one.values) for one in varied]
        self._strides = np.cumprod([1, *kinds[:-1]]) * (np.array(kinds) > 1)
        self._logs = [np.array([log(float(value)) / log(2.0) for value in varied[at].values]) for at in self._ordered]
        self.features = len(self._ordered)

    @property
    def budget(self) -> Budget:
        """See :class:`~cosearch.search.race.ground.Ground`."""
        return self._space.budget

    def niches(self, designs: Ints) -> Ints:
        """See :class:`~cosearch.search.race.ground.Ground`."""
        kinds: Ints = designs @ self._strides
        return kinds

    def placed(self, designs: Ints) -> Floats:
        """See :class:`~cosearch.search.race.ground.Ground`."""
        columns = [table[designs[:, at]] for at, table in zip(self._ordered, self._logs)]
        return np.stack(columns, axis=1) if columns else np.zeros((len(designs), 0))

    def neighbour(self, design: Ints, rng: np.random.Generator) -> Ints | None:
        """See :class:`~cosearch.search.race.ground.Ground`."""
        if not len(self._ordered):
            return None
        for _ in range(TRIES):
            new = design.copy()
            for _ in range(int(rng.integers(1, MOST_STEPS + 1))):
                at = int(rng.choice(self._ordered))
                step = REACH[int(rng.integers(len(REACH)))] * (1 if rng.random() < 0.5 else -1)
                new[at] = min(max(int(new[at]) + step, 0), int(self._boxes.counts[at]) - 1)
            places = tuple(new.tolist())
            if not self._boxes.fits(places):
                continue
            if rng.random() < GROWS:
                new = self.grown(new, rng)
            if (new != design).any():
                return new
        return None

    def around(self, design: Ints) -> Ints:
        """See :class:`~cosearch.search.race.ground.Ground`: a step changes one size."""
        steps = []
        for at in self._ordered.tolist():
            for reach in sorted({sign * reach for reach in REACH for sign in (1, -1)}):
                new = design.copy()
                new[at] += reach
                if 0 <= new[at] < self._boxes.counts[at] and self._boxes.fits(tuple(new.tolist())):
                    steps.append(new)
        return np.array(steps, dtype=np.int64).reshape(-1, len(design))

    def inside(self, design: Ints) -> Ints:
        """See :class:`~cosearch.search.race.ground.Ground`: each of its sizes by itself as large as fits."""
        found = []
        for at in self._ordered.tolist():
            new = design.copy()
            new[at] = 0
            if self._boxes.fits(tuple(new.tolist())):
                new[at] = self._boxes.last_that_fits(tuple(new.tolist()), at, int(self._boxes.counts[at]) - 1)
                found.append(new)
        return np.array(found, dtype=np.int64).reshape(-1, len(design))

    def grown(self, design: Ints, rng: np.random.Generator) -> Ints:
        """A design with as much of one of its sizes as the budget leaves room for."""
        new, at = design.copy(), int(rng.choice(self._ordered))
        new[at] = self._boxes.last_that_fits(tuple(design.tolist()), at, int(self._boxes.counts[at]) - 1)
        return new

    def machine(self, design: Ints) -> Structure:
        """See :class:`~cosearch.search.race.ground.Ground`."""
        return self._space.machine(design.tolist())

    def point(self, design: Ints) -> dict[str, float]:
        """Everything that varies; of alternatives, the place."""
        rows = zip(self._space.varied, design.tolist())
        return {one.name: float(one.values[place]) if one.ordered else float(place) for one, place in rows}

    def memory_shares(self, designs: Ints) -> Floats:
        """How large the memories of designs (n, k) are among those there are, (n,), from 0 to 1."""
        at = [place for place, one in enumerate(self._space.varied) if "capacity_bytes" in one.fields]
        shares: Floats = (designs[:, at] / np.maximum(self._boxes.counts[at] - 1, 1)).sum(axis=1) / max(len(at), 1)
        return shares

    def drawn(self, rng: np.random.Generator, draws: int) -> list[Ints]:
        """Designs (n, k) of every niche that the budget leaves room for, drawn evenly, then grown by one size.

        Args:
            rng: of every draw.
            draws: of all niches together, about.
        """
        roots = self._boxes.roots()
        each = max(draws // max(len(roots), 1), LEAST_DRAWS)
        return [self._of_box(box, each, rng) for box in roots]

    def _of_box(self, box: Ints, count: int, rng: np.random.Generator) -> Ints:
        """So many designs of a box, fewer where it holds fewer; the smallest among them."""
        smallest = box[:, 0]
        found = {smallest.tobytes(): smallest}
        for _ in range(count):
            new = smallest.copy()
            # Sizes in any order, each somewhere between its least and the most that there still is room for.
            for at in rng.permutation(self._ordered).tolist():
                last = self._boxes.last_that_fits(tuple(new.tolist()), at, int(box[at, HI]))
                new[at] = rng.integers(new[at], last + 1)
            if len(self._ordered):
                new = self.grown(new, rng)
            found[new.tobytes()] = new
        return np.array(list(found.values()))


class MachineLeast:
    """See :class:`cosearch.search.race.estimates.LeastCosts`: what every mapping pays (:mod:`mappings.bounds`)."""

    def __init__(self, space: MachineSpace, networks: Sequence[Network]) -> None:
        layers, self._counts = counted(networks)
        least = LeastOfLayers(layers)
        self._on = lru_cache(KEPT)(lambda places: self._on_machine(places, least))
        self._space = space

    def of_layers(self, layers: Sequence[Layer], designs: Ints) -> tuple[Floats, Floats]:
        """See :class:`~cosearch.search.race.estimates.LeastCosts`."""
        least = LeastOfLayers(layers)
        found = [least.on(self._space.machine(design).accelerator()) for design in designs.tolist()]
        return np.array([at.energy_pj for at in found]), np.array([at.latency_s for at in found])

    def of_networks(self, designs: Ints) -> tuple[Floats, Floats]:
        """See :class:`~cosearch.search.race.estimates.LeastCosts`."""
        energy, latency = zip(*(self._on(tuple(design)) for design in designs.tolist()))
        return np.array(energy), np.array(latency)

    def _on_machine(self, places: tuple[int, ...], least: LeastOfLayers) -> tuple[Floats, Floats]:
        """(networks,) energy and latency on a design."""
        at = least.on(self._space.machine(places).accelerator())
        return (self._counts * at.energy_pj).sum(axis=1), (self._counts * at.latency_s).sum(axis=1)


@dataclass(frozen=True)
class MachineField:
    """See :class:`cosearch.search.race.field.Field`.

    Attributes:
        space: of the machines.
        seed: of what is drawn to begin with.
    """

    space: MachineSpace
    least: MachineLeast
    estimates: Estimates
    seed: int

    @property
    def searches(self) -> bool:
        """See :class:`~cosearch.search.race.field.Field`."""
        return can_search(self.space)

    @cached_property
    def ground(self) -> MachineGround:
        """See :class:`~cosearch.search.race.field.Field`."""
        return MachineGround(self.space)

    @property
    def smallest(self) -> Ints:
        """See :class:`~cosearch.search.race.field.Field`."""
        return np.array(self.space.smallest_places)

    def starts(self, each: int, lanes: int = 1) -> list[list[tuple[float, Ints]]]:
        """See :class:`~cosearch.search.race.field.Field`: drawn, in strata by the memory that they have."""
        drawn = self.ground.drawn(np.random.default_rng([self.seed, len(self.space.varied)]), DRAWS // lanes)
        return [self._ranked(designs, each) for designs in drawn]

    def _ranked(self, designs: Ints, each: int) -> list[tuple[float, Ints]]:
        merits = self.estimates.of(designs)
        shares = self.ground.memory_shares(designs)
        strata = np.searchsorted(np.quantile(shares, np.arange(1, STRATA) / STRATA), shares)
        ranked = np.lexsort((*designs.T[::-1], merits))
        parts = [[row for row in ranked.tolist() if strata[row] == stratum][:each] for stratum in range(STRATA)]
        best = [part[rank] for rank in range(each) for part in parts if rank < len(part)]
        return [(float(merits[row]), designs[row]) for row in best]
