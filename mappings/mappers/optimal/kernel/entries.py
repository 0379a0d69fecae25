"""What Python calls of the compiled search.

Compiled code is handed the array that a search is the only item of: of an item, every field is looked through before
each call, which takes longer than many a call.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mappings.mappers.optimal.kernel import cases, lattice, search
from mappings.mappers.optimal.kernel.state import Tables


def bound_cases(w: Any, spatial: NDArray[np.int64], least: NDArray[np.float64]) -> None:
    """See :func:`mappings.mappers.optimal.kernel.cases.bound_cases`."""
    cases.bound_cases(w.base, spatial, least)


def start_case(w: Any) -> int:
    """See :func:`mappings.mappers.optimal.kernel.cases.start_case`."""
    return int(cases.start_case(w.base))


def prepare_tables(w: Any, tables: Tables) -> None:
    """See :func:`mappings.mappers.optimal.kernel.lattice.prepare_tables`."""
    lattice.prepare_tables(w.base, tables)


def run_case(w: Any, tables: Tables, limit: int) -> int:
    """See :func:`mappings.mappers.optimal.kernel.search.run_case`."""
    return int(search.run_case(w.base, tables, limit))


def open_bound(w: Any, tables: Tables) -> float:
    """See :func:`mappings.mappers.optimal.kernel.search.open_bound`."""
    return float(search.open_bound(w.base, tables))
