"""Files of torch that hold tensors by name and plain data: nothing that they could run is run."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Final

from nets.documents.archive import MOST_BYTES, is_archive, opened_archive, size_of
from nets.documents.source import Content, File
from nets.errors import MOST_SHOWN, InputError

MOST_OLD_BYTES: Final = 256 << 20
"""Of a file in PyTorch's form before 1.6, which cannot be looked into and is read whole."""

Look = Callable[[Mapping[str, Any]], None]


def read_tensors(
    path: File, of: str, look: Look | None = None, *, plain: Sequence[type] = (), most: int = MOST_BYTES
) -> dict[str, Any]:
    """What a file of torch holds by name.

    Args:
        of: what it is to be, for errors.
        look: at the same before any numbers are read of an archive's tensors, which then lie on the meta device; raises
            where it is not what it should be.
        plain: classes of plain data that may stand beside the tensors.
        most: bytes that it may have.

    Raises:
        InputError: torch is not installed; the file cannot be read, is too large, or holds anything else, or a tensor
            that is not wholly in it; what ``look`` raises.
    """
    if find_spec("torch") is None:
        raise InputError(of, str(path), "needs torch", "pip install 'cosearch[torch]'")
    import torch

    with opened_archive(of, path, most) as file, torch.serialization.safe_globals(list(plain)):
        if not is_archive(file):
            _check_old(file, f"{of} {path}")
        elif look is not None:
            look(_loaded(file, path, of, "meta"))
            file.seek(0)
        record = _loaded(file, path, of, "cpu")
    _check_whole(record, f"{of} {path}")
    if look is not None:
        look(record)
    return record


def _check_old(file: Content, place: str) -> None:
    """Refuse what is no archive where it is large.

    Raises:
        InputError: it is; says how to write it as one.
    """
    if (size := size_of(file)) > MOST_OLD_BYTES:
        rule = f"bytes in PyTorch's form before 1.6 are more than {MOST_OLD_BYTES >> 20} MiB"
        way_out = "write it anew: torch.save(torch.load(FILE, map_location='cpu', weights_only=True), NEW)"
        raise InputError(place, size, rule, way_out)


def _loaded(file: Content, path: File, of: str, device: str) -> dict[str, Any]:
    import torch

    try:
        with warnings.catch_warnings(action="ignore"):
            record = torch.load(file, map_location=device, weights_only=True)
    except Exception as error:  # torch raises whatever its unpickler meets
        reason = next(iter(str(error).splitlines()), "")[:MOST_SHOWN]
        raise InputError(of, str(path), f"cannot be read ({reason if ' ' in reason else 'it is damaged'})") from error
    if not isinstance(record, Mapping) or not all(isinstance(name, str) for name in record):
        raise InputError(of, str(path), "does not hold named tensors")
    return dict(record)


def _check_whole(record: Mapping[str, Any], place: str) -> None:
    """Refuse tensors that say of themselves that they are larger than what the file holds of them.

    Raises:
        InputError: there is one; names it.
    """
    import torch

    waiting: list[tuple[object, Any]] = list(record.items())
    seen: set[int] = set()
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, torch.Tensor):
            if value.layout is not torch.strided or value.is_quantized or value.device.type != "cpu":
                raise InputError(f"{place}: tensor", name, "is not of plain numbers")
            if value.numel() * value.element_size() > value.untyped_storage().nbytes():
                raise InputError(f"{place}: tensor", name, f"says it is {tuple(value.shape)} and is less in the file")
        elif isinstance(value, Mapping | list | tuple) and id(value) not in seen:
            seen.add(id(value))
            waiting += value.items() if isinstance(value, Mapping) else [(name, item) for item in value]
