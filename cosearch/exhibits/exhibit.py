"""What an exhibit is: tables of figures, a plot of them, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cosearch.nas.setup import QUICK
from cosearch.reports.figure import Figure
from nets.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How an exhibit is made.

    Attributes:
        accelerators: names of presets, or files; those of the exhibit when empty.
        evaluations: of each search or sample; those of the exhibit when ``None``.
        mappings: tried for each layer shape.
        seed: same seed, same figures.
    """

    accelerators: Sequence[str] = ()
    evaluations: int | None = None
    mappings: int = QUICK
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in (("evaluations", self.evaluations), ("mappings", self.mappings)):
            if value is not None and value < 1:
                raise InputError(name, value, "must be a whole number of at least 1")

    def machine(self, usual: str) -> str:
        """The one accelerator.

        Raises:
            InputError: several were given.
        """
        if len(self.accelerators) > 1:
            raise InputError("accelerator", ",".join(self.accelerators), "must be one for this exhibit")
        return self.accelerators[0] if self.accelerators else usual


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        key: name for machines, with its unit.
        heading: for people.
        form: format of its numbers; words without one.
        per_unit: what a number is multiplied by before people see it.
    """

    key: str
    heading: str
    form: str = ""
    per_unit: float = 1.0

    def show(self, value: Any) -> str:
        """A value for people; nothing for ``None``."""
        if value is None:
            return ""
        return format(value * self.per_unit, self.form) if self.form else str(value)


@dataclass(frozen=True, slots=True)
class Table:
    """Figures in rows.

    Attributes:
        key: name for machines.
        title: for people.
        columns: of every row.
        rows: values in the order of the columns; ``None`` where there is none.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Any, ...]]

    def to_dict(self) -> list[dict[str, Any]]:
        """Plain data for JSON."""
        return [dict(zip((column.key for column in self.columns), row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Exhibit:
    """What a command shows.

    Attributes:
        name: that it is asked for by.
        title: the fact.
        tables: at least one.
        figure: the plot.
        said: what the figures say, in sentences.
        figures: the numbers of these sentences, by names with units.
    """

    name: str
    title: str
    tables: tuple[Table, ...]
    figure: Figure = field(repr=False)
    said: tuple[str, ...]
    figures: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        tables = {table.key: table.to_dict() for table in self.tables}
        return {"exhibit": self.name, "title": self.title, **tables, "figures": dict(self.figures)}
