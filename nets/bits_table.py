"""Anybody's own table of what a network loses by narrower weights: CSV with ``layer``, ``bits`` and ``loss``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from nets.documents import File
from nets.documents.table import read_table
from nets.errors import InputError, unknown
from nets.layer import Layer
from nets.network import Network
from nets.number_formats import MOST_BITS

MOST_EXACT: Final = 1 << 53
"""Whole numbers below this, and sums below it, are exact in floating point."""


@dataclass(frozen=True, slots=True)
class BitsTable:
    """What the weights of layers may be wide, and what the network loses by it; losses of layers add up.

    Attributes:
        path: of the file.
        losses: by layer, the loss by bits of a weight (scales included, as in 4.125).
    """

    path: str
    losses: Mapping[str, Mapping[float, float]]

    def require(self, network: Network) -> None:
        """Make sure that every layer is one of a network, whose weights are learned.

        Raises:
            InputError: one is not; names it.
        """
        layers = {layer.name: layer for layer in network.layers}
        for name in self.losses:
            if name not in layers:
                raise unknown(f"{self.path}: layer of {network.name}", name, layers)
            if not _has_weights(layers[name]):
                raise InputError(f"{self.path}: layer", name, f"of {network.name} has no learned weights")

    def widest(self) -> float:
        """Most bits of a weight."""
        return max(bits for options in self.losses.values() for bits in options)

    def lost(self, bits: Mapping[str, float]) -> float:
        """What some widths of layers lose together, rounded once."""
        return float(sum(Decimal(repr(self.losses[name][own])) for name, own in bits.items()))

    def units(self, limit: float) -> tuple[dict[str, tuple[int, ...]], int]:
        """Losses and a limit on their sum in units that make all of them whole, so that no sum is rounded.

        Raises:
            InputError: they have too many digits for that.
        """
        figures = [limit, *(loss for options in self.losses.values() for loss in options.values())]
        digits = max(0, *(-int(Decimal(repr(figure)).as_tuple().exponent) for figure in figures))

        def whole(figure: float) -> int:
            return int(Decimal(repr(figure)).scaleb(digits))

        losses = {name: tuple(map(whole, options.values())) for name, options in self.losses.items()}
        if abs(whole(limit)) + sum(max(map(abs, options)) for options in losses.values()) >= MOST_EXACT:
            rule = "have too many digits for their sum to be exact"
            raise InputError(f"{self.path}: loss", f"{min(figures)} to {max(figures)}", rule, "round them")
        return losses, whole(limit)


def _has_weights(layer: Layer) -> bool:
    return layer.is_mac and not layer.dynamic_weights and layer.cached != "W"


def read_bits_table(path: File) -> BitsTable:
    """Read a file.

    Raises:
        InputError: the file cannot be read, a column is missing, or a row has a figure out of range, or says another
            loss of a layer and its bits than a row before it (says the line).
    """
    from nets.documents.table_model import row_model

    table = read_table(path, ("layer", "bits", "loss"), of="losses by narrower weights")
    losses: dict[str, dict[float, float]] = {}
    for number, row in enumerate(table.read(row_model((), ("bits", float), ("loss", float), texts=("layer",)))):
        said = row.model_dump()
        name, loss = said["layer"], said["loss"]
        bits = int(said["bits"]) if said["bits"].is_integer() else said["bits"]
        if not 1 <= bits <= MOST_BITS:
            raise InputError(f"{table.place(number)}: bits", bits, f"must be 1 to {MOST_BITS}")
        if losses.setdefault(name, {}).setdefault(bits, loss) != loss:
            rule = f"loses {losses[name][bits]:g} and {loss:g} at {bits:g} bits"
            raise InputError(f"{table.place(number)}: layer", name, rule, "keep one, or their mean")
    return BitsTable(table.path, losses)
