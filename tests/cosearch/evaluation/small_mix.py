"""A small network and how much accuracy its layers lose at each width."""

from __future__ import annotations

from nets.bits_table import BitsTable
from nets.layer import Layer
from nets.network import Network

TABLE = BitsTable(
    "own.csv", {"wide": {2: 0.4, 4: 0.1, 8: 0.0}, "deep": {2: 0.3, 8: 0.0}, "again": {2: 0.25, 4: 0.2, 8: 0.0}}
)


def network() -> Network:
    """Two layers alike, which may differ in width, one without a width to choose, and a pass."""
    small = Network("small")
    small.add(Layer(name="wide", K=6, C=2, P=4, times=2))
    small.add(Layer(name="again", K=6, C=2, P=4))
    small.add(Layer(name="add", kind="eltwise", K=6, P=4))
    small.add(Layer(name="deep", C=12, P=2))
    small.add(Layer(name="window", P=8, R=3))
    return small
