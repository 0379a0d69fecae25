"""The two notations: which nodes each has, what their keys are called, and names of ranks, tensors and fan-outs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from accel_models.accelerator import Accelerator
from nets.layer import DIMS, TENSORS

Notation = Literal["accelforge", "looptree"]

MATMUL_DIMS: Final = {"m": "P", "k": "C", "n": "K"}
"""Our dims for the usual ranks of a matmul, ``m`` rows x ``k`` inner x ``n`` columns; for :meth:`Names.of`."""

KEYS: Final[dict[str, dict[str, dict[str, str]]]] = {
    "accelforge": {
        "Storage": {"tensors": "tensors", "component": "memory"},
        "Temporal": {"rank_variable": "rank", "tile_shape": "tile"},
        "Spatial": {"rank_variable": "rank", "name": "axis", "component": "array", "tile_shape": "tile"},
        "Compute": {"einsum": "einsum", "component": "compute"},
    },
    "looptree": {
        "storage": {"target": "memory", "dspace": "tensors"},
        "temporal": {"rank": "rank", "tile_shape": "tile"},
        "spatial": {"rank": "rank", "tile_shape": "tile"},
        "compute": {"einsum": "einsum", "target": "compute"},
    },
}
"""For each notation: its nodes, and what the keys of each are called here."""


@dataclass(frozen=True, slots=True)
class Names:
    """How a mapping calls what the model calls otherwise.

    Attributes:
        dims: our dim for each of its ranks.
        tensors: its tensor for each of W, I and O.
        arrays: for each level with a fan-out, the component that AccelForge's spatial nodes name.
        einsum: what the operation is called (written; not looked at when reading).
        compute: the component that computes (written; not looked at when reading).
    """

    dims: Mapping[str, str]
    tensors: Mapping[str, str]
    arrays: Mapping[str, str]
    einsum: str = "E"
    compute: str = "MAC"

    @classmethod
    def of(
        cls,
        accelerator: Accelerator,
        notation: Notation = "accelforge",
        *,
        dims: Mapping[str, str] | None = None,
        tensors: Mapping[str, str] | None = None,
    ) -> Names:
        """The names taken where none are given.

        Ranks are the letters of our dims, small in AccelForge; tensors are W, I and O; the fan-out belongs to ``Array``
        or, where several levels have one, to ``Array_`` with the name of the level above it.

        Args:
            accelerator: whose levels with a fan-out need a name for it.
            notation: how ranks are spelled.
            dims: our dim for each rank, if other than the letters (:data:`MATMUL_DIMS`).
            tensors: the mapping's tensor for each of W, I and O, if other than these letters.
        """
        letters = {dim.lower() if notation == "accelforge" else dim: dim for dim in DIMS}
        wide = [level.name for level in accelerator.levels if level.fanout]
        arrays = {name: "Array" if len(wide) == 1 else f"Array_{name}" for name in wide}
        return cls(dims or letters, tensors or {tensor: tensor for tensor in TENSORS}, arrays)
