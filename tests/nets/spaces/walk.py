"""A small space in which every decision hangs on all before it."""

from __future__ import annotations

from collections.abc import Sequence

from nets.spaces import Decision, DecisionSpace


class Walk(DecisionSpace):
    """Six steps down, along or up on four levels: what is open depends on all steps before."""

    def __init__(self) -> None:
        super().__init__("walk", [Decision(f"step {number}", (-1, 0, 1)) for number in range(6)])

    def state(self, prefix: Sequence[int]) -> object:
        return sum(code - 1 for code in prefix)

    def options(self, prefix: Sequence[int]) -> tuple[int, ...]:
        level = sum(code - 1 for code in prefix)
        return tuple(code for code in range(3) if 0 <= level + code - 1 <= 3)
