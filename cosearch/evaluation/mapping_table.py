"""The cost of every layer shape on every accelerator of a generation, mapped in one search.

MAC layers go to the mapper, all shapes on all accelerators in lockstep; vector layers cost the data they move. The
answer for a shape does not depend on which others are searched with it, so workers take some of the shapes each. So do
threads: the kernels let go of Python's lock, and nothing has to be compiled a second time for parallel running.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.loopnest import Mapping, MappingArrays
from accel_models.vector import VectorLayers
from cosearch.evaluation.network_cost import ShapeKey
from cosearch.problem.mapper_options import MapperOptions
from mappings.encoding import Encoding
from mappings.layer_search import LayerSearch, mapped_shape, search_many
from nets.layer import Layer

Floats = NDArray[np.float64]
Vectors = dict[ShapeKey, Floats]
"""A mapping of each MAC shape as its encoding writes it."""

NEAR_SIGMA: Final = 0.1
"""First step size of a search that begins with the mapping of a machine that is alike."""


@dataclass(frozen=True, slots=True)
class MappingTable:
    """Costs by accelerator (rows) and layer shape (columns).

    Attributes:
        layers: of the columns.
        energy_pj, latency_s: float64 (accelerators, shapes), infinite where no mapping was found.
        evaluations_each: mappings evaluated for each accelerator.
        searches: what was found of the MAC shapes, after the columns they stand in.
    """

    layers: Sequence[Layer]
    energy_pj: Floats
    latency_s: Floats
    evaluations_each: tuple[int, ...]
    searches: tuple[tuple[tuple[int, ...], LayerSearch], ...]

    @property
    def evaluations(self) -> int:
        """Mappings evaluated in all."""
        return sum(self.evaluations_each)

    def costs(self, layers: Sequence[Layer], row: int = 0) -> dict[ShapeKey, tuple[float, float]]:
        """Energy (pJ) and latency (s) of each layer's shape on the accelerator of a row.

        Raises:
            InfeasibleError: no mapping was found for one of them.
        """
        columns = {layer.shape_key: column for column, layer in enumerate(self.layers)}
        costs = {}
        for layer in layers:
            column = columns[layer.shape_key]
            if not np.isfinite(self.energy_pj[row, column]):
                self.mappings([layer], row)  # it says why
            costs[layer.shape_key] = float(self.energy_pj[row, column]), float(self.latency_s[row, column])
        return costs

    def mappings(self, layers: Sequence[Layer], row: int = 0) -> dict[ShapeKey, Mapping]:
        """The best mapping of each MAC layer's shape on the accelerator of a row.

        Raises:
            InfeasibleError: none was found for one of them.
        """
        found = {
            self.layers[column].shape_key: (search, place)
            for columns, search in self.searches
            for place, column in enumerate(columns)
        }
        nests = {}
        for key in dict.fromkeys(layer.shape_key for layer in layers if layer.is_mac):
            search, place = found[key]
            nests[key] = search.mapping(place, row)
        return nests


def begun_near(vectors: Sequence[Floats], accelerators: int) -> dict[str, Any]:
    """Settings of CMA-ES that begin each layer's search on each accelerator with its vector, and stay near."""
    longest = max(len(vector) for vector in vectors)
    warm = np.full((len(vectors), 1, longest), 0.5)
    for row, vector in enumerate(vectors):
        warm[row, 0, : len(vector)] = vector
    return {"warm": np.tile(warm, (accelerators, 1, 1)), "sigma": NEAR_SIGMA, "begin": "centre"}


def vectors_of(table: MappingTable) -> Vectors:
    """What was found for each layer on the first accelerator, for :func:`map_shapes` to begin with elsewhere."""
    vectors: Vectors = {}
    for columns, search in table.searches:
        genes, rows = Encoding.of(search.space).genes, search.vectors()
        for place, column in enumerate(columns):
            problem = search.problem_of[0, place]
            vectors[table.layers[column].shape_key] = rows[problem, : genes[problem]]
    return vectors


def map_shapes(
    layers: Sequence[Layer],
    accelerators: Sequence[Accelerator],
    options: MapperOptions,
    budget: int,
    start: Callable[[Sequence[Layer]], MappingArrays] | None = None,
    near: Vectors | None = None,
) -> MappingTable:
    """Map every layer shape on every accelerator.

    Args:
        layers: of different shape; some of them on the MAC array.
        accelerators: of one level count.
        options: how.
        budget: evaluations for each MAC shape on each accelerator.
        start: gives a mapping to begin with for each of some layers on each accelerator, see :func:`search_many`.
        near: what was found for each layer on an accelerator that is alike, for CMA-ES to begin with on each.
    """
    energy = np.full((len(accelerators), len(layers)), np.inf)
    latency = np.full_like(energy, np.inf)
    mac = [column for column, layer in enumerate(layers) if layer.is_mac]
    shares = [share for start in range(options.threads) if (share := tuple(mac[start :: options.threads]))]

    def search(share: Sequence[int]) -> LayerSearch:
        shared = [layers[column] for column in share]
        settings = None
        if near is not None:
            searched = {mapped_shape(layer): near[layer.shape_key] for layer in reversed(shared)}
            vectors = [searched[shape] for shape in dict.fromkeys(map(mapped_shape, shared))]
            settings = begun_near(vectors, len(accelerators))
        return search_many(
            shared,
            accelerators,
            mapper=options.mapper,
            budget=budget,
            objective=options.objective,
            seed=options.seed,
            start=None if start is None else start(shared),
            settings=settings,
        )

    if len(shares) > 1:
        with ThreadPoolExecutor(len(shares)) as pool:
            searches = list(pool.map(search, shares))
    else:
        searches = [search(share) for share in shares]
    clocks = np.array([[accelerator.clock_hz] for accelerator in accelerators])
    evaluations = np.zeros(len(accelerators), dtype=np.int64)
    for share, searched in zip(shares, searches):
        energy[:, share] = searched.energy_pj
        latency[:, share] = searched.cycles / clocks
        evaluations += searched.found.evaluations.reshape(len(accelerators), -1).sum(axis=1)
    vector = [column for column, layer in enumerate(layers) if not layer.is_mac]
    moved = VectorLayers([layers[column] for column in vector])
    for row, accelerator in enumerate(accelerators):
        energy[row, vector], cycles = moved.cost(accelerator)
        latency[row, vector] = cycles / accelerator.clock_hz
    return MappingTable(layers, energy, latency, tuple(evaluations.tolist()), tuple(zip(shares, searches)))
