"""What a search has compiled before it begins, once on a machine: two processes take half of it each.

Workers that want a kernel which is not compiled yet would each compile it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from accel_models.compiled import compile_beside, compile_here, missing, wait_beside

if TYPE_CHECKING:  # importing the cost model compiles it: the other process begins before
    from cosearch.search.observer import Observer

BESIDE: Final = (
    "cosearch.strategies.shortest_path.kernel.labels",
    "mappings.decode_kernel",
    "mappings.mappers.normal_kernel",
    "mappings.mappers.cma_kernel",
    "mappings.mappers.optimal.boxes_kernel",
    "mappings.mappers.optimal.boxes_kernel.machine",
)
"""In the order in which it is wanted."""
HERE: Final = ("mappings.corner_bounds", "mappings.mappers.optimal.kernel")
"""What is compiled here, after the cost model, which is when it is imported."""


def begin_kernels() -> None:
    """Have a process begin with what is not compiled yet, if none did."""
    compile_beside(BESIDE)


def compile_kernels(observer: Observer) -> None:
    """Have everything compiled that is not, and what this process compiles loaded."""
    begin_kernels()  # nothing, where the command did
    if missing(HERE):
        observer.stage("compiling the mapper, once on this machine")
    compile_here(HERE)
    wait_beside()
