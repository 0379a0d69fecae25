"""What files may say of layers and of networks given layer by layer."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, create_model

from nets.documents.model import Model, Whole, fields_of
from nets.layer import Layer

LayerFields = create_model("LayerFields", __base__=Model, __doc__=Layer.__doc__, **fields_of(Layer))


class GivenLayer(LayerFields):  # type: ignore[valid-type, misc]
    """A layer of a network; every bound is 1 where it is left out.

    Attributes:
        inputs: names of the layers that it reads; the layer before it where omitted.
    """

    inputs: tuple[str, ...] | None = None

    def layer(self) -> Layer:
        """As networks have it."""
        return Layer(**{name: getattr(self, name) for name in self.model_fields_set if name != "inputs"})


Layers = Annotated[tuple[GivenLayer, ...], Field(min_length=1)]


class NetworkEntry(Model):
    """A network that is given layer by layer.

    Attributes:
        name: what reports call it.
        resolution: rows of its input image, or sequence length; 0 where it has none.
        layers: in the order they run in.
    """

    name: Annotated[str, Field(min_length=1)]
    resolution: Whole = 0
    layers: Layers
