"""What a layer of a ZigZag workload may say."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from nets.documents.model import Count, Model, Whole, Word
from nets.errors import InputError

MAC_OPERATORS = ("Conv", "Conv_downsample", "Gemm", "MatMul")
POOLS = ("Pooling", "Pool", "MaxPool", "AveragePool", "GlobalAveragePool")


class Precision(Model):
    """Bits of the operands; ``O`` of partial sums, ``O_final`` of what leaves the layer."""

    W: Whole = 8
    I: Whole = 8
    O: Count
    O_final: Count


class Sources(Model):
    """Which layer makes an operand; the layer itself where none does."""

    W: Whole | None = None
    I: Whole | None = None


class LayerEntry(Model):
    """A layer: its equation over loop dims, their sizes, and where its operands come from."""

    id: Whole
    name: Word | None = None
    operator_type: Literal[
        "Conv", "Conv_downsample", "Gemm", "MatMul",
        "Pooling", "Pool", "MaxPool", "AveragePool", "GlobalAveragePool",
        "Add", "Max",
    ]  # fmt: skip
    equation: Word
    dimension_relations: tuple[Word, ...] = ()
    loop_dims: tuple[Word, ...]
    loop_sizes: tuple[Count, ...]
    operand_precision: Precision
    operand_source: Sources = Sources()
    pr_loop_dims: tuple[Word, ...] | None = None
    pr_loop_sizes: tuple[Any, ...] | None = None
    padding: tuple[tuple[Whole, Whole], ...] | None = None

    @model_validator(mode="after")
    def _in_step(self) -> LayerEntry:
        if len(self.loop_dims) != len(self.loop_sizes):
            raise InputError("loop_sizes", self.loop_sizes, f"must be one for each of {len(self.loop_dims)} loop_dims")
        for dim in self.loop_dims:
            if self.loop_dims.count(dim) > 1:
                raise InputError("loop_dims", dim, "stands twice")
        if len(self.padding or ()) > len(self.pr_loop_dims or ()):
            raise InputError("padding", self.padding, "must be one pair for each of pr_loop_dims")
        return self


Workload = Annotated[tuple[LayerEntry, ...], Field(min_length=1)]
