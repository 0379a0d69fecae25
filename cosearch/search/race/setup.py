"""From options to a race: what runs, at which resolutions, and where each wiring begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from cosearch.bounds.boxes import Floats, Ints
from cosearch.bounds.choices import ALL, Choices
from cosearch.bounds.spec import BoundSpec, direction_of, why_unbounded
from cosearch.evaluation.best_subnet import ALMOST
from cosearch.evaluation.demand import Demand
from cosearch.evaluation.mixes import mixes_of
from cosearch.evaluation.region import Direction
from cosearch.evaluation.workload_spec import WorkloadSpec
from cosearch.executors.executor import Executor
from cosearch.problem.options import CoSearchOptions
from cosearch.search.candidates import bound_on, demanded, looks_closely, usual_budget
from cosearch.search.race.field import Field, field_of
from cosearch.search.race.lane import Lane, Terms
from cosearch.search.race.lore import Lore
from cosearch.search.race.screen import screen, screen_strata
from cosearch.search.race.shortlist import Shortlist, looks_of
from cosearch.search.race.slice import Slice
from cosearch.search.race.strategy import Race
from cosearch.search.race.untried import Untried
from cosearch.search.resolutions import resolutions_of, specify_workload
from cosearch.strategies.shortest_path import ChainProblem, is_chain
from cosearch.strategies.subnets import SubnetSearch, canonical_key
from nets.accuracy import Predictor
from nets.errors import InfeasibleError
from nets.layer import Layer
from nets.network import Network

EACH: Final = 24
"""Designs of a stratum of a niche that may begin."""
PROBES: Final = 24
"""Designs that say which subnets and resolutions are good."""
SPREAD: Final = 1.06
"""A resolution stays if some probe's bound at it is within this of the best."""
MOST_RESOLUTIONS: Final = 2
NO_KNOBS: Final[Mapping[str, float]] = {}
NO_CONTEXT: Final = np.zeros(0)


@dataclass(frozen=True)
class Arena:
    """What races of a search have in common.

    Attributes:
        spec: of what runs on the accelerators.
        networks: that stand for it where designs are only estimated.
        layers: that are mapped.
        any_of: the best network counts, as of subnets; else the geometric mean of all.
    """

    spec: WorkloadSpec
    networks: Sequence[Network]
    layers: Sequence[Layer]
    any_of: bool


def arena_of(options: CoSearchOptions, executor: Executor) -> Arena:
    """What the accelerators of a search are evaluated with.

    Raises:
        InputError: no such network or space, no figures of its accuracy.
        InfeasibleError: no subnet reaches the accuracy.
        ExecutorError: the workers were lost.
    """
    if (mixes := mixes_of(options)) is not None:
        return Arena(WorkloadSpec(options, None), [mixes.smallest()], mixes.layers, any_of=True)
    if options.networks:
        networks = options.load_networks()
        layers = [layer for network in networks for layer in network.layers]
        return Arena(WorkloadSpec(options, None), networks, layers, any_of=False)
    predictor = options.accuracies()
    asked = resolutions_of(predictor) if options.resolution is None else [options.resolution]
    if set(asked) <= set(predictor.domain) and is_chain(predictor.space, predictor, asked):
        found = [
            promising(replace(options, min_accuracy=floor), predictor, asked)
            for floor in _floors(options, predictor, asked)
        ]
        resolutions = tuple(sorted({resolution for kept, _, _ in found for resolution in kept}))
        layers = [layer for _, _, its in found for layer in its]
        return Arena(WorkloadSpec(options, resolutions), found[0][1], layers, any_of=True)
    spec = specify_workload(options, executor)
    workload = spec.make()
    assert spec.resolutions is not None
    networks = [predictor.space.network(predictor.most_accurate(resolution)) for resolution in spec.resolutions]
    return Arena(spec, networks, workload.layers, any_of=True)


def _floors(options: CoSearchOptions, predictor: Predictor, resolutions: Sequence[int]) -> list[float]:
    """The accuracies that are asked for: the least, and where accuracy is an objective, the highest there is."""
    if "accuracy" not in options.objectives:
        return [options.min_accuracy]
    search = SubnetSearch(predictor.space, predictor, options.min_accuracy, resolutions, options.confidence)
    return [options.min_accuracy, options.min_accuracy + (search.highest - options.min_accuracy) * ALMOST]


def begin_race(options: CoSearchOptions, executor: Executor, choices: Choices = ALL) -> tuple[WorkloadSpec, Race]:
    """What the accelerators of a search are evaluated with, and the race that proposes them.

    Args:
        options: of the search.
        executor: whose workers look for the resolutions, where accuracy is measured.
        choices: the sizes that designs have.

    Raises:
        InputError, InfeasibleError, ExecutorError: see :func:`arena_of`.
    """
    arena = arena_of(options, executor)
    track = Track.of(options, arena, choices)
    if not track.starts:
        raise InfeasibleError(f"no design fits the layers and the budget {options.budget}")
    lane = track.screened(track.lane(Slice.whole(1), track.terms(), Lore(track.field.ground)), options.trials, executor)
    return arena.spec, Race([lane], options.trials, usual_budget(options, arena.layers))


