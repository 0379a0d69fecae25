"""The journal: many trials in one write are the trials that Optuna's own journal holds."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from cosearch.strategies.samplers import quiet_optuna
from cosearch.studies.journal import Journal

TRIALS = [
    optuna.trial.create_trial(
        params={"x": x}, distributions={"x": optuna.distributions.FloatDistribution(0.0, 1.0)}, values=[2 * x]
    )
    for x in (0.0, 0.25, 0.5, 0.75)
]


def lines(path: Path) -> list[dict[str, Any]]:
    read = [json.loads(line) for line in path.read_text().splitlines()]
    for line in read:
        line["worker_id"] = ""
    return read


def test_a_generation_written_at_once_reads_as_trials_written_one_by_one(tmp_path: Path) -> None:
    with quiet_optuna():
        journal = Journal(tmp_path / "ours")
        ours = optuna.create_study(storage=journal, study_name="s")
        theirs = optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(tmp_path / "theirs"))), study_name="s"
        )
        for generation in (TRIALS[:1], TRIALS[1:3], TRIALS[3:]):
            with journal.together():
                ours.add_trials(generation)
            theirs.add_trials(generation)
    assert lines(tmp_path / "ours") == lines(tmp_path / "theirs")
    assert [trial.params for trial in ours.trials] == [trial.params for trial in TRIALS]
    again = optuna.load_study(study_name="s", storage=Journal(tmp_path / "ours"))
    assert [(trial.number, trial.value) for trial in again.trials] == [(0, 0.0), (1, 0.5), (2, 1.0), (3, 1.5)]


def test_a_generation_that_fails_leaves_no_part_of_it(tmp_path: Path) -> None:
    with quiet_optuna():
        journal = Journal(tmp_path / "journal")
        study = optuna.create_study(storage=journal)
        with journal.together():
            study.add_trials(TRIALS[:1])
        before = lines(tmp_path / "journal")
        with suppress(KeyboardInterrupt), journal.together():
            study.add_trials(TRIALS[1:3])
            raise KeyboardInterrupt
        assert lines(tmp_path / "journal") == before
        study.add_trials(TRIALS[3:])
    assert [trial.value for trial in study.trials] == [0.0, 1.5]
