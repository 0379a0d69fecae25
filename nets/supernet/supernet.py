"""Supernets: one set of weights in which every subnet of a space has its own.

The closed form of a space already says what each subnet is made of: a chain of blocks. A supernet holds the modules of
the largest chain. A smaller subnet has the same modules with smaller tensors; each of its tensors is the *leading part*
of the large one (the first channels, of the first blocks), and a smaller depthwise kernel is a learned transform of the
large one. So a subnet inside the supernet and a subnet cut out run the very same module code, and gradients reach the
shared weights through the slices.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any, Final

import torch
from torch import Tensor, nn

from nets.errors import InputError
from nets.spaces import Block, MobileSpace, Space, list_spaces, load_space
from nets.spaces.ends import Classifier, MobileHead
from nets.spaces.ofa_mobile import MobileBlock
from nets.spaces.ofa_resnet50 import ResNet50Space, ResNetHead
from nets.supernet.binding import Bound, Lender
from nets.supernet.kernel_transform import KernelTransform
from nets.supernet.modules import MobileHeadModule, PooledHeadModule, has_module, module_of

_NORM_EPSILON: Final = {"ofa-proxyless-w1.3": 1e-3}
"""Of batch norms, where it is not torch's own 1e-5."""


class Supernet(Lender):
    """All subnets of a space in one set of weights.

    Args:
        space: of the subnets.
        classes: that the last layer tells apart; as the space has them when omitted.
        seed: of the first weights; torch's own when ``None``.

    Raises:
        InputError: a space that has no supernet, or fewer than two classes.
    """

    def __init__(self, space: Space, *, classes: int | None = None, seed: int | None = 0) -> None:
        super().__init__()
        if not isinstance(space, MobileSpace | ResNet50Space):
            raise InputError(
                "supernet: space", space.id, "has no supernet", f"spaces that have: {', '.join(offered())}"
            )
        self.space = space
        largest = space.max_config()
        blocks = dict(space.named_blocks(largest))
        self.classes = blocks["head"].classes if classes is None else classes  # type: ignore[attr-defined]
        if self.classes < 2:
            raise InputError(f"supernet of {space.id}: classes", classes, "must be at least 2")
        self._dropout = 0.0
        self.slots = nn.ModuleDict({slot_of(name): self._new(block) for name, block in blocks.items()})
        self.transforms = nn.ModuleDict(
            {
                slot_of(name): KernelTransform([int(kernel) for kernel in space.block_genes["ks"]])
                for name, block in blocks.items()
                if isinstance(block, MobileBlock)
            }
        )
        if seed is not None:
            initialise(self, seed)

    def forward(self, x: Tensor, config: Mapping[str, Any]) -> Tensor:
        """Logits of one subnet, shape (images, classes).

        Args:
            x: images, shape (images, 3, r, r) with the config's own ``r``.
            config: of the subnet.

        Raises:
            InputError: the config is not of the space, or the images have another resolution.
        """
        chain = self.space.named_blocks(config)
        resolution = chain[0][1].resolution
        if tuple(x.shape[2:]) != (resolution, resolution):
            raise InputError(
                f"supernet of {self.space.id}: images", tuple(x.shape[2:]), f"must have {resolution} rows and columns"
            )
        for name, block in chain:
            x = self._lent(name, block)(x)
        return x

    @property
    def dropout(self) -> float:
        """Share of the features that are dropped before the classifier while this trains; subnets cut out drop none."""
        return self._dropout

    @dropout.setter
    def dropout(self, share: float) -> None:
        self._dropout = share
        self._bound.clear()

    def with_classes(self, classes: int, *, seed: int | None = 0) -> Supernet:
        """A supernet with these weights but for a new classifier.

        Args:
            classes: that it tells apart.
            seed: of the new weights; torch's own when ``None``.

        Raises:
            InputError: fewer than two classes.
        """
        new = Supernet(self.space, classes=classes, seed=seed)
        kept = {name: tensor for name, tensor in self.state_dict().items() if ".classifier." not in name}
        new.load_state_dict(new.state_dict() | kept)
        return new

    def extract(self, config: Mapping[str, Any]) -> nn.Sequential:
        """One subnet cut out: a plain module with weights of its own, in the supernet's mode (train or eval).

        Its batch norms hold statistics that all subnets left together: see :func:`nets.supernet.recalibrate`.

        Raises:
            InputError: the config is not of the space.
        """
        subnet = nn.Sequential()
        device = next(self.parameters()).device
        for name, block in self.space.named_blocks(config):
            module = self._new(block).to(device)
            Bound(module, self.slots[slot_of(name)], self._transform(name)).copy()
            subnet.add_module(slot_of(name), module)
        return subnet.train(self.training)

    def sort_channels(self, keep: Sequence[float] = ()) -> None:
        """Put the most important hidden channels of every block first, so that smaller widths keep those.

        The importance of a channel is the L1 norm of the weights that read it. The full network computes what it did
        before.

        Args:
            keep: expand ratios whose subnets must compute what they did before, too: channels are sorted only among
                those that all of these have, and those that they lack.
        """
        chains = [dict(self.space.named_blocks(self.space.max_config() | self._expansion(ratio))) for ratio in keep]
        for name in dict(self.space.named_blocks(self.space.max_config())):
            slot = self.slots[slot_of(name)]
            tensors = slot.state_dict(keep_vars=True)
            for hidden in getattr(slot, "HIDDEN", ()):
                if hidden.reader not in tensors:
                    continue
                widths = [self._meta(chain[name]).state_dict()[hidden.reader].shape[1] for chain in chains]
                with torch.no_grad():
                    order = importance_order(tensors[hidden.reader], widths)
                    for tensor, dim in hidden.axes:
                        if tensor in tensors:
                            tensors[tensor].copy_(tensors[tensor].index_select(dim, order))

    def _expansion(self, ratio: float) -> dict[str, list[float]]:
        return {"e": [ratio] * self.space.slots}

    def _lent(self, name: str, block: Block) -> nn.Module:
        def bind() -> Bound:
            return Bound(self._meta(block), self.slots[slot_of(name)], self._transform(name))

        return self.lend((name, _at_any_resolution(block)), bind)

    def _transform(self, name: str) -> KernelTransform | None:
        if slot_of(name) not in self.transforms:
            return None
        transform = self.transforms[slot_of(name)]
        assert isinstance(transform, KernelTransform)
        return transform

    def _meta(self, block: Block) -> nn.Module:
        """The module of a block without memory for its weights."""
        with torch.device("meta"):
            module = self._new(block)
        if isinstance(module, MobileHeadModule | PooledHeadModule):
            module.dropout.p = self._dropout
        return module

    def _new(self, block: Block) -> nn.Module:
        return new_module(self.space, block, self.classes)


