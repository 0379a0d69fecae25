"""Training of supernets: one object that holds all state, takes one step at a time and resumes anywhere.

Nothing is drawn from a running stream of random numbers. What a step sees (images, distortions, resolution, subnets) is
drawn from a generator seeded by (seed, what for, step), so a run that was stopped goes on as if it had not been.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from nets.errors import InputError, ResumeError
from nets.supernet.data import ImageData
from nets.supernet.distributed import average_gradients, rank_and_world
from nets.supernet.files import read_checkpoint, write_checkpoint
from nets.supernet.interruption import WholeSteps
from nets.supernet.phases import Phase
from nets.supernet.supernet import Supernet

_ORDER, _RESOLUTION, _DISTORTION, _SUBNETS, _DROPOUT = range(5)
"""What random numbers are for."""

Report = Callable[[str, int, float], None]
"""Hears (phase, step of all, loss)."""
Validate = Callable[[Supernet, Phase], object]
"""Such as :class:`nets.supernet.validation.CornerValidation`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """What does not change in the course of a training; the defaults are Once-for-All's.

    Attributes:
        seed: of every draw.
        batch: images per step and process.
        momentum: of SGD (Nesterov's).
        weight_decay: of weights of convolutions and linear layers, not of biases and norms.
        label_smoothing: share of a label that is spread over all classes.
        dropout: share of the features that are dropped before the classifier; the teacher drops none.
        mixed_precision: on a GPU, in bfloat16 where it has that, else float16 with scaled gradients.
    """

    seed: int = 0
    batch: int = 64
    momentum: float = 0.9
    weight_decay: float = 3e-5
    label_smoothing: float = 0.1
    dropout: float = 0.1
    mixed_precision: bool = True

    def __post_init__(self) -> None:
        if self.batch < 2:
            raise InputError(
                "training: batch", self.batch, "must be at least 2, or batch norms have nothing to average"
            )
        for attribute in ("momentum", "label_smoothing", "dropout"):
            if not 0 <= getattr(self, attribute) < 1:
                raise InputError(f"training: {attribute}", getattr(self, attribute), "must be at least 0 and below 1")


