"""How everything compiled here is compiled: cached on disk, without Python's lock, division as numpy divides.

``entry`` is for what Python calls. What only compiled code calls is ``inside``: no ways in from Python are compiled for
it. Neither reorders floating-point arithmetic.

Numba keeps compiled code for as long as the file that it stands in does not change. Kernels here call each other across
files, so theirs is kept for as long as none of those files changes (:func:`fingerprint`).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from numba import njit
from numba.core import caching

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDERS: Final = ("accel_models", "mappings")
"""The packages whose ``*kernel.py`` files hold what is compiled."""


@cache
def fingerprint(root: Path = ROOT) -> str:
    """A hash of all compiled sources below a folder: who calls what across files need not be known."""
    digest = hashlib.sha256()
    for folder in FOLDERS:
        for source in sorted((root / folder).rglob("*kernel.py")):
            digest.update(source.relative_to(root).as_posix().encode())
            digest.update(source.read_bytes())
    return digest.hexdigest()


def _watching_all(locator: Any) -> Any:
    """A way of Numba's to find its cache, for our own files, that also looks at the other compiled files."""

    class Watching(locator):  # type: ignore[misc]
        def get_source_stamp(self) -> Any:
            return (super().get_source_stamp(), fingerprint())

        @classmethod
        def from_function(cls, py_func: Any, py_file: str) -> Any:
            path = Path(py_file).resolve()
            ours = any(path.is_relative_to(ROOT / folder) for folder in FOLDERS)
            return super().from_function(py_func, py_file) if ours else None

    return Watching


caching.CacheImpl._locator_classes[:0] = [_watching_all(locator) for locator in caching.CacheImpl._locator_classes]

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
