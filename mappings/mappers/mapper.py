"""The interface of all mappers, what they are asked and what they answer, and their registry."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from accel_models.cost import BatchCost
from accel_models.loopnest import MappingArrays
from mappings.mapspace import MapSpace, empty_mappings, put, take
from nets.errors import InputError, unknown

Objective = Literal["edp", "latency", "energy"]
OBJECTIVES: Final = get_args(Objective)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchOptions:
    """What a mapper is asked.

    Attributes:
        objective: what it minimises.
        budget: evaluations it may spend on each problem, those of ``start`` included.
        seed: same seed, same answer, whatever the threads and whatever other problems the map space holds.
        start: mappings it begins with and never answers worse than: as many for each problem, those of problem 0 first.
        threads: how many threads evaluate.
        time_limit_s: wall time after which it answers what it has; ``inf`` for none. Only then does time matter.
        settings: what only this mapper knows; it refuses unknown keys.
    """

    objective: Objective = "edp"
    budget: int = 2000
    seed: int = 0
    start: MappingArrays | None = None
    threads: int = 1
    time_limit_s: float = float("inf")
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            raise unknown("objective", self.objective, OBJECTIVES)
        if not isinstance(self.budget, int) or isinstance(self.budget, bool) or self.budget < 1:
            raise InputError("mapper budget", self.budget, "must be a whole number of evaluations, at least 1")
        if not isinstance(self.seed, int) or isinstance(self.seed, bool) or self.seed < 0:
            raise InputError("seed", self.seed, "must be a whole number of at least 0")


@dataclass(slots=True)
class Found:
    """The best mapping of every problem so far, and how it came about.

    Attributes:
        mappings: one for each of P problems.
        score, cycles, energy_pj: float64 (P,), ``inf`` where nothing valid was found.
        evaluations: int64 (P,), spent on each problem.
        history: (evaluations, best scores (P,)) after every step; the scores never rise.
        lower_bound: float64 (P,), a proven bound on the score if the mapper has one, else ``None``.
        extra: figures of the mapper's own, by name.
    """

    mappings: MappingArrays
    score: NDArray[np.float64]
    cycles: NDArray[np.float64]
    energy_pj: NDArray[np.float64]
    evaluations: NDArray[np.int64]
    history: list[tuple[int, NDArray[np.float64]]] = field(default_factory=list)
    lower_bound: NDArray[np.float64] | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def none(cls, space: MapSpace) -> Found:
        """Nothing found yet."""
        count = len(space)
        return cls(
            mappings=empty_mappings(count, space.depth),
            score=np.full(count, np.inf),
            cycles=np.full(count, np.inf),
            energy_pj=np.full(count, np.inf),
            evaluations=np.zeros(count, dtype=np.int64),
        )

    def offer(
        self, space: MapSpace, mappings: MappingArrays, per_problem: int, options: SearchOptions
    ) -> NDArray[np.float64]:
        """Evaluate ``per_problem`` candidates of every problem, keep the best, and return all scores.

        Args:
            mappings: those of problem 0 first, then those of problem 1, and so on.

        Returns:
            float64 (P, per_problem).
        """
        count = len(space)
        problem_of = np.repeat(np.arange(count), per_problem)
        cost = space.evaluate(mappings, problem_of, options.threads)
        scores = score(options.objective, cost.cycles, cost.energy_pj).reshape(count, per_problem)
        self._keep_best(np.arange(count), scores, cost, mappings)
        return scores

    def offer_one(self, space: MapSpace, problem: int, mappings: MappingArrays, options: SearchOptions) -> None:
        """Evaluate candidates of one problem and keep the best."""
        cost = space.evaluate(mappings, np.full(len(mappings), problem), options.threads)
        scores = score(options.objective, cost.cycles, cost.energy_pj)[None]
        self._keep_best(np.array([problem]), scores, cost, mappings)

    def _keep_best(
        self, problems: NDArray[np.int64], scores: NDArray[np.float64], cost: BatchCost, mappings: MappingArrays
    ) -> None:
        each = scores.shape[1]
        best = scores.argmin(axis=1)
        better = np.flatnonzero(scores[np.arange(len(problems)), best] < self.score[problems])
        rows, into = better * each + best[better], problems[better]
        self.score[into] = scores[better, best[better]]
        self.cycles[into] = cost.cycles[rows]
        self.energy_pj[into] = cost.energy_pj[rows]
        put(self.mappings, into, take(mappings, rows))
        self.evaluations[problems] += each
        self.history.append((int(self.evaluations.max()), self.score.copy()))


def offer_start(space: MapSpace, options: SearchOptions) -> tuple[Found, int]:
    """Begin with the starting mappings, if any: what they cost, and the evaluations spent on each problem."""
    found = Found.none(space)
    if options.start is None:
        return found, 0
    each = len(options.start) // len(space)
    if each < 1 or each * len(space) != len(options.start):
        raise InputError(
            "start", len(options.start), f"must hold as many mappings for each of the {len(space)} problems"
        )
    each = min(each, options.budget)
    first = (np.arange(len(space))[:, None] * (len(options.start) // len(space)) + np.arange(each)).ravel()
    found.offer(space, take(options.start, first), each, options)
    return found, each


def out_of_time(options: SearchOptions) -> Callable[[], bool]:
    """A clock that says when ``options.time_limit_s`` is over, counted from now."""
    end = time.perf_counter() + options.time_limit_s
    return lambda: time.perf_counter() >= end


class Mapper(Protocol):
    """Finds a good mapping for every problem of a map space."""

    def __call__(self, space: MapSpace, options: SearchOptions) -> Found:
        """Search; problems without a valid mapping keep a score of ``inf``."""


def score(objective: Objective, cycles: NDArray[np.float64], energy_pj: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is minimised: cycles, pJ, or their product."""
    if objective == "latency":
        return cycles
    return energy_pj if objective == "energy" else cycles * energy_pj


_MAPPERS: dict[str, Mapper] = {}
_HOMES: Final = ("annealing", "cmaes", "exhaustive", "genetic", "gradient", "optimal", "random")


def register_mapper(name: str) -> Callable[[Mapper], Mapper]:
    """Enter a mapper under ``name``."""

    def enter(mapper: Mapper) -> Mapper:
        _MAPPERS[name] = mapper
        return mapper

    return enter


def list_mappers() -> list[str]:
    """Names of all mappers."""
    for home in _HOMES:
        importlib.import_module(f"mappings.mappers.{home}")
    return sorted(_MAPPERS)


def load_mapper(name: str) -> Mapper:
    """The mapper of that name."""
    if name not in _MAPPERS and name in _HOMES:
        importlib.import_module(f"mappings.mappers.{name}")
    if name not in _MAPPERS:
        raise unknown("mapper", name, list_mappers())
    return _MAPPERS[name]


def read_settings(mapper: str, given: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """The settings of a mapper: its defaults with what was given; unknown keys are refused."""
    for key in given:
        if key not in known:
            raise unknown(f"mapper {mapper!r}: settings", key, known)
    return {**known, **given}
