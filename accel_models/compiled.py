"""How everything compiled here is compiled: cached on disk, without Python's lock, division as numpy divides.

``entry`` is for what Python calls. What only compiled code calls is ``inside``: no ways in from Python are compiled for
it. Neither reorders floating-point arithmetic.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from numba import njit

entry = partial(njit, cache=True, nogil=True, error_model="numpy")
inside = partial(entry, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def compile_beside(modules: Sequence[str]) -> None:
    """Have another process compile what these modules hold, where none of it is in Numba's cache yet.

    It takes seconds to compile them and nothing to load them: whoever imports other compiled modules first, and these
    later, finds them ready.
    """
    if missing := [module for module in modules if not _is_cached(module)]:
        path = os.pathsep.join([*filter(None, sys.path), os.environ.get("PYTHONPATH", "")])
        subprocess.Popen(
            [sys.executable, "-c", f"import {', '.join(missing)}"],
            env=os.environ | {"PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _is_cached(module: str) -> bool:
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        return True
    source = Path(found.origin)
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or source.parent / "__pycache__")
    return any(folder.rglob(f"{source.stem}.*.nbi"))
