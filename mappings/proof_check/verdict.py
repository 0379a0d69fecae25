"""Whether any mapping beats a claimed optimum: all are priced that compulsory bounds do not rule out.

A second opinion on a proof, slow and simple. It takes nothing for granted that the ``optimal`` mapper does: no
dominance, no symmetry, no rule about orders, and no formula for traffic but the cost model's own.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from functools import partial
from itertools import chain
from typing import Final

import numpy as np

from accel_models.loopnest import Mapping, MappingArrays
from accel_models.mapping_arrays import from_arrays
from accel_models.uneven import fold
from mappings.mappers.mapper import Objective, score
from mappings.mapspace import MapSpace, take
from mappings.proof_check.compulsory import Compulsory
from mappings.proof_check.nests import BATCH, Nests, keeps
from nets.errors import InputError

MOST: Final = 50_000_000
TOLERANCE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an enumeration says of a claimed optimum.

    Attributes:
        agrees: whether no mapping is better by more than a relative 1e-9; false where that is not known.
        best: the least objective among the mappings priced; ``inf`` where bounds left none to price.
        priced: mappings priced.
        cut: nests begun that a bound ruled out, each with all that goes on from it.
        complete: whether the enumeration came to its end or to a better mapping; if not, it says nothing.
        mapping: a better one, where it does not agree.
    """

    agrees: bool
    best: float
    priced: int
    cut: int
    complete: bool
    mapping: Mapping | None = None


def check(
    space: MapSpace,
    problem: int,
    objective: Objective,
    claimed: float,
    *,
    most: int = MOST,
    time_limit_s: float = math.inf,
) -> Verdict:
    """Look for a mapping of one problem that is better than what is claimed to be the best.

    Args:
        space: of tiles that divide.
        problem: its place in the space.
        objective: what is minimised.
        claimed: the least there is, in cycles, pJ or their product.
        most: mappings to price and nests to rule out, together, before it gives up.
        time_limit_s: wall time after which it gives up.

    Raises:
        InputError: tiles or a convention that are not enumerated, or a claim that is no positive number.
    """
    if space.tiles != "perfect":
        raise InputError("proof check: tiles", space.tiles, "cannot be enumerated", "take tiles that divide")
    if space.convention == "systolic":
        raise InputError(
            "proof check: convention", space.convention, "makes cost depend on axes, which are not enumerated"
        )
    if not claimed > 0:
        raise InputError("proof check: claimed", claimed, "must be a number greater than zero")
    return _Enumeration(space, problem, objective, claimed * (1 - TOLERANCE), most, time_limit_s).run()


class _Enumeration:
    """One enumeration under way: what it looks for, and what it has seen so far."""

    def __init__(
        self, space: MapSpace, problem: int, objective: Objective, bar: float, most: int, time_limit_s: float
    ) -> None:
        self._space, self._problem, self._objective, self._bar = space, problem, objective, bar
        self._most, self._end = most, time.perf_counter() + time_limit_s
        self._priced, self._cut, self._best = 0, 0, math.inf

    def run(self) -> Verdict:
        """Price all mappings that may be below the bar, until one is."""
        kinds = (Nests(self._space, self._problem, keep) for keep in keeps(self._space, self._problem))
        for mappings in chain.from_iterable(map(self._mappings, kinds)):
            cost = self._space.evaluate(mappings, np.full(len(mappings), self._problem))
            scores = score(self._objective, cost.cycles, cost.energy_pj)
            at = int(scores.argmin())
            self._priced += len(mappings)
            self._best = min(self._best, float(scores[at]))
            if self._best < self._bar:
                layer, accelerator = self._space.problem(self._problem)
                return self._verdict(better=fold(accelerator, from_arrays(layer, accelerator, mappings, at)))
        return self._verdict()

    def _mappings(self, nests: Nests) -> Iterator[MappingArrays]:
        """All mappings of one kind that are not ruled out, in batches; a stage draws on the one before as it goes."""
        bounds = Compulsory(nests, self._objective)
        begun = self._drawn(nests.begin())
        for level in range(self._space.depth - 1):
            worth = self._worth(bounds, begun, level)
            begun = self._drawn(chain.from_iterable(map(partial(nests.deepen, level=level), worth)))
        return begun

    def _worth(self, bounds: Compulsory, batches: Iterable[MappingArrays], level: int) -> Iterator[MappingArrays]:
        """The nests begun down to a level that may lead below the bar, gathered to batches that fill."""
        gathered: list[MappingArrays] = []
        for begun in batches:
            kept = np.flatnonzero(bounds.scores(begun, level) < self._bar)
            self._cut += len(begun) - len(kept)
            gathered.append(take(begun, kept))
            if sum(map(len, gathered)) >= BATCH:
                yield _joined(gathered)
                gathered = []
        if any(map(len, gathered)):
            yield _joined(gathered)

    def _drawn(self, batches: Iterable[MappingArrays]) -> Iterator[MappingArrays]:
        """The batches until the limits are reached."""
        for batch in batches:
            if self._spent():
                return
            yield batch

    def _spent(self) -> bool:
        return self._priced + self._cut > self._most or time.perf_counter() >= self._end

    def _verdict(self, better: Mapping | None = None) -> Verdict:
        complete = better is not None or not self._spent()
        return Verdict(complete and better is None, self._best, self._priced, self._cut, complete, better)


def _joined(batches: list[MappingArrays]) -> MappingArrays:
    names = [field.name for field in fields(MappingArrays)]
    return MappingArrays(*(np.concatenate([getattr(batch, name) for batch in batches]) for name in names))
