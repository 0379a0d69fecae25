"""The file of a technology of a user's own."""

from __future__ import annotations

from pathlib import Path

from accel_models.accelergy_technology import AccelergyTechnology
from accel_models.own_technology import OwnTechnology
from nets.documents import read_yaml
from nets.documents.typed import typed


def read_technology(path: str | Path) -> OwnTechnology:
    """The table of a file: figures, or which components of Accelergy's tables they are of.

    Raises:
        InputError: the file cannot be read; an entry that is missing, unknown or out of range.
    """
    document = read_yaml(path, "technology")
    if isinstance(document.data, dict) and "accelergy" in document.data:
        return typed(AccelergyTechnology, document).technology(document, Path(path).parent)
    return typed(OwnTechnology, document)
