"""A multilayer perceptron with one output: trained by torch, answered by NumPy, so that asking needs no torch.

The recipe is that of Once-for-All's accuracy predictor (Cai et al. 2020) and HAT's latency predictor (Wang et al.
2020): rectifiers, Adam, an answer that begins at the mean; smaller and at a falling rate, which is quicker and no
worse on their data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nets.errors import InputError

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

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Perceptron:
        """What :meth:`to_dict` gave."""
        return cls(
            np.array(record["shift"]),
            np.array(record["scale"]),
            tuple(np.array(weight) for weight in record["weights"]),
            tuple(np.array(bias) for bias in record["biases"]),
        )


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
    try:
        import torch
    except ImportError as error:
        raise InputError("perceptron", "", "needs torch to be trained", "pip install 'cosearch[torch]'") from error

    spread = inputs.std(axis=0)
    shift, scale = inputs.mean(axis=0), np.where(spread > 0, spread, 1.0)
    x = torch.tensor((inputs - shift) / scale, dtype=torch.float32)
    middle, reach = float(targets.mean()), float(targets.std()) or 1.0
    y = torch.tensor((targets - middle) / reach, dtype=torch.float32)
    generator = torch.Generator().manual_seed(seed)
    sizes = (inputs.shape[1], *HIDDEN, 1)
    layers = [torch.nn.Linear(fan_in, fan_out) for fan_in, fan_out in pairwise(sizes)]
    with torch.no_grad():
        for layer in layers:
            layer.weight.normal_(0.0, (2.0 / layer.in_features) ** 0.5, generator=generator)
            layer.bias.zero_()
        layers[-1].weight.mul_(0.1)
    parameters = [parameter for layer in layers for parameter in layer.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        chosen = torch.randint(len(x), (min(BATCH, len(x)),), generator=generator)
        hidden = x[chosen]
        for layer in layers[:-1]:
            hidden = torch.relu(layer(hidden))
        loss = torch.nn.functional.mse_loss(layers[-1](hidden)[:, 0], y[chosen])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        layers[-1].weight.mul_(reach)
        layers[-1].bias.mul_(reach).add_(middle)
    return Perceptron(
        shift,
        scale,
        tuple(layer.weight.detach().double().numpy() for layer in layers),
        tuple(layer.bias.detach().double().numpy() for layer in layers),
    )
