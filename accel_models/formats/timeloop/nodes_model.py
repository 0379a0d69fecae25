"""What the tagged nodes of a v0.4 architecture may say."""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

from accel_models.formats.timeloop.mapping_model import Target
from nets.documents.model import Count, Model, Word

_PRICES: Final = ("area_scale", "energy_scale")


class Mesh(Model):
    """How many there are of a node for each of what is around it, along two axes."""

    meshX: Count = 1
    meshY: Count = 1


class NodeConstraints(Model):
    """What a node asks of mappings."""

    spatial: Target | None = None
    temporal: Target | None = None
    dataspace: Target | None = None
    max_overbooked_proportion: Any = None
    utilization: Any = None


class Leaf(Model):
    """What every node but a branch has; its attributes are read apart."""

    name: Word = ""
    attributes: dict[str, Any] | None = None
    spatial: Mesh = Mesh()
    constraints: NodeConstraints = NodeConstraints()
    sparse_optimizations: Any = None

    def asked(self) -> list[str]:
        """What is asked for that the model cannot do."""
        given = ("sparse_optimizations", "networks", *_PRICES)
        found = [key for key in given if getattr(self, key, None)]
        return found + [
            f"constraints.{key}"
            for key in ("max_overbooked_proportion", "utilization")
            if getattr(self.constraints, key) is not None
        ]


class Container(Leaf):
    """What stands around all nodes that come after it: its attributes are theirs, too."""

    name: Word
    networks: Any = None


class Component(Leaf):
    """A memory, or the arithmetic."""

    name: Word
    kind: Word = Field(alias="class")
    subclass: Any = None
    required_actions: Any = None
    enabled: bool = True
    area_scale: Any = None
    energy_scale: Any = None


class Branch(Model):
    """Nodes one inside the other (``!Hierarchical``), or side by side (``!Parallel``)."""

    name: Any = None
    nodes: tuple[Any, ...]


class NodesEntry(Model):
    """``architecture`` of v0.4."""

    version: Any = None
    nodes: tuple[Any, ...]


TAGS: Final[dict[str, type[Model]]] = {
    "Container": Container,
    "Component": Component,
    "Hierarchical": Branch,
    "Parallel": Branch,
    "Nothing": Leaf,
}
"""The tags of nodes, and what stands under each."""
