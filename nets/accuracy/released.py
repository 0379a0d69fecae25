"""The predictors that Once-for-All released, as a search asks them; what they estimate is no ImageNet top-1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from nets.accuracy.ofa_mlp import OfaMlp, load_ofa_mlp
from nets.accuracy.predictor import Floats
from nets.accuracy.sampled import SampledPredictor
from nets.documents import File

ESTIMATES: Final = "accuracy on images held out of the training set, which is 3.2 to 4.8 points above ImageNet top-1"


class ReleasedPredictor(SampledPredictor):
    """What a released perceptron says, in percent; it states no error.

    Args:
        released: the perceptron.
        source: its file.
    """

    def __init__(self, released: OfaMlp, source: str) -> None:
        super().__init__(
            f"{released.space.id}/{source}",
            released.space,
            estimates=ESTIMATES,
            resolutions=(released.resolutions[0], released.resolutions[-1]),
            notes=["released by Once-for-All, which states no error of single subnets"],
        )
        self._released = released

    @property
    def domain(self) -> tuple[int, ...]:
        """See :attr:`Predictor.domain`: the resolutions that it was trained on."""
        return self._released.resolutions

    def predict_batch(self, configs: Sequence[Mapping[str, Any]]) -> tuple[Floats, Floats]:
        """See :meth:`Predictor.predict_batch`; the errors are no numbers."""
        top1 = 100 * self._released.held_out(self.inside_domain(configs)) if configs else np.zeros(0)
        return top1, np.full(len(top1), np.nan)


def read_released(path: File) -> ReleasedPredictor:
    """Read a released ``.pth`` file.

    Raises:
        InputError: see :func:`nets.accuracy.ofa_mlp.load_ofa_mlp`.
    """
    return ReleasedPredictor(load_ofa_mlp(path), str(path))
