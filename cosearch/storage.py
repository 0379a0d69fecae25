"""Where studies are kept: a journal file, by default that of the run's folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import optuna


def open_journal(path: Path) -> optuna.storages.JournalStorage:
    """A journal file as a storage of Optuna; the file is made when it does not exist."""
    import optuna
    from optuna.storages.journal import JournalFileBackend

    return optuna.storages.JournalStorage(JournalFileBackend(str(path)))


def mend_journal(path: Path) -> None:
    """Remove what a killed writer left: half a line at the end, and its lock.

    Only whoever holds the run's folder may do this: Optuna would append to the half line, and wait for the lock.
    """
    for lock in path.parent.glob(f"{path.name}.lock*"):
        lock.unlink(missing_ok=True)
    if not path.exists():
        return
    with path.open("r+b") as file:
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
