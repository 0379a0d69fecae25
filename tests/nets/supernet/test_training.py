"""Training: it learns, it stops and goes on without a trace, and it refuses what cannot work."""

from __future__ import annotations

import functools
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from nets.errors import InputError, ResumeError
from nets.spaces import load_space
from nets.spaces.ofa_mobile import MobileSpace, Stage
from nets.supernet import Phase, Supernet, Training, TrainingOptions, load_images, load_supernet, measure_subnet
from nets.supernet.data import Digits

SPACE = load_space("ofa-digits")
OPTIONS = TrainingOptions(seed=1, batch=8)
ROOT = Path(__file__).resolve().parents[3]


def short_phases() -> list[Phase]:
    """Every kind of phase, two steps each."""
    return [
        Phase("full", steps=2, learning_rate=0.05),
        Phase("kernel", {"ks": 3}, steps=2, learning_rate=0.02, warmup_steps=1, teacher_share=1.0),
        Phase("depth", {"ks": 3, "d": 3}, steps=2, learning_rate=0.02, subnets=2, teacher_share=1.0),
        Phase("expand", {"ks": 3, "d": 3, "e": 2}, steps=2, learning_rate=0.02, subnets=2, teacher_share=1.0),
    ]


def new_training() -> Training:
    return Training(Supernet(SPACE, seed=2), load_images("digits"), short_phases(), OPTIONS)


@functools.cache
def never_stopped() -> dict[str, torch.Tensor]:
    """Every tensor of the supernet that the training ends with."""
    return new_training().run().supernet.state_dict()


def test_interrupted_anywhere_it_ends_the_same(tmp_path: Path) -> None:
    """Bit by bit: stopped inside a phase, at the border of two, and after each step."""
    whole = never_stopped()
    for stops in ([3], range(1, 8)):
        training = new_training()
        for stop in stops:
            training.run(until=stop, checkpoint=tmp_path / "run.pt")
            training = Training.resume(tmp_path / "run.pt", load_images("digits"))
            assert (training.step, training.done) == (stop, False)
        resumed = training.run().supernet.state_dict()
        assert training.done
        assert all(torch.equal(tensor, resumed[name]) for name, tensor in whole.items())


def test_ctrl_c_keeps_what_was_done(tmp_path: Path) -> None:
    """And the file that is being replaced is never half a file: the new one is written beside it."""
    training = new_training()

    def interrupt(phase: str, step: int, loss: float) -> None:
        if step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        training.run(checkpoint=tmp_path / "run.pt", report=interrupt)
    assert Training.resume(tmp_path / "run.pt", load_images("digits")).step == 3
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


