"""A multilayer perceptron with one output: trained by torch, answered by NumPy, so that asking needs no torch.

The recipe is that of Once-for-All's accuracy predictor (Cai et al. 2020) and HAT's latency predictor (Wang et al.
2020): rectifiers, Adam, an answer that begins at the mean; smaller and at a falling rate, which is quicker and no
worse on their data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nets.errors import NO_VALUE, InputError

Floats = NDArray[np.float64]

HIDDEN: Final = (64, 64)
STEPS: Final = 2000
BATCH: Final = 128
RATE: Final = 2e-3
WEIGHT_DECAY: Final = 1e-2


@dataclass(frozen=True, slots=True)
class Perceptron:
    """Layers of rectifiers, and a last one without.

    Attributes:
        shift, scale: of the inputs, which are centred and scaled first.
        weights, biases: of each layer, shapes (out, in) and (out,).
    """

    shift: Floats
    scale: Floats
    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]

    def __call__(self, inputs: Floats) -> Floats:
        """Shape (rows, inputs) to (rows,)."""
        hidden = (inputs - self.shift) / self.scale
        for weight, bias in zip(self.weights[:-1], self.biases[:-1]):
            hidden = np.maximum(hidden @ weight.T + bias, 0)
        out: Floats = (hidden @ self.weights[-1].T + self.biases[-1])[:, 0]
        return out

    def to_dict(self) -> dict[str, Any]:
        """Plain data; five digits are kept."""
        return {
            "shift": _rounded(self.shift),
            "scale": _rounded(self.scale),
            "weights": [[_rounded(row) for row in weight] for weight in self.weights],
            "biases": [_rounded(bias) for bias in self.biases],
        }


def _rounded(values: Floats) -> list[float]:
    return [float(f"{value:.5g}") for value in values]


def fit_perceptron(inputs: Floats, targets: Floats, *, seed: int = 0, steps: int = STEPS) -> Perceptron:
    """Fit to targets by mean square error; same seed, same result.

    Args:
        inputs: shape (rows, inputs).
        targets: shape (rows,), of any scale.

    Raises:
        InputError: torch is not installed.
    """
    return fit_perceptrons([(inputs, targets)], seed=seed, steps=steps)[0]


def fit_perceptrons(
    data: Sequence[tuple[Floats, Floats]], *, seed: int = 0, steps: int = STEPS
) -> tuple[Perceptron, ...]:
    """Fit a perceptron to each (inputs, targets) as if alone, all in the same steps.

    They are so small that a step of all folds of a cross-validation takes little longer than a step of one. Batches
    have one size, which the smallest of the data has rows for.
    """
    try:
        import torch
    except ImportError as error:
        raise InputError(
            "perceptron", NO_VALUE, "needs torch to be trained", "pip install 'cosearch[torch]'"
        ) from error

    shifts = [inputs.mean(axis=0) for inputs, _ in data]
    spreads = [inputs.std(axis=0) for inputs, _ in data]
    scales = [np.where(spread > 0, spread, 1.0) for spread in spreads]
    middles = [float(targets.mean()) for _, targets in data]
    reaches = [float(targets.std()) or 1.0 for _, targets in data]
    rows = [len(targets) for _, targets in data]
    x = torch.zeros((len(data), max(rows), data[0][0].shape[1]))
    y = torch.zeros((len(data), max(rows)))
    for member, (inputs, targets) in enumerate(data):
        x[member, : rows[member]] = torch.tensor((inputs - shifts[member]) / scales[member])
        y[member, : rows[member]] = torch.tensor((targets - middles[member]) / reaches[member])
    sizes = (x.shape[2], *HIDDEN, 1)
    weights = [torch.zeros((len(data), fan_out, fan_in)) for fan_in, fan_out in pairwise(sizes)]
    biases = [torch.zeros((len(data), 1, fan_out)) for fan_out in sizes[1:]]
    batch = min(BATCH, *rows)
    chosen = torch.zeros((steps, len(data), batch), dtype=torch.int64)
    for member, count in enumerate(rows):  # each as if alone: same seed, same start
        generator = torch.Generator().manual_seed(seed)
        for weight in weights:
            weight[member].normal_(0.0, (2.0 / weight.shape[2]) ** 0.5, generator=generator)
        for step in range(steps):
            chosen[step, member] = torch.randint(count, (batch,), generator=generator)
    weights[-1].mul_(0.1)
    parameters = [*weights, *biases]
    for parameter in parameters:
        parameter.requires_grad_()
    optimizer = torch.optim.Adam(parameters, lr=RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    members = torch.arange(len(data))[:, None]
    for at in chosen:
        hidden = x[members, at]
        for weight, bias in zip(weights[:-1], biases[:-1]):
            hidden = torch.relu(torch.baddbmm(bias, hidden, weight.mT))
        out = torch.baddbmm(biases[-1], hidden, weights[-1].mT)[:, :, 0]
        loss = ((out - y[members, at]) ** 2).mean(dim=1).sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    layers = [[layer.detach().double().numpy() for layer in kind] for kind in (weights, biases)]
    return tuple(
        Perceptron(
            shifts[member],
            scales[member],
            (*(weight[member] for weight in layers[0][:-1]), layers[0][-1][member] * reaches[member]),
            (
                *(bias[member, 0] for bias in layers[1][:-1]),
                layers[1][-1][member, 0] * reaches[member] + middles[member],
            ),
        )
        for member in range(len(data))
    )
