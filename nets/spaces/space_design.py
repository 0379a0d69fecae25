"""MCUNet's design of a space (Lin et al. 2020, section 3.1): first choose the space, then search it.

Each of TinyNAS' 108 spaces is judged for a device by random networks of it: of those that fit its SRAM and flash, the
distribution of multiply-accumulates. A space whose fitting networks work more is likely to hold the more accurate ones,
so the one with the largest mean (or 80th percentile) is searched. On a microcontroller with 8-bit arithmetic a word is
a byte: SRAM holds what TinyEngine puts there (:class:`nets.peak_memory.Sram`), and flash the parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from nets.errors import InfeasibleError, InputError
from nets.layer import Layer
from nets.patches import Part
from nets.peak_memory import Piece, Sram, joined_sram
from nets.spaces.block import Block
from nets.spaces.registry import load_space
from nets.spaces.space import GraphSpace, Space
from nets.spaces.tinynas import RESOLUTIONS, WIDTHS

DEVICES: Final = {
    "STM32F412": (256_000, 1_000_000),
    "STM32F746": (320_000, 1_000_000),
    "STM32H743": (512_000, 2_000_000),
}
"""(SRAM, flash) in bytes of the microcontrollers in the paper."""


def chain_of(space: object, config: Mapping[str, Any]) -> Sequence[Block] | None:
    """The blocks that a network of a space is a chain of; ``None`` where it is none."""
    return space.blocks(config) if isinstance(space, Space) and not isinstance(space, GraphSpace) else None


def sram_of_chain(blocks: Sequence[Block]) -> Sram:
    """Memory of a chain of blocks; between two blocks nothing else is alive."""
    return joined_sram(part_of(block).sram for block in blocks)


def flash_bytes(blocks: Sequence[Block]) -> int:
    """8-bit parameters."""
    return sum(block.params for block in blocks)


@cache
def part_of(block: Block) -> Part:
    """A block by itself, whose input is alive for a shortcut as it is inside a network."""
    from nets.network import Network

    net, image = Network("block"), block.entry
    entry = net.add(Layer(name="entry", kind="movement", G=image.channels, P=image.height, Q=image.width), ())
    block.build(net, "block", replace(image, layer=entry))
    return Part(Piece(net.layers[1:], net.inputs))


@dataclass(frozen=True, slots=True)
class Drawn:
    """Random networks of one of the spaces.

    Attributes:
        width, resolution: which space.
        sram, flash, macs: bytes, bytes and multiply-accumulates of each network.
    """

    width: float
    resolution: int
    sram: NDArray[np.int64]
    flash: NDArray[np.int64]
    macs: NDArray[np.int64]

    def under(self, sram: int, flash: int) -> Subspace:
        """What is left of them on a device with so many bytes."""
        kept = np.sort(self.macs[(self.sram <= sram) & (self.flash <= flash)])
        return Subspace(self.width, self.resolution, len(self.macs), tuple(kept.tolist()))


@dataclass(frozen=True, slots=True)
class Subspace:
    """One of the 108 spaces under limits.

    Attributes:
        width, resolution: which.
        sampled: networks drawn.
        macs: of those that fit, ascending: the distribution function rises by 1 / len(macs) at each.
    """

    width: float
    resolution: int
    sampled: int
    macs: tuple[int, ...]

    @property
    def fitting(self) -> float:
        """Share of the networks that fit."""
        return len(self.macs) / self.sampled

    @property
    def mean(self) -> float:
        """Mean multiply-accumulates of those that fit; 0 where none does."""
        return float(np.mean(self.macs)) if self.macs else 0.0

    @property
    def p80(self) -> float:
        """80th percentile: four in five that fit have at most as many; 0 where none fits."""
        return float(np.percentile(self.macs, 80)) if self.macs else 0.0

    def distribution(self) -> tuple[list[int], list[float]]:
        """The empirical distribution function, ready to plot: (multiply-accumulates, share of those with at most as
        many)."""
        count = len(self.macs)
        return list(self.macs), [(index + 1) / count for index in range(count)]


def draw_spaces(
    *,
    samples: int = 1000,
    seed: int = 0,
    widths: Sequence[float] = WIDTHS,
    resolutions: Sequence[int] = RESOLUTIONS,
) -> list[Drawn]:
    """Draw networks of every space, uniformly over its architectures.

    Args:
        samples: of each space; the paper's number by default.
        seed: same seed same networks, whichever other spaces are drawn from.
        widths, resolutions: which of the spaces.

    Raises:
        InputError: no samples, or a width or resolution that there is not.
    """
    if samples < 1:
        raise InputError("space design: samples", samples, "must be at least 1")
    for name, values, known in (("width", widths, WIDTHS), ("resolution", resolutions, RESOLUTIONS)):
        for value in values:
            if value not in known:
                raise InputError(f"space design: {name}", value, "must be one of " + ", ".join(map(str, known)))
    return [_drawn(width, resolution, samples, seed) for width in widths for resolution in resolutions]


def _drawn(width: float, resolution: int, samples: int, seed: int) -> Drawn:
    space, gene = load_space("tinynas"), WIDTHS.index(width)
    rng = np.random.default_rng([seed, gene, resolution])
    table = np.empty((3, samples), dtype=np.int64)
    for index in range(samples):
        blocks = space.blocks(space.sample(rng) | {"w": [gene], "r": resolution})
        table[:, index] = sram_of_chain(blocks).total, flash_bytes(blocks), sum(block.macs for block in blocks)
    return Drawn(width, resolution, *table)


def judge_spaces(drawn: Sequence[Drawn], sram: int, flash: int) -> list[Subspace]:
    """Every space as it is on a device.

    Args:
        drawn: networks of the spaces; several devices may be judged by the same.
        sram, flash: limits in bytes; :data:`DEVICES` has some.

    Raises:
        InputError: a limit below 1.
    """
    for name, value in (("sram", sram), ("flash", flash)):
        if value < 1:
            raise InputError(f"space design: {name}", value, "must be at least 1")
    return [space.under(sram, flash) for space in drawn]


def pick_space(
    judged: Sequence[Subspace], *, criterion: Literal["mean", "p80"] = "mean", least_fitting: float = 0.05
) -> Subspace:
    """The space to search.

    Args:
        criterion: the figure of the distribution that is largest in it.
        least_fitting: share of a space that must fit, else its distribution rests on too few networks.

    Raises:
        InfeasibleError: no space has as many that fit; says which has the most.
    """
    enough = [space for space in judged if space.macs and space.fitting >= least_fitting]
    if not enough:
        best = max(judged, key=lambda space: space.fitting)
        raise InfeasibleError(
            f"no space has {least_fitting:.0%} of networks that fit: width {best.width} at {best.resolution} pixels "
            f"has the most, {best.fitting:.1%}"
        )
    return max(enough, key=lambda space: (space.mean if criterion == "mean" else space.p80, space.width))
