"""What a mapping of a layer costs on an accelerator: one at a time, or a batch of arrays.

The only place where layers, accelerators and mappings become arrays for :mod:`accel_models.kernel`, and its status
codes words again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from accel_models import kernel
from accel_models.accelerator import Accelerator, Level
from accel_models.axes import NUMBER_OF, share_out
from accel_models.loopnest import LevelLoops, Loop, Mapping, MappingArrays
from accel_models.uneven import unfold_for
from nets.errors import InputError, unknown
from nets.layer import DIMS, TENSORS, Layer

Convention = Literal["default", "timeloop", "drain-reads", "systolic"]
CONVENTIONS: Final[dict[str, int]] = {
    "default": kernel.FILL_AND_DRAIN,
    "timeloop": 0,
    "drain-reads": kernel.DRAIN_READS,
    "systolic": kernel.FILL_AND_DRAIN | kernel.SYSTOLIC,
}
"""What counts: ``timeloop`` is bandwidth only; ``drain-reads`` charges also the read of a tile on its way up (as
AccelForge does); ``default`` is bandwidth with the fill of the first tiles and the drain of the last; ``systolic`` adds
to that the fill, skew and drain of a systolic array."""

STATUS_NAMES: Final[dict[int, str]] = {
    kernel.OK: "ok",
    kernel.BAD_TILE: "bad tile",
    kernel.BAD_ORDER: "bad order",
    kernel.AXIS_OVERFLOW: "axis overflow",
    kernel.CAPACITY: "capacity",
    kernel.NOT_KEPT: "not kept",
    kernel.AXIS_DIM: "axis dim",
}
"""Names of the lowest byte of a status code; the bytes above hold level, then dim, tensor or axis."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Elements of one tensor that one level reads, is filled with from its parent, and takes from below."""

    reads: int
    fills: int
    updates: int


@dataclass(frozen=True)
class Cost:
    """Cost of one mapping.

    Attributes:
        layer, accelerator, mapping: what was evaluated.
        convention: which terms count, a key of :data:`CONVENTIONS`.
        cycles: latency in cycles; ``compute_cycles``, ``pipeline_cycles``, ``fill_cycles``,
            ``drain_cycles`` and ``level_cycles`` are its parts: the slowest of compute (with the pipeline of a systolic
            array) and levels, plus fill and drain.
        energy_pj: energy of everything, static power included.
        bound_by: ``"compute"`` or the name of the level whose bandwidth binds.
        traffic: ``traffic[level][tensor]`` for every level and the tensors it holds.
        error: why the mapping is not valid, or ``None``. The figures of an invalid mapping are infinite.
    """

    layer: Layer
    accelerator: Accelerator
    mapping: Mapping
    convention: str
    cycles: float
    compute_cycles: float
    fill_cycles: float
    drain_cycles: float
    pipeline_cycles: float
    level_cycles: dict[str, float]
    energy_pj: float
    bound_by: str
    traffic: dict[str, dict[str, Traffic]]
    error: InputError | None = None

    @property
    def valid(self) -> bool:
        """Whether the mapping can run."""
        return self.error is None

    @property
    def latency_s(self) -> float:
        """Latency in seconds."""
        return self.cycles / self.accelerator.clock_hz

    @property
    def edp(self) -> float:
        """Energy-delay product in joule seconds."""
        return self.energy_pj * 1e-12 * self.latency_s

    @property
    def utilization(self) -> float:
        """Share of the machine's MACs that do useful work, over the whole latency."""
        if not self.valid:
            return 0.0
        return self.layer.macs / (self.cycles * self.accelerator.macs_per_cycle)

    @property
    def compute_utilization(self) -> float:
        """Share of the machine's MACs that do useful work while nothing waits for data."""
        if not self.valid:
            return 0.0
        return self.layer.macs / (self.compute_cycles * self.accelerator.macs_per_cycle)

    @cached_property
    def energy_breakdown_pj(self) -> dict[str, float]:
        """Energy by part (levels, MAC, network, static); the values add up to :attr:`energy_pj`."""
        return energy_breakdown_pj(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "valid": self.valid,
            "error": None if self.error is None else str(self.error),
            "convention": self.convention,
            "cycles": self.cycles,
            "compute_cycles": self.compute_cycles,
            "fill_cycles": self.fill_cycles,
            "drain_cycles": self.drain_cycles,
            "pipeline_cycles": self.pipeline_cycles,
            "level_cycles": self.level_cycles,
            "latency_s": self.latency_s,
            "energy_pj": self.energy_pj,
            "edp": self.edp,
            "utilization": self.utilization,
            "macs": self.layer.macs,
            "bound_by": self.bound_by,
            "levels": {
                level: {
                    tensor: {"reads": t.reads, "fills": t.fills, "updates": t.updates} for tensor, t in tensors.items()
                }
                for level, tensors in self.traffic.items()
            },
        }


