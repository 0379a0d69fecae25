"""A search problem from what a person writes: names of a space, an accelerator and objectives, limits as a budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from accel_models.accelerator import Accelerator
from accel_models.presets import load_accelerator
from cosearch.nas.layer_costs import LayerCosts
from cosearch.nas.subnets import Estimator, PredictedAccuracy, SubnetEvaluator
from cosearch.problem.architectures import Problem
from cosearch.problem.budget import QUANTITIES, Budget
from cosearch.problem.goals import Best, Goal, MnasReward, Scalarised, Several
from cosearch.problem.measures import ACCURACY, CAPACITY, ENERGY, LATENCY, MACS, PARAMS, POWER, Limit, Measure
from cosearch.problem.objective import ObjectiveName
from cosearch.problem.options import MapperOptions
from nets.accuracy import Predictor, load_predictor, read_predictor
from nets.errors import InputError, unknown
from nets.spaces import Space, load_space

ALIASES: Final = {"ofa-mobilenetv3": "ofa-mbv3-w1.0", "ofa-proxyless": "ofa-proxyless-w1.3"}
"""Names that papers use, for those of the registry."""

MEASURES: Final = {measure.name: measure for measure in (ACCURACY, CAPACITY, LATENCY, ENERGY, POWER, MACS, PARAMS)}
"""What may be an objective."""

REWARDS: Final = {"mnas-soft": (-0.07, -0.07), "mnas-hard": (0.0, -1.0)}
"""Exponents of MnasNet's reward below and above the target."""

LIMITED: Final = {"latency": LATENCY, "energy": ENERGY, "power": POWER}
"""Limits of a budget that are of a network; the others are of its accelerator, which is given."""

QUICK: Final = 100
"""Mappings tried for each layer shape: more change latencies of Eyeriss by less than 0.2 %."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be searched.

    Attributes:
        space: id of a space of networks.
        accelerator: name of a preset, or a file.
        objective: ``accuracy`` and other names of :data:`MEASURES`; several with commas between them; ``mnas-soft`` or
            ``mnas-hard``; or ``weighted``.
        budget: limits on latency, energy or power.
        min_accuracy: percent that every answer reaches.
        target: latency or energy that MnasNet's reward aims at.
        alpha, beta: exponents of that reward below and above the target; those of its kind when ``None``.
        weights: for ``weighted``: percent of accuracy that pay for a doubling of each cost.
        resolutions: of the input image; all with known accuracy when empty.
        predictor: file of an accuracy predictor; that which ships for the space when ``None``.
        mapper_budget: mappings tried for each layer shape.
        seed: of the mapper.
    """

    space: str
    accelerator: str = "eyeriss"
    objective: str = "accuracy"
    budget: Budget = field(default_factory=Budget)
    min_accuracy: float | None = None
    target: Budget = field(default_factory=Budget)
    alpha: float | None = None
    beta: float | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    resolutions: Sequence[int] = ()
    predictor: Path | None = None
    mapper_budget: int = QUICK
    seed: int = 0

    def problem(self) -> Problem:
        """The problem.

        Raises:
            InputError: an unknown name; a limit that is not of a network; options that contradict each other; no
                figures of the accuracy of a space that the objective or a limit needs.
        """
        goal, limits = self._goal(), self._limits()
        wanted = {measure.name for measure in (*goal.measures, *(limit.measure for limit in limits))}
        space = load_space(ALIASES.get(self.space, self.space))
        estimators: list[Estimator] = []
        if ACCURACY.name in wanted:
            predictor = self._predictor(space)
            estimators.append(PredictedAccuracy(predictor))
            space = space.at(_known(predictor, self.resolutions))
        elif self.resolutions:
            space = space.at(self.resolutions)
        layer_costs = LayerCosts(
            self._accelerator(), MapperOptions(objective=_mapped_for(wanted), seed=self.seed), self.mapper_budget
        )
        return Problem(space, SubnetEvaluator(space, layer_costs, estimators), goal, limits)

    def _accelerator(self) -> Accelerator:
        return load_accelerator(self.accelerator)

    def _predictor(self, space: Space) -> Predictor:
        if self.predictor is None and not has_accuracy(space.id):
            rule = "has no measured accuracies to predict from"
            hint = "--objective capacity takes the most MACs within the limits, --predictor FILE one of your own"
            raise InputError("accuracy of space", space.id, rule, hint)
        predictor = load_predictor(space.id) if self.predictor is None else read_predictor(self.predictor)
        predictor.check_space(space.id)
        return predictor

    def _limits(self) -> tuple[Limit, ...]:
        limits = [Limit(_of_network("budget", name), bound) for name, bound in self.budget.limits().items()]
        if self.min_accuracy is not None:
            if not 0 < self.min_accuracy < 100:
                raise InputError("min-accuracy", self.min_accuracy, "must be a percentage between 0 and 100")
            limits.append(Limit(ACCURACY, self.min_accuracy))
        return tuple(limits)

    def _goal(self) -> Goal:
        targets = self.target.limits()
        for name, given, takers in (
            ("target", bool(targets) or self.alpha is not None or self.beta is not None, tuple(REWARDS)),
            ("weights", bool(self.weights), ("weighted",)),
        ):
            if given and self.objective not in takers:
                raise InputError(name, self.objective, f"goes with the objective {' or '.join(takers)} alone")
        if self.objective in REWARDS:
            if len(targets) != 1:
                raise InputError("target", str(self.target), "must be one cost", "write e.g. latency=80ms")
            ((name, bound),) = targets.items()
            alpha, beta = REWARDS[self.objective]
            return MnasReward(
                bound,
                alpha if self.alpha is None else self.alpha,
                beta if self.beta is None else self.beta,
                _of_network("target", name),
            )
        if self.objective == "weighted":
            for name in self.weights:
                if name not in MEASURES or MEASURES[name].larger:
                    raise unknown("weights", name, [m.name for m in MEASURES.values() if not m.larger])
            return Scalarised({MEASURES[name]: weight for name, weight in self.weights.items()})
        names = [name.strip() for name in self.objective.split(",")]
        for name in names:
            if name not in MEASURES:
                raise unknown("objective", name, [*MEASURES, *REWARDS, "weighted"])
        measures = tuple(MEASURES[name] for name in names)
        return Best(measures[0]) if len(measures) == 1 else Several(measures)


def has_accuracy(space_id: str) -> bool:
    """Whether a predictor of accuracy ships for a space."""
    try:
        load_predictor(space_id)
    except InputError:
        return False
    return True


def _of_network(place: str, name: str) -> Measure:
    if name not in LIMITED:
        rule = f"is of the accelerator, which is given; a network has {', '.join(LIMITED)}"
        raise InputError(f"{place}: {name}", QUANTITIES[name].name, rule)
    return LIMITED[name]


def _known(predictor: Predictor, asked: Sequence[int]) -> tuple[int, ...]:
    """The resolutions asked for, or all, if the predictor answers for them."""
    for resolution in asked:
        if resolution not in predictor.domain:
            known = ", ".join(map(str, predictor.domain))
            raise InputError("resolution", resolution, f"is not one of {predictor.space_id} with known accuracy", known)
    return tuple(asked) or predictor.domain


def _mapped_for(wanted: set[str]) -> ObjectiveName:
    """What a layer's mapping makes small: the one cost that matters, or both."""
    costs = wanted & {"latency", "energy", "power"}
    if costs == {"latency"}:
        return "latency"
    return "energy" if costs == {"energy"} else "edp"
