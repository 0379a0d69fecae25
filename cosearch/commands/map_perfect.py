"""How far a mapping is from the best whose tiles divide: mostly a tight bound, where that of any tiles is weak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from nets.errors import CosearchError

if TYPE_CHECKING:
    from accel_models.cost import Convention
    from mappings import MappingResult
    from mappings.network_join import Aggregate, Networks
    from mappings.network_search import NetworkSearch
    from nets import Layer

LONGEST_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class PerfectGap:
    """A mapping beside those whose tiles divide.

    Attributes:
        lower_bound: on the objective of those, in its own unit of score.
        above: score / lower_bound - 1; below zero where tiles that do not divide are worth more.
        reached: whether the bound is that of a mapping, the best of them.
    """

    lower_bound: float
    above: float
    reached: bool

    def __str__(self) -> str:
        best = "the best mapping whose tiles divide" if self.reached else "a bound on mappings whose tiles divide"
        return f"{abs(self.above):.2%} {'below' if self.above < 0 else 'above'} {best}{' (proven)' * self.reached}"

    def to_dict(self, unit: float) -> dict[str, Any]:
        """Plain data; the bound times ``unit``."""
        return {"lower_bound": self.lower_bound * unit, "above": self.above, "reached": self.reached}


def against_perfect(found: MappingResult, *, constraints: tuple[str, ...], limit_s: float) -> PerfectGap | None:
    """Search the best mapping whose tiles divide, for seconds at most; ``None`` where nothing is known of it."""
    from mappings import search

    convention: Any = found.cost.convention
    try:
        best = search(
            found.layer, found.accelerator, mapper="optimal", objective=found.objective, tiles="perfect",
            constraints=constraints, convention=convention, time_limit_s=min(limit_s, LONGEST_S),
        )  # fmt: skip
    except CosearchError:
        return None
    return _beside(found.score, best.lower_bound, weak=best.weak, proven=best.proven)


def network_against_perfect(
    found: NetworkSearch,
    layers: Sequence[tuple[Layer, float]],
    *,
    aggregate: Aggregate,
    convention: Convention,
    constraints: tuple[str, ...],
    limit_s: float,
    networks: Networks | None,
) -> PerfectGap | None:
    """:func:`against_perfect` for the mappings of all layers of a network, or the best of several."""
    from mappings import search_network

    try:
        best = search_network(
            layers, found.accelerator, mapper="optimal", aggregate=aggregate, tiles="perfect", constraints=constraints,
            convention=convention, time_limit_s=min(limit_s, LONGEST_S), networks=networks,
        )  # fmt: skip
    except CosearchError:
        return None
    return _beside(found.choice.edp, best.choice.lower_bound, weak=any(best.weak), proven=best.proven)


def can_compare(mapper: str, tiles: str) -> bool:
    """Whether the best mapping whose tiles divide says something of one found so: it is not what was searched for."""
    return tiles in ("ragged", "even") or (tiles == "perfect" and mapper != "optimal")


def _beside(score: float, lower_bound: float, *, weak: bool, proven: bool) -> PerfectGap | None:
    if not lower_bound > 0 or (weak and not proven):
        return None
    return PerfectGap(lower_bound, score / lower_bound - 1, proven)
