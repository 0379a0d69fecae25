"""What Stream's file of a chip may say, in its older form (``graph``) and its newer (``core_connectivity``)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from accel_models.formats.zigzag.model import MemoryEntry
from nets.documents.model import Count, Model, NotNegative, Whole, Word
from nets.errors import InputError


class Link(Model):
    """Cores that a bus joins, or a link from one to the other; bits a cycle, pJ a bit."""

    type: Literal["link", "bus"]
    cores: Annotated[tuple[Whole, ...], Field(min_length=2)]
    bandwidth: Count
    unit_energy_cost: NotNegative | None = None

    @model_validator(mode="after")
    def _between_two(self) -> Link:
        if self.type == "link" and len(self.cores) != 2:
            raise InputError("cores", list(self.cores), "must be two of a link", "a bus joins more")
        return self


class Graph(Model):
    """Cores joined all by one bus, or in a mesh."""

    type: Literal["bus", "2d_mesh"] = "bus"
    bandwidth: Count
    unit_energy_cost: NotNegative = 0
    nb_rows: Count | None = None
    nb_cols: Count | None = None
    pooling_core_id: Whole | None = None
    simd_core_id: Whole | None = None
    offchip_core_id: Whole | None = None


class ChipFile(Model):
    """The cores, by their number or in its order, and what joins them."""

    name: Word
    cores: dict[int, Word] | tuple[Word, ...]
    graph: Graph | None = None
    bus: Graph | None = None
    offchip_core_id: Whole | None = None
    core_connectivity: tuple[Link, ...] = ()
    unit_energy_cost: NotNegative = 0
    core_coordinates: Any = None
    core_memory_sharing: Any = None
    memory_aliases: Any = None
    technology_node: Word | None = None
    max_object_fifo_depth: Any = None

    @property
    def files(self) -> dict[int, str]:
        """The file of each core."""
        return dict(enumerate(self.cores)) if isinstance(self.cores, tuple) else self.cores

    @property
    def joined(self) -> Graph | None:
        """What joins all cores, in the older form."""
        return self.graph or self.bus


class OffchipCore(Model):
    """A core that only holds: its one memory holds what the others compute on."""

    name: Word
    type: Word | None = None
    memories: Annotated[dict[str, MemoryEntry], Field(min_length=1, max_length=1)]
    operational_array: Any = None
    dataflows: Any = None
    operator_types: Any = None
    operand_precision: Any = None
