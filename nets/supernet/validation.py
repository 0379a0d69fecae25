"""Which epoch of a training is the best: corner subnets are measured, and the supernet is kept whose mean is highest.

As Once-for-All does it after every epoch: of each gene that a phase has opened the smallest and the largest choice, all
combinations of them, at the largest resolution.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from pathlib import Path

from nets.errors import InputError
from nets.spaces import Config, Space
from nets.supernet.data import CALIBRATION_IMAGES, ImageData
from nets.supernet.evaluation import measure_subnet
from nets.supernet.files import read_checkpoint, write_checkpoint
from nets.supernet.phases import Phase
from nets.supernet.supernet import Supernet

Heard = Callable[[str, float], None]
"""Hears (phase, mean top-1 of its corners in percent)."""


def corner_subnets(space: Space, phase: Phase) -> list[Config]:
    """The smallest and the largest choices that a phase offers, in all combinations."""
    opened = [gene for gene in phase.genes(space) if phase.open.get(gene, 1) > 1]
    corners = []
    for ends in product((-1, 0), repeat=len(opened)):
        chosen = dict(zip(opened, ends))
        genes = {
            gene: [choices[chosen.get(gene, -1)] for choices in offered] for gene, offered in phase.genes(space).items()
        }
        corners.append(space.canonical(genes | {"r": space.resolutions[-1]}))
    return corners


class CornerValidation:
    """Measures corners, and keeps the best supernet of the last phase in a file.

    Phases have other corners, so the first epoch of a phase replaces what the phase before has left.

    Args:
        file: that the best is kept in; what an interrupted training has left in it is what others must beat.
        data: calibrated on its training images, measured on those held out.
        heard: of every mean.
        calibration_images: of each subnet.

    Raises:
        InputError: the file holds something else.
    """

    def __init__(
        self,
        file: Path,
        data: ImageData,
        *,
        heard: Heard | None = None,
        calibration_images: int = CALIBRATION_IMAGES,
    ) -> None:
        self.file, self._data, self._heard = file, data, heard
        self._calibration_images = calibration_images
        self._best: tuple[str, float] = ("", -math.inf)
        if file.exists():
            kept = read_checkpoint(file)[1].get("validated")
            if not isinstance(kept, dict) or set(kept) != {"phase", "top1_percent"}:
                raise InputError("supernet", str(file), "is not the best of a training", "name another file")
            self._best = (kept["phase"], kept["top1_percent"])

    def __call__(self, supernet: Supernet, phase: Phase) -> float:
        """Mean top-1 in percent of the corners of ``phase``."""
        measured = [
            measure_subnet(supernet, config, self._data, calibration_images=self._calibration_images).top1_percent
            for config in corner_subnets(supernet.space, phase)
        ]
        mean = sum(measured) / len(measured)
        if phase.name != self._best[0] or mean > self._best[1]:
            self._best = (phase.name, mean)
            write_checkpoint(
                self.file, supernet, self._data.name, validated={"phase": phase.name, "top1_percent": mean}
            )
        if self._heard is not None:
            self._heard(phase.name, mean)
        return mean