@dataclass(frozen=True, slots=True)
class LayerTable:
    """Layers as arrays: ``bounds`` int64 (n, 8), ``geometry`` int64 (n, 4), ``bits`` float64 (n, 4).

    ``geometry`` is stride and dilation of rows and columns; ``bits`` the width of W, I, O and a partial sum.
    """

    bounds: NDArray[np.int64]
    geometry: NDArray[np.int64]
    bits: NDArray[np.float64]

    @classmethod
    def of(cls, layers: Sequence[Layer]) -> LayerTable:
        """Pack layers; all must run on the MAC array."""
        for layer in layers:
            if not layer.is_mac:
                raise InputError(f"layer {layer.name!r}: kind", layer.kind, "does not run on the MAC array")
        return cls(
            np.array([layer.bounds for layer in layers], dtype=np.int64).reshape(-1, 8),
            np.array(
                [(layer.stride[0], layer.stride[1], layer.dilation[0], layer.dilation[1]) for layer in layers],
                dtype=np.int64,
            ).reshape(-1, 4),
            np.array(
                [(la.weight_bits, la.input_bits, la.output_bits, la.psum_bits) for la in layers], dtype=np.float64
            ).reshape(-1, 4),
        )


@dataclass(frozen=True, slots=True)
class AcceleratorTable:
    """Accelerators of one level count as arrays.

    ``levels`` float64 (n, L, columns) and ``machine`` float64 (n, columns) as :mod:`accel_models.kernel` names them;
    ``can_keep`` bool (n, L, 3).
    """

    levels: NDArray[np.float64]
    machine: NDArray[np.float64]
    can_keep: NDArray[np.bool_]

    @classmethod
    def of(cls, accelerators: Sequence[Accelerator]) -> AcceleratorTable:
        """Pack accelerators; all must have the same number of levels."""
        depth = len(accelerators[0].levels)
        n = len(accelerators)
        levels = np.zeros((n, depth, kernel.LEVEL_COLUMNS))
        machine = np.zeros((n, kernel.MACHINE_COLUMNS))
        can_keep = np.zeros((n, depth, 3), dtype=np.bool_)
        for i, accelerator in enumerate(accelerators):
            if len(accelerator.levels) != depth:
                raise InputError(
                    f"accelerator {accelerator.name!r}: levels",
                    len(accelerator.levels),
                    f"must be {depth} in this batch",
                )
            machine[i, kernel.MAC_PJ] = accelerator.mac_pj
            machine[i, kernel.STATIC_PJ_PER_CYCLE] = accelerator.leakage_mw * 1e9 / accelerator.clock_hz
            memory_of = accelerator.memory_of
            for j, level in enumerate(accelerator.levels):
                if len(level.fanout) > 3:
                    raise InputError(f"level {level.name!r}: fanout", len(level.fanout), "must have at most 3 axes")
                row = levels[i, j]
                row[kernel.CAPACITY_WORDS] = level.capacity_words
                row[kernel.WORD_BITS] = level.word_bits or 0
                row[kernel.BUFFERS] = 2 if level.double_buffered else 1
                row[kernel.READ_BANDWIDTH] = level.read_bandwidth
                row[kernel.WRITE_BANDWIDTH] = level.write_bandwidth
                row[kernel.SHARED_BANDWIDTH] = level.shared_bandwidth
                row[kernel.READ_PJ] = level.read_pj
                row[kernel.WRITE_PJ] = level.write_pj
                row[kernel.NETWORK_PJ] = level.network_pj
                row[kernel.MEMORY] = memory_of[j]
                for t, tensor in enumerate(TENSORS):
                    row[kernel.PARTITION_W + t] = level.partition_words.get(tensor, math.inf)
                    can_keep[i, j, t] = tensor in level.keeps
                row[kernel.AXIS_SIZE : kernel.AXIS_SIZE + 3] = 1
                row[kernel.AXIS_DIMS : kernel.AXIS_DIMS + 3] = 255
                for a, ax in enumerate(level.fanout):
                    row[kernel.AXIS_SIZE + a] = ax.size
                    if ax.dims:
                        row[kernel.AXIS_DIMS + a] = sum(1 << DIMS.index(dim) for dim in ax.dims)
        return cls(levels, machine, can_keep)


