"""Mapping layers by many workers: each maps a share of them, and the shares are joined to one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from accel_models.accelerator import Accelerator
from cosearch.evaluation.mapping_table import MappingTable, map_shapes
from cosearch.executors.executor import Executor, Future, task_sizes
from cosearch.problem.mapper_options import MapperOptions
from mappings.layer_search import LayerSearch
from nets.layer import Layer

LEAST_TASK_S: Final = 0.1
"""How long a share of the layers must take: a search takes its hundred steps whatever the number of layers in it."""


@dataclass(frozen=True, slots=True)
class LayerMapper:
    """Workers that map layers.

    Attributes:
        executor: whose workers map.
        options: how.
        budget: evaluations for each MAC shape on each accelerator.
        seconds_each: that mapping one layer takes, if it is known.
    """

    executor: Executor
    options: MapperOptions
    budget: int
    seconds_each: float = 0.0

    def begin(self, layers: Sequence[Layer], accelerators: Sequence[Accelerator]) -> Future[MappingTable]:
        """Have workers do :func:`map_shapes`."""
        count = len(layers)
        least_s = max(self.executor.least_task_s, LEAST_TASK_S)
        tasks = len(task_sizes(count, self.executor.workers, self.seconds_each, least_s))
        options = replace(self.options, threads=self.executor.threads)
        shares = [range(start, count, tasks) for start in range(tasks)]  # neighbours are alike: each has some of all
        begun = [
            self.executor.submit(_map, _Share([layers[column] for column in share], accelerators, options, self.budget))
            for share in shares
        ]
        return _JoinedTable(layers, shares, begun)


@dataclass(frozen=True, slots=True)
class _Share:
    """Arguments of :func:`map_shapes`."""

    layers: Sequence[Layer]
    accelerators: Sequence[Accelerator]
    options: MapperOptions
    budget: int


def _map(share: _Share) -> MappingTable:
    return map_shapes(share.layers, share.accelerators, share.options, share.budget)


@dataclass(frozen=True, slots=True)
class _JoinedTable:
    """The table of all layers, whose columns several workers fill."""

    layers: Sequence[Layer]
    shares: Sequence[range]
    begun: Sequence[Future[MappingTable]]

    def result(self) -> MappingTable:
        """See :class:`Future`."""
        parts = [table.result() for table in self.begun]
        energy = np.empty((len(parts[0].energy_pj), len(self.layers)))
        latency = np.empty_like(energy)
        searches: list[tuple[tuple[int, ...], LayerSearch]] = []
        for share, part in zip(self.shares, parts):
            energy[:, share], latency[:, share] = part.energy_pj, part.latency_s
            searches += [(tuple(share[column] for column in columns), search) for columns, search in part.searches]
        evaluations = np.sum([part.evaluations_each for part in parts], axis=0)
        return MappingTable(self.layers, energy, latency, tuple(evaluations.tolist()), tuple(searches))
