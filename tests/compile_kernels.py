"""Run everything compiled once, so that it is cached: ``python -m tests.compile_kernels cost|mappers|proofs``."""

from __future__ import annotations

import sys

import numpy as np

from accel_models import MappingArrays, evaluate_batch, load_accelerator
from nets import Layer

LAYER = Layer(name="small", K=4, C=4, P=4, Q=4)
MACHINE = load_accelerator("eyeriss", node_nm=45)


def evaluate_something() -> None:
    """Compile the cost model."""
    shape = (1, len(MACHINE.levels), 8)
    ones, order = np.ones(shape, dtype=np.int64), np.tile(np.arange(8, dtype=np.int8), (*shape[:2], 1))
    kept = np.ones((*shape[:2], 3), dtype=bool)
    evaluate_batch([LAYER], [MACHINE], MappingArrays(ones, ones, order, order * 0, kept))


def main(what: str) -> None:
    """Compile the cost model, or what needs it: mappers with a budget, the optimal mapper."""
    if what == "cost":
        evaluate_something()
        return
    from mappings import search

    if what == "proofs":
        search(LAYER, MACHINE, mapper="optimal", tiles="ragged")
    else:
        search(LAYER, MACHINE, mapper="cmaes", budget=32)


if __name__ == "__main__":
    main(sys.argv[1])
