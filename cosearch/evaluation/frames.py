"""Rows as a pandas frame: units at the end of the columns' names, nothing rounded.

pandas is an extra, ``pip install 'cosearch[pandas]'``, and is imported only when a frame is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nets.errors import CosearchError

if TYPE_CHECKING:
    import pandas


def frame(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> pandas.DataFrame:
    """One row each; the columns are those of the rows unless they are given.

    Raises:
        CosearchError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise CosearchError("frames need pandas: pip install 'cosearch[pandas]'") from None
    return pandas.DataFrame(rows, columns=columns)