class Training:
    """A supernet on its way through phases.

    In several processes (``torchrun``) each takes its part of a step's images; gradients are averaged, and learning
    rates are those of the phases times the number of processes, as images of a step are.

    Args:
        supernet: trained in place.
        data: to train on; a batch and its labels come from the split ``train``.
        phases: in order.
        options: see :class:`TrainingOptions`.
        before: the phase that the supernet was trained in last, where that is not one of ``phases``.

    Raises:
        InputError: other classes in the data than in the supernet, or fewer images than a step takes.
    """

    def __init__(
        self,
        supernet: Supernet,
        data: ImageData,
        phases: Sequence[Phase],
        options: TrainingOptions | None = None,
        *,
        before: Phase | None = None,
    ) -> None:
        self.supernet, self.data, self.phases = supernet, data, tuple(phases)
        self.options = options or TrainingOptions()
        supernet.dropout = self.options.dropout
        self.step = 0
        self._whole = True
        self._rank, self._world = rank_and_world()
        if len(data.classes) != supernet.classes:
            raise InputError(
                f"data {data.name}: classes", len(data.classes), f"must be the supernet's {supernet.classes}"
            )
        self.steps_per_epoch = steps_per_epoch(data, self.options, self._world)
        self._ends = np.cumsum([phase.steps for phase in self.phases]).tolist()
        self._device = next(supernet.parameters()).device
        self._teacher: nn.Module | None = None
        half = torch.float16
        if self._device.type == "cuda" and torch.cuda.is_bf16_supported():
            half = torch.bfloat16
        self._mixed = self.options.mixed_precision and self._device.type == "cuda"
        self._half = half
        self._scaler = torch.amp.GradScaler(self._device.type, enabled=self._mixed and half == torch.float16)
        if self.phases:
            self._enter(0, before)

    @property
    def steps(self) -> int:
        """Of all phases together."""
        return self._ends[-1] if self._ends else 0

    @property
    def done(self) -> bool:
        """Whether every step was taken."""
        return self.step >= self.steps

    @property
    def phase(self) -> Phase:
        """Of the next step (the last one when done)."""
        return self.phases[self._phase_index(min(self.step, self.steps - 1))]

    def run(
        self,
        *,
        until: int | None = None,
        checkpoint: str | Path | None = None,
        every: int = 500,
        report: Report | None = None,
        validate: Validate | None = None,
    ) -> Training:
        """Take steps until all are taken.

        Ctrl-C lets a step that has begun end, for half a step would be taken twice; a second one does not wait, and
        what is kept is then the last checkpoint.

        Args:
            until: stop before this step of all.
            checkpoint: file that the state is written to at every ``every`` steps, at the end and when interrupted.
            every: steps.
            report: hears of every step.
            validate: given the supernet and its phase after each epoch, and after the last step; of several processes,
                the first one does.

        Raises:
            KeyboardInterrupt: interrupted; everything up to the last whole step is kept.
        """
        end = self.steps if until is None else min(until, self.steps)
        with WholeSteps() as steps:
            try:
                while self.step < end and not steps.interrupted:
                    phase = self.phase
                    self._whole = False
                    loss = self.take_step()
                    self._whole = True
                    if report is not None:
                        report(phase.name, self.step, loss)
                    if validate is not None and not self._rank and self._ends_epoch():
                        validate(self.supernet, phase)
                    if checkpoint is not None and self.step % every == 0:
                        self.save(checkpoint)
            finally:
                if checkpoint is not None and self._whole:
                    self.save(checkpoint)
        return self

    def _ends_epoch(self) -> bool:
        return self.step % self.steps_per_epoch == 0 or self.done

    def take_step(self) -> float:
        """One step of the optimiser; returns the mean loss of the subnets."""
        index = self._phase_index(self.step)
        start = self._ends[index - 1] if index else 0
        if self.step == start and index:
            self._enter(index, self.phases[index - 1])
        phase = self.phases[index]
        for group in self._optimizer.param_groups:
            group["lr"] = self._world * learning_rate(phase, self.step - start)
        images, labels = self._batch()
        guidance = self._guidance(images) if phase.teacher_share else None
        self.supernet.train()
        self._optimizer.zero_grad()
        total = 0.0
        rng = self._draws(_SUBNETS)
        with torch.random.fork_rng([self._device] if self._device.type == "cuda" else []):
            torch.manual_seed(int(self._draws(_DROPOUT, self._rank).integers(2**63)))
            for _ in range(phase.subnets):
                config = phase.sample(self.supernet.space, rng) | {"r": images.shape[2]}
                with self._autocast():
                    logits = self.supernet(images, config)
                    loss = functional.cross_entropy(logits, labels, label_smoothing=self.options.label_smoothing)
                    if guidance is not None:
                        loss = loss + phase.teacher_share * functional.cross_entropy(logits, guidance)
                self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
                total += float(loss.detach())
        average_gradients(self.supernet.parameters())
        self._scaler.step(self._optimizer)
        self._scaler.update()
        self.step += 1
        return total / phase.subnets

    def _draws(self, what: int, *more: int) -> np.random.Generator:
        """Random numbers for one purpose of this step."""
        return np.random.default_rng([self.options.seed, what, self.step, *more])

    def _phase_index(self, step: int) -> int:
        return int(np.searchsorted(self._ends, step, side="right"))

    def _enter(self, index: int, before: Phase | None) -> None:
        """Begin a phase: a new optimiser; a teacher and sorted channels where the phase needs them."""
        phase, space = self.phases[index], self.supernet.space
        if phase.teacher_share and self._teacher is None:
            self._teacher = self.supernet.extract(space.max_config())
        if before is not None and len(phase.offered(space, "e")) > len(before.offered(space, "e")):
            self.supernet.sort_channels(keep=before.offered(space, "e"))
        self._optimizer = sgd(self.supernet, self.options, phase.learning_rate)

    def _batch(self) -> tuple[Tensor, Tensor]:
        """Images and labels of this step and process; one resolution for all processes."""
        epoch, turn = divmod(self.step, self.steps_per_epoch)
        order = np.random.default_rng([self.options.seed, _ORDER, epoch]).permutation(self.data.size("train"))
        first = (turn * self._world + self._rank) * self.options.batch
        resolutions = self.supernet.space.resolutions
        resolution = resolutions[int(self._draws(_RESOLUTION).integers(len(resolutions)))]
        distortions = self._draws(_DISTORTION, self._rank)
        images, labels = self.data.batch("train", order[first : first + self.options.batch], resolution, distortions)
        return images.to(self._device), labels.to(self._device)

    def _guidance(self, images: Tensor) -> Tensor:
        """The teacher's probabilities; its norms take the batch's statistics, so any resolution is right for it."""
        assert self._teacher is not None  # entering the phase made it
        self._teacher.train()
        with torch.no_grad(), self._autocast():
            return functional.softmax(self._teacher(images).float(), dim=1)

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self._device.type, dtype=self._half, enabled=self._mixed)

    # ---- stopping and going on ----

    def save(self, path: str | Path) -> None:
        """Write everything that going on needs; in several processes, the first one writes."""
        if self._rank:
            return
        state = {
            "options": asdict(self.options),
            "phases": [phase.to_dict() for phase in self.phases],
            "step": self.step,
            "data": {"name": self.data.name, "images": self.data.size("train")},
            "world": self._world,
            "optimizer": self._optimizer.state_dict(),
            "scaler": self._scaler.state_dict(),
            "teacher": None if self._teacher is None else self._teacher.state_dict(),
        }
        write_checkpoint(path, self.supernet, self.data.name, training=state)

    @classmethod
    def resume(cls, path: str | Path, data: ImageData, *, device: str = "cpu") -> Training:
        """Go on where :meth:`save` stopped.

        Raises:
            InputError: the file cannot be read or holds no training.
            ResumeError: the data or the number of processes is another.
        """
        supernet, record = read_checkpoint(path, device=device)
        state = record.get("training")
        if state is None:
            raise InputError("checkpoint", str(path), "holds a supernet but no training to resume")
        given = {"name": data.name, "images": data.size("train")}
        if given != state["data"]:
            raise ResumeError(f"{path}: was trained on {_words(state['data'])}, and {_words(given)} was given")
        options = TrainingOptions(**{"dropout": 0.0, **state["options"]})  # older files were trained without
        training = cls(supernet, data, [Phase(**phase) for phase in state["phases"]], options)
        if training._world != state["world"]:
            raise ResumeError(f"{path}: was trained by {state['world']} processes, and these are {training._world}")
        training.step = state["step"]
        if state["teacher"] is not None:
            training._teacher = supernet.extract(supernet.space.max_config())
            training._teacher.load_state_dict(state["teacher"])
        training._optimizer.load_state_dict(state["optimizer"])
        training._scaler.load_state_dict(state["scaler"])
        return training


