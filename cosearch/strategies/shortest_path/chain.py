"""The subnets of one resolution with what their blocks cost: a graph that the kernel looks for paths in."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cosearch.strategies.shortest_path.kernel.labels import shortest_path
from cosearch.strategies.subnets import ShapeTable
from nets.accuracy import Predictor
from nets.elementary import summable
from nets.spaces import Config
from nets.spaces.paths import SOURCE, PathGraph

Floats = NDArray[np.float64]
Direction = tuple[float, float]
"""(p, q) of a cost p E + q T, energy E in pJ and latency T in s."""

MOST_LABELS: Final = 100_000
"""At a node, before a search is given up."""


@dataclass(frozen=True, slots=True)
class Path:
    """A path, such as a subnet, by its arcs, with its energy in pJ and latency in s."""

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
        floor: percent top-1 that a path must be predicted to have.
        resolution: of the input image.

    Attributes:
        least_gain: what the gains of a path must add up to. Gains are rounded so that sums are exact.
    """

    def __init__(
        self, graph: PathGraph, table: ShapeTable, predictor: Predictor, floor: float, resolution: int
    ) -> None:
        worth, columns = summable(predictor.worth(resolution)), table.space.columns
        self.resolution, self.floor = resolution, floor
        self._space, self._predictor, self._arcs, self._nodes = table.space, predictor, graph.arcs, graph.nodes
        self._source = np.array([arc.source for arc in graph.arcs])
        self._target = np.array([arc.target for arc in graph.arcs])
        self._gain = np.array(
            [math.fsum(worth[columns[gene]] for gene in arc.genes if gene in columns) for arc in graph.arcs]
        )
        self._rows = np.array([-1 if arc.block is None else table.row(arc.block) for arc in graph.arcs])
        self.least_gain = self._gain_for(floor)

    def demanding(self, floor: float) -> Chain:
        """The same for another floor."""
        other = copy.copy(self)
        other.floor, other.least_gain = floor, self._gain_for(floor)
        return other

    def _gain_for(self, floor: float) -> float:
        least = self._predictor.least_worth(self.resolution, floor)
        if least is None:
            raise ValueError(f"{self._predictor.id} has no least worth")
        return max(least, -float(np.abs(self._gain).sum()))  # finite, and no path has less

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

    def arcs_of(self, config: Config) -> tuple[int, ...]:
        """The path of a canonical subnet, the other way round than :meth:`config`."""
        ways: list[tuple[int, tuple[int, ...]]] = [(SOURCE, ())]
        while ways:
            node, taken = ways.pop()
            if node == self._nodes - 1 and self.config(Path(taken, 0.0, 0.0)) == config:
                return taken
            for arc in np.flatnonzero(self._source == node).tolist():
                if all(config[gene][place] == value for gene, place, value in self._arcs[arc].genes):
                    ways.append((int(self._target[arc]), (*taken, arc)))
        raise ValueError(f"{config} is no path of {self._space.id}")

    @property
    def shape(self) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """Sources and targets of the arcs, and the number of nodes."""
        return self._source, self._target, self._nodes


class PricedPaths:
    """The paths of a graph with what they cost.

    Args:
        shape: sources and targets of the arcs, and the number of nodes.
        least_gain: what the gains of a path must add up to.
        figures: gain, energy and latency of each arc.
    """

    def __init__(
        self, shape: tuple[NDArray[np.int64], NDArray[np.int64], int], least_gain: float, figures: Floats
    ) -> None:
        self._shape, self._least_gain, self.figures = shape, least_gain, figures

    def least(
        self,
        direction: Direction,
        limits: Floats,
        known: Sequence[Path] = (),
        *,
        most: int = MOST_LABELS,
    ) -> tuple[Path | None, float]:
        """The path of least p E + q T that has the gain and keeps the limits, and what none is below.

        Args:
            direction: (p, q).
            limits: rows (p, q, most) of p E + q T <= most.
            known: paths that have the gain and keep the limits; one of them is the answer where none is better.
            most: labels at a node before the search settles for the bound it has; 0 for the relaxation alone.

        Returns:
            ``None`` where no path is known; the bound is infinite where there is none.
        """
        best = min(known, key=lambda path: path.cost(direction), default=None)
        source, target, nodes = self._shape
        arcs = np.empty(nodes - 1, np.int64)
        value = math.inf if best is None else best.cost(direction)
        _, bound = shortest_path(
            source, target, self.figures, self._least_gain, limits, np.array(direction), value, most, arcs
        )
        return (best if arcs[0] < 0 else self._path(arcs)), float(bound)

    def _path(self, arcs: NDArray[np.int64]) -> Path:
        chosen = arcs[arcs >= 0]
        energy, latency = (math.fsum(self.figures[chosen, column].tolist()) for column in (1, 2))
        return Path(tuple(chosen.tolist()), energy, latency)


class PricedChain(PricedPaths):
    """A chain on one accelerator.

    Args:
        figures: gain, energy and latency of each arc.
    """

    def __init__(self, chain: Chain, figures: Floats) -> None:
        super().__init__(chain.shape, chain.least_gain, figures)
        self.chain = chain

    def demanding(self, floor: float) -> PricedChain:
        """The same for another floor."""
        return PricedChain(self.chain.demanding(floor), self.figures)

    def without(self, config: Config) -> list[PricedChain]:
        """Chains that have all paths but that of a subnet, each once: they part from it at one arc after the other."""
        source, _, _ = self.chain.shape
        shared, parts = self.figures.copy(), []
        for arc in self.chain.arcs_of(config):
            parting = shared.copy()
            parting[arc, 1] = math.inf
            parts.append(PricedChain(self.chain, parting))
            others = source == source[arc]
            others[arc] = False
            shared[others, 1] = math.inf
        return parts
