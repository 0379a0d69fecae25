"""How a group runs: the tile of its last output, and along each axis whether overlaps are kept or made again."""

from __future__ import annotations

from dataclasses import dataclass

from accel_models.fusion.group import AXES, Group
from nets.errors import InputError


@dataclass(frozen=True, slots=True)
class Schedule:
    """One way to run a group. Tiles follow row by row, the last of a row or column being smaller where ragged.

    Attributes:
        tile: rows and columns of the last output.
        keep: for rows and columns, whether what two tiles share stays on the chip; otherwise it is made (or fetched)
            again. DeFiNES's modes 1, 2 and 3 are ``(False, False)``, ``(False, True)`` and ``(True, True)``.
        resident: the weights of all layers stay on the chip; otherwise each layer fetches its own again in every tile,
            one filter at a time.
        doubled: DRAM works while the chip computes: what the next tile fetches and what the last one wrote have room of
            their own, as has the next filter of streamed weights.
    """

    tile: tuple[int, int]
    keep: tuple[bool, bool] = (True, True)
    resident: bool = True
    doubled: bool = False

    def require_fit(self, group: Group) -> None:
        """Make sure that the tile is no larger than the group's last output.

        Raises:
            InputError: it is larger, or has no word.
        """
        if any(not 1 <= self.tile[axis] <= group.last.plane[axis] for axis in AXES):
            rule = (
                f"must be 1 to {group.last.plane[0]} rows and 1 to {group.last.plane[1]} columns of {group.last.name!r}"
            )
            raise InputError("tile", self.tile, rule)

    def tiles(self, group: Group) -> int:
        """How many tiles there are."""
        rows, columns = (-(-group.last.plane[axis] // self.tile[axis]) for axis in AXES)
        return rows * columns

    def described(self, plane: tuple[int, int]) -> str:
        """The schedule of a group whose last output has this plane, in words."""
        words = [f"tiles of {self.tile[0]} x {self.tile[1]}"]
        for axis, name in zip(AXES, ("rows", "columns")):
            if self.tile[axis] < plane[axis]:
                words.append(f"{name} {'kept' if self.keep[axis] else 'made again'}")
        words.append(f"weights {'resident' if self.resident else 'streamed'}")
        return ", ".join(words)
