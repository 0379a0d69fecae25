"""One process at a time at work on a run's folder; the system lets go of it however that process ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from nets.errors import ResumeError

LOCK: Final = ".lock"
"""The file that stands for the folder on Windows, where folders cannot be locked."""

if sys.platform == "win32":
    import msvcrt

    def _held(folder: Path) -> int:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            os.close(handle)
            raise BlockingIOError from None
        return handle
else:
    import fcntl

    def _held(folder: Path) -> int:
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise
        return handle


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes from working in the folder.

    Raises:
        ResumeError: another process works in it.
    """
    try:
        handle = _held(folder)
    except BlockingIOError:
        raise ResumeError(f"{folder}: another process is at work on this run") from None
    try:
        yield
    finally:
        os.close(handle)
