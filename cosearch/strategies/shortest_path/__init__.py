"""The best subnet on an accelerator as a shortest path with limits: exact, with a bound.

The names below load on first use: the kernel compiles while the cost model does, and must not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nets.first_use import on_first_use

if TYPE_CHECKING:
    from cosearch.strategies.shortest_path.excess import least_broken
    from cosearch.strategies.shortest_path.problem import ChainProblem, ExactSubnet, is_chain

__all__ = ["ChainProblem", "ExactSubnet", "is_chain", "least_broken"]

_PROBLEM = "cosearch.strategies.shortest_path.problem"
__getattr__, __dir__ = on_first_use(
    __name__, dict.fromkeys(__all__, _PROBLEM) | {"least_broken": "cosearch.strategies.shortest_path.excess"}
)
