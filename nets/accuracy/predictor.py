"""What every accuracy predictor offers: a figure with its error, what it estimates, and where it refuses to answer."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nets.accuracy.confidence import deviations, probability
from nets.elementary import least_where
from nets.errors import InputError
from nets.spaces import Config, Space

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A predicted accuracy.

    Attributes:
        top1_percent: ImageNet top-1.
        standard_error: in percent; 68 % of measurements of such subnets lie this close.
        estimates: what was measured, in words: which images, which weights.
        saturated: the predictor cannot tell this subnet from better ones; rank such subnets by cost.
        degrees_of_freedom: of the error, that few sets of measurements told; ``None`` where it is known well.
        measured: this very subnet was measured; else its accuracy is predicted from those of others.
    """

    top1_percent: float
    standard_error: float
    estimates: str
    saturated: bool = False
    degrees_of_freedom: int | None = None
    measured: bool = False

    @property
    def predicted(self) -> bool:
        """Whether it follows from measurements of others; a published figure, which states no error, does not."""
        return not self.measured and not math.isnan(self.standard_error)

    def __str__(self) -> str:
        return f"{self.top1_percent:.2f} ± {self.standard_error:.2f} % top-1"

    def probability(self, floor: float) -> float:
        """That one more measurement of its kind gives at least ``floor`` percent; not a number without an error."""
        return probability(self.top1_percent, self.standard_error, floor, self.degrees_of_freedom)


