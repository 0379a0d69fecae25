"""What every user of the machine may read of this process."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path


def hide_from_process_list(secrets: Sequence[str]) -> None:
    """Overwrite secrets among this process's arguments, which every user of the machine may read (Linux only).

    Processes forked later show what is left of them.
    """
    try:
        fields = Path("/proc/self/stat").read_bytes().rpartition(b")")[2].split()
        begin, end = int(fields[45]), int(fields[46])
    except (OSError, IndexError, ValueError):
        return
    if not 0 < begin < end:
        return
    arguments = ctypes.string_at(begin, end - begin)
    for secret in (word.encode() for word in secrets if len(word) > 2):
        at = arguments.find(secret)
        while at >= 0:
            ctypes.memset(begin + at, ord("*"), len(secret))
            at = arguments.find(secret, at + 1)
