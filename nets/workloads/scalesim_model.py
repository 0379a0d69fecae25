"""What a line of a SCALE-Sim topology may say."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nets.documents.model import Count, Model, Word

Name = Annotated[Word, Field(min_length=1)]


class ConvRow(Model):
    """A convolution: sizes of its input and filter, which slides by ``stride`` both ways."""

    name: Name
    rows: Count
    columns: Count
    filter_rows: Count
    filter_columns: Count
    channels: Count
    filters: Count
    stride: Count
    sparsity: Word = "1:1"


class GemmRow(Model):
    """A matrix product of M rows, N columns and K inner words."""

    name: Name
    M: Count
    N: Count
    K: Count
    sparsity: Word = "1:1"
