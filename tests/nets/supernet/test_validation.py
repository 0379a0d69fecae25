"""Corners of phases, and which epoch is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from nets.errors import InputError
from nets.spaces import load_space
from nets.supernet import (
    CornerValidation,
    Phase,
    Supernet,
    Training,
    TrainingOptions,
    fine_tune,
    load_images,
    load_supernet,
    save_supernet,
    short_phases,
    validation,
)
from nets.supernet.evaluation import Measurement
from nets.supernet.validation import corner_subnets

SPACE = load_space("ofa-digits")


def test_corners_are_all_ends_of_what_is_open() -> None:
    phases = {phase.name: phase for phase in short_phases(SPACE, 10)}
    whole = {**SPACE.max_config(), "r": SPACE.resolutions[-1]}
    assert corner_subnets(SPACE, phases["full"]) == [whole]
    kernels = corner_subnets(SPACE, phases["kernel"])
    assert [set(config["ks"]) - {0} for config in kernels] == [{7}, {3}]
    last = corner_subnets(SPACE, short_phases(SPACE, 10)[-1])
    assert len(last) == len({str(config) for config in last}) == 8
    assert whole in last
    assert SPACE.min_config() | {"r": SPACE.resolutions[-1]} in last


def test_the_best_of_the_last_phase_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of means 90, 40, 60, 50 percent, the first of another phase, the one of 60; going on, 55 does not beat it."""
    right = iter([90, 40, 60, 50, 55])
    monkeypatch.setattr(validation, "corner_subnets", lambda *_: [SPACE.max_config()])
    monkeypatch.setattr(validation, "measure_subnet", lambda *_, **__: Measurement(next(right), 100))
    heard: list[tuple[str, float]] = []
    supernet, data, best = Supernet(SPACE, seed=0), load_images("digits"), tmp_path / "best.pt"
    validate = CornerValidation(best, data, heard=lambda *said: heard.append(said))
    for number, name in enumerate(("full", "kernel", "kernel", "kernel")):
        torch.nn.init.constant_(next(supernet.parameters()), number)
        validate(supernet, Phase(name))
    CornerValidation(best, data, heard=lambda *said: heard.append(said))(supernet, Phase("kernel"))
    assert [mean for _, mean in heard] == [90, 40, 60, 50, 55]
    assert next(load_supernet(best).parameters()).flatten()[0] == 2


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    save_supernet(Supernet(SPACE, seed=0), tmp_path / "other.pt")
    with pytest.raises(InputError, match="is not the best of a training"):
        CornerValidation(tmp_path / "other.pt", load_images("digits"))


def test_a_training_validates_after_each_epoch_and_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def step(training: Training) -> float:
        training.step += 1
        return 0.0

    monkeypatch.setattr(Training, "take_step", step)
    data, seen = load_images("digits"), list[str]()
    phases = [Phase("full", steps=3), Phase("kernel", {"ks": 3}, steps=2)]
    options = TrainingOptions(batch=data.size("train") // 2, dropout=0.0)
    Training(Supernet(SPACE, seed=0), data, phases, options).run(validate=lambda _, phase: seen.append(phase.name))
    assert seen == ["full", "kernel", "kernel"]  # after steps 2, 4 and 5


def test_fine_tuning_lowers_the_loss_and_leaves_the_supernet() -> None:
    data, supernet = load_images("digits"), Supernet(SPACE, seed=0)
    before = {name: tensor.clone() for name, tensor in supernet.state_dict().items()}
    losses: list[float] = []
    config = SPACE.min_config()
    subnet = fine_tune(
        supernet,
        config,
        data,
        steps=12,
        options=TrainingOptions(batch=32, dropout=0.0),
        heard=lambda _, loss: losses.append(loss),
        calibration_images=64,
    )
    assert sum(losses[-3:]) < sum(losses[:3])
    assert all(torch.equal(tensor, before[name]) for name, tensor in supernet.state_dict().items())
    assert not subnet.training
    with pytest.raises(InputError, match="batch"):
        fine_tune(supernet, config, data, steps=1, options=TrainingOptions(batch=10**6))
