"""How long a pipeline of stages takes, and the best one for a chain of layers: a dynamic program over (position, cores
of each kind used).

With two buffers between stages, a batch of B items takes

    startup + sum of c_i + (B - 1) max( max c_i, DRAM words / bandwidth, words of each link / bandwidth )    (1)

where ``c_i`` are the cycles of stages and of the transfers between them, and DRAM and links move words as a fluid. A
*label* holds what (1) and the energy follow from. All its figures only add up or only grow, and so does what is
minimised, so a label that is worse in every figure than another of the same cores and the same position is dropped: the
answer is that of all pipelines of the given stages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Label:
    """What stages from the first layer on take, for one item.

    Attributes:
        energy_pj: without static power, with an item's part of weights that stay.
        latency: cycles of all stages and transfers, one after the other.
        slowest: cycles of the slowest stage or transfer.
        dram: words of DRAM, without weights that stay.
        startup: words of weights that stay.
    """

    energy_pj: float = 0.0
    latency: float = 0.0
    slowest: float = 0.0
    dram: float = 0.0
    startup: float = 0.0

    def then(self, other: Label) -> Label:
        """With what comes after it."""
        return Label(
            self.energy_pj + other.energy_pj,
            self.latency + other.latency,
            max(self.slowest, other.slowest),
            self.dram + other.dram,
            self.startup + other.startup,
        )

    def no_worse(self, other: Label) -> bool:
        """In any figure."""
        return (
            self.energy_pj <= other.energy_pj
            and self.latency <= other.latency
            and self.slowest <= other.slowest
            and self.dram <= other.dram
            and self.startup <= other.startup
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """Items that run one after the other on a system.

    Attributes:
        items: how many.
        bandwidth: words of DRAM per cycle.
        static_pj: energy in a cycle whatever runs.
    """

    items: int
    bandwidth: float
    static_pj: float

    def interval(self, label: Label) -> float:
        """Cycles from one item to the next."""
        return max(label.slowest, label.dram / self.bandwidth)

    def cycles(self, label: Label) -> float:
        """Cycles of all items: (1)."""
        first = label.startup / self.bandwidth + label.latency
        return first + (self.items - 1) * self.interval(label)

    def energy_pj(self, label: Label) -> float:
        """Energy of all items."""
        return self.items * label.energy_pj + self.static_pj * self.cycles(label)


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """A way to run layers ``begin`` to ``end - 1``.

    Attributes:
        kind, count: of the cores that it takes.
        label: what it takes.
        what: whatever says how.
    """

    begin: int
    end: int
    kind: int
    count: int
    label: Label
    what: T


Join = Callable[[Option[T], Option[T], tuple[int, ...]], Label | None]
"""What it takes to hand an item from one stage to the next, given how many cores of each kind both use with all before
them; ``None`` where that cannot be."""


@dataclass(frozen=True, slots=True)
class _Chain(Generic[T]):
    label: Label
    used: tuple[int, ...]
    last: Option[T] | None = None
    before: _Chain[T] | None = None


def best_pipeline(
    options: Sequence[Option[T]],
    end: int,
    counts: Sequence[int],
    worth: Callable[[Label], float],
    join: Join[T],
    *,
    same: Callable[[Option[T]], object] = lambda option: None,
) -> tuple[list[Option[T]], Label] | None:
    """The stages that are worth the least, and what they take; ``None`` where none make a pipeline.

    Args:
        options: stages to choose from.
        end: layers in all.
        counts: cores of each kind.
        worth: what is minimised; never falls where a figure rises.
        same: options with an equal value, on equal cores, are alike to what follows.
    """
    by_begin: dict[int, list[Option[T]]] = {}
    for option in options:
        by_begin.setdefault(option.begin, []).append(option)
    fronts: list[dict[object, list[_Chain[T]]]] = [{} for _ in range(end + 1)]
    fronts[0][()] = [_Chain(Label(), (0,) * len(counts))]
    best: _Chain[T] | None = None
    for place in range(end):
        for chain in (each for front in fronts[place].values() for each in front):
            for option in by_begin.get(place, ()):
                longer = _longer(chain, option, counts, join)
                if longer is None or (best is not None and worth(longer.label) >= worth(best.label)):
                    continue
                if option.end == end:
                    best = longer
                else:
                    key = (longer.used, option.kind, option.count, same(option))
                    _keep(fronts[option.end].setdefault(key, []), longer)
    if best is None:
        return None
    found, at = [], best
    while at.last is not None and at.before is not None:
        found.append(at.last)
        at = at.before
    return found[::-1], best.label


def _longer(chain: _Chain[T], option: Option[T], counts: Sequence[int], join: Join[T]) -> _Chain[T] | None:
    """A chain and one stage more, where there are cores for it and the item can be handed over."""
    used = list(chain.used)
    used[option.kind] += option.count
    if used[option.kind] > counts[option.kind]:
        return None
    label = chain.label
    if chain.last is not None:
        handed = join(chain.last, option, tuple(used))
        if handed is None:
            return None
        label = label.then(handed)
    return _Chain(label.then(option.label), tuple(used), option, chain)


def _keep(front: list[_Chain[T]], new: _Chain[T]) -> None:
    """Add a chain to others of the same cores, unless one is no worse; those that it is no worse than go."""
    if any(old.label.no_worse(new.label) for old in front):
        return
    front[:] = [old for old in front if not new.label.no_worse(old.label)]
    front.append(new)
