"""The study on disk: every evaluated design as an Optuna trial, in a journal that optuna-dashboard opens.

Trials are added a generation at a time, when they are finished: a journal takes one write for each, instead of one for
each parameter and attribute of a live trial.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cosearch.evaluation.design import Design, WorkloadCost
from cosearch.problem.axes import Axis
from cosearch.problem.hardware import Extent, HardwareSpace
from cosearch.strategies.samplers import quiet_optuna
from cosearch.studies.storage import open_journal, refuse_lines, written_together
from cosearch.studies.study_note import note_attributes, study_note, trial_note
from cosearch.studies.trial_picture import picture_address, picture_attribute
from nets.documents import is_file
from nets.documents.typed import typed_data
from nets.errors import InputError, ResumeError

if TYPE_CHECKING:
    import optuna

STUDY_NAME: Final = "cosearch"
RECORD: Final = "cosearch"
"""Attribute of a trial that holds :class:`Record`'s figures, unrounded."""


@dataclass(frozen=True, slots=True)
class Record:
    """A finished design as a study keeps it, enough to evaluate it again without mapping anything.

    Attributes:
        number: of the design; in a study that machines share, trials come in another order.
        knobs: the point it was decoded from.
        costs: of its networks, to the last bit.
        evaluations: mappings evaluated for it.
        parameters: the design itself, see :class:`cosearch.problem.hardware.HardwareSpace`.
        bound, precise: see :class:`cosearch.evaluation.design.Design`.
    """

    number: int
    knobs: dict[str, float]
    costs: tuple[WorkloadCost, ...]
    evaluations: int
    parameters: Mapping[str, Any]
    bound: float | None = None
    precise: bool = False


@dataclass(frozen=True, slots=True)
class Finished:
    """A design as a study is told of it.

    Attributes:
        design: what became of it.
        knobs: the point it was decoded from.
        evaluations: mappings evaluated for it.
    """

    design: Design
    knobs: Mapping[str, float]
    evaluations: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was evaluated before a search goes on.

    Attributes:
        source: of the records, to name in errors.
        records: of the first trials, in order.
    """

    source: object
    records: Sequence[Record] = ()


class StudyFile:
    """The study of one run, in a journal or in any other storage of Optuna.

    Args:
        storage: that holds the study, which is made when it does not exist.
        axes: figures that the study makes small or large.
        space: of the designs; the limits of its budget are the trials' constraints.
        name: of the study in its storage.
    """

    def __init__(
        self,
        storage: optuna.storages.BaseStorage,
        axes: Sequence[Axis],
        space: HardwareSpace[Any],
        name: str = STUDY_NAME,
    ) -> None:
        import optuna

        self.axes, self.space = axes, space
        self._storage = storage
        directions: list[Any] = ["maximize" if axis.larger else "minimize" for axis in axes]
        with quiet_optuna():
            self._study = optuna.create_study(
                storage=storage, study_name=name, directions=directions, load_if_exists=True
            )
            self._id = storage.get_study_id_from_name(name)
            if not self._study.user_attrs:  # new, or its maker was killed before it said what it is
                self._study.set_metric_names([f"{axis.title} ({axis.unit})" for axis in axes])
                self._study.set_user_attr("budget", str(space.budget))

    def owned_by(self, owner: str) -> str:
        """The run that the study belongs to: this one, if it belongs to none yet."""
        with quiet_optuna():
            if "run" not in self._study.user_attrs:
                self._study.set_user_attr("run", owner)
            return str(self._study.user_attrs["run"])

    def add(self, finished: Sequence[Finished]) -> None:
        """Append finished designs."""
        with quiet_optuna(), written_together(self._storage):
            self._study.add_trials([self._trial(one) for one in finished])

    def note(self, best: Design) -> None:
        """Say in the study's note and in the trial's own what is the best design so far, with its picture."""
        figures, picture = design_attributes(best), picture_address(self._id, best.number)
        own = trial_note(best, figures, picture, self.space.budget.limits())
        said = note_attributes(study_note(best, figures, picture, self.axes, self.space.budget))
        with quiet_optuna(), written_together(self._storage):
            # in a journal of one study a trial's id is its number; to ask would read all trials back
            said |= note_attributes(own, best.number) | picture_attribute(best.number)
            for name, value in said.items():
                self._storage.set_study_system_attr(self._id, name, value)

    def records(self) -> list[Record]:
        """Every design of the study, in order.

        Raises:
            ResumeError: a trial that no run of this version wrote.
        """
        with quiet_optuna():
            trials = self._study.get_trials(deepcopy=False)
        return [_record(trial) for trial in trials]

    def _trial(self, finished: Finished) -> optuna.trial.FrozenTrial:
        design = finished.design
        parameters = self.space.parameters(design.machine)
        measured = design.measures()
        slack = {
            name: (value / limit - 1.0)
            for name, limit in self.space.budget.limits().items()
            if math.isfinite(value := measured[name])
        }
        record = {
            "number": design.number,
            "point": finished.knobs,
            "costs": [_cost_to_dict(cost) for cost in design.workloads],
            "evaluations": finished.evaluations,
            "bound": design.bound,
            "precise": design.precise,
        }
        attributes = {RECORD: record} | picture_attribute(design.number)
        values = [axis.of(design) for axis in self.axes] if math.isfinite(design.value) else []
        return constrained_trial(
            parameters,
            {name: _distribution(self.space.domain(name)) for name in parameters},
            values,
            design_attributes(design),
            slack,
            attributes,
        )


def _distribution(domain: Extent | Sequence[str]) -> optuna.distributions.BaseDistribution:
    """What a parameter could have been."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if not isinstance(domain, Extent):
        return CategoricalDistribution(domain)
    if isinstance(domain.low, int) and isinstance(domain.high, int):
        return IntDistribution(domain.low, domain.high, log=True)
    return FloatDistribution(domain.low, domain.high, log=True)


