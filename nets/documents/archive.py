"""Archives of arrays and tensors: how large they are unpacked, before they are."""

from __future__ import annotations

import io
import zipfile

from nets.errors import InputError


def check_unpacked(content: bytes, place: str, most: int) -> None:
    """Refuse an archive that is larger unpacked than any such file; what is no archive is left to whoever reads it.

    Raises:
        InputError: it is.
    """
    file = io.BytesIO(content)
    try:
        if not zipfile.is_zipfile(file):  # of a damaged one it raises, too
            return
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return
    if unpacked > most:
        raise InputError(place, unpacked, f"bytes unpacked are more than {most >> 20} MiB, which no such file needs")
