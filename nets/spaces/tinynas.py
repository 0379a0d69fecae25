"""TinyNAS, the space design of MCUNet (Lin et al. 2020): first choose the space, then search it.

Width multipliers {0.2, 0.3 ... 1.0} and resolutions {48, 64 ... 224} make 108 spaces of inverted bottlenecks. For a
device, each is judged by random networks of it: of those that fit its SRAM and flash, the distribution of
multiply-accumulates. A space whose fitting networks work more is likely to hold the more accurate ones, so the one
with the largest mean (or 80th percentile) is searched. On a microcontroller with 8-bit arithmetic a word is a byte:
SRAM holds the activations (depthwise convolutions in place), flash the parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import numpy as np

from nets.blocks import make_divisible
from nets.errors import InfeasibleError, InputError
from nets.peak_memory import peak_activation_words
from nets.spaces.block import Block
from nets.spaces.genome import Config
from nets.spaces.ofa_mobile import DEPTHS, EXPANSIONS, KERNELS, MobileSpace, Stage
from nets.spaces.registry import register_space
from nets.spaces.space import Space

WIDTHS: Final = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
RESOLUTIONS: Final = tuple(range(48, 225, 16))

DEVICES: Final = {
    "STM32F412": (256_000, 1_000_000),
    "STM32F746": (320_000, 1_000_000),
    "STM32H743": (512_000, 2_000_000),
}
"""(SRAM, flash) in bytes of the microcontrollers in the paper."""

_BASE_WIDTHS: Final = (32, 16, 24, 40, 80, 96, 192, 320)
_STRIDES: Final = (2, 2, 2, 1, 2, 1)


class TinyNasSpace(Space):
    """All 108 spaces in one. Genes: ``w`` index into :data:`WIDTHS`, ``ks``, ``e``, ``d`` and ``r`` as Once-for-All's.

    The stages are ProxylessNAS', the last 1x1 before the classifier is left out, as in MCUNet's networks.
    """

    title = "MCUNet's TinyNAS"

    def __init__(self, id: str, *, classes: int = 1000) -> None:
        self._at_width = [_mobile(f"{id}-w{width}", width, classes) for width in WIDTHS]
        super().__init__(
            id,
            depths=self._at_width[0].depths,
            block_genes={"ks": KERNELS, "e": EXPANSIONS},
            free_genes={"w": (1, tuple(range(len(WIDTHS))))},
            resolutions=RESOLUTIONS,
        )

    def _chain(self, architecture: Config, resolution: int) -> tuple[tuple[str, Block], ...]:
        genes = {gene: value for gene, value in architecture.items() if gene != "w"}
        space: MobileSpace = self._at_width[architecture["w"][0]]
        return space._chain(genes, resolution)

    def all_blocks(self, resolution: int) -> tuple[Block, ...]:
        """See :meth:`Space.all_blocks`."""
        return tuple(dict.fromkeys(block for space in self._at_width for block in space.all_blocks(resolution)))


def _mobile(id: str, width: float, classes: int) -> MobileSpace:
    first, block0, *stages = (make_divisible(base * width) for base in _BASE_WIDTHS)
    depths = (DEPTHS,) * 5 + ((1,),)
    return MobileSpace(
        id,
        f"TinyNAS, width {width}",
        stem=(first, block0),
        stem_activations=("relu6", "relu6"),
        stem_skip=False,
        stages=[
            Stage(channels, stride, "relu6", False, choices)
            for channels, stride, choices in zip(stages, _STRIDES, depths)
        ],
        head=None,
        head_activation="relu6",
        resolutions=RESOLUTIONS,
        classes=classes,
    )


@register_space("tinynas")
def tinynas() -> TinyNasSpace:
    """For ImageNet."""
    return TinyNasSpace("tinynas")


def sram_bytes(blocks: Sequence[Block]) -> int:
    """8-bit activations alive at once in a chain of blocks; between two blocks nothing else is alive."""
    return max(_peak(block) for block in blocks)


def flash_bytes(blocks: Sequence[Block]) -> int:
    """8-bit parameters."""
    return sum(block.params for block in blocks)


@cache
def _peak(block: Block) -> int:
    from nets.network import Network

    net = Network("block")
    block.build(net, "block", block.entry)
    return peak_activation_words(net, in_place_depthwise=True)


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


def judge_spaces(
    sram: int,
    flash: int,
    *,
    samples: int = 1000,
    seed: int = 0,
    widths: Sequence[float] = WIDTHS,
    resolutions: Sequence[int] = RESOLUTIONS,
) -> list[Subspace]:
    """Draw networks of every space and keep what fits the device.

    Args:
        sram, flash: limits in bytes; :data:`DEVICES` has some.
        samples: drawn per space, uniformly over its architectures.
        seed: same seed same networks, whichever other spaces are judged.
        widths, resolutions: which of the spaces.

    Raises:
        InputError: a limit or a number of samples below 1, or a width or resolution that there is not.
    """
    for name, value in (("sram", sram), ("flash", flash), ("samples", samples)):
        if value < 1:
            raise InputError(f"space design: {name}", value, "must be at least 1")
    space = tinynas()
    judged = []
    for width in widths:
        if width not in WIDTHS:
            raise InputError("space design: width", width, "must be one of " + ", ".join(map(str, WIDTHS)))
        gene = WIDTHS.index(width)
        for resolution in resolutions:
            rng = np.random.default_rng([seed, gene, resolution])
            drawn = [space.blocks(space.sample(rng) | {"w": [gene], "r": resolution}) for _ in range(samples)]
            kept = [blocks for blocks in drawn if sram_bytes(blocks) <= sram and flash_bytes(blocks) <= flash]
            macs = sorted(sum(block.macs for block in blocks) for blocks in kept)
            judged.append(Subspace(width, resolution, samples, tuple(macs)))
    return judged


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
