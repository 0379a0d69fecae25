"""The mappings of all layers that make the best network, by a few searches; proven where the mapper proves.

After a first search for the EDP of each layer, every round weighs a cycle with w pJ and searches for the least
E + w T of each layer. That is the energy on a machine with so much more static power, so any mapper can do it, and one
that proves its optimum proves this one. All that is evaluated joins the layers' fronts
(:mod:`mappings.network_join`), and w is chosen for what it can still decide.

The least sum of E_i + w T_i is a concave function of w, whatever the layers: between two weights where it is known it
lies above the chord, and beyond the last one it rises at least as fast as the sum of the layers' least latencies. So
every round also raises the lower bound of the network's EDP, the minimum over w of the square of these chords over
4 w; with exact optima the next w, where that minimum stands, either cuts it off or proves it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.cost import Convention
from accel_models.loopnest import Mapping, MappingArrays
from accel_models.mapping_arrays import from_arrays
from accel_models.vector import vector_cost
from mappings.bounds import cycle_and_energy_bounds, lower_bounds
from mappings.mappers.mapper import Found, Objective, SearchOptions, load_mapper
from mappings.mapspace import MapSpace, Tiles, take
from mappings.network_join import (
    AGGREGATES,
    Aggregate,
    LayerBound,
    NetworkChoice,
    Networks,
    OneNetwork,
    chord_bound,
    join_network,
)
from mappings.pareto import Archive, Front, WatchedSpace, front_of, join_mappings
from nets.errors import InfeasibleError, InputError, unknown
from nets.layer import Layer

CLOSE: Final = 1e-9
"""A gap that rounding makes."""
ROUNDS: Final = 4
ROUNDS_TO_PROVE: Final = 16


@dataclass(frozen=True, slots=True)
class NetworkSearch:
    """What a search for the mappings of a network found.

    Attributes:
        layers: those of the network, on ``accelerator``.
        fronts: of each layer, all that was visited and is not beaten; one point for a vector layer.
        choice: the best choice of one point from each.
        layer_optima: the choice of the least EDP of each layer by itself from the same fronts, for comparison.
        rounds: (weight of a cycle in pJ, EDP of the network after the round, its lower bound then); the first round
            has no weight (``nan``): it searches for the EDP of each layer.
        evaluations: mappings evaluated in all. seconds: wall time.
        weak: by layer, whether all that is known of it is what every mapping pays, which the best may stay far above;
            false for a vector layer.
    """

    layers: tuple[Layer, ...]
    accelerator: Accelerator
    fronts: tuple[Front, ...]
    choice: NetworkChoice
    layer_optima: NetworkChoice
    rounds: tuple[tuple[float, float, float], ...]
    evaluations: int
    seconds: float
    weak: tuple[bool, ...]

    @property
    def counts(self) -> tuple[float, ...]:
        """How often each layer runs."""
        return self.choice.counts

    @property
    def proven(self) -> bool:
        """Whether no mappings can be better."""
        return self.choice.gap <= CLOSE

    def mapping(self, index: int) -> Mapping | None:
        """The mapping chosen for a layer; ``None`` for a vector layer."""
        mappings = self.fronts[index].mappings
        if mappings is None:
            return None
        return from_arrays(self.layers[index], self.accelerator, mappings, self.choice.points[index])


def search_network(
    layers: Sequence[tuple[Layer, float]],
    accelerator: Accelerator,
    *,
    mapper: str = "cmaes",
    budget: int = 2000,
    rounds: int | None = None,
    aggregate: Aggregate = "network",
    seed: int = 0,
    tiles: Tiles = "ragged",
    bypass: bool = False,
    convention: Convention = "default",
    constraints: Sequence[str] = (),
    threads: int = 1,
    time_limit_s: float = math.inf,
    settings: dict[str, Any] | None = None,
    networks: Networks | None = None,
) -> NetworkSearch:
    """Find the mappings of all layers that make the EDP of the network least.

    Args:
        layers: distinct layers and how often each runs, as :meth:`nets.Network.unique_layers` gives them. Vector
            layers take no mapping and add what they cost.
        accelerator: what runs them.
        mapper: as for :func:`mappings.search`, and so are ``seed``, ``tiles``, ``bypass``, ``convention``,
            ``constraints``, ``threads`` and ``settings``.
        budget: evaluations for each layer, shared evenly by the rounds; a mapper that proves its answers is not bound.
        rounds: searches of all layers at most, 4 by default, 16 for a mapper that proves its answers; no more are made
            once the choice is proven or a weight repeats itself.
        aggregate: ``"network"``, or ``"layers"`` for the sum of the layers' EDPs, which one round decides.
        time_limit_s: wall time after which no round begins and the one at work answers what it has.
        networks: that the layers are of, where several share them: the best of them is found, bounds are of all, and
            how often a layer runs is for them to say.

    Raises:
        InputError: no layer, no round, or as :func:`mappings.search`.
        InfeasibleError: a layer fits nowhere, or no valid mapping of it was found.
    """
    began = time.perf_counter()
    if rounds is not None and (not isinstance(rounds, int) or rounds < 1):
        raise InputError("rounds", rounds, "must be a whole number of at least 1")
    if aggregate not in AGGREGATES:
        raise unknown("aggregate", aggregate, AGGREGATES)
    most = 1 if aggregate == "layers" else rounds or ROUNDS
    run = _Run(
        layers, accelerator,
        {"tiles": tiles, "bypass": bypass, "convention": convention, "constraints": constraints}, aggregate,
        networks or OneNetwork(tuple(count for _, count in layers)),
    )  # fmt: skip
    trace: list[tuple[float, float, float]] = []
    weight = math.nan
    while len(trace) < most:
        left = time_limit_s - (time.perf_counter() - began)
        if trace and left <= 0:
            break
        options = SearchOptions(
            budget=max(budget // most, 1), seed=seed, threads=threads, time_limit_s=left, settings=settings or {}
        )
        choice = run.round(mapper, weight, options)
        trace.append((weight, choice.edp, choice.lower_bound))
        if run.proves and rounds is None and aggregate == "network":
            most = ROUNDS_TO_PROVE
        tried = [row[0] for row in trace]
        weight = run.next_weight()
        if choice.gap <= CLOSE or any(abs(weight - before) <= CLOSE * weight for before in tried):
            break
    runs = [index for index, count in enumerate(run.choice.counts) if count > 0]
    fronts, counts = [run.fronts[index] for index in runs], [run.choice.counts[index] for index in runs]
    points = tuple(run.choice.points[index] for index in runs)
    return NetworkSearch(
        layers=tuple(layers[index][0] for index in runs),
        accelerator=accelerator,
        fronts=tuple(fronts),
        choice=replace(run.choice, points=points, counts=tuple(counts)),
        layer_optima=_compared(fronts, counts, aggregate),
        rounds=tuple(trace),
        evaluations=run.evaluations,
        seconds=time.perf_counter() - began,
        weak=tuple(run.weak[index] for index in runs),
    )


def _compared(fronts: Sequence[Front], counts: Sequence[float], aggregate: Aggregate) -> NetworkChoice:
    """The layers' own optima, in the figure that was minimised."""
    alone = join_network(fronts, counts, aggregate="layers")
    return alone if aggregate == "layers" else replace(alone, edp=alone.energy_pj * alone.cycles)