@pytest.mark.parametrize("inside", ["forward", "optimiser", "save"])
def test_a_signal_in_the_middle_of_a_step_waits_for_its_end(
    inside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a step that stopped half way, batch norms or weights would have moved, and resuming would move them again."""
    whole = never_stopped()
    training = new_training()
    owner, name = {
        "forward": (Supernet, "forward"),
        "optimiser": (torch.optim.SGD, "step"),
        "save": (Training, "save"),
    }[inside]
    real, calls = getattr(owner, name), []

    def interrupted(*args: object, **kwargs: object) -> object:
        done = real(*args, **kwargs)
        calls.append(1)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return done

    monkeypatch.setattr(owner, name, interrupted)
    with pytest.raises(KeyboardInterrupt):
        training.run(checkpoint=tmp_path / "run.pt", every=1)
    monkeypatch.undo()
    resumed = Training.resume(tmp_path / "run.pt", load_images("digits"))
    assert resumed.step == 3
    assert all(torch.equal(tensor, whole[name]) for name, tensor in resumed.run().supernet.state_dict().items())
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_signal_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is the last checkpoint, not half a step."""
    training = new_training()
    training.run(until=2, checkpoint=tmp_path / "run.pt")

    def impatient(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(torch.optim.SGD, "step", impatient)
    with pytest.raises(KeyboardInterrupt):
        training.run(checkpoint=tmp_path / "run.pt")
    monkeypatch.undo()
    whole = never_stopped()
    resumed = Training.resume(tmp_path / "run.pt", load_images("digits"))
    assert resumed.step == 2
    assert all(torch.equal(tensor, whole[name]) for name, tensor in resumed.run().supernet.state_dict().items())


def test_killed_without_a_word_it_ends_the_same(tmp_path: Path) -> None:
    """SIGKILL as soon as the first checkpoint is there, wherever the training is by then."""
    program = f"""
import torch
torch.set_num_threads(1)
from tests.nets.supernet.test_training import new_training
new_training().run(checkpoint={str(tmp_path / "run.pt")!r}, every=1)
"""
    worker = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    for _ in range(6000):
        if (tmp_path / "run.pt").exists() or worker.poll() is not None:
            break
        time.sleep(0.02)
    worker.kill()
    worker.wait(timeout=60)
    resumed = Training.resume(tmp_path / "run.pt", load_images("digits"))
    assert resumed.step >= 1
    whole = never_stopped()
    assert all(torch.equal(tensor, whole[name]) for name, tensor in resumed.run().supernet.state_dict().items())


def test_a_step_is_what_it_says() -> None:
    """The first step of a plain phase against the same computed by hand: batch, loss, rate, decay."""
    phase = Phase("x", steps=10, learning_rate=0.5)
    training = Training(Supernet(SPACE, seed=2), load_images("digits"), [phase], replace(OPTIONS, dropout=0.0))
    twin = Supernet(SPACE, seed=2).train()
    images, labels = training._batch()
    loss = training.take_step()
    config = SPACE.max_config() | {"r": images.shape[2]}
    expected = functional.cross_entropy(twin(images, config), labels, label_smoothing=0.1)
    expected.backward()
    assert loss == pytest.approx(float(expected.detach()), rel=1e-5)
    before = dict(twin.named_parameters())
    for name, after in training.supernet.named_parameters():
        gradient = before[name].grad
        if gradient is None:
            assert torch.equal(after, before[name]), name
            continue
        decay = 3e-5 if after.dim() > 1 else 0.0
        step = 0.5 * 1.9 * (gradient + decay * before[name])  # Nesterov's first step: momentum 0.9 looks ahead
        torch.testing.assert_close(after, before[name] - step, rtol=1e-4, atol=1e-5)


def test_dropout_is_of_the_trained_network_alone_and_repeats_itself() -> None:
    """Steps with it differ from those without, two alike are equal; neither teacher nor cut-out subnets have any."""
    losses = []
    for dropout in (0.0, 0.5, 0.5):
        training = Training(
            Supernet(SPACE, seed=2), load_images("digits"), short_phases(), replace(OPTIONS, dropout=dropout)
        )
        torch.manual_seed(len(losses))
        losses.append([training.take_step() for _ in range(4)])
    assert losses[0] != losses[1] == losses[2]
    assert training._teacher is not None
    for net in (training._teacher, training.supernet.extract(SPACE.max_config())):
        assert {part.p for part in net.modules() if isinstance(part, torch.nn.Dropout)} == {0.0}


def test_a_later_phase_alone_sorts_channels_as_it_would_after_the_others() -> None:
    """The importance of channels decides which a narrower block keeps, whichever training came before."""
    phases, supernet = short_phases(), Supernet(SPACE, seed=2)
    sorted_, expected = Supernet(SPACE, seed=2), Supernet(SPACE, seed=2)
    Training(sorted_, load_images("digits"), phases[3:], OPTIONS, before=phases[2])
    expected.sort_channels(keep=phases[2].offered(SPACE, "e"))
    assert all(torch.equal(tensor, expected.state_dict()[name]) for name, tensor in sorted_.state_dict().items())
    assert not all(torch.equal(tensor, supernet.state_dict()[name]) for name, tensor in sorted_.state_dict().items())


def test_half_precision_takes_nearly_the_same_step() -> None:
    """The path that GPUs take, in the processor's bfloat16, which needs no scaling: two or three digits are equal."""
    losses, weights = [], []
    for mixed in (False, True):
        training = new_training()
        training._mixed, training._half = mixed, torch.bfloat16
        training.run(until=3)
        with training._autocast():
            logits = training.supernet(torch.zeros(2, 3, 20, 20), SPACE.max_config())
        assert logits.dtype == (torch.bfloat16 if mixed else torch.float32)
        losses.append(training.take_step())
        weights.append(torch.cat([parameter.detach().flatten() for parameter in training.supernet.parameters()]))
    assert losses[0] == pytest.approx(losses[1], rel=0.05)
    assert weights[1].dtype == torch.float32
    assert float((weights[0] - weights[1]).norm() / weights[0].norm()) < 0.05
    assert not torch.equal(*weights)


def test_the_teacher_is_the_full_network_as_the_first_phase_left_it() -> None:
    training = new_training()
    training.run(until=2)
    full = training.supernet.extract(SPACE.max_config())
    training.run(until=5)
    teacher = training._teacher
    assert teacher is not None
    for name, parameter in full.named_parameters():
        assert torch.equal(teacher.get_parameter(name), parameter), name
    images, _ = training._batch()
    torch.testing.assert_close(training._guidance(images), functional.softmax(full.train()(images), dim=1))


def test_an_epoch_shows_every_image_once() -> None:
    training = new_training()
    seen = []
    for step in range(training.steps_per_epoch):
        training.step = step
        order = np.random.default_rng([OPTIONS.seed, 0, 0]).permutation(1438)
        _, labels = training._batch()
        chosen = order[step * 8 : step * 8 + 8]
        assert labels.tolist() == Digits().batch("train", chosen, 12)[1].tolist()
        seen += chosen.tolist()
    assert len(set(seen)) == len(seen) == 1438 // 8 * 8


def test_it_learns_digits() -> None:
    """Sixty steps teach one stage of four blocks far more than the 10 % of chance on images it has not seen."""
    space = MobileSpace(
        "one-stage",
        "one stage",
        stem=(8, 8),
        stem_activations=("h_swish", "relu"),
        stem_skip=True,
        stages=[Stage(16, 2, "relu", squeeze=False)],
        head=(64, 64),
        head_activation="h_swish",
        resolutions=[12],
        classes=10,
    )
    data, supernet = load_images("digits"), Supernet(space, seed=0)
    Training(supernet, data, [Phase("full", steps=60, learning_rate=0.1)], TrainingOptions(batch=32)).run()
    assert measure_subnet(supernet, space.max_config(), data, calibration_images=256).top1_percent > 40


def test_two_processes_end_with_one_supernet(tmp_path: Path) -> None:
    """Each sees its half of the images; averaged gradients keep their weights equal."""
    program = f"""
import sys, torch
torch.set_num_threads(1)
from nets.spaces import load_space
from nets.supernet import Phase, Supernet, Training, TrainingOptions, load_images, save_supernet
from nets.supernet.distributed import join_processes, rank_and_world
device = join_processes()
phase = Phase("plain", {{"ks": 3, "d": 3, "e": 3}}, steps=3, learning_rate=0.05, subnets=2)
supernet = Supernet(load_space("ofa-digits")).to(device)
training = Training(supernet, load_images("digits"), [phase], TrainingOptions(batch=8))
training.run(checkpoint={str(tmp_path / "first.pt")!r})
save_supernet(supernet, {str(tmp_path)!r} + f"/{{rank_and_world()[0]}}.pt")
"""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "PYTHONPATH": str(ROOT)}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", program], env={**os.environ, **shared, "RANK": rank, "LOCAL_RANK": rank}
        )
        for rank in ("0", "1")
    ]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    first, second = (dict(load_supernet(tmp_path / f"{rank}.pt").named_parameters()) for rank in (0, 1))
    assert all(torch.equal(parameter, second[name]) for name, parameter in first.items())
    untrained = dict(Supernet(SPACE).named_parameters())
    assert not all(torch.equal(parameter, untrained[name]) for name, parameter in first.items())
    with pytest.raises(ResumeError, match="was trained by 2 processes, and these are 1"):
        Training.resume(tmp_path / "first.pt", load_images("digits"))


def test_bad_requests_are_refused(tmp_path: Path) -> None:
    data = load_images("digits")
    with pytest.raises(InputError, match="classes: 10 must be the supernet's 7"):
        Training(Supernet(SPACE, classes=7), data, short_phases(), OPTIONS)
    with pytest.raises(InputError, match="1438 are fewer than the 2000 of one step"):
        Training(Supernet(SPACE), data, short_phases(), TrainingOptions(batch=2000))
    with pytest.raises(InputError, match="batch: 1 must be at least 2"):
        TrainingOptions(batch=1)
    training = new_training()
    training.run(until=1, checkpoint=tmp_path / "run.pt")
    data.name = "letters"
    with pytest.raises(ResumeError, match="was trained on 'digits' with 1438 images, and 'letters'"):
        Training.resume(tmp_path / "run.pt", data)
    with pytest.raises(InputError, match="cannot be read"):
        Training.resume(tmp_path / "none.pt", data)
