"""A search problem from what a person writes: names of a space, an accelerator and objectives, limits as a budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from accel_models.accelerator import Accelerator
from accel_models.precision import INT8
from accel_models.presets import load_accelerator
from cosearch.evaluation.layer_costs import LayerCosts
from cosearch.nas.device import DeviceEvaluator
from cosearch.nas.estimators import Estimator, PredictedAccuracy
from cosearch.nas.proxy_scores import SCORES, ProxyScore
from cosearch.nas.subnets import MEMORY, SubnetEvaluator
from cosearch.problem.architectures import Problem
from cosearch.problem.budget import QUANTITIES, Budget
from cosearch.problem.goals import Best, Goal, MnasReward, Scalarised, Several
from cosearch.problem.mapper_options import MapperOptions
from cosearch.problem.measures import ACCURACY, CAPACITY, ENERGY, LATENCY, MACS, PARAMS, POWER, SRAM, Limit, Measure
from cosearch.problem.objective import ObjectiveName
from nets.accuracy import Predictor, accuracy_of, load_predictor
from nets.accuracy.proxies import ALSO_CALLED
from nets.accuracy.sources import is_supernet
from nets.documents import hold
from nets.errors import InputError, unknown
from nets.latency import TableLatency, read_latency_predictor
from nets.spaces import Space, load_space

ALIASES: Final = {"ofa-mobilenetv3": "ofa-mbv3-w1.0", "ofa-proxyless": "ofa-proxyless-w1.3"}
"""Names that papers use, for those of the registry."""

MEASURES: Final = {
    measure.name: measure for measure in (ACCURACY, CAPACITY, LATENCY, ENERGY, POWER, MACS, PARAMS, *SCORES.values())
}
"""What may be an objective."""

REWARDS: Final = {"mnas-soft": (-0.07, -0.07), "mnas-hard": (0.0, -1.0)}
"""Exponents of MnasNet's reward below and above the target."""

LIMITED: Final = {"latency": LATENCY, "energy": ENERGY, "power": POWER}
"""Limits of a budget that are of a network; the others are of its accelerator, which is given."""

USUAL_MACHINE: Final = "eyeriss"

USUAL_BITS: Final = INT8.weight

