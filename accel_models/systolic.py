"""Latency and on-chip traffic of a systolic array: fill, skew and drain.

A layer runs as a matrix product of ``M`` output pixels, ``N`` filters and a window of ``K`` words (im2col), once per
group, on ``rows`` x ``columns`` PEs, cut into *folds* of what the array holds at a time:

========== ===================== ================= ============= ===============================================
stationary rows hold             columns hold      streamed      one full fold takes
========== ===================== ================= ============= ===============================================
output     pixels (M)            filters (N)       window (K)    ``K + rows + columns - 2``
weight     window (K)            filters (N)       pixels (M)    ``rows + M + rows - 1 + columns - 1``
input      window (K)            pixels (M)        filters (N)   ``rows + N + rows - 1 + columns - 1``
========== ===================== ================= ============= ===============================================

The first ``rows`` cycles *fill* the array with the stationary tile, one row a cycle (an output-stationary array needs
none); every row starts a cycle after the one above (*skew*, ``rows - 1``), every column a cycle after the one on its
left (*drain*, ``columns - 1``). Folds follow one another without overlap, and memories never stall them.

Source: SCALE-Sim (Samajdar et al., ISPASS 2020, section III-B). It gives the number of the last cycle, counted from
zero: one less than :attr:`SystolicCost.cycles`. Its finished outputs leave an output-stationary array at no cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from nets.errors import InputError, unknown
from nets.layer import Layer

Stationary = Literal["weight", "output", "input"]
Ragged = Literal["padded", "exact"]
STATIONARY: Final[tuple[str, ...]] = get_args(Stationary)
RAGGED: Final[tuple[str, ...]] = get_args(Ragged)


@dataclass(frozen=True, slots=True)
class MatrixProduct:
    """A layer seen by the array: ``groups`` products of M pixels, N filters and a window of K words."""

    M: int
    N: int
    K: int
    groups: int = 1

    @classmethod
    def of(cls, layer: Layer) -> MatrixProduct:
        """The im2col view; a depthwise layer is one product per channel, each with a single filter."""
        if not layer.is_mac:
            raise InputError(f"layer {layer.name!r}: kind", layer.kind, "does not run on the MAC array")
        return cls(layer.N * layer.P * layer.Q, layer.K, layer.C * layer.R * layer.S, layer.G)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystolicCost:
    """What a layer costs on a systolic array whose memories never stall it.

    Attributes:
        rows, columns: the array.
        stationary: which operand stays in the PEs during a fold.
        macs: of the layer.
        folds: tiles that the array works through, over all groups.
        fill_cycles, stream_cycles, skew_cycles, drain_cycles: parts of the latency, over all folds.
        input_reads, weight_reads: words read from the operand memories.
        output_writes: sums written by the array; a window that takes several folds writes each output as often.
        psum_reads: sums read back to add a later fold of the window to them.
        mapped_pes: PEs with work to do, mean over folds.
    """

    rows: int
    columns: int
    stationary: Stationary
    macs: int
    folds: int
    fill_cycles: int
    stream_cycles: int
    skew_cycles: int
    drain_cycles: int
    input_reads: int
    weight_reads: int
    output_writes: int
    psum_reads: int
    mapped_pes: float

    @property
    def cycles(self) -> int:
        """Cycles from the first word in to the last sum out."""
        return self.fill_cycles + self.stream_cycles + self.skew_cycles + self.drain_cycles

    @property
    def utilization(self) -> float:
        """Share of the array's MACs over the whole latency that do useful work."""
        return self.macs / (self.cycles * self.rows * self.columns)

    @property
    def mapping_efficiency(self) -> float:
        """Share of the PEs with work to do, mean over folds."""
        return self.mapped_pes / (self.rows * self.columns)


def cycles(
    layer: Layer | MatrixProduct,
    rows: int,
    columns: int,
    *,
    stationary: Stationary = "weight",
    ragged: Ragged = "padded",
) -> SystolicCost:
    """Cost of a layer on a ``rows`` x ``columns`` array.

    Args:
        layer: a layer of the MAC array, or its matrix product.
        rows, columns: PEs.
        stationary: which operand stays in the PEs.
        ragged: a fold that does not use the whole array either takes as long as a full one (``padded``, SCALE-Sim's
            way), or (``exact``) as long as its own words need: unused rows are not filled and start nothing, unused
            columns are not waited for; sums still fall through every row of a weight- or input-stationary array.

    Raises:
        InputError: a layer that does not run on the MAC array, an array without PEs, or an unknown name.
    """
    for name, size in (("rows", rows), ("columns", columns)):
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise InputError(f"systolic array: {name}", size, "must be a whole number of at least 1")
    if stationary not in STATIONARY:
        raise unknown("systolic array: stationary", stationary, STATIONARY)
    if ragged not in RAGGED:
        raise unknown("systolic array: ragged", ragged, RAGGED)
    gemm = layer if isinstance(layer, MatrixProduct) else MatrixProduct.of(layer)
    on_rows, on_columns, streamed = {
        "output": (gemm.M, gemm.N, gemm.K),
        "weight": (gemm.K, gemm.N, gemm.M),
        "input": (gemm.K, gemm.M, gemm.N),
    }[stationary]
    down, across = -(-on_rows // rows), -(-on_columns // columns)
    folds = down * across
    held = stationary != "output"
    # Rows and columns that all folds together wait for.
    if ragged == "exact":
        filled, right = on_rows * across, on_columns * down
        low = rows * folds if held else filled
    else:
        filled = low = rows * folds
        right = columns * folds
    return SystolicCost(
        rows=rows,
        columns=columns,
        stationary=stationary,
        macs=gemm.M * gemm.N * gemm.K * gemm.groups,
        folds=folds * gemm.groups,
        fill_cycles=filled * gemm.groups if held else 0,
        stream_cycles=streamed * folds * gemm.groups,
        skew_cycles=(low - folds) * gemm.groups,
        drain_cycles=(right - folds) * gemm.groups,
        input_reads=gemm.M * gemm.K * (1 if stationary == "input" else across) * gemm.groups,
        weight_reads=gemm.N * gemm.K * {"weight": 1, "input": across, "output": down}[stationary] * gemm.groups,
        output_writes=gemm.M * gemm.N * (down if held else 1) * gemm.groups,
        psum_reads=gemm.M * gemm.N * (down - 1 if held else 0) * gemm.groups,
        mapped_pes=on_rows * on_columns / folds,
    )