@dataclass(frozen=True, slots=True)
class BatchCost:
    """Costs of B mappings.

    Attributes:
        status: int64 (B,), 0 where valid, else a code whose lowest byte is a key of :data:`STATUS_NAMES`.
        cycles: float64 (B,), ``inf`` where invalid.
        energy_pj: float64 (B,), ``inf`` where invalid.
        details: float64 (B, 7) when asked for, else empty: cycles, energy_pj, compute cycles, fill cycles, drain
            cycles, what binds (a level's index, -1 for compute), pipeline cycles.
        counts: int64 (B, L, 3, 3) when asked for, else empty: reads, fills, updates of W, I, O at every level.
        level_cycles: float64 (B, L) when asked for, else empty: cycles each level's bandwidth needs.
    """

    status: NDArray[np.int64]
    cycles: NDArray[np.float64]
    energy_pj: NDArray[np.float64]
    details: NDArray[np.float64]
    counts: NDArray[np.int64]
    level_cycles: NDArray[np.float64]


def evaluate_batch(
    layers: LayerTable | Sequence[Layer],
    accelerators: AcceleratorTable | Sequence[Accelerator],
    mappings: MappingArrays,
    *,
    layer_of: NDArray[np.int64] | None = None,
    accelerator_of: NDArray[np.int64] | None = None,
    convention: Convention = "default",
    threads: int = 1,
    full: bool = False,
) -> BatchCost:
    """Evaluate B mappings in one compiled call.

    Args:
        layers: n layers, or their table.
        accelerators: m accelerators of one level count L, or their table.
        mappings: arrays of B mappings (see :class:`~accel_models.loopnest.MappingArrays` for shapes and dtypes).
        layer_of: int64 (B,), which layer each mapping belongs to; all the first when omitted.
        accelerator_of: int64 (B,), which accelerator; all the first when omitted.
        convention: a key of :data:`CONVENTIONS`.
        threads: how many threads share the batch; the result does not depend on it.
        full: also return details, counts and cycles of every level.

    Returns:
        Cycles and energy (pJ) of every mapping; an invalid one costs infinity and its status names the cause.

    Raises:
        InputError: arrays whose shapes do not agree, or an unknown convention.
    """
    if convention not in CONVENTIONS:
        raise unknown("convention", convention, CONVENTIONS)
    if not isinstance(layers, LayerTable):
        layers = LayerTable.of(layers)
    if not isinstance(accelerators, AcceleratorTable):
        accelerators = AcceleratorTable.of(accelerators)
    n, depth = mappings.tile.shape[:2]
    if accelerators.levels.shape[1] != depth:
        raise InputError("mappings: levels", depth, f"must be {accelerators.levels.shape[1]}, as the accelerator has")
    zeros = np.zeros(n, dtype=np.int64)
    layer_of = zeros if layer_of is None else np.asarray(layer_of, dtype=np.int64)
    accelerator_of = zeros if accelerator_of is None else np.asarray(accelerator_of, dtype=np.int64)
    for name, index, size in (
        ("layer_of", layer_of, len(layers.bounds)),
        ("accelerator_of", accelerator_of, len(accelerators.levels)),
    ):
        if index.shape != (n,) or (n and (index.min() < 0 or index.max() >= size)):
            raise InputError(name, index.shape, f"must hold one index below {size} for each of the {n} mappings")
    status = np.empty(n, dtype=np.int64)
    cycles = np.empty(n)
    energy = np.empty(n)
    wanted = n if full else 0
    details = np.empty((wanted, 7))
    counts = np.empty((wanted, depth, 3, 3), dtype=np.int64)
    level_cycles = np.empty((wanted, depth))
    arguments = (
        layers.bounds, layers.geometry, layers.bits, accelerators.levels, accelerators.machine, accelerators.can_keep,
        layer_of, accelerator_of, mappings.tile, mappings.part, mappings.order, mappings.axis, mappings.keep,
        CONVENTIONS[convention], status, cycles, energy, details, counts, level_cycles,
    )  # fmt: skip
    if threads > 1:
        import numba

        before = numba.get_num_threads()
        numba.set_num_threads(min(threads, before))
        try:
            kernel.evaluate_parallel(kernel.new_work(8 * threads), *arguments)
        finally:
            numba.set_num_threads(before)
    else:
        kernel.evaluate_range(kernel.new_work(1)[0], 0, n, *arguments)
    return BatchCost(status, cycles, energy, details, counts, level_cycles)


