"""How fast a layer could run on a machine, how fast it does, and what holds it back (Williams et al., CACM 2009).

Performance is in multiply-accumulates (MACs) a cycle. A layer's *ceilings*, before it is mapped:

* ``compute``: all MACs of the machine;
* ``array``: those that its loops can fill, on axes wired to certain dims: a dim of bound B on an axis of size S takes
  at least ceil(B / S) steps;
* the outermost memory: what its bandwidth allows when it moves each word of the three tensors just once (an inner one
  may be bypassed, so it holds back only mappings that use it).

No mapping beats the least of them. A mapped layer has ceilings of its own: what each memory's bandwidth allows for the
traffic that the mapping makes. On a plot, a memory's ceiling is a slope, bytes a cycle times MACs a byte; it meets the
flat one of the MACs at the *ridge*, the least intensity at which that memory can feed them all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from accel_models.accelerator import Accelerator
from nets.errors import InputError
from nets.layer import DIMS, Layer
from nets.network import Network
from nets.positions import touched_within

if TYPE_CHECKING:
    from accel_models.cost import Cost


@dataclass(frozen=True, slots=True)
class Together:
    """Layers that run together: what they are called, and the MACs of all."""

    name: str
    macs: int


@dataclass(frozen=True, slots=True)
class RooflinePoint:
    """One layer, or some that run together, under the roof of one machine.

    Attributes:
        layer: the layer, or layers.
        intensity: MACs a byte of its tensors moved once (the algorithm's own).
        ceilings: MACs a cycle that each resource allows, whatever the mapping.
        mapped_intensity: MACs a byte that each level moves as mapped; empty without a mapping.
        mapped_ceilings: MACs a cycle that each resource allows for the mapping; empty without one.
        achieved: MACs a cycle as mapped; ``None`` without a mapping.
    """

    layer: Layer | Together
    intensity: float
    ceilings: Mapping[str, float]
    mapped_intensity: Mapping[str, float] = field(default_factory=dict)
    mapped_ceilings: Mapping[str, float] = field(default_factory=dict)
    achieved: float | None = None

    @property
    def attainable(self) -> float:
        """MACs a cycle that no mapping beats: the lowest ceiling."""
        return min(self.ceilings.values())

    @property
    def bound_by(self) -> str:
        """The lowest ceiling of the mapping, or of the layer without one."""
        ceilings = self.mapped_ceilings or self.ceilings
        return min(ceilings, key=lambda name: ceilings[name])

    @property
    def lost(self) -> float | None:
        """By what factor the mapping stays below what is attainable."""
        return None if self.achieved is None else self.attainable / self.achieved

    @property
    def lost_to_ceiling(self) -> float:
        """By what factor the lowest ceiling stays below all MACs of the machine, whatever the mapping."""
        return self.ceilings["compute"] / self.attainable

    @property
    def cycles(self) -> float | None:
        """Latency as mapped; ``None`` without a mapping."""
        return None if self.achieved is None else self.layer.macs / self.achieved

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "layer": self.layer.name,
            "macs": self.layer.macs,
            "intensity_macs_per_byte": self.intensity,
            "ceilings_macs_per_cycle": dict(self.ceilings),
            "attainable_macs_per_cycle": self.attainable,
            "mapped_intensity_macs_per_byte": dict(self.mapped_intensity),
            "mapped_ceilings_macs_per_cycle": dict(self.mapped_ceilings),
            "achieved_macs_per_cycle": self.achieved,
            "lost": self.lost,
            "lost_to_ceiling": self.lost_to_ceiling,
            "bound_by": self.bound_by,
        }


@dataclass(frozen=True, slots=True)
class Roof:
    """The ceilings of a machine, whatever runs on it.

    Attributes:
        macs_per_cycle: of the whole array.
        bytes_per_cycle: of each memory whose bandwidth is limited, all its instances together, reads and writes both.
    """

    macs_per_cycle: int
    bytes_per_cycle: Mapping[str, float]

    @property
    def ridges(self) -> dict[str, float]:
        """MACs a byte from which each memory can feed the whole array."""
        return {name: self.macs_per_cycle / rate for name, rate in self.bytes_per_cycle.items()}

    def at(self, intensity: float, level: str) -> float:
        """MACs a cycle that the array and one memory allow at ``intensity`` MACs a byte of that memory."""
        return min(float(self.macs_per_cycle), intensity * self.bytes_per_cycle.get(level, math.inf))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "macs_per_cycle": self.macs_per_cycle,
            "bytes_per_cycle": dict(self.bytes_per_cycle),
            "ridges_macs_per_byte": self.ridges,
        }


def machine_roof(accelerator: Accelerator) -> Roof:
    """The roof of a machine; a memory that counts elements, not words, takes them as bytes."""
    rates = {}
    for index, level in enumerate(accelerator.levels):
        words = min(level.shared_bandwidth, level.read_bandwidth + level.write_bandwidth)
        if math.isfinite(words):
            rates[level.name] = words * (level.word_bits or 8) / 8 * accelerator.instances(index)
    return Roof(accelerator.macs_per_cycle, rates)


def roofline(
    network_or_layer: Network | Layer, accelerator: Accelerator, costs: Mapping[str, Cost] | None = None
) -> list[RooflinePoint]:
    """The roofline of every MAC layer.

    Args:
        network_or_layer: what runs; vector layers have no MACs and are left out.
        accelerator: where.
        costs: of mapped layers, by the layer's name; the others have no achieved performance.

    Raises:
        InputError: nothing of it runs on the MAC array, or a cost is not valid.
    """
    layers: Sequence[Layer] = [network_or_layer] if isinstance(network_or_layer, Layer) else network_or_layer.layers
    points = [_point(layer, accelerator, (costs or {}).get(layer.name)) for layer in layers if layer.is_mac]
    if not points:
        raise InputError("roofline", getattr(network_or_layer, "name", ""), "has no layer for the MAC array")
    return points


def _point(layer: Layer, accelerator: Accelerator, cost: Cost | None) -> RooflinePoint:
    bits = layer.weight_words * layer.weight_bits + layer.output_words * layer.output_bits
    bits += read_input_words(layer) * layer.input_bits
    ceilings = {
        "compute": float(accelerator.macs_per_cycle),
        "array": array_ceiling(layer, accelerator),
        accelerator.levels[0].name: _compulsory_ceiling(layer, accelerator),
    }
    if cost is None:
        return RooflinePoint(layer, layer.macs * 8 / bits, ceilings)
    if cost.error is not None:
        raise cost.error
    return RooflinePoint(
        layer,
        layer.macs * 8 / bits,
        ceilings,
        {name: layer.macs * 8 / moved for name in cost.traffic if (moved := _moved_bits(layer, cost, name)) > 0},
        {"compute": layer.macs / cost.compute_cycles}
        | {name: layer.macs / cycles for name, cycles in cost.level_cycles.items() if cycles > 0},
        layer.macs / cost.cycles,
    )


def array_ceiling(layer: Layer, accelerator: Accelerator) -> float:
    """MACs a cycle that the layer's loops can fill on the machine's axes, on average over its steps."""
    wired: dict[str, int] = {}
    free = 1
    for axis in (axis for level in accelerator.levels for axis in level.fanout):
        if len(axis.dims) == 1:
            wired[axis.dims[0]] = wired.get(axis.dims[0], 1) * axis.size
        else:
            bounds = dict(zip(DIMS, layer.bounds))
            free *= min(axis.size, math.prod(bounds[dim] for dim in axis.dims or DIMS))
    filled = float(free)
    for dim, size in wired.items():
        bound = layer.bounds[DIMS.index(dim)]
        filled *= bound / math.ceil(bound / size)
    return min(filled, float(layer.macs))


def read_input_words(layer: Layer) -> int:
    """Words of the input that some MAC reads: without padding, and without what strides step over."""
    rows = _read_positions(layer.P, layer.R, layer.stride[0], layer.dilation[0], *layer.padding[:2])
    columns = _read_positions(layer.Q, layer.S, layer.stride[1], layer.dilation[1], *layer.padding[2:])
    return layer.operands * layer.N * layer.G * layer.C * rows * columns


def _read_positions(outputs: int, taps: int, stride: int, dilation: int, before: int, after: int) -> int:
    """Distinct positions of a line of input that a filter reads, padding on both sides left out."""
    end = (outputs - 1) * stride + (taps - 1) * dilation + 1 - after
    return touched_within(outputs, taps, stride, dilation, before, end)


def _compulsory_ceiling(layer: Layer, accelerator: Accelerator) -> float:
    """MACs a cycle when the outermost memory moves each word of the three tensors once."""
    words = {"W": layer.weight_words, "I": read_input_words(layer), "O": layer.output_words}
    bits, width = accelerator.element_bits(0, layer), accelerator.levels[0].word_bits
    moved = {tensor: words[tensor] * (bits[tensor] / width if width else 1.0) for tensor in words}
    cycles = outermost_cycles(accelerator, moved["W"] + moved["I"], moved["O"])
    return layer.macs / cycles if cycles > 0 else math.inf


def outermost_cycles(accelerator: Accelerator, reads: float, writes: float) -> float:
    """Cycles that so many words take over the bandwidths of the outermost memory."""
    outermost = accelerator.levels[0]
    alone = max(reads / outermost.read_bandwidth, writes / outermost.write_bandwidth)
    return max(alone, (reads + writes) / outermost.shared_bandwidth)


def word_bytes(accelerator: Accelerator) -> float:
    """Bytes of a word of the outermost memory; one that counts elements takes them as bytes."""
    return (accelerator.levels[0].word_bits or 8) / 8


def _moved_bits(layer: Layer, cost: Cost, name: str) -> float:
    """Bits that a level reads and is written with, at the width of finished elements."""
    bits = cost.accelerator.element_bits(cost.accelerator.level_names.index(name), layer)
    return sum((t.reads + t.fills + t.updates) * bits[tensor] for tensor, t in cost.traffic[name].items())
