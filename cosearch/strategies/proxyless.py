"""The formulas of ProxylessNAS (Cai, Zhu, Han, ICLR 2019): binarised paths, their gradients, both forms of the loss.

An edge has candidate paths with parameters alpha and probabilities p = softmax(alpha). Binary gates g say which path
runs: one-hot, drawn from p. What the loss changes by when a gate opens, dL/dg_j, gives the gradient of alpha.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def softmax(alpha: Floats) -> Floats:
    """Probabilities of the paths of an edge."""
    weights = np.exp(alpha - alpha.max())
    p: Floats = weights / weights.sum()
    return p


def alpha_gradient(p: Floats, gate_gradient: Floats) -> Floats:
    """dL/dalpha_i = sum_j dL/dg_j p_j (1[i = j] - p_i) (equation 4, all paths); its entries add up to zero."""
    slope: Floats = p * (gate_gradient - (p * gate_gradient).sum())
    return slope


def two_paths(p: Floats, rng: np.random.Generator) -> tuple[int, int]:
    """Two different paths, drawn by ``p`` without putting back (section 3.2.1)."""
    first = int(rng.choice(len(p), p=p))
    rest = p.copy()
    rest[first] = 0.0
    total = rest.sum()
    rest = rest / total if total > 0 else (np.arange(len(p)) != first) / (len(p) - 1)
    return first, int(rng.choice(len(p), p=rest))


def two_path_gradient(alpha: Floats, gate_gradient: Floats, paths: tuple[int, int]) -> Floats:
    """The gradient as if the edge had only these two paths; zero for the others."""
    chosen = list(paths)
    slope = np.zeros_like(alpha)
    slope[chosen] = alpha_gradient(softmax(alpha[chosen]), gate_gradient[chosen])
    return slope


def keep_total(before: Floats, after: Floats, paths: tuple[int, int]) -> Floats:
    """``after`` with its two sampled parameters shifted alike, so that no other path's probability has changed."""
    chosen = list(paths)
    shift = _log_sum(before[chosen]) - _log_sum(after[chosen])
    out = before.copy()
    out[chosen] = after[chosen] + shift
    return out


def _log_sum(alpha: Floats) -> float:
    top = float(alpha.max())
    return top + math.log(float(np.exp(alpha - top).sum()))


def additive_loss(loss: float, expected: float, reference: float, weight: float = 0.1) -> tuple[float, float, float]:
    """``loss + weight * (E - ref) / ref``, and its derivatives by ``loss`` and by E ("add#linear")."""
    return loss + weight * (expected - reference) / reference, 1.0, weight / reference


def multiplicative_loss(
    loss: float, expected: float, reference: float, scale: float = 0.2, power: float = 0.3
) -> tuple[float, float, float]:
    """``loss * scale * (log E / log ref) ** power``, and its derivatives by ``loss`` and by E ("mul#log").

    Args:
        expected, reference: in a unit in which both are above 1, as milliseconds: their logarithms must be positive.
    """
    factor = scale * (math.log(expected) / math.log(reference)) ** power
    by_expected = loss * factor * power / (expected * math.log(expected))
    return loss * factor, factor, by_expected


class Adam:
    """Adam (Kingma and Ba, 2015) on a list of arrays; ProxylessNAS sets beta1 = 0, so only the scale is remembered.

    Args:
        rate: of the steps.
        beta1, beta2: weights of the past in the mean and in the mean square.
    """

    def __init__(self, rate: float, beta1: float = 0.0, beta2: float = 0.999) -> None:
        self.rate, self.beta1, self.beta2 = rate, beta1, beta2
        self._mean: list[Floats] = []
        self._square: list[Floats] = []
        self._steps = 0

    def step(self, values: list[Floats], slopes: list[Floats]) -> list[Floats]:
        """``values`` a step downhill."""
        if not self._mean:
            self._mean = [np.zeros_like(slope) for slope in slopes]
            self._square = [np.zeros_like(slope) for slope in slopes]
        self._steps += 1
        stepped = []
        for index, (value, slope) in enumerate(zip(values, slopes)):
            self._mean[index] = self.beta1 * self._mean[index] + (1 - self.beta1) * slope
            self._square[index] = self.beta2 * self._square[index] + (1 - self.beta2) * slope**2
            mean = self._mean[index] / (1 - self.beta1**self._steps)
            square = self._square[index] / (1 - self.beta2**self._steps)
            stepped.append(value - self.rate * mean / (np.sqrt(square) + 1e-8))
        return stepped
