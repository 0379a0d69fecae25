"""The accelerator template of NAAS: DRAM, a shared L2, an array of 1 to 3 axes, an L1 per element, one MAC each.

Lin, Yang, Han, "NAAS: Neural Accelerator Architecture Search", DAC 2021, section II: the sizes (elements in steps of
8, buffers of 16 bytes, array axes of 2) and the connectivity (which dim each axis runs in parallel) are searched.

Conventions of ours, where the paper says nothing:

* L1 and L2 are double-buffered: a tile takes at most half of either (as MAESTRO counts L1 and L2 needs, twice a tile).
* L1 is one memory for all three tensors, able to read both operands and the partial sum, write the sum back, and
  take a fill and give a drain in the same cycle: one element always sustains one MAC a cycle.
* L2 has a 64-bit port; more words a cycle come from banks side by side at the same energy a word. It reads and writes
  ``noc_bandwidth`` words a cycle each way.
* A word between L2 and the array costs its L2 access, half the array's side of wire (in the L2's energy, once however
  many elements take it), and one switch and one pitch of wire for every element that takes it.
* DRAM reads and writes share one interface.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

from accel_models.accelerator import Accelerator, Axis, Level
from accel_models.area import DEFAULT_OVERHEAD, NETWORK, check_overhead, network_mm2, overhead_name, pitch_mm
from accel_models.dram import DEFAULT_DRAM, FREE, StandingCosts, load_dram, standing_costs_of
from accel_models.own_technology import OwnTechnology
from accel_models.precision import AS_THEY_COME, INT8, LeastBits, Precision
from accel_models.technology import (
    DEFAULT_NODE_NM,
    Memory,
    Technology,
    technology_of,
)
from nets.documents.strict import STRICT
from nets.errors import InfeasibleError, InputError, unknown
from nets.layer import DIMS
from nets.ranges import require_figure, require_name, require_whole

PE_STRIDE, BUFFER_STRIDE_BYTES, ARRAY_STRIDE = 8, 16, 2
AXIS_NAMES = ("X", "Y", "Z")
L2_PORT_BITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One design of the template.

    Attributes:
        name: what reports call it.
        array: size of each axis, 1 to 3 of them.
        parallel: the dim that each axis runs in parallel, all different.
        l1_bytes: of one element. l2_bytes: shared.
        noc_bandwidth: words a cycle between L2 and the array, each way.
        dram_bandwidth: GB/s (1e9 bytes), reads and writes together.
        dram: type, a key of :data:`accel_models.dram.DRAM`.
        precision: of the operands; memories count words as wide as an input.
        node_nm: technology. clock_hz: ``None`` for the node's default.
        voltage: to which every figure on the chip is carried; each stays at that of its source when ``None``.
        standing_costs: whether it pays for what is there whether it is used or not: the DRAM's interface on the chip,
            its standby and refresh, leakage of the MACs.
        technology: figures of a user's own in place of the node's.
        l2_least_bits, l1_least_bits: what elements take there at least: narrower ones are unpacked.
        overhead: silicon area over the sum of the parts.
        strict_strides: refuse sizes off NAAS's strides.
        dataflow: name of the dataflow it was made for, if any.
        source: where its sizes come from.

    Raises:
        InputError: a size that is not positive or off its stride, an unknown dim, DRAM or node.
    """

    __pydantic_config__ = STRICT

    array: tuple[int, ...]
    parallel: tuple[str, ...]
    l1_bytes: int
    l2_bytes: int
    noc_bandwidth: float = 16.0
    dram_bandwidth: float = 12.8
    dram: str = DEFAULT_DRAM
    precision: Precision = INT8
    node_nm: int = DEFAULT_NODE_NM
    clock_hz: float | None = None
    voltage: float | None = None
    standing_costs: bool = False
    technology: OwnTechnology | None = None
    l2_least_bits: LeastBits = AS_THEY_COME
    l1_least_bits: LeastBits = AS_THEY_COME
    overhead: float = DEFAULT_OVERHEAD
    strict_strides: bool = True
    name: str = "template"
    dataflow: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        place = f"template {self.name!r}"
        require_name("template", self.name)
        object.__setattr__(self, "array", tuple(self.array))
        object.__setattr__(self, "parallel", tuple(self.parallel))
        if not 1 <= len(self.array) <= len(AXIS_NAMES):
            raise InputError(f"{place}: array", self.array, "must have 1 to 3 axes")
        if len(self.parallel) != len(self.array):
            raise InputError(f"{place}: parallel", self.parallel, f"must name one dim for each axis of {self.array}")
        for dim in self.parallel:
            if dim not in DIMS:
                raise unknown(f"{place}: parallel", dim, DIMS)
        if len(set(self.parallel)) < len(self.parallel):
            raise InputError(f"{place}: parallel", self.parallel, "names a dim twice")
        for size in self.array:
            self._check_size("array", size, ARRAY_STRIDE)
        self._check_size("array (elements)", self.pes, PE_STRIDE)
        self._check_size("l1_bytes", self.l1_bytes, BUFFER_STRIDE_BYTES)
        self._check_size("l2_bytes", self.l2_bytes, BUFFER_STRIDE_BYTES)
        for name in ("noc_bandwidth", "dram_bandwidth"):
            require_figure(f"{place}: {name}", getattr(self, name))
        check_overhead(place, self.overhead)
        if self.clock_hz is not None:
            require_figure(f"{place}: clock_hz", self.clock_hz)
        load_dram(self.dram)
        technology_of(self)
        _ = self.standing

    def _check_size(self, field: str, value: int, stride: int) -> None:
        place = f"template {self.name!r}: {field}"
        require_whole(place, value)
        if self.strict_strides and value % stride:
            down, up = value - value % stride, value - value % stride + stride
            near = f"{down} or {up}" if down else f"{up}"
            raise InputError(place, value, f"must be a multiple of {stride}", f"nearest: {near}")

    @property
    def pes(self) -> int:
        """Processing elements: the product of the axes."""
        return math.prod(self.array)

    @property
    def word_bits(self) -> int:
        """Width of a word of every memory: that of an input."""
        return self.precision.input

    @property
    def on_chip_bytes(self) -> int:
        """L2 and every L1 together."""
        return self.l2_bytes + self.pes * self.l1_bytes

    @property
    def clock(self) -> float:
        """Cycles per second: as given, or the node's default."""
        return technology_of(self).clock_hz if self.clock_hz is None else self.clock_hz

    @property
    def standing(self) -> StandingCosts:
        """What its interface to DRAM costs whether it is used or not, as far as that is counted."""
        return standing_costs_of(self.dram, self.dram_bandwidth) if self.standing_costs else FREE

    @property
    def area_mm2(self) -> float:
        """Area of the design, overhead included and DRAM excluded: that of :meth:`accelerator`, in microseconds."""
        _, l1, l2, mac_mm2, network = _parts(self)
        parts_mm2 = l2.area_mm2 + self.pes * (l1.area_mm2 + mac_mm2) + network
        return parts_mm2 * self.overhead + self.standing.phy_mm2

    def accelerator(self) -> Accelerator:
        """The machine, with the energies, areas and bandwidths of its technology."""
        tech, l1, l2, mac_mm2, network = _parts(self)
        bits, word = self.precision, self.word_bits
        raw_mm2 = l2.area_mm2 + self.pes * (l1.area_mm2 + mac_mm2) + network
        pitch = pitch_mm((l1.area_mm2 + mac_mm2 + network / self.pes) * self.overhead)
        trunk_pj = word * tech.wire_pj_per_bit_mm * pitch * math.sqrt(self.pes) / 2
        dram_pj = load_dram(self.dram).pj_per_bit * word
        l1_bandwidth = (bits.weight + bits.input + 2 * bits.psum) / word
        static_mw = self.standing.power_mw + self.pes * tech.mac_leakage_mw(bits.mac) if self.standing_costs else 0.0
        axes = zip(AXIS_NAMES, self.array, self.parallel)
        return Accelerator(
            name=self.name,
            levels=(
                Level(
                    name="DRAM",
                    word_bits=word,
                    shared_bandwidth=self.dram_bandwidth * 8e9 / word / self.clock,
                    read_pj=dram_pj,
                    write_pj=dram_pj,
                ),
                Level(
                    name="L2",
                    word_bits=word,
                    capacity_words=self.l2_bytes * 8 / word,
                    double_buffered=True,
                    read_bandwidth=self.noc_bandwidth,
                    write_bandwidth=self.noc_bandwidth,
                    read_pj=l2.read_pj * word / l2.width_bits + trunk_pj,
                    write_pj=l2.write_pj * word / l2.width_bits + trunk_pj,
                    area_mm2=l2.area_mm2,
                    leakage_mw=l2.leakage_mw,
                    fanout=tuple(Axis(name, size, (dim,)) for name, size, dim in axes),
                    network_pj=tech.hop_pj(word, pitch),
                    least_bits=self.l2_least_bits,
                ),
                Level(
                    name="L1",
                    word_bits=word,
                    capacity_words=self.l1_bytes * 8 / word,
                    double_buffered=True,
                    read_bandwidth=l1_bandwidth,
                    write_bandwidth=l1_bandwidth,
                    read_pj=l1.read_pj * word / l1.width_bits,
                    write_pj=l1.write_pj * word / l1.width_bits,
                    area_mm2=l1.area_mm2,
                    leakage_mw=l1.leakage_mw,
                    least_bits=self.l1_least_bits,
                ),
            ),
            mac_pj=tech.mac_pj(bits.mac),
            mac_area_mm2=mac_mm2,
            clock_hz=self.clock,
            static_mw=static_mw,
            other_area_mm2={
                NETWORK: network,
                overhead_name(self.overhead): raw_mm2 * (self.overhead - 1),
                **self.standing.area_mm2,
            },
            node_nm=self.node_nm,
            precision=bits,
            source=self.source,
        )

    def warnings(self) -> tuple[str, ...]:
        """What a reader should know of the design, e.g. an L1 that is larger than the SRAM it could be."""
        tech, l1, *_ = _parts(self)
        surcharge = tech.flop_surcharge_mm2(self.l1_bytes)
        if l1.kind == "flops" and surcharge > 0:
            return (
                f"L1 of {self.l1_bytes} B is built from flip-flops: {l1.area_mm2 * 1e6:.0f} um2 each, "
                f"{surcharge * 1e6:.0f} um2 more than an SRAM of that size",
            )
        return ()


