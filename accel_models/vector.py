"""What a vector layer (pooling, element-wise, softmax, normalisation, movement) costs: the data it moves.

Such a layer does not use the MAC array. Every input element comes once from DRAM down through the levels that may hold
inputs, and every output element goes once back up through those that may hold outputs; nothing stays on chip from the
layer before. Each level works at its full bandwidth, all its instances at once, so the latency is that of the slowest
level. The arithmetic itself is free: it hides behind the movement, and no sourced figure exists for it. Energy is that
of the moves and of the static power meanwhile.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from accel_models.accelerator import Accelerator
from nets.errors import InputError
from nets.layer import Layer


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
        InputError: the layer runs on the MAC array, so it needs a mapping.
    """
    if layer.is_mac:
        raise InputError(f"layer {layer.name!r}: kind", layer.kind, "runs on the MAC array and needs a mapping")
    innermost = {tensor: _innermost(accelerator, tensor) for tensor in ("I", "O")}
    level_cycles: dict[str, float] = {}
    energy = {level.name: 0.0 for level in accelerator.levels} | {"network": 0.0}
    for index, level in enumerate(accelerator.levels):
        inputs = float(layer.input_words)
        outputs = float(layer.output_words)
        if level.word_bits is not None:
            bits = accelerator.element_bits(index, layer)
            inputs *= bits["I"] / level.word_bits
            outputs *= bits["O"] / level.word_bits
        crossing = 0.0
        reads = writes = 0.0
        for tensor, words in (("I", inputs), ("O", outputs)):
            if index < innermost[tensor]:
                crossing += words
            if tensor not in level.keeps:
                continue
            # an input is written on arrival and read on departure, an output likewise; DRAM is one end of both
            reads += words if tensor == "I" or index else 0.0
            writes += words if tensor == "O" or index else 0.0
        instances = accelerator.instances(index)
        level_cycles[level.name] = (
            max(reads / level.read_bandwidth, writes / level.write_bandwidth, (reads + writes) / level.shared_bandwidth)
            / instances
        )
        energy[level.name] = reads * level.read_pj + writes * level.write_pj
        energy["network"] += crossing * level.network_pj
    cycles = max(1.0, *level_cycles.values())
    energy["static"] = accelerator.leakage_mw * 1e9 / accelerator.clock_hz * cycles
    return VectorCost(layer, accelerator, level_cycles, energy)


def _innermost(accelerator: Accelerator, tensor: str) -> int:
    """Index of the innermost level that may hold a tensor."""
    return max(index for index, level in enumerate(accelerator.levels) if tensor in level.keeps)
