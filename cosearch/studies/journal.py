"""Optuna's journal file, which takes the trials of a generation in one line each and one flush for all.

Optuna locks, flushes and reads back the file for every trial. Here lines are held back while a generation is added, and
read back only when somebody asks for trials.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend, JournalFileBackend, JournalFileOpenLock

from nets.documents import naming


class Journal(JournalStorage):
    """The storage of a journal file, which is made when it does not exist."""

    def __init__(self, path: Path) -> None:
        self._lines = _Lines(path)
        super().__init__(self._lines)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write what is added in this block at its end; nothing, if the block fails."""
        self._lines.held = []
        try:
            yield
            held = self._lines.held
        finally:
            self._lines.held = None
        if held:
            self._lines.append_logs(held)


class _Lines(BaseJournalBackend):
    """A journal's file, and the lines held back: ``None`` while each is written at once.

    The first is never held back: Optuna must have read one trial of its own. Others it does not read back while trials
    are added, or it would keep all of them in memory; whoever asks for trials gets them from the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        lock = JournalFileOpenLock(str(path)) if sys.platform == "win32" else None  # links need a right there
        self._file = JournalFileBackend(str(path), lock_obj=lock)
        self._begun = self._read = False
        self.held: list[dict[str, Any]] | None = None

    def read_logs(self, log_number_from: int) -> Iterable[dict[str, Any]]:
        if self.held is not None and self._read:
            return ()
        self._read = self._begun
        return self._file.read_logs(log_number_from)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        if self.held is None or not self._begun:
            with naming(self._path):
                self._file.append_logs(logs)
            self._begun = self.held is not None
        else:
            self.held += logs