QUICK: Final = 100
"""Mappings tried for each layer shape: more change latencies of Eyeriss by less than 0.2 %."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be searched.

    Attributes:
        space: id of a space of networks, or a supernet's file (``.pt``), whose networks are measured and not predicted.
        data: images to measure them on, ``digits`` or a folder; only with a supernet.
        accelerator: name of a preset, or a file; :data:`USUAL_MACHINE` where omitted.
        latency: file, or folder of them, that says the latency of networks on a device, which then takes the place of
            the accelerator (:func:`nets.latency.read_latency_predictor`).
        objective: ``accuracy`` and other names of :data:`MEASURES`; several with commas between them; ``mnas-soft`` or
            ``mnas-hard``; or ``weighted``.
        budget: limits on latency, energy or power.
        limits: on a network by itself (:func:`cosearch.problem.network_limits.read_network_limits`).
        patches: along each side of what the first part of a network is cut into to take less memory
            (:mod:`nets.patches`); layer by layer when ``None``.
        min_accuracy: percent that every answer reaches.
        target: latency or energy that MnasNet's reward aims at.
        alpha, beta: exponents of that reward below and above the target; those of its kind when ``None``.
        weights: for ``weighted``: percent of accuracy that pay for a doubling of each cost.
        resolutions: of the input image; all with known accuracy when empty.
        predictor: file of accuracies (:func:`nets.accuracy.given_predictor`); what ships for the space when ``None``.
        mapper_budget: mappings tried for each layer shape; :data:`QUICK` where omitted.
        seed: of the mapper.
    """

    space: str
    data: str | None = None
    accelerator: str | None = None
    latency: Path | None = None
    objective: str = "accuracy"
    budget: Budget = field(default_factory=Budget)
    limits: Sequence[Limit] = ()
    patches: int | None = None
    min_accuracy: float | None = None
    target: Budget = field(default_factory=Budget)
    alpha: float | None = None
    beta: float | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    resolutions: Sequence[int] = ()
    predictor: Path | None = None
    mapper_budget: int | None = None
    seed: int = 0

    def problem(self) -> Problem:
        """The problem.

        Raises:
            InputError: an unknown name; a limit that is not of a network; options that contradict each other; no
                figures of the accuracy of a space that the objective or a limit needs.
        """
        goal, limits = self._goal(), self._limits()
        wanted = {measure.name for measure in (*goal.measures, *(limit.measure for limit in limits))}
        self._check_used(wanted)
        id = ALIASES.get(self.space, self.space)
        estimators: list[Estimator] = []
        if ACCURACY.name in wanted or is_supernet(id):
            predictor = self._predictor(id)
            estimators += [PredictedAccuracy(predictor)] if ACCURACY.name in wanted else []
            space = predictor.space.at(_known(predictor, self.resolutions))
        else:
            space = load_space(id)
            space = space.at(self.resolutions) if self.resolutions else space
        estimators += [ProxyScore(space, name, seed=self.seed) for name in SCORES if name in wanted]
        evaluator = (
            self._on_machine(space, wanted, estimators)
            if self.latency is None
            else self._on_device(space, self.latency, estimators, wanted)
        )
        return Problem(evaluator.space, evaluator, goal, limits)

    def _check_used(self, wanted: set[str]) -> None:
        """Refuse what would change nothing."""
        for option, value, figure in (("predictor", self.predictor, ACCURACY), ("latency", self.latency, LATENCY)):
            if value is not None and figure.name not in wanted:
                rule = f"is of {figure.name}, which neither the objective nor a limit is about"
                raise InputError(option, str(value), rule, "leave it out")
        if self.patches is not None:
            if self.patches < 2:
                raise InputError("patches", self.patches, "must be at least 2, along each side", "or leave it out")
            if SRAM.name not in wanted:
                rule = "are for taking less memory, which no limit is on"
                raise InputError("patches", self.patches, rule, "add --limit sram=320KB, or leave it out")
        if self.data is not None and not is_supernet(self.space):
            raise InputError(
                "data",
                self.data,
                "is for measuring a supernet, and the space is none",
                "give SUPERNET.pt, or SPACE=SUPERNET.pt for one of your own space",
            )
        if self.latency is None:
            return
        for option, given in (("accelerator", self.accelerator), ("mappings", self.mapper_budget)):
            if given is not None:
                rule = f"is of a machine that is modelled, and latencies are those of {self.latency}"
                raise InputError(option, given, rule, "drop one of them")
        for figure in (ENERGY, POWER):
            if figure.name in wanted:
                raise InputError("latency", str(self.latency), f"says nothing of {figure.name}", "drop one of them")

    def _on_machine(self, space: Space, wanted: set[str], estimators: Sequence[Estimator]) -> SubnetEvaluator:
        options = MapperOptions(objective=_mapped_for(wanted), seed=self.seed)
        machine = load_accelerator(self.accelerator or USUAL_MACHINE)
        if estimators and self.predictor is None:
            _require_known_accuracy(machine)
        budget = QUICK if self.mapper_budget is None else self.mapper_budget
        return SubnetEvaluator(
            space,
            LayerCosts(machine, options, budget),
            estimators,
            memory=_of_memory(wanted),
            patches=self.patches or 1,
        )

    def _on_device(
        self, space: Space, file: Path, estimators: Sequence[Estimator], wanted: set[str]
    ) -> DeviceEvaluator:
        device = read_latency_predictor(file, space)
        known = [resolution for resolution in space.resolutions if resolution in device.resolutions]
        if self.resolutions and len(known) < len(space.resolutions):
            others = ", ".join(str(r) for r in space.resolutions if r not in known)
            raise InputError("resolution", others, f"is not known of {device.id}", f"known: {device.domain}")
        if not known:
            own = f"{space.resolutions[0]} to {space.resolutions[-1]}"
            raise InputError("latency", str(file), f"knows {device.domain}, and the networks have {own}")
        if isinstance(device, TableLatency):
            device.require_parts(known)
        return DeviceEvaluator(
            space.at(known), device, estimators, memory=_of_memory(wanted), patches=self.patches or 1
        )

    def _predictor(self, space_id: str) -> Predictor:
        if self.predictor is None and not is_supernet(space_id) and not has_accuracy(load_space(space_id).id):
            rule = "has no measured accuracies to predict from"
            hint = "--objective capacity takes the most MACs within the limits, --predictor FILE one of your own"
            raise InputError("accuracy of space", space_id, rule, hint)
        file = None if self.predictor is None else hold("predictor", self.predictor)
        return accuracy_of(space_id, self.data, file)

    def _limits(self) -> tuple[Limit, ...]:
        limits = [Limit(_of_network("budget", name), bound) for name, bound in self.budget.limits().items()]
        if self.min_accuracy is not None:
            if not 0 < self.min_accuracy < 100:
                raise InputError("min-accuracy", self.min_accuracy, "must be a percentage between 0 and 100")
            limits.append(Limit(ACCURACY, self.min_accuracy))
        return (*limits, *self.limits)

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
        names = [ALSO_CALLED.get(name, name) for name in map(str.strip, self.objective.split(","))]
        for name in names:
            if name not in MEASURES:
                raise unknown("objective", name, [*MEASURES, *REWARDS, "weighted"])
        measures = tuple(MEASURES[name] for name in names)
        return Best(measures[0]) if len(measures) == 1 else Several(measures)


def _of_memory(wanted: set[str]) -> bool:
    return bool(wanted & {measure.name for measure in MEMORY})


def has_accuracy(space_id: str) -> bool:
    """Whether a predictor of accuracy ships for a space."""
    try:
        load_predictor(space_id)
    except InputError:
        return False
    return True


def _require_known_accuracy(machine: Accelerator) -> None:
    """Refuse accuracies that were measured at 8 bits or more for networks that run at fewer."""
    own = machine.precision
    if own is not None and min(own.weight, own.input) < USUAL_BITS:
        rule = f"computes with {own}; how accurate subnets are is known at {USUAL_BITS} bits or more"
        raise InputError("accelerator", machine.name, rule, "--predictor FILE takes accuracies measured on it")


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
