"""DARTS (Liu, Simonyan, Yang, ICLR 2019): all choices mixed by softmax, architecture and weights in two levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from cosearch.nas.trained.relaxed import RelaxedCells
from cosearch.nas.trained.search import TrainedSearch
from nets.spaces import Config

RATE = 0.03
"""Of Adam on alpha; the paper's 0.0003 is for some 20,000 steps."""
BETAS = (0.5, 0.999)
DECAY = 1e-3
NUDGE = 0.01
"""Length of the step by which weights are moved for the finite difference of equation 8."""


class Darts(TrainedSearch):
    """The second-order method: alpha follows the loss of the weights one step ahead (equations 7 and 8)."""

    name: ClassVar = "darts"
    title: ClassVar = "DARTS: mixed operations, bilevel, second order"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.alphas = [torch.zeros(len(decision.choices), requires_grad=True) for decision in self.space.decisions]
        self._optimiser = torch.optim.Adam(self.alphas, lr=RATE, betas=BETAS, weight_decay=DECAY)
        self._relaxed = RelaxedCells(self.shared.store)
        self._weights = list(self.shared.parameters())

    def logits(self, images: Tensor) -> Tensor:
        """See :meth:`TrainedSearch.logits`: everything mixed."""
        logits: Tensor = self._relaxed(images, [weight.detach() for weight in self.alphas_as_weights()])
        return logits

    def step_architecture(self) -> None:
        """See :meth:`TrainedSearch.step_architecture`."""
        for alpha, slope in zip(self.alphas, self.slopes(self.weight_batch(), self.architecture_batch(), self.rate)):
            alpha.grad = slope
        self._optimiser.step()

    def slopes(self, training: tuple[Tensor, Tensor], judging: tuple[Tensor, Tensor], rate: float) -> list[Tensor]:
        """Gradient by alpha of the loss on ``judging`` of the weights after a step of ``rate`` on ``training``.

        Equation 7, whose product with a second derivative is the difference of two gradients (equation 8).
        """
        ahead = self._gradients(training, self._weights)
        with self._moved(ahead, -rate):
            by_both = self._gradients(judging, [*self.alphas, *self._weights])
        by_alpha, by_weights = by_both[: len(self.alphas)], by_both[len(self.alphas) :]
        length = float(torch.cat([slope.flatten() for slope in by_weights]).norm())
        nudge = NUDGE / length if length else NUDGE
        with self._moved(by_weights, nudge):
            above = self._gradients(training, self.alphas)
        with self._moved(by_weights, -nudge):
            below = self._gradients(training, self.alphas)
        return [first - rate * (upper - lower) / (2 * nudge) for first, upper, lower in zip(by_alpha, above, below)]

    def found(self) -> Config:
        """See :meth:`TrainedSearch.found`."""
        return self.most_likely([alpha.detach().numpy() for alpha in self.alphas])

    def alphas_as_weights(self) -> list[Tensor]:
        """Of the choices of each decision."""
        return [alpha.softmax(0) for alpha in self.alphas]

    def _gradients(self, batch: tuple[Tensor, Tensor], by: Sequence[Tensor]) -> list[Tensor]:
        images, labels = batch
        logits = self._relaxed(images, self.alphas_as_weights())
        slopes = torch.autograd.grad(nn.functional.cross_entropy(logits, labels), by, allow_unused=True)
        return [torch.zeros_like(what) if slope is None else slope for what, slope in zip(by, slopes)]

    @contextmanager
    def _moved(self, direction: Sequence[Tensor], length: float) -> Iterator[None]:
        """The weights moved along a direction, and back exactly."""
        before = [weight.detach().clone() for weight in self._weights]
        with torch.no_grad():
            for weight, step in zip(self._weights, direction):
                weight.add_(step, alpha=length)
        try:
            yield
        finally:
            with torch.no_grad():
                for weight, old in zip(self._weights, before):
                    weight.copy_(old)
