"""The subnets of one resolution with what their blocks cost: a graph that the kernel looks for paths in."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosearch.strategies.shortest_path.kernel.labels import shortest_path
from cosearch.strategies.subnets import ShapeTable
from nets.accuracy import Predictor
from nets.spaces import Config
from nets.spaces.paths import PathGraph

Floats = NDArray[np.float64]
Direction = tuple[float, float]
"""(p, q) of a cost p E + q T, energy E in pJ and latency T in s."""

MARGIN: Final = 1e-9
"""Gains this close to what is needed, relatively, are decided by the predictor itself."""
MOST_LABELS: Final = 100_000
"""At a node, before a search is given up."""


@dataclass(frozen=True, slots=True)
class Path:
    """A subnet by its arcs, with its energy in pJ and latency in s."""

    arcs: tuple[int, ...]
    energy_pj: float
    latency_s: float

    def cost(self, direction: Direction) -> float:
        """p E + q T."""
        return direction[0] * self.energy_pj + direction[1] * self.latency_s


class Chain:
    """All subnets of one resolution.

    Args:
        graph: whose paths they are.
        table: of their blocks.
        predictor: whose accuracy rises with a sum over genes.
        min_accuracy: percent top-1 that a path must reach.
        resolution: of the input image.
    """

    def __init__(
        self, graph: PathGraph, table: ShapeTable, predictor: Predictor, min_accuracy: float, resolution: int
    ) -> None:
        worth, columns = predictor.worth(resolution), table.space.columns
        least_gain = predictor.least_worth(resolution, min_accuracy)
        if least_gain is None:
            raise ValueError(f"{predictor.id} has no least worth")
        self.resolution, self._least_gain = resolution, least_gain
        self._space, self._arcs, self._nodes = table.space, graph.arcs, graph.nodes
        self._source = np.array([arc.source for arc in graph.arcs])
        self._target = np.array([arc.target for arc in graph.arcs])
        self._gain = np.array(
            [math.fsum(worth[columns[gene]] for gene in arc.genes if gene in columns) for arc in graph.arcs]
        )
        self._rows = np.array([-1 if arc.block is None else table.row(arc.block) for arc in graph.arcs])
        self._reaches: Callable[[Config], bool] = lambda config: predictor.predict(config).top1_percent >= min_accuracy

    def priced(self, energy_by_block: Floats, latency_by_block: Floats) -> PricedChain:
        """The same with the costs of every block of the table, in pJ and s; infinite where there is none."""
        figures = np.zeros((len(self._rows), 3))
        runs = self._rows >= 0
        figures[:, 0] = self._gain
        figures[runs, 1] = energy_by_block[self._rows[runs]]
        figures[runs, 2] = latency_by_block[self._rows[runs]]
        return PricedChain(self, figures)

    def config(self, path: Path) -> Config:
        """The subnet of a path."""
        genes = (gene for arc in path.arcs for gene in self._arcs[arc].genes)
        return self._space.assembled(genes, self.resolution)

    def reaches(self, path: Path) -> bool:
        """Whether a path has the accuracy, as the predictor says where rounding decides."""
        spare = math.fsum(self._gain[arc] for arc in path.arcs) - self._least_gain
        return spare > self.margin or (spare >= -self.margin and self._reaches(self.config(path)))

    @property
    def least_gain(self) -> float:
        """What the gains of a path must add up to."""
        return self._least_gain

    @property
    def margin(self) -> float:
        """How far from :attr:`least_gain` rounding may decide."""
        return MARGIN * max(1.0, abs(self._least_gain))

    @property
    def shape(self) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """Sources and targets of the arcs, and the number of nodes."""
        return self._source, self._target, self._nodes


class PricedChain:
    """A chain on one accelerator.

    Args:
        figures: gain, energy and latency of each arc.
    """

    def __init__(self, chain: Chain, figures: Floats) -> None:
        self.chain, self._figures = chain, figures

    def least(
        self,
        direction: Direction,
        limits: Floats,
        known: Sequence[Path] = (),
        *,
        most: int = MOST_LABELS,
    ) -> tuple[Path | None, float]:
        """The subnet of least p E + q T that has the accuracy and keeps the limits, and what none is below.

        Args:
            direction: (p, q).
            limits: rows (p, q, most) of p E + q T <= most.
            known: subnets that have the accuracy and keep the limits; one of them is the answer where none is better.
            most: labels at a node before the search settles for the bound it has; 0 for the relaxation alone.

        Returns:
            ``None`` where no subnet is known; the bound is infinite where there is none.
        """
        best = min(known, key=lambda path: path.cost(direction), default=None)
        found, bound = self._search(-self.chain.margin, direction, limits, best, most)
        if found is not None and found is not best and not self.chain.reaches(found):
            found, _ = self._search(self.chain.margin, direction, limits, best, most)
        return found, bound

    def _search(
        self, margin: float, direction: Direction, limits: Floats, best: Path | None, most: int
    ) -> tuple[Path | None, float]:
        source, target, nodes = self.chain.shape
        arcs = np.empty(nodes - 1, np.int64)
        value = math.inf if best is None else best.cost(direction)
        least_gain = self.chain.least_gain + margin
        _, bound = shortest_path(
            source, target, self._figures, least_gain, limits, np.array(direction), value, most, arcs
        )
        return (best if arcs[0] < 0 else self._path(arcs)), float(bound)

    def _path(self, arcs: NDArray[np.int64]) -> Path:
        chosen = arcs[arcs >= 0]
        energy, latency = (math.fsum(self._figures[chosen, column].tolist()) for column in (1, 2))
        return Path(tuple(chosen.tolist()), energy, latency)