class Predictor(ABC):
    """Accuracy of the subnets of one space.

    Args:
        id: of the predictor.
        space: whose subnets it knows.
        estimates: what its figures are, in words.
        resolutions: (lowest, highest) it answers for.
        notes: one sentence per fact a reader of its figures should know: sources, error, limits.
    """

    saturates_at: float | None = None
    """Highest top-1 in percent it can predict, where it stops telling subnets apart."""

    looked_up: Sequence[Config] = ()
    """Canonical subnets whose accuracies are looked up, not predicted: a search looks at all of them."""

    @property
    def of_others(self) -> Predictor | None:
        """What predicts the accuracies of subnets that are not looked up; ``None`` where nothing is known of them."""
        return self

    def __init__(
        self, id: str, space: Space, *, estimates: str, resolutions: tuple[int, int], notes: Sequence[str]
    ) -> None:
        self.id = id
        self.space = space
        self.estimates = estimates
        self.resolutions = resolutions
        self.notes = tuple(notes)

    @property
    def space_id(self) -> str:
        """Id of the space whose subnets it knows."""
        return self.space.id

    @property
    def domain(self) -> tuple[int, ...]:
        """Resolutions of the space that it answers for."""
        low, high = self.resolutions
        return tuple(value for value in self.space.resolutions if low <= value <= high)

    @abstractmethod
    def worth(self, resolution: int) -> Floats:
        """What each one-hot feature adds, at ``resolution``, to a sum that accuracy rises with."""

    def least_worth(self, resolution: int, top1_percent: float) -> float | None:
        """What the sum of :meth:`worth` must be for ``top1_percent`` at ``resolution``, to the last bit.

        The worths must be rounded as :func:`nets.elementary.summable` does, so that their sum has one value. Infinite
        where no sum is enough; ``None`` where :meth:`worth` is only an estimate and no sum decides.
        """
        return None

    def most_accurate(self, resolution: int) -> Config:
        """The subnet that :meth:`worth` says is the best at ``resolution``."""
        return best_config(self.space, self.worth(resolution), resolution)

    def check_space(self, space_id: str) -> None:
        """Refuse another space: configs of one space often look like those of another, and mean something else.

        Raises:
            InputError: the ids differ.
        """
        if space_id != self.space_id:
            raise InputError(
                "accuracy predictor",
                self.id,
                f"is for subnets of {self.space_id!r} and must not be asked about {space_id!r}",
                f"load_predictor({space_id!r}) has the right one, if there is one",
            )

    def inside_domain(self, configs: Sequence[Mapping[str, Any]]) -> list[Config]:
        """Their canonical forms.

        Raises:
            InputError: a config is not of the space, or its resolution lies outside the domain.
        """
        canonical = [self.space.canonical(config) for config in configs]
        low, high = self.resolutions
        for config in canonical:
            if not low <= config["r"] <= high:
                raise InputError(
                    f"predictor {self.id!r}: r", config["r"], f"must lie in {low} to {high}, where it was fitted"
                )
        return canonical

    def predict(self, config: Mapping[str, Any]) -> Accuracy:
        """Accuracy of one subnet.

        Raises:
            InputError: the config is not of the space, or its resolution lies outside the domain.
        """
        top1, error = self.predict_batch([config])
        saturated = self.saturates_at is not None and bool(top1[0] >= self.saturates_at)
        freedom = self.degrees_of_freedom(self.space.canonical(config)["r"])
        measured = self.is_measured(config)
        return Accuracy(float(top1[0]), float(error[0]), self.estimates, saturated, freedom, measured)

    def is_measured(self, config: Mapping[str, Any]) -> bool:
        """Whether the accuracy of a subnet is that of this very one, measured."""
        return False

    @abstractmethod
    def predict_batch(self, configs: Sequence[Mapping[str, Any]]) -> tuple[Floats, Floats]:
        """(top-1, standard error) in percent, each of shape (configs,).

        Raises:
            InputError: as :meth:`predict`.
        """

    def assured_batch(self, configs: Sequence[Mapping[str, Any]], confidence: float | None = None) -> Floats:
        """The highest floor that holds for each subnet with a probability: top-1 in percent, shape (configs,).

        The mean less as many standard errors as the probability asks for; the mean itself for ``None``.

        Raises:
            InputError: as :meth:`predict`; a confidence that is not between 0 and 1, or where no errors are known.
        """
        top1, error = self.predict_batch(configs)
        if confidence is None:
            return top1
        if (np.isnan(error) & ~np.isnan(top1)).any():
            rule = f"asks for the error of accuracies, which {self.id} does not state"
            raise InputError("confidence", confidence, rule, "leave it out")
        resolutions = (self.space.canonical(config)["r"] for config in configs)
        needed = [deviations(confidence, self.degrees_of_freedom(resolution)) for resolution in resolutions]
        return top1 - np.array(needed) * error

    def degrees_of_freedom(self, resolution: int) -> int | None:
        """Of the standard errors at ``resolution``; ``None`` where they are known so well that errors are normal."""
        return None

    def reaches(
        self, configs: Sequence[Mapping[str, Any]], min_accuracy: float, confidence: float | None = None
    ) -> NDArray[np.bool_]:
        """Whether each subnet has ``min_accuracy`` percent with probability ``confidence``; by its mean for ``None``.

        Raises:
            InputError: as :meth:`assured_batch`.
        """
        return self.assured_batch(configs, confidence) >= min_accuracy

    def floor_for(self, min_accuracy: float, confidence: float | None, resolution: int) -> float:
        """A mean top-1 in percent that every subnet at ``resolution`` has which :meth:`reaches` says yes to.

        A search by means alone loses none of them with this floor; what it finds must still be asked. Where all subnets
        have the same error the floor says it all. Below a confidence of one half the largest error would count, which
        nothing bounds: minus infinity.

        Raises:
            InputError: a confidence that is not between 0 and 1.
        """
        needed = deviations(confidence, self.degrees_of_freedom(resolution))
        if needed == 0:
            return min_accuracy
        spare = needed * (self.least_error(resolution) if needed > 0 else self.most_error(resolution))
        return least_where(lambda top1: top1 - spare >= min_accuracy, min_accuracy + spare)

    def least_error(self, resolution: int) -> float:
        """Percent; no subnet at ``resolution`` has a smaller standard error."""
        return 0.0

    def most_error(self, resolution: int) -> float:
        """Percent; no subnet at ``resolution`` has a larger standard error. Infinite where that is not known."""
        return math.inf

    def most_assured(self, resolution: int, confidence: float | None) -> Config:
        """The subnet at ``resolution`` with the highest :meth:`assured_batch`; exact where all have the same error."""
        return self.most_accurate(resolution)

    def screen_batch(self, configs: Sequence[Mapping[str, Any]], confidence: float | None = None) -> Floats:
        """Top-1 in percent, shape (configs,), by which a search sorts subnets out.

        The same as :meth:`assured_batch` says, but where that is slow: then an estimate, and what a search picks must
        pass :meth:`confirms`.
        """
        return self.assured_batch(configs, confidence)

    def confirms(self, config: Mapping[str, Any], min_accuracy: float, confidence: float | None = None) -> bool:
        """Whether a subnet that :meth:`screen_batch` let pass :meth:`reaches` the accuracy, too."""
        return True

    def best_of(self, candidates: Sequence[Config]) -> tuple[Config, Accuracy]:
        """The most accurate of some subnets and its accuracy."""
        top1, _ = self.predict_batch(candidates)
        best = candidates[int(np.argmax(top1))]
        return self.space.canonical(best), self.predict(best)

    def highest_reachable(self) -> tuple[Config, Accuracy]:
        """The most accurate subnet known inside the domain, and its accuracy: the best of :meth:`most_accurate`.

        Exact for a :class:`FittedPredictor`; a search may find better ones where :meth:`worth` only says where to look.
        """
        return self.best_of([self.most_accurate(resolution) for resolution in self.domain])

    def describe(self) -> str:
        """Several lines: what it estimates, from which figures, how well, and where it stops."""
        low, high = self.resolutions
        head = f"{self.id}: {self.estimates}\n  space {self.space_id}, resolutions {low} to {high}"
        return "\n".join([head, *(f"  {note}" for note in self.notes)])


