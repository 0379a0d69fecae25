"""How everything compiled here is compiled: cached on disk, without Python's lock, division as numpy divides.

``entry`` is for what Python calls. What only compiled code calls is ``inside``: no ways in from Python are compiled for
it. Neither reorders floating-point arithmetic.
"""

from __future__ import annotations

from functools import partial

from numba import njit

entry = partial(njit, cache=True, nogil=True, error_model="numpy")
inside = partial(entry, no_cpython_wrapper=True, no_cfunc_wrapper=True)
