"""What a layer of a MAESTRO mapping file may say."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nets.documents.model import Count, Model


class Stride(Model):
    """Along rows ``Y`` and columns ``X``."""

    Y: Count = 1
    X: Count = 1


class Dimensions(Model):
    """Sizes; ``Y`` and ``X`` are rows and columns of the input, padded."""

    N: Count = 1
    G: Count = 1
    K: Count = 1
    C: Count = 1
    R: Count = 1
    S: Count = 1
    Y: Count = 1
    X: Count = 1


class LayerEntry(Model):
    """A layer, but for its dataflow."""

    type: Literal["CONV", "PWCONV", "DSCONV", "NGCONV"] = Field(alias="Type")
    stride: Stride = Field(Stride(), alias="Stride")
    dimensions: Dimensions = Field(alias="Dimensions")
