"""How large archives are unpacked is asked before they are."""

from __future__ import annotations

import io
import zipfile

import pytest

from nets.documents.archive import check_unpacked
from nets.errors import InputError


def packed(size: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"\0" * size)
    return buffer.getvalue()


def test_what_is_small_packed_and_large_unpacked_is_refused() -> None:
    content = packed(3 << 20)
    assert len(content) < 1 << 14
    with pytest.raises(InputError, match="file: 3145728 bytes unpacked are more than 2 MiB"):
        check_unpacked(io.BytesIO(content), "file", 2 << 20)
    check_unpacked(io.BytesIO(content), "file", 3 << 20)


def test_what_is_no_archive_is_left_to_its_reader() -> None:
    check_unpacked(io.BytesIO(b"no archive"), "file", 1)
    check_unpacked(io.BytesIO(packed(100)[:60]), "file", 1)
