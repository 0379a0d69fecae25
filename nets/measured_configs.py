"""Measured networks in files of CSV: one row each, subnets by a column per gene (numbers between spaces) and ``r``,
or by name."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nets.documents import write_whole
from nets.documents.table import Table
from nets.errors import InputError
from nets.spaces import Config, Space


def read_configs(
    table: Table, space: Space, of: str, *figures: tuple[str, Any]
) -> tuple[tuple[Config, ...], list[NDArray[np.float64]]]:
    """(canonical subnets, each of some figures of them) of all rows.

    A row says its subnet by its genes, in the columns of :func:`config_columns`, or, where the table has none of them,
    by ``name``, see :meth:`nets.spaces.Space.named`.

    Args:
        table: that may be empty.
        of: what it holds, in words.
        figures: columns that it has, each with what may stand there, a type of :mod:`nets.documents.model`.

    Raises:
        InputError: a column is missing, or a row is not of the space or holds no numbers.
    """
    from nets.documents.table_model import row_model

    genes, columns = _genes(space), config_columns(space)
    by_name = "name" in table.columns and not set(columns) & set(table.columns)
    table.need([] if by_name else columns, of)
    table.need([column for column, _ in figures], of)
    if not table.rows:
        raise InputError(of, table.path, "has no rows")
    model = row_model((), *figures, texts=("name",)) if by_name else row_model(genes, ("r", float), *figures)
    rows, configs = table.read(model), []
    for number, row in enumerate(rows):
        try:
            genes_of = space.named(row.model_dump()["name"]) if by_name else row.model_dump(include={*columns})
            configs.append(space.canonical(genes_of))
        except InputError as error:
            raise InputError(table.place(number), error.value, f"is not of the space ({error})") from error
    return tuple(configs), [np.array([getattr(row, column) for row in rows]) for column, _ in figures]


def write_configs(
    path: str | Path, space: Space, configs: Sequence[Config], column: str, values: Sequence[str]
) -> None:
    """Write measured subnets as :func:`read_configs` reads them.

    Args:
        column: of what was measured.
        values: as they are to be written.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*config_columns(space), column])
    for config, value in zip(configs, values):
        genes = [" ".join(f"{entry:g}" for entry in config[gene]) for gene in _genes(space)]
        writer.writerow([*genes, config["r"], value])
    write_whole(path, buffer.getvalue())


def config_columns(space: Space) -> tuple[str, ...]:
    """Columns that say which subnet of a space a row is of."""
    return (*_genes(space), "r")


def _genes(space: Space) -> tuple[str, ...]:
    return ("d", *space.block_genes, *space.free_genes)
