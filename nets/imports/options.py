"""What an import is told besides the name of its source: plain data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from nets.errors import InputError
from nets.ranges import LARGEST

_SHAPE: Final = re.compile(r"([^=]+)=(\d+(?:x\d+)*)(?::(\w+))?")
MOST_DIGITS: Final = 12
ANY_WORDS: Final = "float32"
"""Type of inputs of which none is said."""


@dataclass(frozen=True, slots=True)
class InputShape:
    """Shape of an input.

    Attributes:
        name: of the input.
        shape: sizes of its dims.
        dtype: of its words, such as ``int64`` for tokens; only for modules, which may care.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str = ANY_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """How a file or module is imported.

    Attributes:
        shapes: of inputs.
        outputs: tensors to stop at (ONNX).
        movement: operations that are costed as copies where they are not known.
        fold_3d: fold the depth of 3-D convolutions.
    """

    shapes: tuple[InputShape, ...] = ()
    outputs: tuple[str, ...] = ()
    movement: tuple[str, ...] = ()
    fold_3d: bool = False


def parse_shapes(texts: Iterable[str]) -> tuple[InputShape, ...]:
    """Shapes of inputs, each as in ``x=1x3x224x224`` or ``tokens=1x128:int64``.

    Raises:
        InputError: a text says something else, a dim of zero or too large, or an input stands twice.
    """
    found: dict[str, InputShape] = {}
    for text in texts:
        match = _SHAPE.fullmatch(text)
        if match is None:
            raise InputError("--shape", text, "is no shape of an input", "write x=1x3x224x224, or tokens=1x128:int64")
        name, dims, dtype = match.groups()
        if name in found:
            raise InputError("--shape", text, f"gives {name} a second time", "leave one out")
        sizes = [int(dim) if len(dim) <= MOST_DIGITS else LARGEST + 1 for dim in dims.split("x")]
        if not all(1 <= size <= LARGEST for size in sizes):
            raise InputError("--shape", text, f"must have dims from 1 to {LARGEST:,}")
        found[name] = InputShape(name, tuple(sizes), dtype or ANY_WORDS)
    return tuple(found.values())
