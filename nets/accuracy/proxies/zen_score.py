"""Zen-score (Lin et al., "Zen-NAS", ICCV 2021): how far a network's features move when its input moves a little.

Algorithm 1, with f the features before the global pool of a network whose weights are drawn from N(0, 1):

    Zen = log E |f(x) - f(x + 0.01 e)|_1 + sum over batch norms of log sqrt(mean over channels of the batch's variance)

for x and e from N(0, 1). Batch norm makes the first term blind to the scale of any weight; the second gives back what
each norm divided by, so that the sum is the expected gradient norm of the network without norms, on a log scale and
without its overflow.
"""

from __future__ import annotations

import math
from typing import ClassVar, Final

import torch
from torch import Tensor, nn

from nets.accuracy.proxies.proxy import Proxy, Shape, check_shape, working_copy
from nets.errors import InputError

PERTURBATION: Final = 1e-2
"""Share of the second noise image that is mixed into the first, as the authors' program has it."""

_POOLS: Final = (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)


class ZenScore(Proxy):
    """Mean of ``repeats`` draws of weights and images.

    Shortcuts of inverted bottlenecks are taken out, as in the paper, whose theory is of chains. The weights of the
    network that is scored do not matter, nor do images: only its structure does.

    Args:
        repeats: 32 in the authors' program.

    Raises:
        InputError: no repeats.
    """

    name: ClassVar = "zen-score"
    title: ClassVar = "Zen-score"

    def __init__(self, repeats: int = 32) -> None:
        if repeats < 1:
            raise InputError("zen-score: repeats", repeats, "must be at least 1")
        self.repeats = repeats

    def score(self, net: nn.Module, shape: Shape, *, seed: int = 0, data: tuple[Tensor, Tensor] | None = None) -> float:
        """See :meth:`Proxy.score`; 16 images in the authors' program."""
        check_shape(shape, least_images=2)
        generator = torch.Generator().manual_seed(seed)
        working = without_shortcuts(working_copy(net))
        scores = []
        for _ in range(self.repeats):
            draw_normal(working, generator)
            x, noise = (torch.randn(shape, generator=generator) for _ in range(2))
            moved, scale = zen_terms(working, x, noise)
            scores.append(moved + scale)
        return sum(scores) / len(scores)


def zen_terms(net: nn.Module, x: Tensor, noise: Tensor) -> tuple[float, float]:
    """(log of how far features move, sum of the logs of the batch norms' scales), with the weights that ``net`` has.

    Args:
        net: in training mode.
        x, noise: shape (images, channels, rows, columns).
    """
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = 1.0  # its running variance is then that of the last batch
    with torch.no_grad():
        before = feature_map(net, x)
        scale = sum(0.5 * math.log(float(_variance(norm).mean())) for norm in norms)
        after = feature_map(net, x + PERTURBATION * noise)
        moved = float((before - after).abs().flatten(1).sum(1).double().mean())
    return math.log(moved) if moved > 0 else -math.inf, scale


def feature_map(net: nn.Module, x: Tensor) -> Tensor:
    """The last planes that a module gives before the global pool; the network's own output where it has no planes."""
    pooling = {module for module in net.modules() if any(isinstance(part, _POOLS) for part in module.modules())}
    last: list[Tensor] = []

    def keep(_: nn.Module, __: object, out: object) -> None:
        if isinstance(out, Tensor) and out.dim() == 4:
            last[:] = [out]

    hooks = [module.register_forward_hook(keep) for module in net.modules() if module not in pooling]
    try:
        out: Tensor = net(x)
    finally:
        for hook in hooks:
            hook.remove()
    return last[0] if last else out


def draw_normal(net: nn.Module, generator: torch.Generator) -> None:
    """Weights from N(0, 1), biases 0, batch norms that change nothing but the scale."""
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                module.weight.normal_(generator=generator)
                if module.bias is not None:
                    module.bias.zero_()
            elif isinstance(module, nn.BatchNorm2d):
                module.reset_parameters()


def without_shortcuts(net: nn.Module) -> nn.Module:
    """The network with the identity shortcuts of its inverted bottlenecks taken out, in place."""
    from nets.supernet.modules import InvertedBottleneck

    for module in net.modules():
        if isinstance(module, InvertedBottleneck):
            module.skip = False
    return net


def _variance(norm: nn.BatchNorm2d) -> Tensor:
    assert norm.running_var is not None
    return norm.running_var
