"""The file of a technology of a user's own."""

from __future__ import annotations

from pathlib import Path

from accel_models.accelergy_technology import AccelergyTechnology
from accel_models.own_technology import OwnTechnology
from nets.documents import read_yaml
from nets.documents.typed import raise_mistyped, typed


def read_technology(path: str | Path) -> OwnTechnology:
    """The table of a file: figures, or which components of Accelergy's tables they are of.

    Raises:
        InputError: the file cannot be read; an entry that is missing, unknown or out of range.
    """
    document = read_yaml(path, "technology")
    if isinstance(document.data, dict):
        if "accelergy" in document.data:
            return typed(AccelergyTechnology, document).technology(document, Path(path).parent)
        raise_mistyped(document, (), "accelergy")
    return typed(OwnTechnology, document)
