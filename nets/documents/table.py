"""Files of CSV: rows under a line that names the columns."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from nets.documents.document import Document
from nets.documents.source import File, read_text
from nets.documents.typed import typed
from nets.errors import InputError

T = TypeVar("T")
NEAR: Final = 0.7
"""How alike two names are of which one is taken for the other mistyped."""


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a file.

    Attributes:
        path: of the file.
        columns: as its first line names them.
        rows: each has an entry for every column.
        lines: of the rows.
    """

    path: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    lines: tuple[int, ...]

    def place(self, row: int) -> str:
        """File and line of a row, for errors."""
        return f"{self.path}: line {self.lines[row]}"

    def need(self, columns: Iterable[str], of: str) -> None:
        """Refuse a file that lacks a column which files ``of`` that kind have.

        Raises:
            InputError: it does.
        """
        needed = list(columns)
        for column in needed:
            if column not in self.columns:
                others = [name for name in self.columns if name not in needed]
                close = difflib.get_close_matches(column, others, n=1)
                hint = f"rename {close[0]!r}" if close else ""
                raise InputError(f"{self.path}: column", column, f"is missing; {of} have it", hint)

    def may_have(self, columns: Iterable[str]) -> None:
        """Refuse a file that lacks a column which it may have, and has one of nearly that name; others are passed over.

        Raises:
            InputError: it does.
        """
        for column in columns:
            close = difflib.get_close_matches(column, self.columns, n=1, cutoff=NEAR)
            if close and close[0] != column:
                raise InputError(f"{self.path}: column", close[0], "is not known", f"did you mean {column!r}?")

    def read(self, model: type[T]) -> list[T]:
        """What each row says, as a model has it.

        Raises:
            InputError: a row says what the model does not allow; names its line.
        """
        return [typed(model, Document(row, self.place(number))) for number, row in enumerate(self.rows)]


def read_rows(path: File, *, of: str) -> list[tuple[int, list[str]]]:
    """Line and words of every row that is not blank, the first one included; blanks around words are left out.

    Raises:
        InputError: the file cannot be read.
    """
    reader = csv.reader(io.StringIO(read_text(of, path), newline=""))
    try:
        found = [(reader.line_num, [word.strip() for word in row]) for row in reader]
    except csv.Error as error:
        raise InputError(of, str(path), f"cannot be read ({error})") from error
    return [(line, words) for line, words in found if any(words)]


def read_table(path: File, columns: Iterable[str], *, of: str, may_be_empty: bool = False) -> Table:
    """Read a file.

    Args:
        columns: that it must have.
        of: what it holds, in words.
        may_be_empty: whether it may have no rows.

    Raises:
        InputError: the file cannot be read or has no rows, a column is missing, or a row has too few or many fields.
    """
    reader = csv.DictReader(io.StringIO(read_text(of, path), newline=""))
    rows, lines = [], []
    try:
        found = tuple(reader.fieldnames or ())
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(of, str(path), f"cannot be read ({error})") from error
    for column in found:
        if found.count(column) > 1:
            raise InputError(f"{path}: column", column, "stands twice")
    table = Table(str(path), found, tuple(rows), tuple(lines))
    table.need(columns, of)
    if not rows and not may_be_empty:
        raise InputError(of, str(path), "has no rows")
    for number, row in enumerate(rows):
        if None in row or None in row.values():
            raise InputError(table.place(number), list(row.values()), f"must have {len(found)} fields, as the header")
    return table
