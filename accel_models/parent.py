"""Processes that end with whoever started them, however that one ended."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from typing import Final

LOOK_EVERY_S: Final = 0.1
_PR_SET_PDEATHSIG: Final = 1


def end_with_parent(parent: int) -> None:
    """Have this process killed as soon as the process ``parent``, which started it, is gone.

    Linux does that itself (``PR_SET_PDEATHSIG``). Elsewhere, and beside it, a thread looks whether the parent is still
    the parent; it needs the interpreter for a moment, which compiled code gives it.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was gone before
        os._exit(1)
    threading.Thread(target=_look, args=(parent,), daemon=True).start()


def _look(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_S)
    os._exit(1)
