"""How Timeloop files call what the model calls otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from accel_models.accelerator import Accelerator
from nets.errors import InputError
from nets.layer import DIMS

TENSOR_NAMES: Final = {"W": "Weights", "I": "Inputs", "O": "Outputs"}
"""Timeloop's usual names of data spaces."""


@dataclass(frozen=True, slots=True)
class Names:
    """How a Timeloop file calls what the model calls otherwise.

    Attributes:
        dims: our dim for each of the file's.
        tensors: the file's data space for each of W, I and O.
        memories: the file's memories, outermost first.
        virtual: those that hold nothing; each is part of the level of the memory above it.
        axes: for each memory, our axis below its level for its ``X`` and ``Y``.
        wires: for each node of v0.4 that fans out, the virtual memory whose spatial loops it names.
    """

    dims: Mapping[str, str]
    tensors: Mapping[str, str]
    memories: tuple[str, ...]
    virtual: frozenset[str]
    axes: Mapping[str, Mapping[str, str]]
    wires: Mapping[str, str] = field(default_factory=dict)

    def level_of(self, memory: str) -> str:
        """The level that a memory is, or is part of."""
        real = [name for name in self.memories[: self.memories.index(memory) + 1] if name not in self.virtual]
        return real[-1]

    @classmethod
    def of(cls, accelerator: Accelerator) -> Names:
        """Timeloop's usual names, for an accelerator that did not come from a Timeloop file: axes become X, Y, Y."""
        return cls(
            dims={dim: dim for dim in DIMS},
            tensors=TENSOR_NAMES,
            memories=accelerator.level_names,
            virtual=frozenset(),
            axes={
                level.name: {mesh: axis.name for mesh, axis in zip("XY", level.fanout)} for level in accelerator.levels
            },
        )


def parse_permutation(text: str, dims: Iterable[str]) -> list[str]:
    """The dims that a text names, with or without marks between them.

    Raises:
        InputError: a word that is no dim, or one that stands twice.
    """
    place = "permutation"
    known = "|".join(sorted(map(re.escape, dims), key=len, reverse=True))
    order: list[str] = []
    rest = text
    while rest := rest.strip(" ,"):
        match = re.match(known, rest)
        if not match:
            raise InputError(place, rest, f"begins with no dim ({', '.join(dims)})")
        if match[0] in order:
            raise InputError(place, text, f"names {match[0]} twice")
        order.append(match[0])
        rest = rest[match.end() :]
    return order
