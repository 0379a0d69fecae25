"""Networks that are given layer by layer: as values that can be compared and sent, and as plain data of files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from nets.documents.plain import plain
from nets.documents.section import Section
from nets.errors import InputError
from nets.layer import Layer
from nets.network import Network
from nets.zoo import list_networks, load_network

if TYPE_CHECKING:
    from nets.layer_model import GivenLayer

_USUAL_BITS: Final[dict[str, Any]] = {
    field.name: field.default for field in fields(Layer) if field.name.endswith("_bits")
}


@dataclass(frozen=True, slots=True)
class GivenNetwork:
    """A network by all that its costs follow from.

    Attributes:
        name, resolution: as :class:`~nets.network.Network` has them.
        layers: in the order they run in.
        inputs: names of the layers that each reads.
    """

    name: str
    resolution: int
    layers: tuple[Layer, ...]
    inputs: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, network: Network) -> GivenNetwork:
        """A network as it is now; what space it was drawn from is not kept."""
        layers = network.layers
        return cls(network.name, network.resolution, layers, tuple(network.inputs(layer.name) for layer in layers))

    def network(self) -> Network:
        """The network.

        Raises:
            InputError: a layer's name is taken, or an input is none of the layers before it.
        """
        network = Network(self.name, resolution=self.resolution)
        for layer, inputs in zip(self.layers, self.inputs):
            network.add(layer, inputs)
        return network

    def layers_to_list(self) -> list[dict[str, Any]]:
        """The layers as plain data, without what they have by default."""
        usual = [(), *((before.name,) for before, _ in pairwise(self.layers))]
        return [
            plain(layer) | ({} if inputs == by_default else {"inputs": list(inputs)})
            for layer, inputs, by_default in zip(self.layers, self.inputs, usual)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain data, from which :func:`read_network` makes the same."""
        return {"name": self.name, "resolution": self.resolution, "layers": self.layers_to_list()}

    @property
    def digest(self) -> str:
        """Tells networks of the same name apart."""
        return hashlib.sha256(json.dumps(self.to_dict(), sort_keys=True).encode()).hexdigest()


def read_network(section: Section) -> GivenNetwork:
    """The network that a part of a document says.

    Raises:
        InputError: an unknown key or a value that is not allowed, with its place.
    """
    from nets.layer_model import NetworkEntry

    entry = section.read(NetworkEntry)
    return GivenNetwork.of(given(entry.name, entry.resolution, entry.layers, section))


def given(name: str, resolution: int, entries: Sequence[GivenLayer], section: Section) -> Network:
    """The network of some layers, as ``layers`` of a part of a document says.

    Raises:
        InputError: a layer that none can be, or that reads a layer that is not before it.
    """
    network = Network(name, resolution=resolution)
    for number, entry in enumerate(entries):
        with section.at("layers", number):
            network.add(entry.layer(), entry.inputs)
    return network


def is_reference(network: Network, *, at_any_precision: bool = False) -> bool:
    """Whether a network is the reference network of its name, layer by layer, at its resolution.

    Args:
        at_any_precision: whether its operands may have other widths.
    """
    if network.space is not None or network.name not in list_networks():
        return False
    try:
        own, reference = GivenNetwork.of(network), GivenNetwork.of(load_network(network.name, network.resolution))
    except InputError:  # a resolution that the reference network does not take
        return False
    if at_any_precision:
        own, reference = _usual(own), _usual(reference)
    return own == reference


def _usual(network: GivenNetwork) -> GivenNetwork:
    return replace(network, layers=tuple(replace(layer, **_USUAL_BITS) for layer in network.layers))
