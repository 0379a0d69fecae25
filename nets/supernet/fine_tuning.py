"""Training a subnet on by itself, as Once-for-All does with specialised networks before it reports them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from torch import nn
from torch.nn import functional

from nets.errors import InputError
from nets.supernet.calibration import recalibrate
from nets.supernet.data import CALIBRATION_IMAGES, ImageData
from nets.supernet.phases import Phase
from nets.supernet.supernet import Supernet
from nets.supernet.training import TrainingOptions, learning_rate, sgd

RATE = 7.5e-3
"""At 64 images of a step: that of the last phase of progressive shrinking."""


def fine_tune(
    supernet: Supernet,
    config: Mapping[str, Any],
    data: ImageData,
    *,
    steps: int,
    options: TrainingOptions,
    heard: Callable[[int, float], None] | None = None,
    calibration_images: int = CALIBRATION_IMAGES,
) -> nn.Sequential:
    """A subnet cut out and trained on, at its own resolution, on a cosine from :data:`RATE` down to zero.

    The supernet stays as it was. The norms end with the statistics of training images, as for a subnet that is only cut
    out.

    Args:
        steps: of the optimiser.
        options: batch, seed, weight decay, smoothing and momentum; there is no dropout.
        heard: of every step and its loss.

    Raises:
        InputError: the config is not of the space, other classes in the data, no steps, or fewer images than a step
            takes.
    """
    if len(data.classes) != supernet.classes:
        raise InputError(f"data {data.name}: classes", len(data.classes), f"must be the supernet's {supernet.classes}")
    if options.batch > data.size("train"):
        raise InputError(
            "fine-tuning: batch", options.batch, f"must be at most the {data.size('train')} training images"
        )
    resolution = supernet.space.canonical(config)["r"]
    subnet = supernet.extract(config).train()
    phase = Phase("fine-tuning", steps=steps, learning_rate=RATE * options.batch / 64)
    optimizer = sgd(subnet, options, phase.learning_rate)
    for step in range(steps):
        rng = np.random.default_rng([options.seed, step])
        chosen = rng.choice(data.size("train"), options.batch, replace=False)
        images, labels = data.batch("train", chosen, resolution, rng)
        optimizer.param_groups[0]["lr"] = optimizer.param_groups[1]["lr"] = learning_rate(phase, step)
        optimizer.zero_grad()
        loss = functional.cross_entropy(subnet(images), labels, label_smoothing=options.label_smoothing)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if heard is not None:
            heard(step + 1, float(loss.detach()))
    recalibrate(subnet, data.calibration_batches(resolution, images=calibration_images))
    return subnet
