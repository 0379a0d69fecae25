"""What a nest file may say."""

from __future__ import annotations

import math
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema
from pydantic.functional_validators import PlainValidator

from accel_models.accelerator import Axis
from accel_models.loop_entries import LevelEntry
from nets.documents.model import Model
from nets.errors import InputError
from nets.layer import DIMS, TENSORS, Activation, Kind
from nets.ranges import EXACT


def _axis(item: Any) -> Axis:
    if not isinstance(item, list | tuple) or len(item) not in (2, 3) or not isinstance(item[0], str):
        raise InputError("", item, "is no axis", 'write ["X", 16] or ["X", 16, ["K", "C"]]')
    dims = item[2] if len(item) == 3 else ()
    if not isinstance(dims, list | tuple):
        raise InputError("", dims, "must be a list of dims", 'write ["X", 16, ["K", "C"]]')
    return Axis(item[0], item[1], tuple(dims))


AxisEntry = Annotated[
    Axis,
    PlainValidator(_axis),
    WithJsonSchema(
        {
            "type": "array",
            "prefixItems": [
                {"type": "string"},
                {"type": "integer", "minimum": 1},
                {"type": "array", "items": {"enum": list(DIMS)}},
            ],
            "minItems": 2,
            "maxItems": 3,
            "description": "name, instances along the axis, and the dims that its wires can run",
        }
    ),
]
Bound = Annotated[int, Field(le=EXACT)]
Bits = Annotated[int, Field(le=1 << 16)]
Pair = Annotated[tuple[Bound, Bound], Field(description="rows, columns")]


class LayerEntry(Model):
    """The layer; as nets.Layer, and every bound is 1 where it is left out."""

    name: str | None = None
    kind: Kind = "conv"
    N: Bound = 1
    G: Bound = 1
    K: Bound = 1
    C: Bound = 1
    P: Bound = 1
    Q: Bound = 1
    R: Bound = 1
    S: Bound = 1
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    padding: Annotated[tuple[Bound, Bound, Bound, Bound], Field(description="top, bottom, left, right")] = (0, 0, 0, 0)
    operands: Bound = 1
    extra_params: Bound = 0
    dynamic_weights: bool = False
    activation: Activation | None = None
    weight_bits: Bits = 8
    input_bits: Bits = 8
    output_bits: Bits = 8
    psum_bits: Bits = 24


class NestLevel(LevelEntry):
    """A memory with its loops. Hardware is per instance; what is left out is endless and costs nothing.

    Attributes:
        keeps: tensors held here; all where omitted.
        fanout: axes below the level, as [name, instances, dims]; as wide as the loops need where omitted.
        word_bits: width of a word; one element of any tensor is one word where omitted.
        capacity_words: words it holds. partition_words: words reserved for each tensor.
        double_buffered: whether a tile takes at most half of the capacity.
        read_bandwidth, write_bandwidth, shared_bandwidth: words a cycle.
        read_pj, write_pj: energy of a word. network_pj: of a word crossing the fan-out to one receiver.
        area_mm2, leakage_mw: of one instance.
        shares: the level just outside, whose memory this one is a part of.
    """

    keeps: tuple[Annotated[str, WithJsonSchema({"enum": list(TENSORS)})], ...] | None = TENSORS
    fanout: tuple[AxisEntry, ...] | None = None
    word_bits: int | None = None
    capacity_words: float = math.inf
    partition_words: dict[str, float] = Field(default_factory=dict)
    double_buffered: bool = False
    read_bandwidth: float = math.inf
    write_bandwidth: float = math.inf
    shared_bandwidth: float = math.inf
    read_pj: float = 0.0
    write_pj: float = 0.0
    area_mm2: float = 0.0
    leakage_mw: float = 0.0
    network_pj: float = 0.0
    shares: str = ""


class NestEntry(Model):
    """One layer, the memories and the loops.

    Attributes:
        name: of the machine; the file's where omitted.
        layer: what is computed.
        levels: memories with their loops, outermost first.
        mac_pj: energy of one multiply-accumulate. mac_area_mm2: of one MAC.
        clock_hz: cycles per second. static_mw: power besides the levels' leakage. node_nm: technology.
        source: where the figures come from.
        expected: reference figures, which nothing but a benchmark looks at.
    """

    name: str | None = None
    layer: LayerEntry
    levels: tuple[NestLevel, ...]
    mac_pj: float = 0.0
    mac_area_mm2: float = 0.0
    clock_hz: float = 1e9
    static_mw: float = 0.0
    node_nm: float = 45.0
    source: str = ""
    expected: dict[str, Any] | None = None
