"""How the layers of a network are mapped."""

from __future__ import annotations

from dataclasses import dataclass

from cosearch.problem.objective import ObjectiveName


@dataclass(frozen=True, slots=True, kw_only=True)
class MapperOptions:
    """How layers are mapped.

    Attributes:
        mapper: name of the mapper.
        objective: what a mapping makes small.
        seed: of every draw.
        threads: that share the work; the result does not depend on them.
    """

    mapper: str = "cmaes"
    objective: ObjectiveName = "edp"
    seed: int = 0
    threads: int = 1
