"""What every search that trains has: shared weights, two halves of the training images, and a schedule."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nets.accuracy.estimators import digit_cells
from nets.accuracy.estimators.cells import RESOLUTION
from nets.accuracy.estimators.sharing import SharedWeights
from nets.errors import InputError
from nets.spaces import Config
from nets.supernet.data import ImageData
from nets.supernet.phases import Phase
from nets.supernet.training import learning_rate


@dataclass(frozen=True, slots=True)
class Options:
    """How long a search trains.

    Attributes:
        steps: of the shared weights; of the architecture as many, less those of the warm-up.
        batch: images of a step.
        learning_rate: of the shared weights, where the cosine begins.

    Raises:
        InputError: no steps, less than two images, or no learning rate.
    """

    steps: int = 300
    batch: int = 64
    learning_rate: float = 0.1

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise InputError("search: steps", self.steps, "must be at least 1")
        if self.batch < 2:
            raise InputError("search: batch", self.batch, "must be at least 2")
        if not self.learning_rate > 0:
            raise InputError("search: learning_rate", self.learning_rate, "must be above 0")


class TrainedSearch(ABC):
    """Weights are trained on one half of the training images, the architecture on the other, in turn.

    Args:
        data: whose split ``train`` is used; what is held out is never seen.
        options: of the training.
        seed: of weights, batches and architectures drawn.

    Attributes:
        name: under which it is found; title: in words, with the source.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    warm_up: ClassVar[float] = 0.0
    """Share of the steps in which only the weights are trained, before the architecture moves at all."""

    def __init__(self, data: ImageData, options: Options | None = None, *, seed: int = 0) -> None:
        self.data, self.options, self.space = data, options or Options(), digit_cells()
        self.rng = np.random.default_rng(seed)
        self.shared = SharedWeights(seed)
        self.shared.store.train()
        halves = np.array_split(self.rng.permutation(data.size("train")), 2)
        self._weight_images, self._architecture_images = halves
        self._optimizer = torch.optim.SGD(
            self.shared.parameters(), lr=self.options.learning_rate, momentum=0.9, nesterov=True, weight_decay=1e-4
        )
        self.rate = self.options.learning_rate

    def run(self) -> Config:
        """Train, and say which architecture is found."""
        schedule = Phase("search", steps=self.options.steps, learning_rate=self.options.learning_rate)
        for step in range(self.options.steps):
            self.rate = self._optimizer.param_groups[0]["lr"] = learning_rate(schedule, step)
            if step >= self.warm_up * self.options.steps:
                self.step_architecture()
            self.step_weights()
        return self.found()

    @abstractmethod
    def logits(self, images: Tensor) -> Tensor:
        """Of the architecture or the mixture of all that a step of the weights trains."""

    @abstractmethod
    def step_architecture(self) -> None:
        """One step of what decides about architectures; comes before that of the weights."""

    @abstractmethod
    def found(self) -> Config:
        """The architecture that the search stands at."""

    def step_weights(self) -> None:
        """One step of the shared weights."""
        images, labels = self.batch(self._weight_images)
        self._optimizer.zero_grad()
        nn.functional.cross_entropy(self.logits(images), labels).backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()

    def batch(self, half: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Distorted images of one half."""
        chosen = self.rng.choice(half, min(self.options.batch, len(half)), replace=False)
        return self.data.batch("train", chosen, RESOLUTION, self.rng)

    def weight_batch(self) -> tuple[Tensor, Tensor]:
        """Images that the weights are trained on."""
        return self.batch(self._weight_images)

    def architecture_batch(self) -> tuple[Tensor, Tensor]:
        """Images that decide about architectures."""
        return self.batch(self._architecture_images)

    def most_likely(self, shares: Sequence[NDArray[Any]]) -> Config:
        """The architecture that takes the likeliest choice of each decision."""
        return self.space.decode([int(np.argmax(share)) for share in shares])
