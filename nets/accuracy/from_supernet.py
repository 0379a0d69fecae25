"""Accuracy of subnets measured from a trained supernet, offered as every predictor offers its figures.

Each asked subnet is cut out of the supernet, its batch norms are recalibrated on training images, and its correct
classes on held-out images are counted. A figure is kept by canonical config, so asking again costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nets.accuracy.predictor import Accuracy, Floats, Predictor, best_config
from nets.accuracy.shipped import load_predictor
from nets.errors import InputError
from nets.spaces import Config, Space
from nets.spaces.genome import Key

if TYPE_CHECKING:
    from nets.supernet import ImageData, Measurement, Supernet

WORTH_SUBNETS: Final = 60
"""Random subnets per resolution that :meth:`SupernetAccuracy.worth` is fitted to."""

_RIDGE: Final = 1.0
_SEED: Final = 0


class SupernetAccuracy(Predictor):
    """Measured top-1 of the subnets of a supernet.

    Where a search wants to know what each gene is worth, a ridge regression to measured random subnets answers: it only
    says where to look, every figure given out is measured.

    Args:
        supernet: trained.
        data: its images: those of the split ``train`` recalibrate, those of ``held_out`` judge.
        calibration_images: for the batch norms of each subnet.
        images: to judge by; all held-out ones when omitted.

    Raises:
        InputError: other classes in the data than in the supernet.
    """

    def __init__(
        self, supernet: Supernet, data: ImageData, *, calibration_images: int = 512, images: int | None = None
    ) -> None:
        if len(data.classes) != supernet.classes:
            raise InputError(
                f"data {data.name}: classes", len(data.classes), f"must be the supernet's {supernet.classes}"
            )
        space: Space = supernet.space
        judged = data.size("held_out") if images is None else min(images, data.size("held_out"))
        super().__init__(
            f"supernet of {space.id} on {data.name}",
            space,
            estimates=f"top-1 on {judged} held-out images of {data.name}, measured with the supernet's weights and "
            "recalibrated batch norms, without any training of the subnet",
            resolutions=(space.resolutions[0], space.resolutions[-1]),
            notes=(
                f"measured, not predicted: batch norms from {calibration_images} training images, {judged} images "
                "judge; the standard error is that of counting so many",
                "fine-tuning a subnet may raise its accuracy",
            ),
        )
        self._supernet, self._data = supernet, data
        self._calibration_images, self._images = calibration_images, images
        self._measured: dict[Key, Measurement] = {}
        self._worth: dict[int, Floats] = {}

    @property
    def measured(self) -> int:
        """Number of subnets measured so far."""
        return len(self._measured)

    def measure(self, config: Mapping[str, Any]) -> Measurement:
        """Correct classes of one subnet; measured the first time it is asked for.

        Raises:
            InputError: the config is not of the space, or an image cannot be read.
        """
        from nets.supernet import measure_subnet

        key = self.space.key(config)
        if key not in self._measured:
            self._measured[key] = measure_subnet(
                self._supernet,
                config,
                self._data,
                calibration_images=self._calibration_images,
                images=self._images,
            )
        return self._measured[key]

    def predict_batch(self, configs: Sequence[Mapping[str, Any]]) -> tuple[Floats, Floats]:
        """See :meth:`Predictor.predict_batch`."""
        measured = [self.measure(config) for config in configs]
        return np.array([one.top1_percent for one in measured]), np.array([one.standard_error for one in measured])

    def worth(self, resolution: int) -> Floats:
        """See :meth:`Predictor.worth`; in percent, by ridge regression to measured random subnets."""
        if resolution not in self._worth:
            rng = np.random.default_rng([_SEED, resolution])
            configs = [_by_gene(self.space, rng) | {"r": resolution} for _ in range(WORTH_SUBNETS)]
            features = self.space.features_batch([self.space.canonical(config) for config in configs])
            top1, _ = self.predict_batch(configs)
            centred = features - features.mean(axis=0)
            penalised = centred.T @ centred + _RIDGE * np.eye(features.shape[1])
            self._worth[resolution] = np.linalg.solve(penalised, centred.T @ (top1 - top1.mean()))
        return self._worth[resolution]

    def highest_reachable(self) -> tuple[Config, Accuracy]:
        """The best of those measured so far, the largest subnet and the best by :meth:`worth` at every resolution.

        Not exact, as it is for fitted predictors: a search may find better ones.
        """
        candidates = [self.space.max_config() | {"r": resolution} for resolution in self.domain]
        candidates += [best_config(self.space, self.worth(resolution), resolution) for resolution in self.domain]
        top1, _ = self.predict_batch(candidates)
        best = candidates[int(np.argmax(top1))]
        return self.space.canonical(best), self.predict(best)


def _by_gene(space: Space, rng: np.random.Generator) -> Config:
    """Random genes, so that shallow subnets are as frequent as deep ones (a draw over architectures has few)."""
    return space.mutate(space.max_config(), rng, prob=1.0)


def measure_from(
    supernet_path: str | Path, data: str | Path, *, calibration_images: int = 512, images: int | None = None
) -> SupernetAccuracy:
    """The accuracies of a supernet file on a data set.

    Args:
        supernet_path: as a training or :func:`nets.supernet.save_supernet` wrote it.
        data: ``digits`` or a folder of images.

    Raises:
        InputError: torch is not installed, a file cannot be read, or the two do not belong together.
    """
    try:
        from nets.supernet import load_images, load_supernet
    except ImportError as error:
        raise InputError("supernet", str(supernet_path), "needs torch", "pip install 'cosearch[torch]'") from error
    return SupernetAccuracy(
        load_supernet(supernet_path), load_images(data), calibration_images=calibration_images, images=images
    )


def accuracy_of(space: str, data: str | None = None) -> Predictor:
    """Accuracies of a space's subnets: predicted, or measured where ``space`` is the file of a supernet.

    Args:
        space: id of a space with a shipped predictor, or a path that ends in ``.pt``.
        data: images to measure on; needed by a supernet and refused otherwise.

    Raises:
        InputError: as :func:`nets.accuracy.load_predictor` and :func:`measure_from`.
    """
    if not space.endswith(".pt"):
        if data is not None:
            raise InputError("data", data, "is for measuring a supernet, and the space is none", "give SUPERNET.pt")
        return load_predictor(space)
    if data is None:
        raise InputError("data", "", "is missing", "a supernet's subnets are measured on images: digits, or a folder")
    return measure_from(space, data)
