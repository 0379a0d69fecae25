"""What every latency predictor offers: milliseconds with their error, of which device, and where it refuses."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nets.errors import InputError
from nets.latency.features import AnySpace, features
from nets.latency.layer_table import LayerTable, measured
from nets.latency.polynomial import PolynomialLatency
from nets.latency.table_keys import parts
from nets.perceptron import Perceptron
from nets.spaces import Block, Space

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Latency:
    """A predicted latency.

    Attributes:
        ms: milliseconds.
        standard_error_ms: 68 % of measurements of such networks lie this close.
        estimates: what was measured, in words.
    """

    ms: float
    standard_error_ms: float
    estimates: str

    def __str__(self) -> str:
        return f"{self.ms:.3g} ± {self.standard_error_ms:.2g} ms"


class LatencyPredictor(ABC):
    """Latency of the networks of one space on one device.

    Args:
        id: of the predictor.
        space: whose networks it knows.
        estimates: what its figures are, in words: which device, measured or computed.
        notes: one sentence per fact a reader of its figures should know.
    """

    def __init__(self, id: str, space: AnySpace, *, estimates: str, notes: Sequence[str]) -> None:
        self.id, self.space, self.estimates, self.notes = id, space, estimates, tuple(notes)

    @property
    @abstractmethod
    def resolutions(self) -> tuple[int, ...]:
        """Those of the space that it answers for; none of a space whose networks have none."""

    @property
    @abstractmethod
    def domain(self) -> str:
        """Which networks of the space it answers for, in words."""

    @abstractmethod
    def predict_batch(self, configs: Sequence[Mapping[str, Any]]) -> tuple[Floats, Floats]:
        """(latency, standard error) in milliseconds, each of shape (configs,).

        Raises:
            InputError: a config is not of the space, or lies outside the domain.
        """

    @abstractmethod
    def estimate(self, configs: Sequence[Mapping[str, Any]]) -> Floats:
        """Latency in milliseconds, shape (configs,); not a number (NaN) outside the domain.

        Raises:
            InputError: a config is not of the space.
        """

    def predict(self, config: Mapping[str, Any]) -> Latency:
        """Latency of one network.

        Raises:
            InputError: as :meth:`predict_batch`.
        """
        latency, error = self.predict_batch([config])
        return Latency(float(latency[0]), float(error[0]), self.estimates)

    def check_space(self, space_id: str) -> None:
        """Refuse another space: configs of one space often look like those of another, and mean something else.

        Raises:
            InputError: the ids differ.
        """
        if space_id != self.space.id:
            raise InputError(
                "latency predictor",
                self.id,
                f"is for networks of {self.space.id!r} and must not be asked about {space_id!r}",
            )


class TableLatency(LatencyPredictor):
    """Sums over tables of parts, such as one per resolution.

    Args:
        space: of the networks.
        tables: of one device.
        device: what it is called; as the first table is where omitted.

    Raises:
        InputError: no table holds a part that networks of the space begin with.
    """

    def __init__(self, space: Space, tables: Sequence[LayerTable], device: str | None = None) -> None:
        device = tables[0].device if device is None else device
        self._tables = {resolution: table for table in tables for resolution in measured(table, space)}
        if not self._tables:
            known = sorted({resolution for table in tables for resolution in table.resolutions})
            raise InputError(
                f"latency table of {device}",
                parts(space.blocks(space.max_config())[0])[0].keys[0],
                f"is not in it, nor another part that networks of {space.id} begin with",
                f"image resolutions in it: {', '.join(map(str, known)) or 'none'}",
            )
        super().__init__(
            f"{space.id}/{device}",
            space,
            estimates=f"sum of the parts' latencies in the table {device}",
            notes=["the standard error is the spread of one run, if parts vary by themselves"],
        )
        self._space = space

    @property
    def domain(self) -> str:
        """See :attr:`LatencyPredictor.domain`."""
        return "resolutions " + ", ".join(map(str, self.resolutions))

    @property
    def resolutions(self) -> tuple[int, ...]:
        """See :attr:`LatencyPredictor.resolutions`: those of the tables."""
        return tuple(sorted(self._tables))

    def require_parts(self, resolutions: Sequence[int]) -> None:
        """Make sure, before anything is searched, that the tables hold all parts of the space's networks.

        Raises:
            InputError: they do not; says which are missing. A space whose blocks are too many to list is not looked
                through.
        """
        for resolution in resolutions:
            try:
                blocks = self._space.all_blocks(resolution)
            except InputError:
                return
            self._tables[resolution].require(blocks, self._space.id)

    def block_ms(self, block: Block, resolution: int) -> float:
        """Latency of a block of networks at a resolution.

        Raises:
            InputError: a part of it is not in the table.
        """
        return self._tables[resolution].latency_ms([block])

    def estimate(self, configs: Sequence[Mapping[str, Any]]) -> Floats:
        """See :meth:`LatencyPredictor.estimate`."""
        return np.array([self._known_ms(self._space.blocks(config)) for config in configs])

    def _known_ms(self, blocks: Sequence[Block]) -> float:
        table = self._tables.get(blocks[0].resolution)
        try:
            return math.nan if table is None else table.latency_ms(blocks)
        except InputError:
            return math.nan

    def predict_batch(self, configs: Sequence[Mapping[str, Any]]) -> tuple[Floats, Floats]:
        """See :meth:`LatencyPredictor.predict_batch`."""
        rows = []
        for config in configs:
            blocks = self._space.blocks(config)
            table = self._tables.get(blocks[0].resolution)
            if table is None:
                raise InputError(
                    f"latency predictor {self.id!r}: r", blocks[0].resolution, f"is not among its {self.domain}"
                )
            rows.append((table.latency_ms(blocks), table.standard_deviation_ms(blocks)))
        latency, error = np.array(rows, dtype=np.float64).reshape(-1, 2).T
        return latency, error


class FittedLatency(LatencyPredictor):
    """A regression on features of whole networks.

    Args:
        model: of milliseconds; a perceptron of their logarithm.
        lowest, highest: of each feature; it answers for no networks outside.
        relative_error: standard error as a share of the latency, on held-out networks.
    """

    def __init__(
        self,
        id: str,
        space: AnySpace,
        *,
        estimates: str,
        notes: Sequence[str],
        model: PolynomialLatency | Perceptron,
        lowest: Floats,
        highest: Floats,
        relative_error: float,
    ) -> None:
        super().__init__(id, space, estimates=estimates, notes=notes)
        self.model, self.lowest, self.highest, self.relative_error = model, lowest, highest, relative_error

    @property
    def domain(self) -> str:
        """See :attr:`LatencyPredictor.domain`."""
        if isinstance(self.space, Space):
            low, high = (
                round(self.space.resolutions[-1] * float(limit[-1]) ** 0.5) for limit in (self.lowest, self.highest)
            )
            return f"resolutions {low} to {high}, blocks that stood in measured networks"
        return "widths, layers and heads between those of measured networks"

    @property
    def resolutions(self) -> tuple[int, ...]:
        """See :attr:`LatencyPredictor.resolutions`: those between the lowest and the highest measured."""
        if not isinstance(self.space, Space):
            return ()
        most = self.space.resolutions[-1]
        low, high = self.lowest[-1], self.highest[-1]
        return tuple(r for r in self.space.resolutions if low <= (r / most) ** 2 <= high)

    def predict_batch(self, configs: Sequence[Mapping[str, Any]]) -> tuple[Floats, Floats]:
        """See :meth:`LatencyPredictor.predict_batch`."""
        table = features(self.space, configs)
        check_domain(self.space, table, self.lowest, self.highest)
        latency = self._latency(table)
        return latency, self.relative_error * latency

    def estimate(self, configs: Sequence[Mapping[str, Any]]) -> Floats:
        """See :meth:`LatencyPredictor.estimate`."""
        table = features(self.space, configs)
        known = ~_outside(self.space, table, self.lowest, self.highest).any(axis=1)
        latency = np.full(len(table), math.nan)
        latency[known] = self._latency(table[known])
        return latency

    def _latency(self, table: Floats) -> Floats:
        """Milliseconds of rows of features inside the domain."""
        if isinstance(self.model, Perceptron):
            with np.errstate(over="ignore"):
                latency = np.exp(self.model(table))
        else:
            latency = self.model.predict(table)[0]
        for value in latency[~(np.isfinite(latency) & (latency > 0))][:1]:
            raise InputError(f"latency predictor {self.id!r}", float(value), "is no latency, so it is not of a fit")
        return latency


def check_domain(space: AnySpace, table: Floats, lowest: Floats, highest: Floats) -> None:
    """Refuse networks outside of what was measured.

    Raises:
        InputError: names the first feature that is.
    """
    from nets.latency.features import feature_names

    outside = _outside(space, table, lowest, highest)
    if outside.any():
        row, column = (int(index) for index in np.argwhere(outside)[0])
        low, high = lowest[column], highest[column]
        raise InputError(
            f"latency predictor of {space.id}: {feature_names(space)[column]}",
            round(float(table[row, column]), 6),
            f"must lie in {low:.4g} to {high:.4g}, where networks were measured",
        )


def _outside(space: AnySpace, table: Floats, lowest: Floats, highest: Floats) -> NDArray[np.bool_]:
    """Which features of which networks, shape (networks, features), lie outside of what was measured."""
    outside: NDArray[np.bool_] = (table < np.minimum(lowest, 0 if isinstance(space, Space) else lowest)) | (
        table > highest
    )
    if isinstance(space, Space):  # the last feature is the resolution, for which 0 is no answer
        outside[:, -1] |= table[:, -1] < lowest[-1]
    return outside
