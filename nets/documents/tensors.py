"""Files of torch that hold tensors by name and plain data: nothing that they could run is run."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from typing import Any, Final

from nets.documents.archive import check_unpacked
from nets.documents.source import File, read_bytes
from nets.errors import MOST_SHOWN, InputError

MOST_TENSOR_BYTES: Final = 1 << 30
"""Of a file of tensors, packed or not: ten times the largest supernet that was published."""


def read_tensors(path: File, of: str) -> dict[str, Any]:
    """What a file of torch holds by name.

    Args:
        of: what it is to be, for errors.

    Raises:
        InputError: torch is not installed; the file cannot be read, is too large, or holds anything else.
    """
    try:
        import torch
    except ImportError as error:
        raise InputError(of, str(path), "needs torch", "pip install 'cosearch[torch]'") from error
    content = read_bytes(of, path, most=MOST_TENSOR_BYTES)
    check_unpacked(content, f"{of} {path}", MOST_TENSOR_BYTES)
    try:
        with warnings.catch_warnings(action="ignore"):
            record = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises whatever its unpickler meets
        reason = next(iter(str(error).splitlines()), "")[:MOST_SHOWN]
        raise InputError(of, str(path), f"cannot be read ({reason if ' ' in reason else 'it is damaged'})") from error
    if not isinstance(record, Mapping) or not all(isinstance(name, str) for name in record):
        raise InputError(of, str(path), "does not hold named tensors")
    return dict(record)
