"""Reinforcement learning by policy gradient (Williams, "REINFORCE", 1992), one softmax for each decision."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from cosearch.problem.architectures import Evaluated, Problem
from cosearch.strategies.strategy import Strategy, pick
from nets.spaces import Codes, Config, SearchSpace

Floats = NDArray[np.float64]

PATIENCE: Final = 200
"""Draws in a row outside the limits known beforehand after which one of them is evaluated all the same."""


class SoftmaxPolicy:
    """Takes each decision by the softmax of its own logits, over the choices that are open.

    Attributes:
        logits: an array for each decision, zero at first.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self.logits: list[Floats] = [np.zeros(len(decision.choices)) for decision in space.decisions]

    def probabilities(self, number: int, options: Sequence[int]) -> Floats:
        """Of the choices of a decision; zero for those that are not open."""
        out = np.zeros_like(self.logits[number])
        scores = self.logits[number][list(options)]
        weights = np.exp(scores - scores.max())
        out[list(options)] = weights / weights.sum()
        return out

    def sample(self, rng: np.random.Generator) -> Codes:
        """Draw an architecture."""
        codes: Codes = ()
        for number in range(len(self.logits)):
            options = self.space.options(codes)
            p = self.probabilities(number, options)
            codes += (pick(rng, options, [float(p[code]) for code in options]),)
        return codes

    def log_probability(self, codes: Codes) -> float:
        """Of drawing an architecture."""
        return sum(
            math.log(self.probabilities(number, self.space.options(codes[:number]))[code])
            for number, code in enumerate(codes)
        )

    def score(self, codes: Codes, advantage: float = 1.0, entropy_weight: float = 0.0) -> list[Floats]:
        """``advantage`` times the gradient of :meth:`log_probability`, plus that of the weighted entropy, by logits.

        For a softmax p these are 1[j = taken] - p_j, and -p_j (log p_j + H) with H the entropy of the decision.
        """
        slopes = []
        for number, code in enumerate(codes):
            options = self.space.options(codes[:number])
            slope = np.zeros_like(self.logits[number])
            if len(options) > 1:
                p = self.probabilities(number, options)
                slope = -advantage * p
                slope[code] += advantage
                surprise = np.log(np.where(p > 0, p, 1.0))
                slope -= entropy_weight * p * (surprise - (p * surprise).sum())
            slopes.append(slope)
        return slopes


class Baseline:
    """Exponential moving average of rewards, and of their distance from it, which makes advantages free of units.

    Args:
        decay: weight of the past.
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self._mean: float | None = None
        self._spread = 0.0

    def advantages(self, rewards: Sequence[float]) -> list[float]:
        """How far each reward lies above the average of the past, in units of the usual distance; then learn them."""
        if self._mean is None:
            self._mean = float(np.mean(rewards))
            self._spread = float(np.std(rewards))
        mean, spread = self._mean, self._spread
        for reward in rewards:
            self._spread += (1 - self.decay) * (abs(reward - self._mean) - self._spread)
            self._mean += (1 - self.decay) * (reward - self._mean)
        scale = spread or self._spread or 1.0
        return [(reward - mean) / scale for reward in rewards]


class Reinforce(Strategy):
    """theta += lr * (R - b) * grad log pi, with a moving baseline b and an entropy bonus.

    The reward is the goal's; what breaks a limit is rewarded less, as in MnasNet's hard reward, and drawn again where
    that is known without an evaluation.

    Args:
        learning_rate: lr, for advantages in units of their usual size and the mean over a batch.
        decay: of the baseline.
        entropy: weight of the bonus.
        batch: architectures drawn from one policy.
    """

    name: ClassVar = "reinforce"
    title: ClassVar = "REINFORCE with a moving baseline and entropy, one softmax for each decision"

    def __init__(
        self,
        problem: Problem,
        *,
        evaluations: int,
        seed: int,
        learning_rate: float = 1.0,
        decay: float = 0.95,
        entropy: float = 1e-4,
        batch: int = 10,
    ) -> None:
        super().__init__(problem, evaluations=evaluations, seed=seed)
        self.learning_rate, self.entropy, self.batch = learning_rate, entropy, batch
        self.policy = SoftmaxPolicy(self.space)
        self._baseline = Baseline(decay)
        self._asked: list[Codes] = []

    def ask(self, most: int) -> list[Config]:
        """See :meth:`Strategy.ask`."""
        count = min(most, self.batch)
        drawn = self.problem.draw(lambda: self.space.decode(self.policy.sample(self.rng)), count, PATIENCE)
        drawn = drawn or [self.space.decode(self.policy.sample(self.rng))]
        self._asked = [self.space.encode(config) for config in drawn]
        return drawn

    def tell(self, outcomes: Sequence[Evaluated]) -> None:
        """See :meth:`Strategy.tell`."""
        advantages = self._baseline.advantages([found.reward for found in outcomes])
        step = self.learning_rate / len(outcomes)
        slopes = [self.policy.score(codes, a, self.entropy) for codes, a in zip(self._asked, advantages)]
        for number, logits in enumerate(self.policy.logits):
            logits += step * np.sum([slope[number] for slope in slopes], axis=0)