class _Run:
    """The fronts and bounds that the rounds of one search fill in."""

    def __init__(
        self,
        layers: Sequence[tuple[Layer, float]],
        accelerator: Accelerator,
        legal: dict[str, Any],
        aggregate: Aggregate,
        networks: Networks,
    ) -> None:
        if not layers:
            raise InputError("network", 0, "must have a layer")
        self.evaluations = 0
        self._accelerator, self._legal, self._aggregate, self._networks = accelerator, legal, aggregate, networks
        self._layers = [layer for layer, _ in layers]
        self._mac = [i for i, layer in enumerate(self._layers) if layer.is_mac]
        self._fixed = {}
        for i, layer in enumerate(self._layers):
            if not layer.is_mac:
                cost = vector_cost(layer, accelerator)
                self._fixed[i] = Front(np.array([cost.energy_pj]), np.array([cost.cycles]))
        self._space = self._space_on(accelerator) if self._mac else None
        self._seen: list[list[MappingArrays]] = [[] for _ in self._mac]
        if self._space is not None:
            self._space.require_feasible()
            cycles, energy_pj = cycle_and_energy_bounds(self._space)
            self._least = np.stack([energy_pj, cycles, energy_pj * cycles], axis=1)
        # Weights with a bound on the least sum of E + w T.
        self._known: dict[float, float] = {0.0: networks.least(self._bound_rows()[:, 0])}
        self.proves = False
        self.weak = [layer.is_mac for layer in self._layers]
        self._next = math.nan

    def round(self, mapper: str, weight: float, options: SearchOptions) -> NetworkChoice:
        """Search every layer for the least EDP, or E + ``weight`` T, and join what is known then."""
        if self._space is not None:
            self._search(self._space, mapper, weight, options)
            self.fronts = self._join_fronts(self._space, options.threads)
        else:
            self.fronts = [self._fixed[i] for i in range(len(self._layers))]
        bounds = [LayerBound(*row) for row in self._bound_rows().tolist()]
        choice = self._networks.join(self.fronts, bounds, self._aggregate)
        if self._aggregate == "network":
            bound, self._next = chord_bound(self._known, self._networks.least(self._bound_rows()[:, 1]))
            choice = replace(choice, lower_bound=min(max(choice.lower_bound, bound), choice.edp))
        self.choice = choice
        return choice

    def next_weight(self) -> float:
        """Where the bound is weakest if the mapper proves its answers, else what the choice itself pays for a cycle."""
        own = self.choice.energy_pj / self.choice.cycles
        return self._next if self.proves and len(self._known) > 1 and 0 < self._next < math.inf else own

    def _search(self, space: MapSpace, mapper: str, weight: float, options: SearchOptions) -> None:
        weighted = not math.isnan(weight)
        objective: Objective = "energy" if weighted else "edp"
        archive = Archive(weight if weighted else 0.0)
        if weighted:
            machine = self._accelerator
            static_mw = machine.static_mw + weight * machine.clock_hz / 1e9
            space = self._space_on(replace(machine, static_mw=static_mw))
            # What proves its answer finds it without help; others begin with what was chosen.
            options = replace(options, objective=objective, start=None if self.proves else self._starts())
        found: Found = load_mapper(mapper)(WatchedSpace.watch(space, archive), options)
        self.evaluations += int(found.evaluations.sum())
        for problem in range(len(self._mac)):
            self._seen[problem].append(archive.mappings(problem, space.depth))
        self.proves = found.lower_bound is not None
        least = lower_bounds(space, objective)
        if found.lower_bound is not None:
            for problem in np.flatnonzero((found.lower_bound > least) | (found.lower_bound >= found.score)).tolist():
                self.weak[self._mac[problem]] = False
            least = np.maximum(least, found.lower_bound)
        if weighted:
            weighted_sums = np.empty(len(self._layers))
            weighted_sums[self._mac] = least
            for i, front in self._fixed.items():
                weighted_sums[i] = front.energy_pj[0] + weight * front.cycles[0]
            self._known[weight] = max(self._known.get(weight, 0.0), self._networks.least(weighted_sums))
        else:
            self._least[:, 2] = np.maximum(self._least[:, 2], least)

    def _starts(self) -> MappingArrays:
        """For each layer that needs a mapping the one chosen so far."""
        rows = []
        for i in self._mac:
            mappings = self.fronts[i].mappings
            assert mappings is not None
            rows.append(take(mappings, np.array([self.choice.points[i]])))
        return join_mappings(rows)

    def _join_fronts(self, space: MapSpace, threads: int) -> list[Front]:
        fronts = dict(self._fixed)
        for problem, i in enumerate(self._mac):
            seen = join_mappings(self._seen[problem])
            front = front_of(space, problem, seen, threads)
            if not len(front):
                raise InfeasibleError(
                    f"layer {self._layers[i].name!r} on {self._accelerator.name}: no valid mapping was found"
                )
            assert front.mappings is not None
            self._seen[problem] = [front.mappings]
            fronts[i] = front
        return [fronts[i] for i in range(len(self._layers))]

    def _bound_rows(self) -> NDArray[np.float64]:
        """(layers, 3) bounds on energy, cycles and their product; those of a vector layer are what it costs."""
        rows = np.empty((len(self._layers), 3))
        if self._mac:
            rows[self._mac] = self._least
        for i, front in self._fixed.items():
            e, t = float(front.energy_pj[0]), float(front.cycles[0])
            rows[i] = e, t, e * t
        return rows

    def _space_on(self, accelerator: Accelerator) -> MapSpace:
        return MapSpace.of([self._layers[i] for i in self._mac], [accelerator], **self._legal)
