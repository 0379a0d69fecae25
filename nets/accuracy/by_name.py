"""Anybody's own measured accuracies of given networks: CSV with ``name``, ``top1`` in percent, and ``error``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nets.accuracy.predictor import Accuracy
from nets.documents import File
from nets.documents.table import Table, read_table
from nets.errors import InputError


def read_accuracies(path: File) -> dict[str, Accuracy]:
    """Accuracy by name of the network.

    Raises:
        InputError: the file cannot be read, a column is missing, or a row has an accuracy out of range, or says another
            one of a network than a row before it (says the line).
    """
    from nets.documents.table_model import row_model

    table = read_table(path, ("name", "top1"), of="accuracies of networks")
    estimates = f"top-1 as measured in {Path(path).name}"
    found: dict[str, Accuracy] = {}
    for number, row in enumerate(table.read(row_model((), *figures_of(table), texts=("name",)))):
        figures = {"error": 0.0, **row.model_dump()}
        said = Accuracy(figures["top1"], figures["error"], estimates, measured=True)
        before = found.setdefault(figures["name"], said)
        if before != said:
            rule = f"has two accuracies, {before} and {said}"
            raise InputError(f"{table.place(number)}: name", figures["name"], rule, "keep one, or their mean")
    check_percent(table, max(accuracy.top1_percent for accuracy in found.values()))
    return found


def figures_of(table: Table) -> list[tuple[str, Any]]:
    """Columns of measured accuracies, each with what may stand there: the error only where it is stated.

    Raises:
        InputError: a column that is nearly called ``error``.
    """
    from nets.documents.model import AnyPercent

    table.may_have(("error",))
    return [("top1", AnyPercent), *([("error", AnyPercent)] if "error" in table.columns else [])]


def check_percent(table: Table, highest: float) -> None:
    """Refuse shares in the place of percent.

    Raises:
        InputError: no accuracy of the table is above 1.
    """
    if highest <= 1:
        raise InputError(f"{table.path}: top1", highest, "is the highest, so these are shares", "write percent: 76.1")
