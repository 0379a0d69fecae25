"""The journal: what Optuna and its dashboard read in it."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from optuna.storages.journal import JournalFileBackend

from cosearch.studies.study import STUDY_NAME, constrained_trial, read_trials
from nets.errors import InputError

BOX = {"x": optuna.distributions.FloatDistribution(0.0, 1.0)}


def test_constraints_are_seen_by_samplers_and_by_the_dashboard() -> None:
    trial = constrained_trial({"x": 0.5}, BOX, [3.0], {"area_mm2": 4.0}, {"latency": 0.25, "area": -0.2})
    assert trial.constraints["latency"] == 0.25
    assert trial.constraints["area"] == -0.2
    # optuna-dashboard reads this list and greys a trial with an entry above zero.
    assert trial.system_attrs["constraints"] == [0.25, -0.2]


def test_optuna_takes_only_trials_that_keep_every_limit() -> None:
    study = optuna.create_study()
    study.add_trials(
        [constrained_trial({"x": x}, BOX, [x], {}, {"area": slack}) for x, slack in ((0.1, 0.5), (0.2, -0.5))]
    )
    assert study.best_trial.value == 0.2


def test_a_design_without_mapping_is_a_failed_trial() -> None:
    trial = constrained_trial({"x": 0.5}, BOX, [], {}, {})
    assert trial.state == optuna.trial.TrialState.FAIL


def test_a_run_can_be_opened_with_optuna(finished_run: Path) -> None:
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(finished_run / "study.journal")))
    study = optuna.load_study(study_name=STUDY_NAME, storage=storage)
    assert len(study.trials) == 4
    attributes = study.trials[0].user_attrs
    assert {"area_mm2", "latency_ms", "energy_mj", "power_w", "top1_percent", "subnet"} <= set(attributes)
    assert study.trials[0].system_attrs["constraints"][0] <= 0
    assert [point.value for point in read_trials(finished_run / "study.journal")] == [t.value for t in study.trials]


def test_what_is_no_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_trials(tmp_path / "none.journal")
    empty = tmp_path / "empty.journal"
    empty.write_text("")
    with pytest.raises(InputError, match="no study of a co-search"):
        read_trials(empty)
