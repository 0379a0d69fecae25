"""What every estimator offers, and the training that all of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from nets.accuracy.estimators.cells import RESOLUTION
from nets.errors import InputError
from nets.supernet.calibration import recalibrate
from nets.supernet.data import ImageData
from nets.supernet.evaluation import Measurement, measure
from nets.supernet.phases import Phase
from nets.supernet.training import learning_rate

Gradients = Callable[[Tensor], Tensor]
"""From images to the logits whose loss is followed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long what is trained.

    Attributes:
        steps: of an architecture trained alone.
        tuning_steps: of one that begins with inherited weights.
        shared_steps: of weights, or their generator, that all architectures share.
        batch: images per step.
        learning_rate: where the cosine begins.

    Raises:
        InputError: a number below 1, or no learning rate.
    """

    steps: int = 150
    tuning_steps: int = 30
    shared_steps: int = 1500
    batch: int = 64
    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        for name in ("steps", "tuning_steps", "shared_steps", "batch"):
            if getattr(self, name) < 1:
                raise InputError(f"plan: {name}", getattr(self, name), "must be at least 1")
        if not self.learning_rate > 0:
            raise InputError("plan: learning_rate", self.learning_rate, "must be above 0")


class Estimator(ABC):
    """Accuracies of the networks of :func:`nets.accuracy.estimators.digit_cells`.

    Args:
        data: trained on its split ``train``, judged on ``held_out``.
        plan: of the training.
        seed: of weights, batches and architectures drawn.

    Attributes:
        name: under which it is found.
        title: what a person calls it.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, data: ImageData, plan: Plan | None = None, *, seed: int = 0) -> None:
        self.data, self.plan, self.seed = data, plan or Plan(), seed

    @abstractmethod
    def network(self, config: Mapping[str, Any]) -> nn.Module:
        """An architecture with the weights that it is judged by; what architectures share is trained the first time.

        Raises:
            InputError: the config is not of the space.
        """

    def measure(self, config: Mapping[str, Any]) -> Measurement:
        """Correct classes on held-out images, with batch norms recalibrated on training images.

        Raises:
            InputError: the config is not of the space.
        """
        net = self.network(config)
        recalibrate(net, self.data.calibration_batches(RESOLUTION, images=512))
        return measure(net, self.data, RESOLUTION)

    def train(self, logits: Gradients, weights: Iterable[Tensor], steps: int, *, rate: float | None = None) -> None:
        """Minimise the cross entropy by SGD with Nesterov's momentum on a cosine schedule.

        Args:
            logits: of a batch; called once per step.
            weights: to train; what a step gives no gradient is left as it is.
            rate: at the top of the schedule; the plan's when omitted.
        """
        phase = Phase("train", steps=steps, learning_rate=rate or self.plan.learning_rate)
        optimizer = torch.optim.SGD(weights, lr=phase.learning_rate, momentum=0.9, nesterov=True, weight_decay=1e-4)
        rng = np.random.default_rng(self.seed)
        for step in range(steps):
            optimizer.param_groups[0]["lr"] = learning_rate(phase, step)
            chosen = rng.choice(self.data.size("train"), min(self.plan.batch, self.data.size("train")), replace=False)
            images, labels = self.data.batch("train", chosen, RESOLUTION, rng)
            optimizer.zero_grad()
            nn.functional.cross_entropy(logits(images), labels).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