def to_arrays(layer: Layer, accelerator: Accelerator, mappings: Sequence[Mapping]) -> MappingArrays:
    """Mappings of one layer on one accelerator as arrays.

    Raises:
        InputError: levels that are not the accelerator's, an axis that does not exist, or a tile above its extent.
    """
    n, depth = len(mappings), len(accelerator.levels)
    tile = np.empty((n, depth, 8), dtype=np.int64)
    part = np.empty((n, depth, 8), dtype=np.int64)
    order = np.empty((n, depth, 8), dtype=np.int8)
    axis = np.zeros((n, depth, 8), dtype=np.int8)
    keep = np.zeros((n, depth, 3), dtype=np.bool_)
    for i, mapping in enumerate(mappings):
        names = tuple(at.level for at in mapping.levels)
        if names != accelerator.level_names:
            raise InputError(
                f"mapping of {layer.name!r}: levels",
                names,
                f"must be those of {accelerator.name}: {accelerator.level_names}",
            )
        extent = list(layer.bounds)
        for j, (at, level) in enumerate(zip(mapping.levels, accelerator.levels)):
            place = f"layer {layer.name!r}, {level.name}"
            axes = {ax.name: a for a, ax in enumerate(level.fanout)}
            dims = [DIMS.index(loop.dim) for loop in at.temporal]
            order[i, j] = dims + [d for d in range(8) if d not in dims]
            _cut(extent, at.temporal, place)
            tile[i, j] = extent
            for dim, number in _axis_sets(at.spatial, extent, axes, level, place).items():
                axis[i, j, DIMS.index(dim)] = number
            _cut(extent, at.spatial, place)
            part[i, j] = extent
            for tensor in level.keeps if at.keeps is None else at.keeps:
                keep[i, j, TENSORS.index(tensor)] = True
    return MappingArrays(tile, part, order, axis, keep)


