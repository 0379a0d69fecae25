"""Dataflows by name: which data stays in the innermost memory while the rest streams past.

The taxonomy is that of Chen, Emer, Sze, "Eyeriss: A Spatial Architecture for Energy-Efficient Dataflow for
Convolutional Neural Networks", ISCA 2016. Which dims the array runs in parallel is wired into a machine; a dataflow
here is what is left to a mapping: loop orders and tile sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from accel_models.accelerator import Accelerator
from accel_models.cost import Convention
from accel_models.loopnest import Mapping, MappingArrays
from accel_models.mapping_arrays import from_arrays
from mappings.mapspace import MapSpace
from mappings.relevance import TENSOR_DIMS
from mappings.stationary import REST, stationary_mappings
from nets.errors import unknown
from nets.layer import Layer


@dataclass(frozen=True, slots=True)
class Dataflow:
    """What stays.

    Attributes:
        name: its name.
        still: dims whose tile in the innermost memory stays while the loops over the others run around it.
        rests: tiling ratios of the others (:func:`mappings.stationary.stationary_vectors`) to choose from.
        meaning: in words.
    """

    name: str
    still: frozenset[str]
    rests: tuple[float, ...]
    meaning: str


DATAFLOWS: Final[dict[str, Dataflow]] = {
    flow.name: flow
    for flow in (
        Dataflow("weight_stationary", TENSOR_DIMS["W"], REST, "weights stay; inputs and sums stream past"),
        Dataflow("output_stationary", TENSOR_DIMS["O"], REST, "partial sums stay until complete"),
        Dataflow("input_stationary", TENSOR_DIMS["I"], REST, "inputs stay; weights and sums stream past"),
        Dataflow(
            "row_stationary",
            frozenset("GKCS"),
            (0.0,),
            "a row of the filter stays and slides along a row of the input; rows lie across the array",
        ),
        Dataflow("no_local_reuse", frozenset(), (0.0,), "nothing stays: every operand comes from the shared buffer"),
    )
}


def list_dataflows() -> list[str]:
    """Names of all dataflows."""
    return sorted(DATAFLOWS)


def load_dataflow(name: str) -> Dataflow:
    """The dataflow of that name."""
    if name not in DATAFLOWS:
        raise unknown("dataflow", name, DATAFLOWS)
    return DATAFLOWS[name]


def dataflow_mappings(name: str, space: MapSpace) -> tuple[MappingArrays, int]:
    """Mappings of a dataflow for every problem, one for each tensor that may stay on chip and each tiling ratio.

    Returns:
        The mappings, those of problem 0 first, and how many there are for each problem.
    """
    flow = load_dataflow(name)
    return stationary_mappings(space, [flow.still], flow.rests)


def dataflow_mapping(
    name: str, layer: Layer, accelerator: Accelerator, *, convention: Convention = "default"
) -> Mapping:
    """The mapping of least energy-delay product among those of :func:`dataflow_mappings`.

    Raises:
        InputError: an unknown name, or a layer that does not run on the MAC array.
        InfeasibleError: the layer fits in no way.
    """
    flow = load_dataflow(name)
    space = MapSpace.of([layer], [accelerator], convention=convention)
    space.require_feasible()
    mappings, each = stationary_mappings(space, [flow.still], flow.rests)
    cost = space.evaluate(mappings, np.zeros(each, dtype=np.int64))
    return from_arrays(layer, accelerator, mappings, int((cost.cycles * cost.energy_pj).argmin()))
