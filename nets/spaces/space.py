"""A search space: a genome whose configurations are networks, each a chain or a graph of blocks."""

from __future__ import annotations

import functools
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from nets.blocks import FeatureMap
from nets.documents import parse_json
from nets.errors import InputError
from nets.layer import Layer
from nets.spaces.block import Block
from nets.spaces.decisions import all_codes
from nets.spaces.genome import Config, Genome
from nets.spaces.paths import PathGraph

if TYPE_CHECKING:
    from nets.network import Network

RESOLUTION_STEP = 4
"""Resolutions between the trained ones that still make sense come in steps of this."""

MOST_LISTED: Final = 20_000
"""Networks that are built to list the blocks of a space."""

Node = tuple[str, Block, tuple[str, ...]]
"""Name of a slot, the block in it, and the slots whose outputs it reads; none for the network's input."""


class Space(Genome, ABC):
    """A space of subnets in closed form.

    A subnet can be built in three depths of detail: :meth:`network` (a graph of layers), :meth:`blocks` (hashable
    blocks, fast: sum a table of block costs) and :meth:`macs_params` (two numbers).
    """

    title: str

    @abstractmethod
    def _chain(self, architecture: Config, resolution: int) -> tuple[tuple[str, Block], ...]:
        """(name, block) of every part from image to classes; the architecture is canonical."""

    def all_blocks(self, resolution: int) -> tuple[Block, ...]:
        """Every different block that any subnet holds at ``resolution``.

        Those of every network, for a space of few; larger ones list their blocks by themselves.

        Raises:
            InputError: the space has more of them than can be listed.
        """
        if self.size <= MOST_LISTED:
            here = self.at([resolution])
            chains = (here.blocks(here.decode(codes)) for codes in all_codes(here))
            return tuple(dict.fromkeys(block for chain in chains for block in chain))
        raise InputError(f"{self.id}: blocks", resolution, "are too many to list", "take those of the subnets you meet")

    def paths(self, resolution: int) -> PathGraph | None:
        """All architectures at ``resolution`` as the paths of a graph; ``None`` where the space does not say."""
        return None

    def named(self, name: str) -> Config:
        """The configuration of a name, as measurements may call it: its genes as JSON, ``max`` or ``min``.

        A space whose networks have names of their own overrides this.

        Raises:
            InputError: no configuration has that name.
        """
        if name in ("max", "min"):
            return self.max_config() if name == "max" else self.min_config()
        config = parse_json(name, f"{self.id}: name") if name.startswith("{") else None
        if not isinstance(config, dict):
            example = json.dumps(self.min_config())
            raise InputError(f"{self.id}: name", name, "must be max, min or genes as JSON", f"write e.g. {example}")
        return self.canonical(config)

    def _graph(self, architecture: Config, resolution: int) -> tuple[Node, ...]:
        """Every block with what it reads: the one before it."""
        chain = self._chain(architecture, resolution)
        before = [(), *((name,) for name, _ in chain)]
        return tuple((name, block, sources) for (name, block), sources in zip(chain, before))

    def _entry(self, resolution: int, batch: int) -> FeatureMap:
        """The network's input."""
        return FeatureMap.image(resolution, batch=batch)

    def blocks(self, config: Mapping[str, Any], resolution: int | None = None) -> tuple[Block, ...]:
        """The chain of blocks of a subnet.

        Args:
            config: a configuration of the space.
            resolution: of the input image, any multiple of 4 from 32 up; ``config["r"]`` when omitted.

        Raises:
            InputError: the configuration is not of this space, or the resolution is not possible.
        """
        return tuple(block for _, block in self.named_blocks(config, resolution))

    def named_blocks(self, config: Mapping[str, Any], resolution: int | None = None) -> tuple[tuple[str, Block], ...]:
        """:meth:`blocks` with the name of the slot that each stands in, the same in every subnet that runs it."""
        return self._chain(*self._resolve(config, resolution))

    def network(self, config: Mapping[str, Any], resolution: int | None = None, batch: int = 1) -> Network:
        """The subnet as a graph of layers.

        Args:
            config: a configuration of the space.
            resolution: as in :meth:`blocks`.
            batch: images per inference.

        Raises:
            InputError: as in :meth:`blocks`.
        """
        from nets.network import Network  # it needs networkx, which drawing and predicting do not

        architecture, resolution = self._resolve(config, resolution)
        net = Network(self.id, resolution=resolution, space=self.id, config=architecture | {"r": resolution})
        entry = self._entry(resolution, batch)
        made: dict[str, FeatureMap] = {}
        for name, block, sources in self._graph(architecture, resolution):
            made[name] = block.build(net, name, *([made[source] for source in sources] or [entry]))
        return net

    def macs_params(self, config: Mapping[str, Any], resolution: int | None = None) -> tuple[int, int]:
        """(multiply-accumulates, parameters) of a subnet, without building its network."""
        chain = self.blocks(config, resolution)
        return sum(block.macs for block in chain), sum(block.params for block in chain)

    def layer_shapes(self, resolution: int) -> list[tuple[Layer, float]]:
        """Layers of different shape over all subnets at ``resolution``: (layer, in how many blocks it occurs)."""
        from nets.network import unique_layers

        return unique_layers(layer for block in self.all_blocks(resolution) for layer in block.layers)

    def _resolve(self, config: Mapping[str, Any], resolution: int | None) -> tuple[Config, int]:
        architecture = self._architecture(config)
        if resolution is None:
            return architecture, self._resolution(config)
        trained = isinstance(resolution, int) and resolution in self.resolutions
        if not trained and (not isinstance(resolution, int) or resolution < 32 or resolution % RESOLUTION_STEP):
            raise InputError(f"{self.id}: resolution", resolution, f"must be a multiple of {RESOLUTION_STEP} from 32")
        return architecture, resolution


class GraphSpace(Space):
    """A space whose subnets are graphs: some of their blocks read several others."""

    @abstractmethod
    def _graph(self, architecture: Config, resolution: int) -> tuple[Node, ...]:
        """Every block after those that it reads; the architecture is canonical."""

    def _chain(self, architecture: Config, resolution: int) -> tuple[tuple[str, Block], ...]:
        return tuple((name, block) for name, block, _ in self._graph(architecture, resolution))


def halved(size: int, stride: int = 2) -> int:
    """Rows after a "same"-padded window of odd size with ``stride``."""
    return (size - 1) // stride + 1


def rows_behind(size: int, strides: Iterable[int]) -> int:
    """Rows after "same"-padded windows of odd sizes with these strides, one after the other."""
    return functools.reduce(halved, strides, size)
