"""What a vector layer (pooling, element-wise, softmax, normalisation, movement) costs: the data it moves.

Such a layer does not use the MAC array. Every input element comes once from DRAM down through the levels that may hold
inputs, and every output element goes once back up through those that may hold outputs; nothing stays on chip from the
layer before. Each level works at its full bandwidth, all its instances at once, so the latency is that of the slowest
level. The arithmetic itself is free: it hides behind the movement, and no sourced figure exists for it. Energy is that
of the moves and of the static power meanwhile.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from nets.errors import InputError
from nets.layer import Layer
from nets.ranges import require_exact

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VectorCost:
    """Cost of one vector layer.

    Attributes:
        layer, accelerator: what was evaluated.
        level_cycles: cycles that each level's bandwidth needs.
        energy_breakdown_pj: energy by part: levels, ``network`` and ``static``.
    """

    layer: Layer
    accelerator: Accelerator
    level_cycles: Mapping[str, float]
    energy_breakdown_pj: Mapping[str, float]

    @property
    def cycles(self) -> float:
        """Latency in cycles: of the slowest level, at least one."""
        return max(1.0, *self.level_cycles.values())

    @property
    def latency_s(self) -> float:
        """Latency in seconds."""
        return self.cycles / self.accelerator.clock_hz

    @property
    def energy_pj(self) -> float:
        """Energy of everything."""
        return math.fsum(self.energy_breakdown_pj.values())

    @property
    def edp(self) -> float:
        """Energy-delay product in joule seconds."""
        return self.energy_pj * 1e-12 * self.latency_s

    @property
    def bound_by(self) -> str:
        """The level whose bandwidth binds; the outermost of several."""
        return max(self.level_cycles, key=lambda name: self.level_cycles[name])


def vector_cost(layer: Layer, accelerator: Accelerator) -> VectorCost:
    """Cost of a layer that moves data and multiplies nothing.

    Raises:
        InputError: the layer runs on the MAC array, so it needs a mapping; or it takes more cycles than are counted
            exactly.
    """
    if layer.is_mac:
        raise InputError(f"layer {layer.name!r}: kind", layer.kind, "runs on the MAC array and needs a mapping")
    bits = float(layer.input_bits), float(layer.output_bits)
    level_cycles, energy, cycles = _moves((float(layer.input_words), float(layer.output_words)), bits, accelerator, max)
    require_exact(f"layer {layer.name!r} on {accelerator.name}: cycles", math.ceil(cycles))
    return VectorCost(layer, accelerator, level_cycles, energy)


class VectorLayers:
    """Layers that move data and multiply nothing, to be costed on many machines.

    Args:
        layers: none runs on the MAC array.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        words = [(layer.input_words, layer.output_words) for layer in layers]
        bits = [(layer.input_bits, layer.output_bits) for layer in layers]
        self._words, self._bits = (np.array(of, dtype=np.float64).reshape(-1, 2).T for of in (words, bits))

    def cost(self, accelerator: Accelerator) -> tuple[Floats, Floats]:
        """(n,) energies in pJ and (n,) cycles, each as :func:`vector_cost` has them to the last bit."""
        (inputs, outputs), (input_bits, output_bits) = self._words, self._bits
        _, energy, cycles = _moves((inputs, outputs), (input_bits, output_bits), accelerator, np.maximum)
        parts = np.array([*energy.values()]).T.tolist()
        return np.array([math.fsum(of) for of in parts]), cycles


_Figures = TypeVar("_Figures", float, Floats)
"""Of one layer, or of many."""


def _moves(
    elements: tuple[_Figures, _Figures],
    bits: tuple[_Figures, _Figures],
    accelerator: Accelerator,
    most: Callable[[Any, Any], Any],
) -> tuple[dict[str, _Figures], dict[str, _Figures], _Figures]:
    """Cycles that each level's bandwidth needs, energies by part, and cycles of all.

    Args:
        elements, bits: that are read and written, and of one.
        most: the larger of two figures.
    """
    nothing = 0.0 * elements[0]
    innermost = {tensor: _innermost(accelerator, tensor) for tensor in ("I", "O")}
    level_cycles: dict[str, _Figures] = {}
    energy = {level.name: nothing for level in accelerator.levels} | {"network": nothing}
    for index, (level, least) in enumerate(zip(accelerator.levels, accelerator.least_bits)):
        inputs, outputs = elements
        if level.word_bits is not None:
            inputs = inputs * (most(bits[0], least.I) / level.word_bits)
            outputs = outputs * (most(bits[1], least.O) / level.word_bits)
        crossing = reads = writes = nothing
        for tensor, words in (("I", inputs), ("O", outputs)):
            if index < innermost[tensor]:
                crossing = crossing + words
            if tensor not in level.keeps:
                continue
            # an input is written on arrival and read on departure, an output likewise; DRAM is one end of both
            if tensor == "I" or index:
                reads = reads + words
            if tensor == "O" or index:
                writes = writes + words
        busiest = most(reads / level.read_bandwidth, writes / level.write_bandwidth)
        busiest = most(busiest, (reads + writes) / level.shared_bandwidth)
        level_cycles[level.name] = busiest / accelerator.instances(index)
        energy[level.name] = reads * level.read_pj + writes * level.write_pj
        energy["network"] = energy["network"] + crossing * level.network_pj
    cycles = reduce(most, level_cycles.values(), nothing + 1.0)
    energy["static"] = accelerator.leakage_mw * 1e9 / accelerator.clock_hz * cycles
    return level_cycles, energy, cycles


def _innermost(accelerator: Accelerator, tensor: str) -> int:
    """Index of the innermost level that may hold a tensor."""
    return max(index for index, level in enumerate(accelerator.levels) if tensor in level.keeps)
