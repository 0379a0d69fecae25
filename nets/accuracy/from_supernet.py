"""Accuracy of subnets measured from a trained supernet, offered as every predictor offers its figures.

Each asked subnet is cut out of the supernet, its batch norms are recalibrated on training images, and its correct
classes on held-out images are counted. A figure is kept by canonical config, so asking again costs nothing.

A search looks at thousands of subnets, and measuring all of them would take hours. So it screens them, as Once-for-All
does, by a ridge regression to a sample of measured subnets; what it picks is measured before it counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nets.accuracy.capped_linear import CappedLinearPredictor
from nets.accuracy.confidence import deviations
from nets.accuracy.predictor import Floats, Predictor
from nets.accuracy.train import pairs_of, train_ridge
from nets.errors import InputError
from nets.spaces import Config, Space
from nets.spaces.genome import Key

if TYPE_CHECKING:
    from nets.supernet import ImageData, Measurement, Supernet

SAMPLE: Final = 120
"""Random subnets that the regression is fitted to."""

SAMPLE_RESOLUTIONS: Final = 5
"""Most resolutions of the sample, lowest and highest among them; those between are interpolated."""

_SEED: Final = 0


class SupernetAccuracy(Predictor):
    """Measured top-1 of the subnets of a supernet.

    Every figure that :meth:`predict` and :meth:`predict_batch` give out is measured. :attr:`sample` is fitted when a
    search first screens subnets or asks what their genes are worth.

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
        self._calibration_images, self._images, self._judged = calibration_images, images, judged
        self._measured: dict[Key, Measurement] = {}

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

    def is_measured(self, config: Mapping[str, Any]) -> bool:
        """See :meth:`Predictor.is_measured`: all are."""
        return True

    @cached_property
    def sample(self) -> CappedLinearPredictor:
        """A ridge regression to measured random subnets; its error is that on held-out ones of them."""
        configs = self._sampled
        top1, _ = self.predict_batch(configs)
        return train_ridge(pairs_of(self.space, configs, top1, source="sample"), estimates=self.estimates)

    @cached_property
    def _sampled(self) -> list[Config]:
        rng = np.random.default_rng(_SEED)
        chosen = np.linspace(0, len(self.domain) - 1, min(SAMPLE_RESOLUTIONS, len(self.domain))).round().astype(int)
        return [
            self.space.canonical(self._by_gene(rng) | {"r": self.domain[chosen[number % len(chosen)]]})
            for number in range(SAMPLE)
        ]

    def _by_gene(self, rng: np.random.Generator) -> Config:
        """Random genes, so that shallow subnets are as frequent as deep ones (a draw over architectures has few)."""
        return self.space.mutate(self.space.max_config(), rng, prob=1.0)

    def worth(self, resolution: int) -> Floats:
        """See :meth:`Predictor.worth`; in percent, by :attr:`sample`."""
        return self.sample.worth(resolution)

    def most_accurate(self, resolution: int) -> Config:
        """The best measured of the largest subnet, the best by :meth:`worth` and those of the sample."""
        sampled = [config for config in self._sampled if config["r"] == resolution]
        largest = self.space.max_config() | {"r": resolution}
        best, _ = self.best_of([largest, super().most_accurate(resolution), *sampled])
        return best

    def screen_batch(self, configs: Sequence[Mapping[str, Any]], confidence: float | None = None) -> Floats:
        """See :meth:`Predictor.screen_batch`; by :attr:`sample`, less what the counting of images costs."""
        top1, _ = self.sample.predict_batch(configs)
        return top1 if confidence is None else top1 - deviations(confidence) * self._counting_error(top1)

    def confirms(self, config: Mapping[str, Any], min_accuracy: float, confidence: float | None = None) -> bool:
        """See :meth:`Predictor.confirms`; measured."""
        return bool(self.reaches([config], min_accuracy, confidence)[0])

    def _counting_error(self, top1: Floats) -> Floats:
        """Standard error in percent of a measurement that gives ``top1`` percent; see :class:`Measurement`."""
        share = (np.clip(top1 / 100, 0, 1) * self._judged + 0.5) / (self._judged + 1)
        error: Floats = 100 * np.sqrt(share * (1 - share) / (self._judged + 2))
        return error


def measure_from(
    supernet_path: str | Path, data: str | Path, *, calibration_images: int = 512, images: int | None = None
) -> SupernetAccuracy:
    """The accuracies of a supernet file on a data set, measured on a GPU where there is one.

    Args:
        supernet_path: as a training or :func:`nets.supernet.save_supernet` wrote it.
        data: ``digits`` or a folder of images.

    Raises:
        InputError: torch is not installed, a file cannot be read, or the two do not belong together.
    """
    try:
        from nets.supernet import load_images, load_supernet
        from nets.supernet.distributed import fastest_device
    except ImportError as error:
        raise InputError("supernet", str(supernet_path), "needs torch", "pip install 'cosearch[torch]'") from error
    supernet = load_supernet(supernet_path, device=fastest_device())
    return SupernetAccuracy(supernet, load_images(data), calibration_images=calibration_images, images=images)
