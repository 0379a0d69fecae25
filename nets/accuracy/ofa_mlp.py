"""The accuracy predictors that Once-for-All released: multilayer perceptrons over one-hot genes, in ``.pth`` files.

They estimate accuracy on images held out of the *training* set, so their values lie 3.2 to 4.8 points above ImageNet
top-1: :meth:`OfaMlp.held_out` says so in its name, and nothing here calls it top-1. Torch is needed to read a file and
for nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from nets.documents import File
from nets.documents.tensors import read_tensors
from nets.errors import InputError
from nets.perceptron import Perceptron
from nets.spaces import Config, Space, load_space

Floats = NDArray[np.float64]


_MOBILENETV3_RESOLUTIONS: Final = tuple(range(112, 225, 16))


def _mobilenetv3_features(space: Space, configs: Sequence[Config]) -> Floats:
    """Kernels (60), expand ratios (60), resolution 112 to 224 in steps of 16 (8)."""
    resolution = _resolution_one_hot(space, configs, _MOBILENETV3_RESOLUTIONS)
    return np.hstack([space.features_batch(configs), resolution])


def _resnet50_features(space: Space, configs: Sequence[Config]) -> Floats:
    """Resolution (8), stem depth (2), widths (6 x 3), expand ratios (18 x 3)."""
    resolution = _resolution_one_hot(space, configs, space.resolutions)
    genes = space.features_batch(configs)
    return np.hstack([resolution, genes[:, 72:], genes[:, 54:72], genes[:, :54]])


def _resolution_one_hot(space: Space, configs: Sequence[Config], offered: tuple[int, ...]) -> Floats:
    for config in configs:
        if config["r"] not in offered:
            known = ", ".join(map(str, offered))
            raise InputError(f"{space.id}: r", config["r"], f"is not one the released predictor knows: {known}")
    return np.array([[float(config["r"] == value) for value in offered] for config in configs])


@dataclass(frozen=True, slots=True)
class _Release:
    """What one released file looks like: names of its weights in order, and the features and resolutions it reads."""

    space_id: str
    weights: tuple[str, ...]
    biases: tuple[str | None, ...]
    base: str | None
    features: Callable[[Space, Sequence[Config]], Floats]
    resolutions: tuple[int, ...] | None = None


_RELEASES: Final = (
    _Release(
        "ofa-mbv3-w1.2",
        ("0.weight", "2.weight", "4.weight", "6.weight"),
        ("0.bias", "2.bias", "4.bias", "6.bias"),
        None,
        _mobilenetv3_features,
        _MOBILENETV3_RESOLUTIONS,
    ),
    _Release(
        "ofa-resnet50",
        ("layers.0.0.weight", "layers.1.0.weight", "layers.2.0.weight", "layers.3.weight"),
        ("layers.0.0.bias", "layers.1.0.bias", "layers.2.0.bias", None),
        "base_acc",
        _resnet50_features,
    ),
)


@dataclass(frozen=True, slots=True)
class OfaMlp:
    """A released predictor, evaluated in NumPy.

    Attributes:
        space: that it was trained on.
        resolutions: of the space, that it was trained on.
        features: of canonical configs, as the perceptron reads them.
        perceptron: from features to accuracy.
    """

    space: Space
    resolutions: tuple[int, ...]
    features: Callable[[Space, Sequence[Config]], Floats]
    perceptron: Perceptron

    def held_out(self, configs: Sequence[Mapping[str, Any]]) -> Floats:
        """Estimated accuracy on held-out training images, as a fraction, shape (configs,). It is not ImageNet top-1.

        Raises:
            InputError: a config is not of the space, or its resolution is not among those of the training.
        """
        return self.perceptron(self.features(self.space, [self.space.canonical(config) for config in configs]))


def load_ofa_mlp(path: File) -> OfaMlp:
    """Read a released ``.pth`` file; which space it is of, its own weights tell.

    Raises:
        InputError: torch is not installed, the file cannot be read, or it is not one of the released predictors.
    """
    state = read_tensors(path, "predictor file")
    import torch

    tensors = all(isinstance(value, torch.Tensor) for value in state.values())
    names = set(state) if tensors else set()
    for release in _RELEASES:
        wanted = {name for name in (*release.weights, *release.biases, release.base) if name}
        if names != wanted:
            continue
        arrays = {name: value.detach().double().numpy() for name, value in state.items()}
        weights = tuple(arrays[name] for name in release.weights)
        if not all(weight.ndim == 2 and np.isfinite(weight).all() for weight in weights):
            continue
        biases = [arrays[name] if name else np.zeros(1) for name in release.biases]
        if release.base:
            biases[-1] = biases[-1] + arrays[release.base]
        space = load_space(release.space_id)
        inputs = release.features(space, [space.max_config()]).shape[1]
        if weights[0].shape[1] == inputs:
            perceptron = Perceptron(np.zeros(inputs), np.ones(inputs), weights, tuple(biases))
            known = release.resolutions or space.resolutions
            return OfaMlp(space, tuple(r for r in known if r in space.resolutions), release.features, perceptron)
    raise InputError(
        "predictor file", str(path), "is not a released Once-for-All predictor (MobileNetV3 1.2, ResNet-50)"
    )
