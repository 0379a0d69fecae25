"""The cost of every layer shape on every accelerator of a generation, mapped in one search.

MAC layers go to the mapper, all shapes on all accelerators in lockstep; vector layers cost the data they move. The
answer for a shape does not depend on which others are searched with it, so threads take a share of the shapes each: the
kernels let go of Python's lock, and nothing has to be compiled a second time for parallel running.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.loopnest import Mapping
from accel_models.vector import vector_cost
from cosearch.evaluate import ShapeKey
from cosearch.objective import ObjectiveName
from mappings.layer_search import LayerSearch, search_many
from nets.layer import Layer

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapperOptions:
    """How layers are mapped.

    Attributes:
        mapper: name of the mapper.
        objective: what a mapping makes small.
        seed: of every draw.
        threads: that share the work; the result does not depend on them.
    """

    mapper: str = "cmaes"
    objective: ObjectiveName = "edp"
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True, slots=True)
class MappingTable:
    """Costs by accelerator (rows) and layer shape (columns).

    Attributes:
        layers: of the columns.
        energy_pj, latency_s: float64 (accelerators, shapes), infinite where no mapping was found.
        evaluations_each: mappings evaluated for each accelerator.
    """

    layers: Sequence[Layer]
    energy_pj: Floats
    latency_s: Floats
    evaluations_each: tuple[int, ...]
    _found: dict[ShapeKey, tuple[LayerSearch, int]]

    @property
    def evaluations(self) -> int:
        """Mappings evaluated in all."""
        return sum(self.evaluations_each)

    def mappings(self, layers: Sequence[Layer], row: int = 0) -> dict[ShapeKey, Mapping]:
        """The best mapping of each MAC layer's shape on the accelerator of a row.

        Raises:
            InfeasibleError: none was found for one of them.
        """
        keys = dict.fromkeys(layer.shape_key for layer in layers if layer.is_mac)
        nests = {}
        for key in keys:
            search, place = self._found[key]
            nests[key] = search.mapping(place, row)
        return nests


def map_shapes(
    layers: Sequence[Layer], accelerators: Sequence[Accelerator], options: MapperOptions, budget: int
) -> MappingTable:
    """Map every layer shape on every accelerator.

    Args:
        layers: of different shape; some of them on the MAC array.
        accelerators: of one level count.
        options: how.
        budget: evaluations for each MAC shape on each accelerator.
    """
    energy = np.full((len(accelerators), len(layers)), np.inf)
    latency = np.full_like(energy, np.inf)
    mac = [column for column, layer in enumerate(layers) if layer.is_mac]
    shares = [share for start in range(options.threads) if (share := mac[start :: options.threads])]

    def search(share: list[int]) -> LayerSearch:
        return search_many(
            [layers[column] for column in share],
            accelerators,
            mapper=options.mapper,
            budget=budget,
            objective=options.objective,
            seed=options.seed,
        )

    clocks = np.array([[accelerator.clock_hz] for accelerator in accelerators])
    found: dict[ShapeKey, tuple[LayerSearch, int]] = {}
    evaluations = np.zeros(len(accelerators), dtype=np.int64)
    with ThreadPoolExecutor(options.threads) as pool:
        for share, searched in zip(shares, pool.map(search, shares)):
            energy[:, share] = searched.energy_pj
            latency[:, share] = searched.cycles / clocks
            evaluations += searched.found.evaluations.reshape(len(accelerators), -1).sum(axis=1)
            found |= {layers[column].shape_key: (searched, place) for place, column in enumerate(share)}
    for column, layer in enumerate(layers):
        if not layer.is_mac:
            for row, accelerator in enumerate(accelerators):
                moved = vector_cost(layer, accelerator)
                energy[row, column], latency[row, column] = moved.energy_pj, moved.latency_s
    return MappingTable(layers, energy, latency, tuple(evaluations.tolist()), found)