@lru_cache(maxsize=256)
def _parts(template: Template) -> tuple[Technology, Memory, Memory, float, float]:
    """Technology, L1, L2, area of one MAC and of the network."""
    tech = technology_of(template)
    bits = template.precision
    return (
        tech,
        tech.local_memory(template.l1_bytes, template.word_bits),
        tech.sram(template.l2_bytes, L2_PORT_BITS),
        tech.mac_area_mm2(bits.mac),
        network_mm2(tech, template.array, template.noc_bandwidth, template.word_bits),
    )


def scale_to_area(template: Template, area_mm2: float) -> Template:
    """The largest design of the same proportions, on the strides, within an area.

    The axes keep their ratio as nearly as steps of 2 allow, L2 grows with the elements and the on-chip bandwidth with
    the array's edge; the L1 of an element, the DRAM, the precision, the clock and the technology stay as they are.

    Raises:
        InputError: an area that is not positive.
        InfeasibleError: the smallest such design is larger.
    """
    if not 0 < area_mm2 < math.inf:
        raise InputError("area", area_mm2, "must be a number of mm2 greater than zero")
    array = [ARRAY_STRIDE] * len(template.array)
    best = candidate = None
    while candidate is None or candidate.area_mm2 <= area_mm2:
        if math.prod(array) % PE_STRIDE == 0:
            candidate = _resized(template, tuple(array))
            if candidate.area_mm2 <= area_mm2:
                best = candidate
        grown = [(size + ARRAY_STRIDE) / was for size, was in zip(array, template.array)]
        array[grown.index(min(grown))] += ARRAY_STRIDE
    if best is None:
        raise InfeasibleError(
            f"template {template.name!r}: its smallest design takes {candidate.area_mm2:.3g} mm2, over {area_mm2:g} mm2"
        )
    return best


def _resized(template: Template, array: tuple[int, ...]) -> Template:
    l2_bytes = template.l2_bytes * math.prod(array) // template.pes
    return replace(
        template,
        array=array,
        l1_bytes=template.l1_bytes // BUFFER_STRIDE_BYTES * BUFFER_STRIDE_BYTES or BUFFER_STRIDE_BYTES,
        l2_bytes=l2_bytes // BUFFER_STRIDE_BYTES * BUFFER_STRIDE_BYTES or BUFFER_STRIDE_BYTES,
        noc_bandwidth=max(1.0, template.noc_bandwidth * sum(array) / sum(template.array)),
        strict_strides=True,
    )
