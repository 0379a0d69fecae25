"""Accuracies of the subnets that keep a limit, which is no sum beside their accuracy."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nets.accuracy.confidence import climb
from nets.accuracy.predictor import Accuracy, Floats, Predictor
from nets.errors import InfeasibleError
from nets.spaces import Config


class LimitedPredictor(Predictor):
    """Accuracies of a predictor; subnets that break a limit are sure of none at all (minus infinity).

    Searches among these try subnets.

    Args:
        accuracies: of the space's subnets.
        note: which subnets these are only of, in words.
        resolutions: at which the limit is looked at.

    Raises:
        InfeasibleError: no subnet found keeps the limit; says what comes nearest.
    """

    def __init__(self, accuracies: Predictor, note: str, resolutions: Sequence[int]) -> None:
        super().__init__(
            accuracies.id,
            accuracies.space,
            estimates=accuracies.estimates,
            resolutions=accuracies.resolutions,
            notes=[*accuracies.notes, f"only of subnets that take at most {note}"],
        )
        self.accuracies = accuracies
        self.saturates_at = accuracies.saturates_at
        self._least = {resolution: self._least_at(resolution) for resolution in resolutions}
        self._domain = tuple(r for r, config in self._least.items() if self.keeps([config])[0])
        if not self._domain:
            least = self.describe_taken(self._nearest(list(self._least.values())))
            raise InfeasibleError(f"no subnet of {self.space.id} takes at most {note}: the least found is {least}")
        self.looked_up = [config for config in accuracies.looked_up if self.keeps([config])[0]]

    @abstractmethod
    def excess(self, configs: Sequence[Mapping[str, Any]]) -> Floats:
        """By what share of the limit each subnet is above it, shape (configs,): none above 0; infinite if not known."""

    @abstractmethod
    def describe_taken(self, config: Mapping[str, Any]) -> str:
        """What is limited of a subnet, in words."""

    @property
    def domain(self) -> tuple[int, ...]:
        """See :attr:`Predictor.domain`: where some subnet keeps the limit."""
        return self._domain

    @property
    def of_others(self) -> Predictor | None:
        """See :attr:`Predictor.of_others`: of those within it that are not looked up, unless nothing is known."""
        return None if self.accuracies.of_others is None else self

    def keeps(self, configs: Sequence[Mapping[str, Any]]) -> NDArray[np.bool_]:
        """Whether each subnet keeps the limit, shape (configs,)."""
        kept: NDArray[np.bool_] = self.excess(configs) <= 0
        return kept

    def worth(self, resolution: int) -> Floats:
        """See :meth:`Predictor.worth`."""
        return self.accuracies.worth(resolution)

    def predict_batch(self, configs: Sequence[Mapping[str, Any]]) -> tuple[Floats, Floats]:
        """See :meth:`Predictor.predict_batch`; of those that break the limit, too."""
        return self.accuracies.predict_batch(configs)

    def predict(self, config: Mapping[str, Any]) -> Accuracy:
        """See :meth:`Predictor.predict`."""
        return self.accuracies.predict(config)

    def assured_batch(self, configs: Sequence[Mapping[str, Any]], confidence: float | None = None) -> Floats:
        """See :meth:`Predictor.assured_batch`."""
        return self._if_kept(configs, self.accuracies.assured_batch(configs, confidence))

    def screen_batch(self, configs: Sequence[Mapping[str, Any]], confidence: float | None = None) -> Floats:
        """See :meth:`Predictor.screen_batch`."""
        return self._if_kept(configs, self.accuracies.screen_batch(configs, confidence))

    def confirms(self, config: Mapping[str, Any], min_accuracy: float, confidence: float | None = None) -> bool:
        """See :meth:`Predictor.confirms`."""
        return self.accuracies.confirms(config, min_accuracy, confidence)

    def most_accurate(self, resolution: int) -> Config:
        """See :meth:`Predictor.most_accurate`: the best found, not proven."""
        return self.most_assured(resolution, None)

    def most_assured(self, resolution: int, confidence: float | None) -> Config:
        """See :meth:`Predictor.most_assured`: where single changes of genes end, from the best of all and others."""
        best = self.accuracies.most_assured(resolution, confidence)
        if self.keeps([best])[0]:
            return best

        def worth(configs: Sequence[Config]) -> Floats:
            excess = self.excess(configs)
            screened = np.nan_to_num(self.screen_batch(configs, confidence), nan=-math.inf)
            return np.where(excess <= 0, np.maximum(screened, -1e3), -1e3 - excess)

        known = [config for config in self.looked_up if config["r"] == resolution]
        found = [climb(self.space, start, worth) for start in (best, self._least[resolution])] + known
        return found[int(np.argmax(worth(found)))]

    def _if_kept(self, configs: Sequence[Mapping[str, Any]], assured: Floats) -> Floats:
        return np.where(self.keeps(configs), assured, -math.inf)

    def _nearest(self, configs: Sequence[Config]) -> Config:
        return configs[int(np.argmin(self.excess(configs)))]

    def _least_at(self, resolution: int) -> Config:
        """Where single changes of genes end that bring the smallest subnet nearer to the limit."""
        start = self.space.min_config() | {"r": resolution}
        return climb(self.space, start, lambda configs: -self.excess(configs))