def new_module(space: Space, block: Block, classes: int | None) -> nn.Module:
    """The plain module of one block of ``space``, its classifier for so many classes (as the space has them: ``None``).

    Raises:
        InputError: a block of a kind that has no module.
    """
    if classes is not None and isinstance(block, MobileHead | ResNetHead | Classifier):
        block = replace(block, classes=classes)
    if not has_module(block):
        rule = f"has no torch modules of its {type(block).__name__}"
        raise InputError("space", space.id, rule, f"have them: {', '.join(spaces_with_modules())}")
    module = module_of(block)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.eps = _NORM_EPSILON.get(space.id, part.eps)
    return module


def offered() -> list[str]:
    """Ids of the spaces that supernets can be made of."""
    return [id for id in list_spaces("ofa-*") if isinstance(load_space(id), MobileSpace | ResNet50Space)]


def spaces_with_modules() -> list[str]:
    """Ids of the spaces whose networks have torch modules: those of :func:`offered` and others."""
    smallest = {id: space.blocks(space.min_config()) for id in list_spaces() for space in [load_space(id)]}
    return [id for id, blocks in smallest.items() if all(map(has_module, blocks))]


@cache
def _at_any_resolution(block: Block) -> Block:
    """What a block's weights depend on."""
    return replace(block, resolution=0)


def slot_of(name: str) -> str:
    """A slot's name as torch allows it for a module."""
    return name.replace(".", "_")


def importance_order(reader: Tensor, widths: Sequence[int] = ()) -> Tensor:
    """Order of a weight's input channels by the L1 norm of what it does with each, largest first.

    Args:
        reader: shape (out, in, ...).
        widths: channels never cross these positions.
    """
    importance = reader.abs().sum(dim=tuple(dim for dim in range(reader.dim()) if dim != 1))
    edges = [0, *sorted(set(widths) - {len(importance)}), len(importance)]
    groups = [
        start + torch.argsort(importance[start:end], descending=True, stable=True) for start, end in pairwise(edges)
    ]
    return torch.cat(groups)


def initialise(net: nn.Module, seed: int) -> None:
    """First weights as Once-for-All draws them: He's by fan-out for convolutions, uniform for linear layers."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.Conv2d):
                fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels
                draw = torch.randn(module.weight.shape, generator=generator) * math.sqrt(2.0 / fan_out)
                module.weight.copy_(draw)
                if module.bias is not None:
                    module.bias.zero_()
            elif isinstance(module, nn.Linear):
                bound = 1.0 / math.sqrt(module.in_features)
                module.weight.copy_(torch.empty(module.weight.shape).uniform_(-bound, bound, generator=generator))
                if module.bias is not None:
                    module.bias.zero_()


__all__ = ["Supernet", "importance_order", "initialise", "new_module", "slot_of"]
