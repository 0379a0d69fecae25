"""HAT's latency data: transformers described by ten numbers, measured on a device (Wang et al., ACL 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nets.errors import InputError
from nets.measured_configs import read_table
from nets.spaces.hat import FEATURES

HAT_FEATURES: Final = FEATURES
"""Columns: embedding, layers, mean feed-forward width and mean heads of encoder and decoder; last, the mean number of
encoder layers that the decoder's cross attentions read."""

_LATENCY: Final = ("latency_mean_encoder", "latency_mean_decoder")
_TOTAL: Final = "latency_ms"
"""In place of those two, for measurements of other people's."""


@dataclass(frozen=True, slots=True)
class HatLatencies:
    """Measured networks.

    Attributes:
        features: shape (networks, 10), in the order of :data:`HAT_FEATURES`.
        latency_ms: of encoder and decoder together.
    """

    features: NDArray[np.float64]
    latency_ms: NDArray[np.float64]


def read_hat_latencies(path: str | Path) -> HatLatencies:
    """Read a file of HAT's.

    Raises:
        InputError: the file cannot be read, a column is missing, or an entry is not a number (says the line).
    """
    table = read_table(path, HAT_FEATURES, of="latencies")
    latencies = (_TOTAL,) if _TOTAL in table.columns else _LATENCY
    table.need(latencies, of="latencies")
    entries = []
    for number, row in enumerate(table.rows):
        try:
            entries.append([float(row[name]) for name in (*HAT_FEATURES, *latencies)])
        except ValueError as error:
            raise InputError(table.place(number), list(row.values()), f"must hold numbers ({error})") from error
    data = np.array(entries)
    if not (np.isfinite(data).all() and (data[:, len(HAT_FEATURES) :].sum(axis=1) > 0).all()):
        raise InputError("latencies", str(path), "must be numbers, and latencies above zero")
    return HatLatencies(data[:, : len(HAT_FEATURES)], data[:, len(HAT_FEATURES) :].sum(axis=1))
