"""The best mappings that a mapper finds: of one layer, of many layers, of many layers on many accelerators."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_models.accelerator import Accelerator
from accel_models.cost import Convention, Cost, evaluate
from accel_models.loopnest import Mapping, MappingArrays
from accel_models.mapping_arrays import from_arrays, to_arrays
from accel_models.uneven import fold, spread
from mappings.bounds import lower_bounds
from mappings.encoding import Encoding, EncodingName
from mappings.mappers.mapper import Found, Objective, SearchOptions, load_mapper
from mappings.mapspace import MapSpace, Tiles, take
from nets.errors import InfeasibleError
from nets.layer import Layer


@dataclass(frozen=True, slots=True)
class MappingResult:
    """What a search for one layer found.

    Attributes:
        layer, accelerator: what was mapped on what.
        mapping, cost: the best mapping and its cost.
        objective: what was minimised.
        score, lower_bound: the objective of the mapping, and a proven bound on that of any mapping: cycles, pJ, or
            their product.
        evaluations: mappings evaluated.
        history: (evaluations, best score) after every step of the mapper.
        seconds: wall time.
        extra: figures of the mapper's own.
        weak: whether the bound is only of what every mapping pays, which the best may stay far above; else the mapper
            has searched for it.
    """

    layer: Layer
    accelerator: Accelerator
    mapping: Mapping
    cost: Cost
    objective: Objective
    score: float
    lower_bound: float
    evaluations: int
    history: tuple[tuple[int, float], ...]
    seconds: float
    extra: dict[str, Any]
    weak: bool = True

    @property
    def gap(self) -> float:
        """How far the mapping may be from the best possible: score / lower bound - 1."""
        return max(self.score / self.lower_bound - 1, 0.0) if self.lower_bound > 0 else math.inf

    @property
    def proven(self) -> bool:
        """Whether no mapping can be better."""
        return self.gap <= 1e-12

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "objective": self.objective,
            "energy_pj": self.cost.energy_pj,
            "cycles": self.cost.cycles,
            "edp": self.cost.edp,
            "score": self.score,
            "lower_bound": self.lower_bound,
            "gap": self.gap,
            "proven": self.proven,
            "evaluations": self.evaluations,
            "seconds": self.seconds,
            **self.extra,
            "mapping": self.mapping.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class LayerSearch:
    """What a search for N layers on A accelerators found; equal layers share one search.

    Attributes:
        space, found: the problems that were searched and the best mapping of each.
        problem_of: int64 (A, N), the problem of every layer given on every accelerator given.
        objective: what was minimised.
        seconds: wall time.
    """

    space: MapSpace
    found: Found
    problem_of: NDArray[np.int64]
    objective: Objective
    seconds: float

    @property
    def cycles(self) -> NDArray[np.float64]:
        """(A, N) cycles; ``inf`` where no valid mapping was found."""
        return self.found.cycles[self.problem_of]

    @property
    def energy_pj(self) -> NDArray[np.float64]:
        """(A, N) energy; ``inf`` where no valid mapping was found."""
        return self.found.energy_pj[self.problem_of]

    @property
    def valid(self) -> NDArray[np.bool_]:
        """(A, N) whether a valid mapping was found."""
        return np.isfinite(self.found.score)[self.problem_of]

    @property
    def evaluations(self) -> int:
        """Mappings evaluated in all."""
        return int(self.found.evaluations.sum())

    @property
    def lower_bound(self) -> NDArray[np.float64]:
        """(A, N) proven bounds on the objective."""
        return _bounds(self.space, self.found, self.objective)[self.problem_of]

    def vectors(self, encoding: EncodingName = "importance") -> NDArray[np.float64]:
        """(P, genes) what :class:`~mappings.encoding.Encoding` writes for the mappings found; 0.5 where none."""
        layout = Encoding.of(self.space, encoding)
        out = np.full((len(self.space), layout.longest), 0.5)
        rows = np.flatnonzero(np.isfinite(self.found.score))
        out[rows] = layout.encode(take(self.found.mappings, rows), rows)
        return out

    def mapping(self, layer: int, accelerator: int = 0) -> Mapping:
        """The best mapping of a layer on an accelerator, both by their place among those given.

        Raises:
            InfeasibleError: none was found.
        """
        return _mapping(self.space, self.found, int(self.problem_of[accelerator, layer]))

    def cost(self, layer: int, accelerator: int = 0) -> Cost:
        """What :meth:`mapping` costs, in full."""
        problem = int(self.problem_of[accelerator, layer])
        of, on = self.space.layers[self.space.layer_of[problem]], self.space.given[self.space.accelerator_of[problem]]
        return _sound(evaluate(of, on, self.mapping(layer, accelerator), convention=self.space.convention))


def _sound(cost: Cost) -> Cost:
    """A cost of a mapping that was found; refuses one of more cycles than are counted exactly."""
    if cost.error is not None:
        raise cost.error
    return cost


def search(
    layer: Layer,
    accelerator: Accelerator,
    *,
    mapper: str = "cmaes",
    budget: int = 2000,
    objective: Objective = "edp",
    seed: int = 0,
    start: Mapping | Sequence[Mapping] | None = None,
    tiles: Tiles = "ragged",
    bypass: bool = False,
    convention: Convention = "default",
    constraints: Sequence[str] = (),
    threads: int = 1,
    time_limit_s: float = math.inf,
    settings: dict[str, Any] | None = None,
) -> MappingResult:
    """Find a good mapping of one layer.

    Args:
        layer: what to map.
        accelerator: what to map it on.
        mapper: a name of :func:`mappings.list_mappers`.
        budget: evaluations it may spend.
        objective: ``"edp"``, ``"latency"`` or ``"energy"``.
        seed: same seed, same answer.
        start: mappings to begin with; the answer is never worse.
        tiles: ``"ragged"``; ``"perfect"`` or ``"even"`` for tiles that divide; ``"uneven"`` for tiles that divide, each
            tensor staying at a memory over its own loops; ``"ragged-uneven"``.
        bypass: whether tensors may bypass levels that could hold them.
        convention: what a cost counts, a key of :data:`accel_models.cost.CONVENTIONS`.
        constraints: what the mapping must keep to, as :mod:`mappings.constraints` writes it.
        threads: how many evaluate; the answer does not depend on it.
        time_limit_s: wall time after which the best so far is the answer.
        settings: of the mapper.

    Raises:
        InputError: an unknown mapper, objective, convention or setting; constraints that cannot be met.
        InfeasibleError: no mapping exists, or none was found within the budget; names tensor, level and amount.
    """
    began = time.perf_counter()
    space = MapSpace.of(
        [layer], [accelerator], tiles=tiles, bypass=bypass, convention=convention, constraints=constraints
    )
    space.require_feasible()
    if start is not None:
        machine = space.accelerators[0]
        start = [spread(machine, mapping) for mapping in ([start] if isinstance(start, Mapping) else start)]
    options = SearchOptions(
        objective=objective, budget=budget, seed=seed, threads=threads, time_limit_s=time_limit_s,
        start=None if start is None else to_arrays(layer, space.accelerators[0], start), settings=settings or {},
    )  # fmt: skip
    found = load_mapper(mapper)(space, options)
    mapping, paid_by_all = _mapping(space, found, 0), float(lower_bounds(space, objective)[0])
    lower_bound = paid_by_all if found.lower_bound is None else max(paid_by_all, float(found.lower_bound[0]))
    return MappingResult(
        layer=layer,
        accelerator=accelerator,
        mapping=mapping,
        cost=_sound(evaluate(layer, accelerator, mapping, convention=convention)),
        objective=objective,
        score=float(found.score[0]),
        lower_bound=lower_bound,
        weak=lower_bound <= paid_by_all,
        evaluations=int(found.evaluations[0]),
        history=tuple((spent, float(best[0])) for spent, best in found.history),
        seconds=time.perf_counter() - began,
        extra=found.extra,
    )


def search_layers(layers: Sequence[Layer], accelerator: Accelerator, **options: Any) -> LayerSearch:
    """Find a good mapping for each of many layers on one accelerator; see :func:`search_many`."""
    return search_many(layers, [accelerator], **options)


def search_many(
    layers: Sequence[Layer],
    accelerators: Sequence[Accelerator],
    *,
    mapper: str = "cmaes",
    budget: int = 300,
    objective: Objective = "edp",
    seed: int = 0,
    tiles: Tiles = "ragged",
    bypass: bool = False,
    convention: Convention = "default",
    constraints: Sequence[str] = (),
    threads: int = 1,
    time_limit_s: float = math.inf,
    start: MappingArrays | None = None,
    settings: dict[str, Any] | None = None,
) -> LayerSearch:
    """Find a good mapping for every layer on every accelerator, all in lockstep.

    Layers of equal shape are searched once. The answer for a layer on an accelerator is the same whatever other layers
    and accelerators are searched with it. Arguments are those of :func:`search`, with ``budget`` evaluations for each
    layer on each accelerator; accelerators must have the same number of levels.

    Raises:
        InputError: no layer, a layer that does not run on the MAC array, or as :func:`search`. A layer that fits
            nowhere raises nothing: it costs infinity.
    """
    began = time.perf_counter()
    shapes: dict[tuple[object, ...], int] = {}
    shape_of = [shapes.setdefault(mapped_shape(layer), len(shapes)) for layer in layers]
    first = [shape_of.index(number) for number in range(len(shapes))]
    space = MapSpace.of(
        [layers[i] for i in first],
        accelerators,
        tiles=tiles,
        bypass=bypass,
        convention=convention,
        constraints=constraints,
    )
    options = SearchOptions(
        objective=objective, budget=budget, seed=seed, threads=threads, time_limit_s=time_limit_s, start=start,
        settings=settings or {},
    )  # fmt: skip
    found = load_mapper(mapper)(space, options)
    problem_of = np.arange(len(accelerators))[:, None] * len(shapes) + np.array(shape_of)[None, :]
    return LayerSearch(space, found, problem_of, objective, time.perf_counter() - began)


def mapped_shape(layer: Layer) -> tuple[object, ...]:
    """What the mappings of a layer depend on: layers alike in it are searched once."""
    bits = (layer.weight_bits, layer.input_bits, layer.output_bits, layer.psum_bits)
    return (layer.bounds, layer.stride, layer.dilation, bits)


def _bounds(space: MapSpace, found: Found, objective: Objective) -> NDArray[np.float64]:
    own = lower_bounds(space, objective)
    return own if found.lower_bound is None else np.maximum(own, found.lower_bound)


def _mapping(space: MapSpace, found: Found, problem: int) -> Mapping:
    layer, accelerator = space.problem(problem)
    if not math.isfinite(found.score[problem]):
        raise InfeasibleError(
            f"layer {layer.name!r} on {accelerator.name}: no valid mapping among {found.evaluations[problem]} evaluated"
            + (f" under the constraints {', '.join(space.constraints)}" if space.constraints else "")
        )
    return fold(accelerator, from_arrays(layer, accelerator, found.mappings, problem))
