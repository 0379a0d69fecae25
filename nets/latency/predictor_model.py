"""What the file of a fitted latency predictor may say."""

from __future__ import annotations

from abc import abstractmethod
from itertools import combinations_with_replacement
from typing import Annotated, Final, Literal

import numpy as np
from pydantic import Field, RootModel

from nets.documents.model import Coefficient, Model, NotNegative
from nets.errors import InputError
from nets.latency.features import any_space_in_file, feature_names
from nets.latency.polynomial import PolynomialLatency
from nets.latency.predictor import FittedLatency
from nets.perceptron import Perceptron
from nets.perceptron_model import PerceptronEntry

Row = tuple[Coefficient, ...]
MOST_RELATIVE_ERROR: Final = 1e6
"""Beyond which a figure says nothing."""


class _Entry(Model):
    """What the files of all latency predictors say.

    Attributes:
        target: tells these files from those of accuracy predictors.
        id: of the predictor. space: whose networks it knows.
        estimates: what its figures are, in words: which device, measured or computed.
        notes: one sentence for each fact that a reader of its figures should know.
        relative_error: standard error as a share of the latency.
        lowest, highest: of each feature; it answers for no networks outside.
    """

    target: Literal["latency"]
    id: str
    space: str
    estimates: str
    notes: tuple[str, ...]
    relative_error: Annotated[NotNegative, Field(le=MOST_RELATIVE_ERROR)]
    lowest: Row
    highest: Row

    @abstractmethod
    def regression(self, names: tuple[str, ...]) -> PolynomialLatency | Perceptron:
        """What gives milliseconds."""

    def fitted(self) -> FittedLatency:
        """The predictor.

        Raises:
            InputError: it is of no space there is, or does not fit it.
        """
        space = any_space_in_file(self.space)
        names = feature_names(space)
        for key, limits in (("lowest", self.lowest), ("highest", self.highest)):
            if len(limits) != len(names):
                raise InputError(key, len(limits), f"are its entries; {len(names)} are wanted")
        for name, low, high in zip(names, self.lowest, self.highest):
            if low > high:
                raise InputError("lowest", low, f"of {name} is above its highest, {high:g}")
        return FittedLatency(
            self.id,
            space,
            estimates=self.estimates,
            notes=self.notes,
            model=self.regression(names),
            lowest=np.array(self.lowest),
            highest=np.array(self.highest),
            relative_error=self.relative_error,
        )


class PolynomialEntry(_Entry):
    """A polynomial of the features.

    Attributes:
        degree: one or two.
        coefficients: of 1, every scaled feature and, at degree two, every product of two.
    """

    model: Literal["polynomial"]
    degree: Literal[1, 2]
    coefficients: Row

    def regression(self, names: tuple[str, ...]) -> PolynomialLatency:
        """See the base."""
        count = len(names)
        wanted = 1 + count + (len(list(combinations_with_replacement(range(count), 2))) if self.degree == 2 else 0)
        if len(self.coefficients) != wanted:
            raise InputError("coefficients", len(self.coefficients), f"are its entries; {wanted} are wanted")
        return PolynomialLatency(
            names,
            np.array(self.lowest),
            np.array(self.highest),
            self.degree,
            np.array(self.coefficients),
            self.relative_error,
        )


class MlpEntry(_Entry):
    """A perceptron of the features, which gives the logarithm of milliseconds."""

    model: Literal["mlp"]
    perceptron: PerceptronEntry

    def regression(self, names: tuple[str, ...]) -> Perceptron:
        """See the base."""
        return self.perceptron.perceptron(len(names))


class LatencyPredictorFile(RootModel[Annotated[PolynomialEntry | MlpEntry, Field(discriminator="model")]]):
    """A latency predictor of one of two kinds."""
