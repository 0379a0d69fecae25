"""Layer-wise latency: a table of parts measured on a device, and the sum of what a subnet is made of.

The file is YAML as Once-for-All and ProxylessNAS wrote it: ``{key: {count, mean, std}}`` in milliseconds (``var`` in
place of ``std`` is read, too); ``count`` is how many measurements the mean is of, 1 where it was computed.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from nets.documents import File, read_yaml, write_whole
from nets.documents.typed import typed
from nets.errors import InputError, near
from nets.latency.table_keys import parts
from nets.spaces import Config, Space, list_spaces, load_space
from nets.spaces.block import Block

SHOWN: Final = 12
"""Names of missing parts in an error."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one part.

    Attributes:
        mean_ms: latency.
        std_ms: spread of single measurements.
        count: of measurements.
    """

    mean_ms: float
    std_ms: float = 0.0
    count: int = 1


@dataclass(frozen=True, slots=True)
class LayerTable:
    """Latency by part on one device.

    Attributes:
        device: what reports call it.
        rows: by key, see :mod:`nets.latency.table_keys`.
    """

    device: str
    rows: Mapping[str, Row]

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Of the images that a first layer was measured on, ascending."""
        found = (re.match(r"(?:Conv|input_stem)-input:(\d{1,9})x", key) for key in self.rows)
        return tuple(sorted({int(match.group(1)) for match in found if match}))

    def latency_ms(self, blocks: Iterable[Block]) -> float:
        """Sum over the parts of a chain of blocks.

        Raises:
            InputError: the table lacks a part; names it, the nearest there is, and the resolutions measured.
        """
        return sum(row.mean_ms for row in self._rows(blocks))

    def standard_deviation_ms(self, blocks: Iterable[Block]) -> float:
        """Of one run of the chain, if its parts vary by themselves.

        Raises:
            InputError: as :meth:`latency_ms`.
        """
        return math.sqrt(sum(row.std_ms**2 for row in self._rows(blocks)))

    def require(self, blocks: Iterable[Block], space_id: str) -> None:
        """Make sure that the table holds all parts of some blocks.

        Raises:
            InputError: it does not; says which are missing, those that differ in kernel or expansion together, and of
                which spaces there are all, or the nearest to one.
        """
        wanted = {part.keys for block in blocks for part in parts(block)}
        missing = sorted(keys[0] for keys in wanted if not any(key in self.rows for key in keys))
        if missing:
            rule = f"has {len(wanted)} parts, of which {len(missing)} are not in it: {_listed(missing)}"
            whole = ", ".join(id for id in list_spaces() if self._holds(load_space(id)))
            instead = f"it has all of {whole}" if whole else self._instead(missing[0])
            hint = f"{instead}; 'cosearch predictor table FILE --space {space_id}' writes every key, to be filled in"
            raise InputError(f"latency table of {self.device}", space_id, rule, hint)

    def _holds(self, space: Space) -> bool:
        """Whether it has every part of a space whose blocks can be listed, at some resolution."""
        try:
            return bool(covered(self, space))
        except InputError:
            return False

    def _rows(self, blocks: Iterable[Block]) -> list[Row]:
        return [self._row(part.keys) for block in blocks for part in parts(block)]

    def _row(self, keys: tuple[str, ...]) -> Row:
        for key in keys:
            if key in self.rows:
                return self.rows[key]
        raise InputError(f"latency table of {self.device}", keys[0], "is not in it", self._instead(keys[0]))

    def nearest(self, key: str) -> str:
        """The key that is most like one, in words that others follow; empty where none is like it."""
        close = near(key, self.rows, 0.5)
        return f"nearest: {close[0]}; " if close else ""

    def _instead(self, key: str) -> str:
        """What there is instead, in words."""
        known = ", ".join(map(str, self.resolutions)) or "none"
        return f"{self.nearest(key)}image resolutions in it: {known}"


def build_layer_table(
    device: str, blocks: Iterable[Block], latency_ms: Mapping[tuple[object, ...], float]
) -> LayerTable:
    """A table computed from the latency of layers.

    Args:
        blocks: whose parts it shall hold.
        latency_ms: by :attr:`nets.Layer.shape_key`.
    """
    rows: dict[str, Row] = {}
    for block in blocks:
        for part in parts(block):
            rows.setdefault(part.keys[0], Row(sum(latency_ms[layer.shape_key] for layer in part.layers)))
    return LayerTable(device, rows)


def read_layer_table(path: File) -> LayerTable:
    """Read a file; its name is the device's.

    Raises:
        InputError: the file cannot be read or holds no such rows (says which row and field).
    """
    from nets.latency.table_model import LayerTableFile

    document = read_yaml(path, "latency table", place=str(path))
    if not isinstance(document.data, Mapping) or not document.data:
        raise InputError("latency table", str(path), "holds no rows", "it must be YAML: {key: {mean: milliseconds}}")
    rows = {}
    for key, row in typed(LayerTableFile, document).root.items():
        spread = math.sqrt(row.var or 0.0) if row.std is None else row.std
        rows[key] = Row(row.mean, spread, int(row.count))
    return LayerTable(Path(path).stem, rows)


def write_layer_table(table: LayerTable, path: str | Path) -> None:
    """Write a table as Once-for-All reads them."""
    import yaml

    record = {key: {"count": row.count, "mean": row.mean_ms, "std": row.std_ms} for key, row in table.rows.items()}
    write_whole(path, yaml.safe_dump(record, width=1000))


def measured(table: LayerTable, space: Space) -> tuple[int, ...]:
    """Resolutions of a space at which a table holds where its networks begin: more than the parts of others."""
    ends = (space.max_config(), space.min_config())
    return tuple(
        resolution
        for resolution in space.resolutions
        if any(key in table.rows for end in ends for key in _begins(space, end | {"r": resolution}))
    )


def _begins(space: Space, config: Config) -> tuple[str, ...]:
    return parts(space.blocks(config)[0])[0].keys


def _listed(missing: Iterable[str]) -> str:
    """Parts as errors name them: those that differ in no shape together, with how many they are."""
    groups = Counter(key.partition("-expand:")[0] for key in missing)
    named = [key if count == 1 else f"{key} ({count})" for key, count in groups.items()]
    more = f" and {len(named) - SHOWN} more" if len(named) > SHOWN else ""
    return ", ".join(named[:SHOWN]) + more


def covered(table: LayerTable, space: Space) -> tuple[int, ...]:
    """Resolutions of a space at which the table holds every part of every subnet."""
    known = table.rows.keys()
    return tuple(
        resolution
        for resolution in measured(table, space)
        if all(
            any(key in known for key in part.keys) for block in space.all_blocks(resolution) for part in parts(block)
        )
    )
