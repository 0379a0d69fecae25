"""Measured networks in files of CSV: one row each, subnets by a column per gene (numbers between spaces) and ``r``."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nets.documents.table import Table
from nets.errors import InputError
from nets.spaces import Config, Space


def read_configs(
    table: Table, space: Space, column: str, figure: Any
) -> tuple[tuple[Config, ...], NDArray[np.float64]]:
    """(canonical subnets, what was measured of each) of all rows.

    Args:
        table: with the columns of :func:`config_columns` and ``column``.
        column: of what was measured.
        figure: what it may be, a type of :mod:`nets.documents.model`.

    Raises:
        InputError: a row is not of the space, or holds no numbers.
    """
    from nets.documents.table_model import row_model

    genes, configs = _genes(space), []
    rows = table.read(row_model(genes, ("r", float), (column, figure)))
    for number, row in enumerate(rows):
        try:
            configs.append(space.canonical(row.model_dump(include={*genes, "r"})))
        except InputError as error:
            raise InputError(table.place(number), error.value, f"is not of the space ({error})") from error
    return tuple(configs), np.array([getattr(row, column) for row in rows])


def write_configs(
    path: str | Path, space: Space, configs: Sequence[Config], column: str, values: Sequence[str]
) -> None:
    """Write measured subnets as :func:`read_configs` reads them.

    Args:
        column: of what was measured.
        values: as they are to be written.
    """
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*config_columns(space), column])
        for config, value in zip(configs, values):
            genes = [" ".join(f"{entry:g}" for entry in config[gene]) for gene in _genes(space)]
            writer.writerow([*genes, config["r"], value])


def config_columns(space: Space) -> tuple[str, ...]:
    """Columns that say which subnet of a space a row is of."""
    return (*_genes(space), "r")


def _genes(space: Space) -> tuple[str, ...]:
    return ("d", *space.block_genes, *space.free_genes)
