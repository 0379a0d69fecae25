"""What a table of layers may say."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, RootModel

from nets.documents.model import Model, NotNegative


class RowEntry(Model):
    """What is known of one part of a network: milliseconds.

    Attributes:
        mean: latency. std: spread of single measurements. var: its square, where there is no std.
        count: of measurements.
    """

    mean: NotNegative
    std: NotNegative | None = None
    var: NotNegative | None = None
    count: NotNegative = 1


class LayerTableFile(RootModel[Annotated[dict[str, RowEntry], Field(min_length=1)]]):
    """Latency of the parts of networks on one device, by key."""