class FittedPredictor(Predictor):
    """Predictions from coefficients fitted to measured figures.

    At a given resolution the prediction rises with a sum over one-hot features (:meth:`worth`), so the best config is
    found gene by gene and :meth:`highest_reachable` is exact.
    """

    @abstractmethod
    def least_worth(self, resolution: int, top1_percent: float) -> float:
        """See :meth:`Predictor.least_worth`."""

    @abstractmethod
    def _estimate(self, features: Floats, resolution: NDArray[np.int64]) -> tuple[Floats, Floats]:
        """(top-1, standard error) in percent of each row."""

    def predict_batch(self, configs: Sequence[Mapping[str, Any]]) -> tuple[Floats, Floats]:
        """See :meth:`Predictor.predict_batch`."""
        canonical = self.inside_domain(configs)
        if not canonical:
            return np.zeros(0), np.zeros(0)
        resolution = np.array([config["r"] for config in canonical])
        return self._estimate(self.space.features_batch(canonical), resolution)


def best_config(space: Space, worth: Floats, resolution: int) -> Config:
    """The config that maximises a sum over one-hot features.

    Args:
        worth: of each feature, in the order of :meth:`Genome.features_batch`.
    """
    config: Config = {"r": resolution}
    gain = np.zeros(space.slots)
    start = 0
    for gene, choices in space.block_genes.items():
        table = worth[start : start + space.slots * len(choices)].reshape(space.slots, len(choices))
        config[gene] = [choices[index] for index in table.argmax(axis=1)]
        gain += table.max(axis=1)
        start += table.size
    for gene, (length, free_choices) in space.free_genes.items():
        table = worth[start : start + length * len(free_choices)].reshape(length, len(free_choices))
        config[gene] = [free_choices[index] for index in table.argmax(axis=1)]
        start += table.size
    config["d"], slot = [], 0
    for depth in space.depths:
        if depth.slots:
            gains = [gain[slot : slot + depth.active(value)].sum() for value in depth.choices]
        else:
            gains = list(worth[start : start + len(depth.choices)])
            start += len(depth.choices)
        config["d"].append(depth.choices[int(np.argmax(gains))])
        slot += depth.slots
    return space.canonical(config)
