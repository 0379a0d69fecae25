"""Anybody's own measured accuracies: looked up where they were measured, elsewhere by a model fitted to them.

The file is CSV, see :mod:`nets.measured_configs`: subnets by genes or by name, ``top1`` in percent and, where it is
known what a measurement errs by, ``error`` in percent too. From :data:`~nets.accuracy.train.LEAST_PAIRS` rows on a
ridge regression says what was not measured, with the error that it has on rows held out of it; with fewer nothing is
said of other subnets, and a search is among those of the file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from nets.accuracy.by_name import check_percent, figures_of
from nets.accuracy.confidence import climb
from nets.accuracy.predictor import Accuracy, Floats, Predictor
from nets.accuracy.train import can_train, pairs_of, train_ridge
from nets.documents import File
from nets.documents.table import Table, read_table
from nets.errors import InputError
from nets.measured_configs import read_configs
from nets.spaces import Config, Key, Space

_UNKNOWN: Final = (math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class Measured:
    """Accuracies of subnets.

    Attributes:
        configs: canonical, each once.
        top1: percent. error: standard error in percent, 0 where the file says none.
        source: where they were read.
    """

    configs: tuple[Config, ...]
    top1: Floats
    error: Floats
    source: str


class MeasuredPredictor(Predictor):
    """Accuracies of a file.

    A subnet of which nothing is known, since nobody measured it and there is no model, has no number (NaN) for its
    accuracy in a batch, and is refused by :meth:`predict`.

    Args:
        space: of the subnets.
        measured: of some of them.
        model: of the others; ``None`` where there is none.
    """

    def __init__(self, space: Space, measured: Measured, model: Predictor | None) -> None:
        resolutions = sorted({config["r"] for config in measured.configs})
        count = f"{len(measured.configs)} subnets measured in {measured.source}"
        others = "nothing is known of others" if model is None else f"others by a model. {' '.join(model.notes)}"
        super().__init__(
            f"{space.id}/{Path(measured.source).stem}",
            space,
            estimates=f"top-1 as measured in {measured.source}",
            resolutions=(resolutions[0], resolutions[-1]),
            notes=[f"{count}, which are looked up; {others}"],
        )
        self.model = model
        self.looked_up = measured.configs
        self._domain = tuple(resolutions) if model is None else model.domain
        self._known = {
            space.key(config): figures
            for config, *figures in zip(measured.configs, measured.top1.tolist(), measured.error.tolist())
        }

    @property
    def domain(self) -> tuple[int, ...]:
        """See :attr:`Predictor.domain`: without a model only those that were measured."""
        return self._domain

    @property
    def of_others(self) -> Predictor | None:
        """See :attr:`Predictor.of_others`: the model."""
        return self.model

    def worth(self, resolution: int) -> Floats:
        """See :meth:`Predictor.worth`: by the model; nothing where there is none."""
        return np.zeros(len(self.space.columns)) if self.model is None else self.model.worth(resolution)

    def predict_batch(self, configs: Sequence[Mapping[str, Any]]) -> tuple[Floats, Floats]:
        """See :meth:`Predictor.predict_batch`."""
        canonical = self.inside_domain(configs)
        figures = [self._known.get(self.space.key(config), _UNKNOWN) for config in canonical]
        top1, error = np.array(figures, dtype=np.float64).reshape(-1, 2).T
        others = np.isnan(top1)
        if self.model is not None and others.any():
            asked = [config for config, other in zip(canonical, others) if other]
            top1[others], error[others] = self.model.predict_batch(asked)
        return top1, error

    def predict(self, config: Mapping[str, Any]) -> Accuracy:
        """See :meth:`Predictor.predict`.

        Raises:
            InputError: nothing is known of it, too.
        """
        if self.is_measured(config):
            return super().predict(config)
        if self.model is None:
            rule = "was not measured, and so few measurements are no model of others"
            raise InputError(f"predictor {self.id!r}", self.space.canonical(config), rule)
        return self.model.predict(config)

    def is_measured(self, config: Mapping[str, Any]) -> bool:
        """See :meth:`Predictor.is_measured`."""
        return self.space.key(config) in self._known

    def most_accurate(self, resolution: int) -> Config:
        """See :meth:`Predictor.most_accurate`: the best found, not proven."""
        return self.most_assured(resolution, None)

    def most_assured(self, resolution: int, confidence: float | None) -> Config:
        """See :meth:`Predictor.most_assured`: where single changes of genes end that begin at the best known."""
        candidates = [config for config in self.looked_up if config["r"] == resolution]
        if self.model is None:
            return candidates[int(np.argmax(self.assured_batch(candidates, confidence)))]
        candidates.append(self.model.most_assured(resolution, confidence))
        best = candidates[int(np.argmax(self.assured_batch(candidates, confidence)))]
        return climb(self.space, best, lambda configs: self.assured_batch(configs, confidence))


def read_measured(path: File, space: Space) -> MeasuredPredictor:
    """Read a file of measured accuracies of a space's subnets.

    Raises:
        InputError: the file cannot be read, a column is missing, or a row is not of the space, has an accuracy out of
            range, or says another one of a subnet than a row before it (says the line).
    """
    of = f"accuracies of {space.id}"
    table = read_table(path, (), of=of, may_be_empty=True)
    configs, (top1, *errors) = read_configs(table, space, of, *figures_of(table))
    error = errors[0] if errors else np.zeros(len(top1))
    check_percent(table, float(top1.max()))
    rows = _first_rows(table, [space.key(config) for config in configs], top1, error)
    source, once = Path(path).name, tuple(configs[row] for row in rows)
    pairs = pairs_of(space, once, top1[rows], source=source)
    model = (
        train_ridge(pairs, estimates=f"top-1 predicted from those measured in {source}") if can_train(pairs) else None
    )
    return MeasuredPredictor(space, Measured(once, top1[rows], error[rows], source), model)


def _first_rows(table: Table, keys: Sequence[Key], top1: Floats, error: Floats) -> list[int]:
    """The row of each subnet.

    Raises:
        InputError: two rows say different things of one.
    """
    first: dict[Key, int] = {}
    for row, key in enumerate(keys):
        before = first.setdefault(key, row)
        if (top1[row], error[row]) != (top1[before], error[before]):
            rule = f"is said of a subnet that line {table.lines[before]} says {top1[before]:g} of"
            raise InputError(f"{table.place(row)}: top1", float(top1[row]), rule, "keep one, or their mean")
    return list(first.values())
