"""What a mapping of a layer costs on an accelerator: one at a time, or a batch of arrays.

The only place where Python calls :mod:`accel_models.kernel`: :mod:`~accel_models.tables` and
:mod:`~accel_models.mapping_arrays` make arrays for it, and :mod:`~accel_models.refusals` words of its status codes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from accel_models import codes, kernel
from accel_models.accelerator import Accelerator
from accel_models.compiled import compile_here
from accel_models.loopnest import Mapping, MappingArrays
from accel_models.mapping_arrays import to_arrays
from accel_models.refusals import explain
from accel_models.tables import AcceleratorTable, LayerTable
from accel_models.uneven import unfold_for
from nets.errors import InputError, unknown
from nets.layer import TENSORS, Layer
from nets.ranges import require_exact

compile_here(["accel_models.kernel"])  # now: what is forked from this process then has it

Convention = Literal["default", "timeloop", "drain-reads", "systolic"]
CONVENTIONS: Final[dict[str, int]] = {
    "default": codes.FILL_AND_DRAIN,
    "timeloop": 0,
    "drain-reads": codes.DRAIN_READS,
    "systolic": codes.FILL_AND_DRAIN | codes.SYSTOLIC,
}
"""What counts: ``timeloop`` is bandwidth only; ``drain-reads`` charges also the read of a tile on its way up (as
AccelForge does); ``default`` is bandwidth with the fill of the first tiles and the drain of the last; ``systolic`` adds
to that the fill, skew and drain of a systolic array."""

STATUS_NAMES: Final[dict[int, str]] = {
    codes.OK: "ok",
    codes.BAD_TILE: "bad tile",
    codes.BAD_ORDER: "bad order",
    codes.AXIS_OVERFLOW: "axis overflow",
    codes.CAPACITY: "capacity",
    codes.NOT_KEPT: "not kept",
    codes.AXIS_DIM: "axis dim",
    codes.TOO_MANY: "too many pieces",
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
        (layers.bounds, layers.geometry, layers.bits),
        (accelerators.levels, accelerators.machine, accelerators.can_keep),
        _nests(layer_of, accelerator_of, mappings),
        CONVENTIONS[convention],
        (status, cycles, energy, details, counts, level_cycles),
    )
    if threads > 1:
        pieces = iter(range(8 * threads))  # more than threads: some take longer

        def work_off(work: Any) -> None:
            for piece in pieces:
                kernel.evaluate_range(work, n * piece // (8 * threads), n * (piece + 1) // (8 * threads), *arguments)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(work_off, kernel.new_work(threads)))
    else:
        kernel.evaluate_range(kernel.new_work(1)[0], 0, n, *arguments)
    return BatchCost(status, cycles, energy, details, counts, level_cycles)


LAID_OUT: Final = ("C", "W")
"""Without gaps and writable: what the kernel is compiled for."""


def _nests(
    layer_of: NDArray[np.int64], accelerator_of: NDArray[np.int64], mappings: MappingArrays
) -> tuple[NDArray[Any], ...]:
    """What the kernel reads of mappings, in the one type and layout that it is compiled for."""
    return (
        np.require(layer_of, np.int64, LAID_OUT),
        np.require(accelerator_of, np.int64, LAID_OUT),
        np.require(mappings.tile, np.int64, LAID_OUT),
        np.require(mappings.part, np.int64, LAID_OUT),
        np.require(mappings.order, np.int8, LAID_OUT),
        np.require(mappings.axis, np.int8, LAID_OUT),
        np.require(mappings.keep, np.bool_, LAID_OUT),
    )


def evaluate(layer: Layer, accelerator: Accelerator, mapping: Mapping, *, convention: Convention = "default") -> Cost:
    """Evaluate one mapping of one layer on one accelerator.

    An invalid mapping gives a :class:`Cost` with ``valid`` false, infinite figures and an ``error`` that says what is
    wrong; it does not raise.

    What takes more cycles than are counted exactly (:data:`nets.ranges.EXACT`) is not valid either.

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
    if status != codes.OK:
        return _invalid(layer, accelerator, mapping, convention, explain(status, layer, machine, arrays))
    try:
        require_exact(f"layer {layer.name!r} on {accelerator.name}: cycles", math.ceil(batch.cycles[0]))
    except InputError as error:
        return _invalid(layer, accelerator, mapping, convention, error)
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
