"""HAT's latency data: transformers described by ten numbers, measured on a device (Wang et al., ACL 2020)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nets.errors import InputError

HAT_FEATURES: Final = (
    "encoder_embed_dim",
    "encoder_layer_num",
    "encoder_ffn_embed_dim_avg",
    "encoder_self_attention_heads_avg",
    "decoder_embed_dim",
    "decoder_layer_num",
    "decoder_ffn_embed_dim_avg",
    "decoder_self_attention_heads_avg",
    "decoder_ende_attention_heads_avg",
    "decoder_arbitrary_ende_attn_avg",
)
"""Columns: embedding, layers, mean feed-forward width and mean heads of encoder and decoder; last, over how many of the
encoder's last layers the decoder's cross attention reaches on average."""

_LATENCY: Final = ("latency_mean_encoder", "latency_mean_decoder")


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
    try:
        with Path(path).open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            rows, columns = list(reader), reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("latencies", str(path), f"cannot be read ({error})") from error
    for name in (*HAT_FEATURES, *_LATENCY):
        if name not in columns:
            raise InputError(f"{path}: column", name, "is missing")
    table = []
    for number, row in enumerate(rows, start=2):
        try:
            table.append([float(row[name]) for name in (*HAT_FEATURES, *_LATENCY)])
        except (TypeError, ValueError) as error:
            raise InputError(f"{path}: line {number}", list(row.values()), f"must hold numbers ({error})") from error
    if not table:
        raise InputError("latencies", str(path), "has no rows")
    data = np.array(table)
    return HatLatencies(data[:, : len(HAT_FEATURES)], data[:, len(HAT_FEATURES) :].sum(axis=1))
