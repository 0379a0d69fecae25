"""What one design cannot beat, which says nearly what it costs: its layers' tilings are searched, none is mapped."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from cosearch.bounds.boxes import BoxSearch, Floats, Ints
from nets.layer import Layer

LEVEL: Final = 1
"""Searches of each layer, of :data:`cosearch.bounds.layers.CUTS`."""


@dataclass(frozen=True, slots=True)
class Bounded:
    """A design by its bounds.

    Attributes:
        bound: what no networks with any mappings cost less than on it, in the unit of the objective.
        layers: of the network that these bounds say is cheapest; none where nothing keeps the limits.
    """

    bound: float
    layers: tuple[Layer, ...]


def bounded(search: BoxSearch, design: Ints, enough: float = math.inf, level: int = LEVEL) -> Bounded:
    """What bounds a design, and what network that speaks of.

    Layers are bounded together, E + w T, with w = E / T of the design itself as far as bounds know it. Some hundredths
    below what the best mappings cost, less where memories are small.

    Args:
        search: of boxes of designs.
        design: (k,) sizes.
        enough: the search of layers ends where the bound is above this.
        level: how long each is searched, see :data:`LEVEL`; 0 for no search.
    """
    box = np.repeat(design[:, None], 2, axis=1)
    node = search.of_box(box)
    if all(search.layers.direction) and node.costs is not None and math.isfinite(node.bound):
        counts = search.workload.typical(node.costs.weighted)
        weight = float((counts * node.costs.energy).sum() / (counts * node.costs.latency).sum())
        search = search.towards(weight)
        node = search.of_box(box)
    for at in range(level) if math.isfinite(enough) else range(level)[-1:]:
        node = search.raised(node, at, enough)
    if not math.isfinite(node.bound):
        return Bounded(node.bound, ())
    counts = search.workload.typical(node.weighted)
    return Bounded(node.bound, tuple(search.workload.layers[at] for at in np.flatnonzero(counts).tolist()))


def least_of_layers(search: BoxSearch, design: Ints) -> tuple[Floats, Floats]:
    """Energy in pJ and latency in s (layers,) that each layer on the MAC array has at least on a design, alone.

    Not a number for other layers. No layer is searched.
    """
    mac = np.flatnonzero(search.layers.mac)
    energy_pj, latency_s = np.full((2, len(search.workload.layers)), np.nan)
    energy_pj[mac], latency_s[mac] = search.layers.alone(np.repeat(design[:, None], 2, axis=1), mac)
    return energy_pj, latency_s


def bound_design(search: BoxSearch, design: Ints, enough: float = math.inf, level: int = LEVEL) -> float:
    """The bound of :func:`bounded`."""
    return bounded(search, design, enough, level).bound
