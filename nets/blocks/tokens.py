"""Blocks at the two ends of a transformer: looking tokens up, placing them, and picking some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nets.blocks.feature_map import FeatureMap
from nets.blocks.movement import vector
from nets.errors import InputError

if TYPE_CHECKING:
    from nets.network import Network


def embedding(net: Network, name: str, x: FeatureMap, channels: int, *, tables: Sequence[int]) -> FeatureMap:
    """Sum of one learned row of each table per token.

    Args:
        channels: length of a row.
        tables: how many rows each table has (words, positions, segments).
    """
    out = replace(x, channels=channels)
    return vector(net, name, "movement", (x,), out, operands=len(tables), extra_params=sum(tables) * channels)


def class_token(net: Network, name: str, x: FeatureMap) -> FeatureMap:
    """Put one learned token before the sequence."""
    return vector(net, name, "movement", (x,), replace(x, height=x.height + 1), extra_params=x.channels)


def add_positions(net: Network, name: str, x: FeatureMap) -> FeatureMap:
    """Add a learned row per position."""
    return vector(net, name, "eltwise", (x,), x, operands=2, extra_params=x.height * x.channels)


def take_tokens(net: Network, name: str, x: FeatureMap, count: int, *, stored_params: int = 0) -> FeatureMap:
    """Copy ``count`` tokens of the sequence.

    Args:
        stored_params: parameters of a head on these tokens that is part of the model but not run.
    """
    if not 1 <= count <= x.height:
        raise InputError(f"layer {name!r}: count", count, f"must be 1 to {x.height}")
    return vector(net, name, "movement", (x,), replace(x, height=count), extra_params=stored_params)
