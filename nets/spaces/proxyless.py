"""ProxylessNAS's own space (Cai, Zhu, Han 2019): every block is an operation of its own, or none at all.

Six inverted bottlenecks (kernels 3, 5, 7; expansions 3, 6) stand at every block, and zero where a shortcut leads
around it: 6 blocks change the shape and 15 do not, so there are 6^6 * 7^15 = 2.2e17 networks.

The first stage is 24 channels wide where the authors' program searches (``--width_stages`` of imagenet_arch_search.py),
for which they measured their table of a phone, and 32 in the network that they released.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import Final

from nets.spaces.block import Block
from nets.spaces.ends import ConvBlock, MobileHead
from nets.spaces.genome import Config
from nets.spaces.inverted import InvertedBlock
from nets.spaces.registry import register_space
from nets.spaces.space import Space, halved, rows_behind
from nets.zoo.proxyless import MOBILE_WIDTHS, STRIDES

OPERATIONS: Final = tuple(product((3, 5, 7), (3, 6)))
"""(kernel, expansion) for the values 1 to 6 of a gene; 0 is zero, the shortcut alone."""

_STEM: Final = 32
_HEAD: Final = 1280
_REPEATS: Final = (4, 4, 4, 4, 4, 1)
_SEARCHED_WIDTHS: Final = (16, 24, 40, 80, 96, 192, 320)


class ProxylessSpace(Space):
    """Genes: ``first_ops`` operation of the first block of each stage, ``ops`` of the three after it in five stages.

    Args:
        widths: channels behind the fixed block and of each stage.
    """

    title = "ProxylessNAS"

    def __init__(self, id: str, *, widths: Sequence[int] = MOBILE_WIDTHS, resolutions: Sequence[int] = (224,)) -> None:
        self._widths = tuple(widths)
        every = tuple(range(len(OPERATIONS) + 1))
        later = sum(_REPEATS) - len(_REPEATS)
        genes = {"first_ops": (len(_REPEATS), every[1:]), "ops": (later, every)}
        super().__init__(id, depths=(), block_genes={}, free_genes=genes, resolutions=resolutions)
        self._block = lru_cache(maxsize=None)(self._make_block)
        self._ends = lru_cache(maxsize=None)(self._make_ends)

    def operations(self, config: Config) -> list[list[int]]:
        """The gene of every block, stage by stage."""
        rest = iter(config["ops"])
        return [
            [first, *(next(rest) for _ in range(repeats - 1))] for first, repeats in zip(config["first_ops"], _REPEATS)
        ]

    def _chain(self, architecture: Config, resolution: int) -> tuple[tuple[str, Block], ...]:
        stem, block0, head = self._ends(resolution)
        chain: list[tuple[str, Block]] = [("stem", stem), ("stage0.block1", block0)]
        for stage, genes in enumerate(self.operations(architecture), start=1):
            for index, gene in enumerate(genes):
                if gene:
                    chain.append((f"stage{stage}.block{index + 1}", self._block(stage, index > 0, gene, resolution)))
        return (*chain, ("head", head))

    def all_blocks(self, resolution: int) -> tuple[Block, ...]:
        """See :meth:`Space.all_blocks`."""
        blocks: list[Block] = list(self._ends(resolution))
        for stage, repeats in enumerate(_REPEATS, start=1):
            for later in (False, True)[:repeats]:
                blocks += [self._block(stage, later, gene, resolution) for gene in range(1, len(OPERATIONS) + 1)]
        return tuple(blocks)

    def _make_block(self, stage: int, later: bool, gene: int, resolution: int) -> InvertedBlock:
        """A block of a stage; stage 0 is the fixed one behind the stem."""
        kernel, expansion = OPERATIONS[gene - 1]
        width = self._widths[stage]
        channels = width if later else self._widths[stage - 1]
        stride = 1 if later else STRIDES[stage]
        size = rows_behind(resolution, (2, *STRIDES[: stage + later]))
        return InvertedBlock(size, channels, width, expansion * channels, kernel, stride)

    def _make_ends(self, resolution: int) -> tuple[ConvBlock, InvertedBlock, MobileHead]:
        stem = ConvBlock(resolution, 3, _STEM, stride=2, activation="relu6")
        block0 = InvertedBlock(halved(resolution), _STEM, self._widths[0], _STEM, 3, expand=False)
        head = MobileHead(rows_behind(resolution, (2, *STRIDES)), self._widths[-1], _HEAD, None, "relu6")
        return stem, block0, head


@register_space("proxyless")
def proxyless() -> ProxylessSpace:
    """With the widths of ProxylessNAS mobile, which is one of its networks, at 224 pixels."""
    return ProxylessSpace("proxyless")


@register_space("proxyless-24")
def proxyless_24() -> ProxylessSpace:
    """With the widths that the authors search, for which ProxylessNAS's latency tables were measured."""
    return ProxylessSpace("proxyless-24", widths=_SEARCHED_WIDTHS)