def _words(data: dict[str, Any]) -> str:
    return f"{data['name']!r} with {data['images']} images"


def sgd(net: nn.Module, options: TrainingOptions, rate: float) -> torch.optim.SGD:
    """The optimiser of all trainings: weights decay, biases and norms do not."""
    decayed = [parameter for parameter in net.parameters() if parameter.dim() > 1]
    others = [parameter for parameter in net.parameters() if parameter.dim() <= 1]
    return torch.optim.SGD(
        [{"params": decayed, "weight_decay": options.weight_decay}, {"params": others, "weight_decay": 0.0}],
        lr=rate,
        momentum=options.momentum,
        nesterov=options.momentum > 0,
    )


def steps_per_epoch(data: ImageData, options: TrainingOptions, world: int = 1) -> int:
    """Full steps that one pass over the data holds.

    Raises:
        InputError: none.
    """
    steps = data.size("train") // (options.batch * world)
    if not steps:
        raise InputError(
            f"data {data.name}: images to train on",
            data.size("train"),
            f"are fewer than the {options.batch * world} of one step",
            "use a smaller batch",
        )
    return steps


def learning_rate(phase: Phase, step: int) -> float:
    """Even warm-up, then down the phase's part of half a cosine; ``step`` counts from the start of the phase."""
    if step < phase.warmup_steps:
        return phase.learning_rate * (step + 1) / phase.warmup_steps
    progress = (step - phase.warmup_steps) / max(1, phase.steps - phase.warmup_steps)
    start, end = phase.cosine
    return 0.5 * phase.learning_rate * (1 + math.cos(math.pi * (start + (end - start) * progress)))
