"""Which dims move which tensor."""

from __future__ import annotations

from typing import Final

from accel_models.codes import DEPENDS
from nets.layer import DIMS, TENSORS

TENSOR_DIMS: Final[dict[str, frozenset[str]]] = {
    tensor: frozenset(dim for d, dim in enumerate(DIMS) if DEPENDS[t, d]) for t, tensor in enumerate(TENSORS)
}
"""The dims that move each tensor; a loop over any other leaves its tile as it is."""
