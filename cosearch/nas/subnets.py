"""Networks of a space as a search sees them: cost on one accelerator, and what predicts their accuracy."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Protocol

import numpy as np

from cosearch.evaluation.layer_costs import LayerCosts
from cosearch.nas.estimators import Estimator, PredictedAccuracy
from cosearch.nas.mobile_tables import mobile_tables
from cosearch.problem.architectures import Figures
from cosearch.problem.measures import (
    ACCURACY,
    CAPACITY,
    ENERGY,
    FLASH,
    LATENCY,
    MACS,
    PARAMS,
    POWER,
    SRAM,
    Measure,
)
from cosearch.strategies.additive import Additive, Floats
from cosearch.strategies.exact import SummedPaths
from nets.accuracy import Predictor
from nets.elementary import summable
from nets.patches import Part, parts_of, scheduled
from nets.peak_memory import Sram, sram_of
from nets.spaces import Block, Config, MobileSpace, SearchSpace, Space
from nets.spaces.decisions import nearest_legal
from nets.spaces.ofa_resnet50 import ResNet50Space
from nets.spaces.paths import PathGraph
from nets.spaces.space_design import chain_of, part_of, sram_of_chain
from nets.spaces.tinynas import TinyNasSpace

if TYPE_CHECKING:
    from nets.network import Network

COSTS = (LATENCY, ENERGY, MACS, PARAMS)
"""Figures that add up over layers, in the order of their columns."""
MEMORY = (SRAM, FLASH)
"""Of a network on a microcontroller."""


class NetworkSpace(SearchSpace, Protocol):
    """A search space of networks."""

    def network(self, config: Config, /) -> Network:
        """The network of a configuration."""


class NetworkEvaluator(ABC):
    """Evaluates networks of a space; an :class:`~cosearch.problem.architectures.Evaluator`.

    Costs are looked up, so :meth:`screen` gives them; an estimate takes an evaluation.

    Args:
        space: of the networks.
        costs: what :meth:`costs` gives.
        estimators: of what costs do not say, such as accuracy.
        memory: whether memory on a microcontroller is a figure, too.
        patches: the first part of a network runs in so many patches along each side (:mod:`nets.patches`), where that
            takes less memory; layer by layer where 1.
    """

    def __init__(
        self,
        space: NetworkSpace,
        costs: Sequence[Measure],
        estimators: Sequence[Estimator],
        *,
        memory: bool = False,
        patches: int = 1,
    ) -> None:
        self.space, self.estimators, self._memory, self._patches = space, tuple(estimators), memory, patches
        self.screened = (*costs, *(MEMORY if memory else ()))
        self.measures = (*self.screened, *(estimator.measure for estimator in self.estimators))

    @abstractmethod
    def costs(self, configs: Sequence[Config]) -> list[Figures]:
        """What each network costs."""

    def screen(self, configs: Sequence[Config]) -> list[Figures]:
        """See :meth:`~cosearch.problem.architectures.Evaluator.screen`: costs, and memory where it is asked for."""
        costs = self.costs(configs)
        if not self._memory:
            return costs
        return [
            {**figures, SRAM.name: float(self._sram(config).total), FLASH.name: figures[PARAMS.name]}
            for config, figures in zip(configs, costs)
        ]

    def _size_bounds(self) -> dict[str, tuple[float, float]]:
        """(least, most) of what grows with every gene: where all are smallest, and all largest.

        In MCUNet's space every count does; in Once-for-All's memory does, whose other counts have bounds already. Of
        memory in patches nothing is said: how even a plane is cut comes into it.
        """
        others = self._memory and isinstance(self.space, MobileSpace | ResNet50Space)
        if not (others or isinstance(self.space, TinyNasSpace)):
            return {}
        least, most = self.screen(self.landmarks())
        known = (FLASH,) if self._patches > 1 else MEMORY
        names = (MACS.name, PARAMS.name, *(measure.name for measure in known if self._memory))
        return {name: (least[name], most[name]) for name in names}

    def _sram(self, config: Config) -> Sram:
        if self._patches > 1:
            return scheduled(self._parts(config), self._patches).sram
        blocks = chain_of(self.space, config)
        return sram_of(self.space.network(config)) if blocks is None else sram_of_chain(blocks)

    def _parts(self, config: Config) -> list[Part]:
        """Pieces of a network between which nothing else is alive: the blocks of a chain."""
        blocks = chain_of(self.space, config)
        return parts_of(self.space.network(config)) if blocks is None else [part_of(block) for block in blocks]

    def measure(self, configs: Sequence[Config]) -> list[Figures]:
        """See :meth:`~cosearch.problem.architectures.Evaluator.measure`."""
        columns = {estimator.measure.name: estimator.estimate(configs) for estimator in self.estimators}
        return [
            {**figures, **{name: float(values[row]) for name, values in columns.items()}}
            for row, figures in enumerate(self.screen(configs))
        ]

    def landmarks(self) -> list[Config]:
        """See :meth:`~cosearch.problem.architectures.Evaluator.landmarks`: all smallest, all largest."""
        decisions = self.space.decisions
        ends = ([0] * len(decisions), [len(decision.choices) - 1 for decision in decisions])
        return [self.space.decode(nearest_legal(self.space, wishes)) for wishes in ends]

    def remark(self, config: Config) -> str:
        """See :meth:`~cosearch.problem.architectures.Evaluator.remark`: of estimators and of patches."""
        return "; ".join(
            filter(None, (*(estimator.remark(config) for estimator in self.estimators), self._cut(config)))
        )

    def _cut(self, config: Config) -> str:
        if self._patches == 1 or not self._memory:
            return ""
        parts = self._parts(config)
        schedule = scheduled(parts, self._patches)
        if not schedule.parts:
            return "layer by layer, as patches would take no less memory"
        more = schedule.macs / sum(part.macs for part in parts) - 1
        return (
            f"up to {parts[schedule.parts - 1].title}, {self._patches} x {self._patches} patches, "
            f"which take {more:.1%} more MACs"
        )

    @abstractmethod
    def _path_figures(self, space: Space, resolution: int, graph: PathGraph) -> dict[str, Floats] | None:
        """Costs of each arc of a graph of networks, by name; ``None`` where they add up along no path."""

    @cached_property
    def paths(self) -> list[SummedPaths]:
        """The networks of each resolution as paths along which costs add up; none where the space does not say."""
        space = self.space
        if not isinstance(space, Space):
            return []
        graphs = {r: graph for r in space.resolutions if (graph := space.paths(r)) is not None}
        costs = {r: self._path_figures(space, r, graph) for r, graph in graphs.items()}
        return [self._summed(space, r, graphs[r], figures) for r, figures in costs.items() if figures is not None]

    def _summed(self, space: Space, resolution: int, graph: PathGraph, figures: dict[str, Floats]) -> SummedPaths:
        if self._memory:
            figures[FLASH.name] = figures[PARAMS.name]
        if self._memory and self._patches == 1:  # how a stage of patches ends depends on the whole path
            peaks = [sram_of_chain([] if arc.block is None else [arc.block]) for arc in graph.arcs]
            figures[SRAM.name] = np.array(peaks, dtype=np.float64)
        least_worth: Callable[[float], float] | None = None
        for estimator in self.estimators:
            if (
                isinstance(estimator, PredictedAccuracy)
                and estimator.predictor.least_worth(resolution, 0.0) is not None
            ):
                worth, columns = summable(estimator.predictor.worth(resolution)), space.columns
                gains = [math.fsum(worth[columns[gene]] for gene in arc.genes if gene in columns) for arc in graph.arcs]
                figures[ACCURACY.name] = np.array(gains)
                least_worth = partial(_least_worth, estimator.predictor, resolution)
        return SummedPaths(
            graph,
            figures,
            least_worth,
            lambda arcs: space.assembled((g for arc in arcs for g in arc.genes), resolution),
        )


class SubnetEvaluator(NetworkEvaluator):
    """Evaluates networks of a space on an accelerator, whose costs come from a table of layer shapes.

    Args:
        space: of the networks.
        layer_costs: on the accelerator.
        estimators: of what costs do not say, such as accuracy.
        memory, patches: see :class:`NetworkEvaluator`.
    """

    def __init__(
        self,
        space: NetworkSpace,
        layer_costs: LayerCosts,
        estimators: Sequence[Estimator] = (),
        *,
        memory: bool = False,
        patches: int = 1,
    ) -> None:
        super().__init__(space, (*COSTS, POWER, CAPACITY), estimators, memory=memory, patches=patches)
        self.layer_costs = layer_costs
        self._blocks: dict[Block, int] = {}
        self._table: Floats = np.zeros((0, len(COSTS)))

    def costs(self, configs: Sequence[Config]) -> list[Figures]:
        """See :meth:`NetworkEvaluator.costs`: latency, energy, power, MACs and parameters."""
        return [_figures(*costs) for costs in self._costs(configs)]

    def bounds(self) -> dict[str, tuple[float, float]]:
        """See :meth:`~cosearch.problem.architectures.Evaluator.bounds`.

        Proven where :attr:`tables` exist. The ResNet space, all of whose genes are sizes, is taken to cost least where
        all are smallest and most where all are largest, and so are sizes of MCUNet's; nothing is said of others.
        """
        found = {e.measure.name: e.bounds(self.space) for e in self.estimators}
        if self.tables:
            found |= {name: table.bounds for name, table in self.tables.items()}
        elif isinstance(self.space, ResNet50Space):
            ends = [self._costs([config])[0] for config in self.landmarks()]
            found |= {m.name: (ends[0][column], ends[1][column]) for column, m in enumerate(COSTS)}
        found |= self._size_bounds()
        if MACS.name in found:
            found[CAPACITY.name] = found[MACS.name]
        if self._memory and PARAMS.name in found:
            found[FLASH.name] = found[PARAMS.name]
        return found

    def remark(self, config: Config) -> str:
        """See :meth:`~cosearch.problem.architectures.Evaluator.remark`: at which precision layers run, too."""
        precision = self.layer_costs.precision(self.space.network(config).layers)
        return "; ".join(filter(None, (super().remark(config), precision)))

    @cached_property
    def tables(self) -> dict[str, Additive]:
        """Costs that are sums over decisions, by name of the measure; none for a space whose parts are not slots."""
        space = self.space
        if not isinstance(space, MobileSpace):
            return {}
        blocks = list(dict.fromkeys(block for r in space.resolutions for block in space.all_blocks(r)))
        self._require(blocks)
        tables = mobile_tables(space, lambda block: self._table[self._blocks[block]])
        return {measure.name: table for measure, table in zip(COSTS, tables)}

    def _path_figures(self, space: Space, resolution: int, graph: PathGraph) -> dict[str, Floats]:
        """See :class:`NetworkEvaluator`: of :data:`COSTS`."""
        self._require([arc.block for arc in graph.arcs if arc.block is not None])
        costs = np.zeros((len(graph.arcs), len(COSTS)))
        for i, arc in enumerate(graph.arcs):
            if arc.block is not None:
                costs[i] = self._table[self._blocks[arc.block]]
        return {measure.name: costs[:, column] for column, measure in enumerate(COSTS)}

    def _costs(self, configs: Sequence[Config]) -> list[tuple[float, ...]]:
        """Columns of :data:`COSTS` of each network."""
        if not isinstance(self.space, Space):
            return [self._network_costs(self.space.network(config)) for config in configs]
        chains = [self.space.blocks(config) for config in configs]
        self._require([block for chain in chains for block in chain])
        return [tuple(self._table[[self._blocks[block] for block in chain]].sum(axis=0).tolist()) for chain in chains]

    def _network_costs(self, network: Network) -> tuple[float, ...]:
        latency_s, energy_pj = self.layer_costs.of(network.layers)
        return latency_s, energy_pj * 1e-12, float(network.macs), float(network.params)

    def _require(self, blocks: Sequence[Block]) -> None:
        """Add rows for blocks that are new."""
        fresh = [block for block in dict.fromkeys(blocks) if block not in self._blocks]
        if fresh:
            self.layer_costs.require(layer for block in fresh for layer in block.layers)
            rows = []
            for row, block in enumerate(fresh, len(self._table)):
                latency_s, energy_pj = self.layer_costs.of(block.layers)
                rows.append((latency_s, energy_pj * 1e-12, float(block.macs), float(block.params)))
                self._blocks[block] = row
            self._table = np.concatenate([self._table, np.array(rows)])


def _least_worth(predictor: Predictor, resolution: int, top1_percent: float) -> float:
    """:meth:`Predictor.least_worth` of a predictor that says it."""
    least = predictor.least_worth(resolution, top1_percent)
    return math.inf if least is None else least


def _figures(latency_s: float, energy_j: float, macs: float, params: float) -> Figures:
    power_w = energy_j / latency_s if latency_s > 0 else np.inf
    return {
        LATENCY.name: latency_s,
        ENERGY.name: energy_j,
        POWER.name: float(power_w),
        MACS.name: macs,
        PARAMS.name: params,
        CAPACITY.name: macs,
    }
