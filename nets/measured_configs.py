"""Measured networks in files of CSV: one row each, subnets by a column per gene (numbers between spaces) and ``r``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nets.documents import read_text
from nets.errors import InputError
from nets.spaces import Config, Space


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file.

    Attributes:
        path: of the file.
        columns: as its first line names them.
        rows: at least one; each has an entry for every column.
    """

    path: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]

    def place(self, row: int) -> str:
        """File and line of a row, for errors."""
        return f"{self.path}: line {row + 2}"

    def need(self, columns: Iterable[str], of: str) -> None:
        """Refuse a file that lacks a column which files ``of`` that kind have.

        Raises:
            InputError: it does.
        """
        for column in columns:
            if column not in self.columns:
                raise InputError(f"{self.path}: column", column, f"is missing; {of} have it")

    def check(self, column: str, values: NDArray[np.float64], allowed: NDArray[np.bool_], rule: str) -> None:
        """Refuse the first value that is not allowed.

        Raises:
            InputError: there is one.
        """
        for row in np.flatnonzero(~allowed):
            raise InputError(f"{self.place(int(row))}: {column}", float(values[row]), rule)


def read_table(path: str | Path, columns: Iterable[str], *, of: str) -> Table:
    """Read a file.

    Args:
        columns: that it must have.
        of: what it holds, in words.

    Raises:
        InputError: the file cannot be read or has no rows, a column is missing, or a row has too few or many fields.
    """
    text = read_text(of, path)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""))
        rows, found = tuple(reader), tuple(reader.fieldnames or ())
    except csv.Error as error:
        raise InputError(of, str(path), f"cannot be read ({error})") from error
    for column in found:
        if found.count(column) > 1:
            raise InputError(f"{path}: column", column, "stands twice")
    table = Table(str(path), found, rows)
    table.need(columns, of)
    if not rows:
        raise InputError(of, str(path), "has no rows")
    for number, row in enumerate(rows):
        if None in row or None in row.values():
            raise InputError(table.place(number), list(row.values()), f"must have {len(found)} fields, as the header")
    return table


def read_configs(table: Table, space: Space, column: str) -> tuple[tuple[Config, ...], NDArray[np.float64]]:
    """(canonical subnets, what was measured of each) of all rows.

    Args:
        table: with the columns of :func:`config_columns` and ``column``.
        column: of what was measured.

    Raises:
        InputError: a row is not of the space, or holds no numbers.
    """
    genes, configs, values = _genes(space), [], []
    for number, row in enumerate(table.rows):
        try:
            config: Config = {gene: [float(value) for value in row[gene].split()] for gene in genes}
            configs.append(space.canonical(config | {"r": float(row["r"])}))
            values.append(_finite(row[column]))
        except InputError as error:
            raise InputError(table.place(number), error.value, f"is not of the space ({error})") from error
        except ValueError as error:
            raise InputError(table.place(number), ",".join(row.values()), f"is no measurement ({error})") from error
    return tuple(configs), np.array(values)


def _finite(word: str) -> float:
    value = float(word)
    if not np.isfinite(value):
        raise ValueError(f"{word} is no figure")
    return value


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