def _axis_sets(
    loops: Sequence[Loop], extent: Sequence[int], axes: dict[str, int], level: Level, place: str
) -> dict[str, int]:
    """The number of the set of axes that runs each dim of some spatial loops.

    A dim on several axes is cut into equal pieces over all of them, so that its piece on one axis must be a multiple of
    that on the next.
    """
    on: dict[str, list[int]] = {}
    left = dict(zip(DIMS, extent))
    for loop in loops:
        if loop.axis and loop.axis not in axes:
            raise unknown(f"{place}: axis", loop.axis, axes)
        a = axes.get(loop.axis, 0)
        if loop.dim in on and left[loop.dim] % loop.tile:
            raise InputError(
                f"{place}: tile of {loop.dim} on {loop.axis}", loop.tile,
                f"must divide the {left[loop.dim]} that its loop on another axis leaves",
            )  # fmt: skip
        on.setdefault(loop.dim, []).append(a)
        left[loop.dim] = min(loop.tile, left[loop.dim])
    for dim, several in on.items():
        size = extent[DIMS.index(dim)]
        for loop in loops:
            if loop.dim == dim and len(several) > 1:
                wide, size = -(-size // loop.tile), loop.tile
                if wide > level.fanout[axes[loop.axis]].size:
                    raise InputError(
                        f"{place}: {dim} on axis {loop.axis}", wide,
                        f"must not exceed its size, {level.fanout[axes[loop.axis]].size}",
                    )  # fmt: skip
    return {dim: NUMBER_OF[tuple(sorted(several))] for dim, several in on.items()}


def _cut(extent: list[int], loops: Sequence[Loop], place: str) -> None:
    for loop in loops:
        d = DIMS.index(loop.dim)
        if loop.tile > extent[d]:
            raise InputError(
                f"{place}: tile of {loop.dim}", loop.tile, f"must not exceed the {extent[d]} it is cut from"
            )
        extent[d] = loop.tile


def from_arrays(layer: Layer, accelerator: Accelerator, mappings: MappingArrays, index: int = 0) -> Mapping:
    """Inverse of :func:`to_arrays` for one mapping; loops of one trip are left out."""
    extent = list(layer.bounds)
    levels = []
    for j, level in enumerate(accelerator.levels):
        temporal = []
        for d in mappings.order[index, j]:
            if mappings.tile[index, j, d] < extent[d]:
                temporal.append(Loop(DIMS[d], int(mappings.tile[index, j, d])))
        extent = [int(x) for x in mappings.tile[index, j]]
        spatial = []
        parts, numbers = mappings.part[index, j].tolist(), mappings.axis[index, j].tolist()
        widths = [-(-extent[d] // parts[d]) for d in range(8)]
        sizes = [level.fanout[a].size if a < len(level.fanout) else 1 for a in range(3)]
        for d, on in (share_out(widths, numbers, sizes) or {}).items():
            left = math.prod(on.values())
            for a, width in on.items():
                left //= width
                if width > 1:
                    name = level.fanout[a].name if level.fanout else ""
                    spatial.append(Loop(DIMS[d], min(left * parts[d], extent[d]), name))
        extent = [int(x) for x in mappings.part[index, j]]
        kept = tuple(tensor for t, tensor in enumerate(TENSORS) if mappings.keep[index, j, t])
        levels.append(LevelLoops(level.name, tuple(temporal), tuple(spatial), kept))
    return Mapping(tuple(levels))


def evaluate(layer: Layer, accelerator: Accelerator, mapping: Mapping, *, convention: Convention = "default") -> Cost:
    """Evaluate one mapping of one layer on one accelerator.

    An invalid mapping gives a :class:`Cost` with ``valid`` false, infinite figures and an ``error`` that says what is
    wrong; it does not raise.

    Raises:
        InputError: an unknown convention, or a layer that does not run on the MAC array.
    """
    machine, nest = unfold_for(accelerator, mapping)
    try:
        arrays = to_arrays(layer, machine, [nest])
    except InputError as error:
        return _invalid(layer, accelerator, mapping, convention, error)
    batch = evaluate_batch([layer], [machine], arrays, convention=convention, full=True)
    status = int(batch.status[0])
    if status != kernel.OK:
        return _invalid(layer, accelerator, mapping, convention, explain(status, layer, machine, arrays))
    names = [machine.level_names[memory] for memory in machine.memory_of]
    _, _, compute, fill, drain, binds, pipeline = (float(x) for x in batch.details[0])
    traffic: dict[str, dict[str, Traffic]] = {name: {} for name in names}
    for j, name in enumerate(names):
        for t, tensor in enumerate(TENSORS):
            if arrays.keep[0, j, t]:
                traffic[name][tensor] = Traffic(*(int(x) for x in batch.counts[0, j, t]))
    return Cost(
        layer=layer,
        accelerator=accelerator,
        mapping=mapping,
        convention=convention,
        cycles=float(batch.cycles[0]),
        compute_cycles=compute,
        fill_cycles=fill,
        drain_cycles=drain,
        pipeline_cycles=pipeline,
        level_cycles={names[j]: float(batch.level_cycles[0, j]) for j in sorted(set(machine.memory_of))},
        energy_pj=float(batch.energy_pj[0]),
        bound_by="compute" if binds < 0 else names[int(binds)],
        traffic=traffic,
    )


def _invalid(layer: Layer, accelerator: Accelerator, mapping: Mapping, convention: str, error: InputError) -> Cost:
    inf = math.inf
    return Cost(layer, accelerator, mapping, convention, inf, inf, inf, inf, inf, {}, inf, "nothing", {}, error)


def explain(status: int, layer: Layer, accelerator: Accelerator, mappings: MappingArrays, index: int = 0) -> InputError:
    """The error that a status code of the kernel stands for: layer, level, tensor or dim, value and rule."""
    cause, j, detail = status & 0xFF, (status >> 8) & 0xFF, (status >> 16) & 0xFF
    level = accelerator.levels[j]
    place = f"layer {layer.name!r} on {accelerator.name}, {level.name}"
    if cause == kernel.CAPACITY:
        return _overflow(place, layer, accelerator, mappings, index, j, detail)
    if cause == kernel.BAD_TILE:
        dim = DIMS[detail]
        tile, part = int(mappings.tile[index, j, detail]), int(mappings.part[index, j, detail])
        outer = int(layer.bounds[detail] if j == 0 else mappings.part[index, j - 1, detail])
        if j == len(accelerator.levels) - 1 and part != 1 and 1 <= part <= tile <= outer:
            return InputError(f"{place}: {dim}", part, "is left below the last level, where one MAC works on 1")
        return InputError(f"{place}: tile of {dim}", (tile, part), f"must nest within the {outer} it is cut from")
    if cause == kernel.BAD_ORDER:
        return InputError(f"{place}: order", mappings.order[index, j].tolist(), "must name every dim once")
    if cause == kernel.AXIS_OVERFLOW:
        axes = [d for d in range(8) if detail in (mappings.axis[index, j, d], 3)]
        if detail == 3:
            wide = math.prod(-(-int(mappings.tile[index, j, d]) // int(mappings.part[index, j, d])) for d in axes)
            sizes = " x ".join(str(ax.size) for ax in level.fanout)
            return InputError(f"{place}: parallel loops", wide, f"do not fit on its axes, {sizes}, as they share them")
        wide = math.prod(-(-int(mappings.tile[index, j, d]) // int(mappings.part[index, j, d])) for d in axes)
        size = level.fanout[detail].size if detail < len(level.fanout) else 1
        name = level.fanout[detail].name if detail < len(level.fanout) else f"number {detail + 1}"
        return InputError(f"{place}: axis {name}", wide, f"must not exceed its size, {size}")
    if cause == kernel.AXIS_DIM:
        a = (status >> 24) & 0xFF
        allowed = level.fanout[a].dims if a < len(level.fanout) else ()
        return InputError(
            f"{place}: axis {a}", DIMS[detail], f"cannot run on it (it runs {', '.join(allowed) or 'none'})"
        )
    if TENSORS[detail] in level.keeps and mappings.keep[index, j, detail]:
        return InputError(f"{place}: keeps", TENSORS[detail], "is held in this memory already, from further out on")
    return InputError(f"{place}: keeps", TENSORS[detail], f"must be one of {level.keeps}, and DRAM keeps every tensor")


def _overflow(
    place: str, layer: Layer, accelerator: Accelerator, mappings: MappingArrays, index: int, j: int, detail: int
) -> InputError:
    level = accelerator.levels[j]
    words: dict[str, int] = {}
    for at in range(accelerator.memory_of[j], j + 1):
        extent = layer.bounds if at == 0 else tuple(int(x) for x in mappings.part[index, at - 1])
        words.update(
            (tensor, n)
            for t, (tensor, n) in enumerate(tile_words(layer, extent).items())
            if mappings.keep[index, at, t]
        )
    shown = ", ".join(f"{tensor} {n}" for tensor, n in words.items())
    buffers = " twice (double buffering)" if level.double_buffered else ""
    tensor = TENSORS[detail] if detail < 3 else max(words, key=lambda name: words[name])
    room = level.partition_words.get(tensor, level.capacity_words) if detail < 3 else level.capacity_words
    width = f" of {level.word_bits} bits" if level.word_bits else ""
    return InputError(
        f"{place}: tiles of {shown} elements{buffers}",
        tensor,
        f"is the one too large: the level holds {room:g} words{width}",
        "make its tile smaller",
    )


def tile_words(layer: Layer, extent: Sequence[int]) -> dict[str, int]:
    """Elements of each tensor in a tile of the given extents (in the order of ``DIMS``)."""
    N, G, K, C, P, Q, R, S = extent
    height = layer.stride[0] * (P - 1) + layer.dilation[0] * (R - 1) + 1
    width = layer.stride[1] * (Q - 1) + layer.dilation[1] * (S - 1) + 1
    return {"W": G * K * C * R * S, "I": N * G * C * height * width, "O": N * G * K * P * Q}


def energy_breakdown_pj(cost: Cost) -> dict[str, float]:
    """Energy of a valid cost by part: each level, ``MAC``, and what is left (network and static power)."""
    machine = cost.accelerator
    parts: dict[str, float] = {}
    rest = cost.energy_pj
    for level in machine.levels:
        quiet = energy_without(cost, level.name)
        parts[level.name] = cost.energy_pj - quiet
        rest -= parts[level.name]
    parts["MAC"] = cost.layer.macs * machine.mac_pj
    parts["static"] = machine.leakage_mw * 1e9 / machine.clock_hz * cost.cycles
    parts["network"] = max(rest - parts["MAC"] - parts["static"], 0.0)
    return parts


def energy_without(cost: Cost, level_name: str) -> float:
    """Energy of the same mapping were reading and writing ``level_name`` free."""
    import dataclasses

    machine = cost.accelerator
    levels = tuple(
        dataclasses.replace(level, read_pj=0.0, write_pj=0.0) if level.name == level_name else level
        for level in machine.levels
    )
    other = dataclasses.replace(machine, levels=levels)
    other, nest = unfold_for(other, cost.mapping)
    arrays = to_arrays(cost.layer, other, [nest])
    batch = evaluate_batch([cost.layer], [other], arrays, convention=cost.convention)  # type: ignore[arg-type]
    return float(batch.energy_pj[0])
