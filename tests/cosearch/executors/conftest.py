"""A Dask cluster of real processes, which tests may kill."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.scaling import LocalCluster


@pytest.fixture(scope="module")
def dask_processes() -> Iterator[LocalCluster]:
    pytest.importorskip("distributed")
    with LocalCluster(workers=2) as cluster:
        yield cluster


@pytest.fixture
def dask_cluster(dask_processes: LocalCluster) -> LocalCluster:
    """Two workers, whatever the test before did to them."""
    dask_processes.mend(2)
    return dask_processes
