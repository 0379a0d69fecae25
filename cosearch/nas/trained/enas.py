"""ENAS (Pham et al., ICML 2018): the controller draws what the shared weights are trained on, and learns from them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from cosearch.nas.trained.search import TrainedSearch
from cosearch.problem.architectures import Figures, Measuring, Problem
from cosearch.problem.goals import Best, Bounds
from cosearch.problem.measures import ACCURACY, Measure
from cosearch.strategies.lstm import LstmController
from nets.spaces import Config

DRAWN = 2
"""Architectures of one step of the controller."""
LAST = 10
"""Architectures that the trained controller draws; the best by the shared weights is what is found, as in the paper."""


class Enas(TrainedSearch):
    """Weights: one architecture that the controller draws. Controller: REINFORCE on accuracies with shared weights."""

    name: ClassVar = "enas"
    title: ClassVar = "ENAS: an LSTM controller and the weights that its architectures share"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        evaluations = DRAWN * self.options.steps + LAST
        problem = Problem(self.space, _Judge(self), Best(ACCURACY))
        self._problem = problem
        self._controller = LstmController(
            problem, evaluations=evaluations, seed=int(self.rng.integers(2**31)), batch=max(DRAWN, LAST)
        )

    def logits(self, images: Tensor) -> Tensor:
        """See :meth:`TrainedSearch.logits`: what the controller draws."""
        logits: Tensor = self.shared.lend(self._controller.ask(1)[0])(images)
        return logits

    def step_architecture(self) -> None:
        """See :meth:`TrainedSearch.step_architecture`."""
        self._controller.tell(self._problem.evaluate(self._controller.ask(DRAWN)))

    def found(self) -> Config:
        """See :meth:`TrainedSearch.found`."""
        judged = self._problem.evaluate(self._controller.ask(LAST))
        return min(judged, key=lambda one: one.losses[0]).config

    def accuracies(self, configs: Sequence[Config]) -> list[float]:
        """Top-1 in percent on one batch of the images that decide, with the shared weights of this moment."""
        images, labels = self.architecture_batch()
        with torch.no_grad():
            return [
                100 * float((self.shared.lend(config)(images).argmax(1) == labels).float().mean()) for config in configs
            ]


class _Judge(Measuring):
    """Accuracies with shared weights as the figures of a problem; they move as the weights are trained."""

    measures: Sequence[Measure] = (ACCURACY,)

    def __init__(self, search: Enas) -> None:
        self._search = search

    def measure(self, configs: Sequence[Config]) -> list[Figures]:
        """See :meth:`~cosearch.problem.architectures.Evaluator.measure`."""
        return [{ACCURACY.name: accuracy} for accuracy in self._search.accuracies(configs)]

    def bounds(self) -> Bounds:
        """See :meth:`~cosearch.problem.architectures.Evaluator.bounds`."""
        return {ACCURACY.name: (-math.inf, math.inf)}

    def remark(self, config: Config) -> str:
        """See :meth:`~cosearch.problem.architectures.Evaluator.remark`."""
        return "top-1 with shared weights on one batch"
