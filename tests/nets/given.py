"""A small network that is no reference network."""

from __future__ import annotations

from nets import Layer, Network


def mine(name: str = "mine") -> Network:
    """Three convolutions and a shortcut."""
    network = Network(name, resolution=16)
    network.add(Layer(name="stem", K=8, C=3, P=16, Q=16, R=3, S=3, padding=(1, 1, 1, 1)), ())
    network.add(Layer(name="a", K=16, C=8, P=8, Q=8, R=3, S=3, stride=(2, 2), padding=(1, 0, 1, 0)))
    network.add(Layer(name="b", K=16, C=16, P=8, Q=8))
    network.add(Layer(name="sum", kind="eltwise", G=16, P=8, Q=8, operands=2), ("a", "b"))
    return network
