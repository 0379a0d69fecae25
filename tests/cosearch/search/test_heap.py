"""Free memory goes back to the system, where the C library can be asked."""

import ctypes
import sys

import pytest

from cosearch.search import heap


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads what Linux says of the process")
def test_what_is_free_goes_back() -> None:
    if heap._malloc_trim() is None:
        pytest.skip("the C library cannot be asked")
    library = ctypes.CDLL(None)
    library.malloc.restype, library.free.argtypes = ctypes.c_void_p, (ctypes.c_void_p,)
    blocks = [library.malloc(50_000) for _ in range(1000)]
    kept = blocks[::50]  # pins the heap, as what a trial leaves behind does
    for block in blocks:
        ctypes.memset(block, 1, 50_000)
    for block in {*blocks} - {*kept}:
        library.free(block)
    full = resident_pages()
    heap.trim_heap()
    assert resident_pages() < full - 5_000
    for block in kept:
        library.free(block)


def test_elsewhere_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def without(name: object) -> object:
        raise OSError("no such library")

    monkeypatch.setattr(ctypes, "CDLL", without)
    heap._malloc_trim.cache_clear()
    try:
        heap.trim_heap()
        assert heap._malloc_trim() is None
    finally:
        heap._malloc_trim.cache_clear()


def resident_pages() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1])