def _cost_to_dict(cost: WorkloadCost) -> dict[str, Any]:
    """Plain data without infinities, which are no JSON: a network that nothing maps has no figures."""
    figures = {name: getattr(cost, name) for name in WorkloadCost.__dataclass_fields__}
    mapped = math.isfinite(cost.energy_pj) and math.isfinite(cost.latency_s)
    return figures if mapped else figures | {"energy_pj": None, "latency_s": None}


def _record(trial: optuna.trial.FrozenTrial) -> Record:
    from cosearch.studies.record_model import RecordEntry

    place = f"trial {trial.number} of the study"
    try:
        kept = typed_data(RecordEntry, trial.system_attrs.get(RECORD), place)
    except InputError as error:
        raise ResumeError(f"{place} was not written by this version of cosearch ({error})") from None
    costs = [
        WorkloadCost(
            cost.name,
            math.inf if cost.energy_pj is None else cost.energy_pj,
            math.inf if cost.latency_s is None else cost.latency_s,
            cost.config,
            cost.accuracy,
            cost.weight_bits,
        )
        for cost in kept.costs
    ]
    return Record(kept.number, kept.point, tuple(costs), kept.evaluations, trial.params, kept.bound, kept.precise)


def constrained_trial(
    params: Mapping[str, Any],
    distributions: Mapping[str, optuna.distributions.BaseDistribution],
    values: Sequence[float],
    user_attrs: Mapping[str, Any],
    constraints: Mapping[str, float],
    system_attrs: Mapping[str, Any] | None = None,
) -> optuna.trial.FrozenTrial:
    """A finished trial whose constraints (kept when at most zero) both samplers and the dashboard see.

    Optuna 5 keeps constraints by name; optuna-dashboard 0.21 reads only the list that earlier versions kept, and greys
    a trial by that. Both are written here and nowhere else. A trial without values is a failed one.
    """
    import optuna

    if not values:
        return optuna.trial.create_trial(
            state=optuna.trial.TrialState.FAIL,
            params=dict(params),
            distributions=dict(distributions),
            user_attrs=dict(user_attrs),
            system_attrs=dict(system_attrs or {}),
        )
    legacy = {"constraints": list(constraints.values())} if constraints else {}
    return optuna.trial.create_trial(
        values=list(values),
        params=dict(params),
        distributions=dict(distributions),
        user_attrs=dict(user_attrs),
        constraints=dict(constraints),
        system_attrs=legacy | dict(system_attrs or {}),
    )


def design_attributes(design: Design) -> dict[str, Any]:
    """What a trial says of its design, units in the names, rounded for a reader."""
    out: dict[str, Any] = design.hardware()
    out["area_mm2"] = _rounded(design.machine.area_mm2)
    for prefix, workload in design.by_network():
        if math.isfinite(workload.energy_pj):
            out[f"{prefix}latency_ms"] = _rounded(workload.latency_s * 1e3)
            out[f"{prefix}energy_mj"] = _rounded(workload.energy_pj * 1e-9)
            out[f"{prefix}power_w"] = _rounded(workload.power_w)
        if workload.accuracy is not None:
            out[f"{prefix}top1_percent"] = _rounded(workload.accuracy)
        if workload.config is not None:
            out[f"{prefix}subnet"] = json.dumps(workload.config)
        if workload.weight_bits is not None:
            out[f"{prefix}weight_bits"] = json.dumps(workload.weight_bits)
    return out


def _rounded(value: float) -> float:
    return float(f"{value:.5g}")


@dataclass(frozen=True, slots=True)
class TrialPoint:
    """A trial in a plot: the objective's value (infinite where no mapping was found), whether it counts, and what the
    trial says of its design."""

    number: int
    value: float
    feasible: bool
    attributes: Mapping[str, Any] = field(default_factory=dict)


def read_trials(path: Path) -> list[TrialPoint]:
    """The trials of a study on disk, in order.

    Raises:
        InputError: the file is missing or holds no study of ours.
    """
    import optuna

    if not is_file("study", path):
        raise InputError("study", str(path), "does not exist", "name the folder that a search wrote")
    with quiet_optuna():
        try:
            study = optuna.load_study(study_name=STUDY_NAME, storage=open_journal(path))
        except KeyError:
            refuse_lines(path)
            hint = "name the folder that a search wrote"
            raise InputError("study", str(path), "holds no study of a co-search", hint) from None
        return [_point(trial, path) for trial in study.get_trials(deepcopy=False)]


def _point(trial: optuna.trial.FrozenTrial, path: Path) -> TrialPoint:
    from cosearch.studies.record_model import TrialEntry

    place = f"{path}: trial {trial.number}"
    try:
        said = {"values": trial.values, "constraints": trial.constraints, "attributes": trial.user_attrs}
    except (AttributeError, TypeError, ValueError) as error:  # Optuna looks at what the lines hold only now
        raise InputError(place, str(error), "is not what a search writes") from None
    entry = typed_data(TrialEntry, said, place)
    return TrialPoint(
        trial.number,
        entry.values[0] if entry.values else math.inf,
        bool(entry.values) and all(slack <= 0 for slack in entry.constraints.values()),
        trial.user_attrs,
    )
