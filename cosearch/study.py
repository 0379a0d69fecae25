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

from cosearch.budget import Budget
from cosearch.design import Design
from cosearch.objective import Objective
from cosearch.strategies.accelerators import quiet_optuna
from nets.errors import InputError

if TYPE_CHECKING:
    import optuna

STUDY_NAME: Final = "cosearch"


class StudyFile:
    """Writes designs to an Optuna journal.

    Args:
        path: of the journal; made when it does not exist.
        objective: what the study minimises.
        budget: whose limits are the trials' constraints.
    """

    def __init__(self, path: Path, objective: Objective, budget: Budget) -> None:
        import optuna
        from optuna.storages.journal import JournalFileBackend

        self.budget = budget
        with quiet_optuna():
            self._study = optuna.create_study(
                storage=optuna.storages.JournalStorage(JournalFileBackend(str(path))),
                study_name=STUDY_NAME,
                direction="minimize",
            )
            self._study.set_metric_names([f"{objective.title} ({objective.unit})"])
            self._study.set_user_attr("budget", str(budget))

    def add(self, designs: Sequence[Design]) -> None:
        """Append finished designs."""
        with quiet_optuna():
            self._study.add_trials([self._trial(design) for design in designs])

    def _trial(self, design: Design) -> optuna.trial.FrozenTrial:
        import optuna

        box = {name: optuna.distributions.FloatDistribution(0.0, 1.0) for name in design.knobs}
        slack = {
            name: (value / limit - 1.0)
            for name, limit in self.budget.limits().items()
            if math.isfinite(value := design.measures()[name])
        }
        return constrained_trial(design.knobs, box, design.value, design_attributes(design), slack)


def constrained_trial(
    params: Mapping[str, float],
    distributions: Mapping[str, optuna.distributions.BaseDistribution],
    value: float,
    user_attrs: Mapping[str, Any],
    constraints: Mapping[str, float],
) -> optuna.trial.FrozenTrial:
    """A finished trial whose constraints (kept when at most zero) both samplers and the dashboard see.

    Optuna 5 keeps constraints by name; optuna-dashboard 0.21 reads only the list that earlier versions kept, and greys
    a trial by that. Both are written here and nowhere else. A trial without a finite value is a failed one.
    """
    import optuna

    if not math.isfinite(value):
        return optuna.trial.create_trial(
            state=optuna.trial.TrialState.FAIL,
            params=dict(params),
            distributions=dict(distributions),
            user_attrs=dict(user_attrs),
        )
    return optuna.trial.create_trial(
        value=value,
        params=dict(params),
        distributions=dict(distributions),
        user_attrs=dict(user_attrs),
        constraints=dict(constraints),
        system_attrs={"constraints": list(constraints.values())} if constraints else {},
    )


def design_attributes(design: Design) -> dict[str, Any]:
    """What a trial says of its design, units in the names, rounded for a reader."""
    template = design.template
    out: dict[str, Any] = {
        "area_mm2": _rounded(template.area_mm2),
        "elements": template.pes,
        "array": " x ".join(str(size) for size in template.array),
        "parallel": " ".join(template.parallel),
        "l1_bytes": template.l1_bytes,
        "l2_bytes": template.l2_bytes,
        "noc_words_per_cycle": template.noc_bandwidth,
        "dram_gb_s": template.dram_bandwidth,
    }
    for workload in design.workloads:
        prefix = f"{workload.name}: " if len(design.workloads) > 1 else ""
        if math.isfinite(workload.energy_pj):
            out[f"{prefix}latency_ms"] = _rounded(workload.latency_s * 1e3)
            out[f"{prefix}energy_mj"] = _rounded(workload.energy_pj * 1e-9)
            out[f"{prefix}power_w"] = _rounded(workload.energy_pj * 1e-12 / workload.latency_s)
        if workload.accuracy is not None:
            out[f"{prefix}top1_percent"] = _rounded(workload.accuracy)
        if workload.config is not None:
            out[f"{prefix}subnet"] = json.dumps(workload.config)
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
    from optuna.storages.journal import JournalFileBackend

    if not path.is_file():
        raise InputError("study", str(path), "does not exist", "name the folder that a search wrote")
    with quiet_optuna():
        try:
            storage = optuna.storages.JournalStorage(JournalFileBackend(str(path)))
            study = optuna.load_study(study_name=STUDY_NAME, storage=storage)
        except (KeyError, ValueError) as error:
            raise InputError("study", str(path), f"is no study of a co-search ({error})") from None
        return [
            TrialPoint(
                trial.number,
                math.inf if trial.value is None else trial.value,
                trial.value is not None and all(slack <= 0 for slack in trial.constraints.values()),
                trial.user_attrs,
            )
            for trial in study.get_trials(deepcopy=False)
        ]
