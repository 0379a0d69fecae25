"""What AccelForge's ``workload`` may say."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from nets.documents.model import Count, Model, Word


class Access(Model):
    """A tensor, and for each of its ranks what indexes it."""

    name: Word
    projection: list[Word] | dict[str, Word]
    output: bool = False
    persistent: Any = None
    bits_per_value: Count | None = None


class EinsumEntry(Model):
    """A sum over products: written as one line (``einsum``), or access by access."""

    name: Word | None = None
    einsum: Word | None = None
    tensor_accesses: tuple[Access, ...] = ()
    iteration_space_shape: tuple[Word, ...] = ()
    rank_sizes: dict[str, Count] = Field(default={})
    renames: dict[str, Word] = Field(default={})


class WorkloadEntry(Model):
    """Einsums one after the other, with sizes of ranks and of what runs over them."""

    version: Any = None
    einsums: tuple[EinsumEntry | Word, ...] = Field(min_length=1)
    iteration_space_shape: dict[str, Word] = Field(default={})
    shape: dict[str, Word] = Field(default={})
    rank_sizes: dict[str, Count] = Field(default={})
    bits_per_value: dict[str, Count] = Field(default={})
    persistent_tensors: Any = None
