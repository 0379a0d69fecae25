"""What the file of an accuracy predictor may say."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, RootModel

from nets.accuracy.capped_linear import CappedLinearPredictor
from nets.accuracy.perceptron import PerceptronPredictor
from nets.accuracy.predictor import Predictor
from nets.accuracy.saturating import CURVE, SaturatingModel, SaturatingPredictor
from nets.documents.model import Coefficient, Model, NotNegative
from nets.errors import InputError
from nets.perceptron_model import PerceptronEntry
from nets.spaces import Space, space_in_file

Resolution = Annotated[int, Field(ge=1, le=1 << 16)]
Row = tuple[Coefficient, ...]
Curve = Annotated[Row, Field(min_length=CURVE, max_length=CURVE)]
Error = Annotated[NotNegative, Field(description="standard error in percent")]
Freedom = Annotated[int, Field(ge=1)]


class _Entry(Model):
    """What the files of all predictors say.

    Attributes:
        id: of the predictor. space: whose subnets it knows.
        estimates: what its figures are, in words.
        notes: one sentence for each fact that a reader of its figures should know.
    """

    id: str
    space: str
    estimates: str
    notes: tuple[str, ...]


class SaturatingEntry(_Entry):
    """A saturating model; see nets.accuracy.saturating for its coefficients.

    Attributes:
        resolutions: lowest and highest.
        ceiling, score: three coefficients each. genes, slopes: one for each feature of the space.
        spread: rows of the lower factor of the covariance.
        scatter: of single subnets in percent, by resolution. runs: that told it.
    """

    model: Literal["saturating"]
    resolutions: tuple[Resolution, Resolution]
    ceiling: Curve
    score: Curve
    genes: Row
    slopes: Row
    spread: tuple[Row, ...]
    scatter: Annotated[dict[Resolution, NotNegative], Field(min_length=1)]
    runs: dict[Resolution, Freedom] = Field(default_factory=dict)

    def predictor(self, space: Space, features: int) -> Predictor:
        """The predictor, of a space with so many features."""
        _check_length("genes", self.genes, features)
        _check_length("slopes", self.slopes, features)
        _check_length("spread", self.spread, 2 * CURVE + 2 * features)
        for number, row in enumerate(self.spread):
            _check_length(f"spread[{number}]", row, number + 1)
        if self.runs and self.runs.keys() != self.scatter.keys():
            raise InputError(
                "runs", sorted(self.runs), f"must be of the resolutions of scatter, {sorted(self.scatter)}"
            )
        model = SaturatingModel(
            resolutions=_ascending(self.resolutions),
            ceiling=np.array(self.ceiling),
            score=np.array(self.score),
            genes=np.array(self.genes),
            slopes=np.array(self.slopes),
            spread=_lower_triangle(self.spread),
            scatter=dict(self.scatter),
            runs=dict(self.runs),
        )
        return SaturatingPredictor(self.id, space, model=model, estimates=self.estimates, notes=self.notes)


class CappedLinearEntry(_Entry):
    """A linear model with a cap.

    Attributes:
        levels: percent by resolution. genes: percent of each feature of the space.
        cap: percent. error: standard error in percent. freedom: its degrees of freedom.
    """

    model: Literal["capped linear"]
    levels: Annotated[dict[Resolution, Coefficient], Field(min_length=1)]
    genes: Row
    cap: Annotated[float, Field(gt=0, le=100)]
    error: Error
    freedom: Freedom | None = None

    def predictor(self, space: Space, features: int) -> Predictor:
        """The predictor, of a space with so many features."""
        _check_length("genes", self.genes, features)
        for resolution in space.resolutions:
            if min(self.levels) <= resolution <= max(self.levels) and resolution not in self.levels:
                raise InputError("levels", resolution, "is missing", "give a level for every resolution of the space")
        return CappedLinearPredictor(
            self.id,
            space,
            levels=dict(self.levels),
            genes=np.array(self.genes),
            cap=self.cap,
            error=self.error,
            freedom=self.freedom,
            estimates=self.estimates,
            notes=self.notes,
        )


class MlpEntry(_Entry):
    """A perceptron over one-hot genes and the resolution.

    Attributes:
        resolutions: lowest and highest. error: standard error in percent.
        perceptron: from features to percent.
    """

    model: Literal["perceptron"]
    resolutions: tuple[Resolution, Resolution]
    error: Error
    perceptron: PerceptronEntry

    def predictor(self, space: Space, features: int) -> Predictor:
        """The predictor, of a space with so many features."""
        return PerceptronPredictor(
            self.id,
            space,
            resolutions=_ascending(self.resolutions),
            model=self.perceptron.perceptron(features + 1),
            error=self.error,
            estimates=self.estimates,
            notes=self.notes,
        )


class PredictorFile(RootModel[Annotated[SaturatingEntry | CappedLinearEntry | MlpEntry, Field(discriminator="model")]]):
    """A predictor of one of three kinds."""

    def predictor(self) -> Predictor:
        """The predictor.

        Raises:
            InputError: it is of no space there is, or does not fit it.
        """
        space = space_in_file(self.root.space)
        return self.root.predictor(space, space.features_batch([space.max_config()]).shape[1])


def _ascending(resolutions: tuple[int, int]) -> tuple[int, int]:
    low, high = resolutions
    if not low < high:
        raise InputError("resolutions", resolutions, "must be the lowest and the highest")
    return low, high


def _check_length(key: str, entries: tuple[object, ...], wanted: int) -> None:
    if len(entries) != wanted:
        raise InputError(key, len(entries), f"are its entries; {wanted} are wanted")


def _lower_triangle(rows: tuple[Row, ...]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    table = np.zeros((len(rows), len(rows)))
    for index, row in enumerate(rows):
        table[index, : index + 1] = row
    return table