@dataclass(frozen=True)
class Track:
    """What a lane runs on.

    Attributes:
        options: of the search for its one objective, within its limits.
        arena: of the whole search.
        field: the designs.
        starts: where each niche begins.
        lanes: that the race has.
    """

    options: CoSearchOptions
    arena: Arena
    field: Field
    starts: Sequence[Sequence[tuple[float, Ints]]]
    lanes: int = 1

    @classmethod
    def of(cls, options: CoSearchOptions, arena: Arena, choices: Choices = ALL, lanes: int = 1) -> Track:
        """The track of a search for one objective, one of so many lanes."""
        field = field_of(options, arena.networks, arena.layers, any_of=arena.any_of, choices=choices)
        return cls(options, arena, field, [rows for rows in field.starts(EACH, lanes) if rows], lanes)

    def terms(self, knobs: Mapping[str, float] = NO_KNOBS, context: Floats = NO_CONTEXT) -> Terms:
        """What is asked of networks, and the direction in which that bounds designs."""
        return Terms(knobs, context, self._direction())

    def lane(self, slice: Slice, terms: Terms, lore: Lore) -> Lane:
        """The lane of a slice."""
        ground, rng = self.field.ground, np.random.default_rng([self.options.seed, len(self.starts), *slice.place])
        untried = Untried(
            ground,
            self.starts,
            self.field.estimates.of,
            terms.context,
            lore,
            rng,
            self._shortlist(terms),
            closely=self._closely,
        )
        return Lane(slice, terms, ground, untried, lore, rng)

    def screened(self, lane: Lane, trials: int, executor: Executor) -> Lane:
        """A lane that knows what bounds the first of its designs to begin with, where anything does.

        Args:
            lane: of this track.
            trials: that it will have: no more designs are bounded.
            executor: whose workers bound them.

        Raises:
            ExecutorError: the workers were lost.
        """
        if (bounds := self.bounds(lane.terms)) is not None:
            if self._closely and self.lanes == 1:
                screen_strata(lane.untried, self.field.ground, bounds, executor)
            else:
                screen(lane.untried, self.field.ground, bounds, trials, executor)
        return lane

    def bounds(self, terms: Terms) -> BoundSpec | None:
        """What bounds designs of which that is asked; none where nothing does."""
        if terms.direction is None:
            return None
        spec = self.arena.spec
        return BoundSpec(demanded(spec, Demand.of(terms.knobs)), spec.resolutions, terms.direction)

    @property
    def _closely(self) -> bool:
        return looks_closely(self.options, self.arena.layers)

    def _shortlist(self, terms: Terms) -> Shortlist | None:
        looks, bounds, ground = looks_of(self.arena.layers), self.bounds(terms), self.field.ground
        if bounds is None or not looks:
            return None
        if self._closely:
            return Shortlist(lambda design, enough: bound_on(bounds, ground.machine(design), enough), looks)
        return Shortlist(lambda design, _: bound_on(bounds, ground.machine(design)), looks)

    def _direction(self) -> Direction | None:
        """In which designs are bounded: that of the least to begin with; ``None`` where nothing bounds them."""
        unbounded = not self.field.searches or why_unbounded(self.options, self.arena.spec.resolutions)
        if not self.starts or unbounded:
            return None
        _, design = min((rows[0] for rows in self.starts), key=lambda row: row[0])
        return direction_of(self.options, *self.field.estimates.figures(design))


def promising(
    options: CoSearchOptions, predictor: Predictor, resolutions: Sequence[int]
) -> tuple[tuple[int, ...], list[Network], list[Layer]]:
    """The resolutions at which the best designs may be, good subnets at them, and all their layers.

    Raises:
        InfeasibleError: no subnet reaches the accuracy.
    """
    space = predictor.space
    problems = _problems(options, predictor, resolutions)
    smallest = {}
    for resolution, problem in problems.items():
        macs = np.array([float(layer.macs) for layer in problem.table.layers])
        _, config = problem.least_weighted(macs, exact=False)
        _, config = problem.least_weighted(macs) if config is None else (0.0, config)
        if config is not None:
            smallest[resolution] = space.network(config)
    layers = [layer for resolution in smallest for layer in problems[resolution].table.layers]
    field = field_of(options, list(smallest.values()), layers, any_of=True)
    ranked = sorted(
        (row for rows in field.starts(PROBES // 8) for row in rows), key=lambda row: (row[0], row[1].tolist())
    )
    probes = np.array([design for _, design in ranked[:PROBES]])
    best: dict[int, float] = {}
    subnets: dict[int, dict[object, Network]] = {}
    for resolution in smallest:
        problem = problems[resolution]
        energy_pj, latency_s = field.least.of_layers(problem.table.layers, probes)
        for row in range(len(probes)):
            found = problem.best(energy_pj[row], latency_s[row], options.goal, options.budget)
            if found is not None:
                best[resolution] = min(best.get(resolution, found.value), found.value)
                network = space.network(found.config)
                subnets.setdefault(resolution, {})[canonical_key(found.config)] = network
    kept = sorted(best, key=lambda r: best[r])[:MOST_RESOLUTIONS]
    kept = [r for r in kept if best[r] <= SPREAD * best[kept[0]]]
    networks = [network for r in kept for network in list(subnets[r].values())[:4]]
    return tuple(sorted(kept)), networks, [layer for r in sorted(kept) for layer in problems[r].table.layers]


def _problems(options: CoSearchOptions, predictor: Predictor, resolutions: Sequence[int]) -> dict[int, ChainProblem]:
    """The subnets of each resolution at which any reaches the floor."""
    problems = {}
    for resolution in resolutions:
        try:
            search = SubnetSearch(predictor.space, predictor, options.min_accuracy, [resolution], options.confidence)
        except InfeasibleError:
            continue
        problems[resolution] = ChainProblem(
            search.table, predictor, options.min_accuracy, options.confidence, search.surest
        )
    if not problems:
        SubnetSearch(predictor.space, predictor, options.min_accuracy, resolutions, options.confidence)  # says why
    return problems
