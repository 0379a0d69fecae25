"""What a layer reads: which tensors, of which shape, and whether windows of them."""

from __future__ import annotations

from dataclasses import dataclass

from accel_models.fusion.group import misfits, wall
from mappings.cores.splits import Plane
from nets.network import Network


@dataclass(frozen=True, slots=True)
class Operand:
    """What a layer reads.

    Attributes:
        source: place of the layer that writes it; ``None`` for the network's own input.
        plane: its shape.
        windowed: whether the layer reads windows of it.
    """

    source: int | None
    plane: Plane
    windowed: bool


def operands(network: Network, place: int) -> list[Operand]:
    """The operands of a layer; the one factor a channel that gates a plane is none."""
    layer = network.layers[place]
    places = {each.name: number for number, each in enumerate(network.layers)}
    windowed = layer.kind == "pool" or wall(network, layer.name) is None
    unfit, count = misfits(network, layer.name), layer.operands + layer.dynamic_weights
    found = []
    for number, name in enumerate(network.inputs(layer.name)):
        if name not in unfit or number < count:
            plane = Plane.made_by(network.layer(name))
            found.append(Operand(places[name], plane, windowed and name not in unfit))
    return found + [Operand(None, Plane.read_by(layer), windowed)] * (layer.operands - len(found))
