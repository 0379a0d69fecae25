"""Accuracy of one subnet with the supernet's weights, measured without any training."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from nets.supernet.calibration import recalibrate
from nets.supernet.data import CALIBRATION_IMAGES, ImageData, Split
from nets.supernet.supernet import Supernet


@dataclass(frozen=True, slots=True)
class Measurement:
    """How many of some images were classified correctly."""

    correct: int
    images: int

    @property
    def top1_percent(self) -> float:
        """Share of correct ones."""
        return 100 * self.correct / self.images

    @property
    def standard_error(self) -> float:
        """Of :attr:`top1_percent` as an estimate for all such images, in percent.

        The spread of the binomial share under Jeffreys' prior, Beta(correct + 1/2, wrong + 1/2): unlike the plain
        formula it is above zero where all or none are correct.
        """
        share = (self.correct + 0.5) / (self.images + 1)
        return 100 * math.sqrt(share * (1 - share) / (self.images + 2))


def measure_subnet(
    supernet: Supernet,
    config: Mapping[str, Any],
    data: ImageData,
    *,
    calibration_images: int = CALIBRATION_IMAGES,
    images: int | None = None,
    split: Split = "held_out",
) -> Measurement:
    """Cut a subnet out, recalibrate its batch norms on training images and count correct classes.

    Args:
        images: to judge by, spread evenly over the split; all when omitted.

    Raises:
        InputError: the config is not of the supernet's space, or an image cannot be read.
    """
    resolution = supernet.space.canonical(config)["r"]
    device = next(supernet.parameters()).device
    subnet = supernet.extract(config)
    training = data.calibration_batches(resolution, images=calibration_images)
    recalibrate(subnet, (batch.to(device) for batch in training))
    return measure(subnet, data, resolution, images=images, split=split)


def measure(
    net: nn.Module, data: ImageData, resolution: int, *, images: int | None = None, split: Split = "held_out"
) -> Measurement:
    """Count correct classes of a plain network, in eval mode."""
    device = next(net.parameters()).device
    correct = total = 0
    net.eval()
    with torch.no_grad():
        for batch, labels in data.batches(split, resolution, images=images):
            correct += int((net(batch.to(device)).argmax(1).cpu() == labels).sum())
            total += len(labels)
    return Measurement(correct, total)
