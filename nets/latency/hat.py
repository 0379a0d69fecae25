"""HAT's latency data: transformers described by ten numbers, measured on a device (Wang et al., ACL 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nets.documents.table import read_table
from nets.errors import InputError
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
    from nets.documents.model import NotNegative, Positive
    from nets.documents.table_model import row_model

    table = read_table(path, HAT_FEATURES, of="latencies")
    table.may_have((_TOTAL,))
    latencies = (_TOTAL,) if _TOTAL in table.columns else _LATENCY
    table.need(latencies, of="latencies")
    kinds = dict.fromkeys(HAT_FEATURES, float) | dict.fromkeys(_LATENCY, NotNegative) | {_TOTAL: Positive}
    rows = table.read(row_model((), *((name, kinds[name]) for name in (*HAT_FEATURES, *latencies))))
    features = np.array([[getattr(row, name) for name in HAT_FEATURES] for row in rows])
    latency_ms = np.array([sum(getattr(row, name) for name in latencies) for row in rows])
    for number in np.flatnonzero(latency_ms <= 0):
        raise InputError(f"{table.place(int(number))}: {latencies[0]}", 0, "and the other must not be zero both")
    return HatLatencies(features, latency_ms)
