"""Zen-score (Lin et al., "Zen-NAS", ICCV 2021): how far a network's features move when its input moves a little.

Algorithm 1, with f the features before the global pool of a network whose weights are drawn from N(0, 1):

    Zen = log E |f(x) - f(x + 0.01 e)|_1 + sum over batch norms of log sqrt(mean over channels of the variance)

for x and e from N(0, 1). Batch norm makes the first term blind to the scale of any weight; the second gives back what
each norm divided by, so that the sum is the expected gradient norm of the network without norms, on a log scale and
without its overflow.

Algorithm 1 has the variance of the batch. The authors' program has the running variance that a norm keeps: 1 at
first, of which each of the two passes of a repeat replaces a tenth, from repeat to repeat. That is the default here;
a ``momentum`` of 1 is the paper's.
"""

from __future__ import annotations

import math
from typing import ClassVar, Final

import torch
from torch import Tensor, nn

from nets.accuracy.proxies.proxy import Proxy, Shape, check_shape, working_copy
from nets.accuracy.proxies.traced import end_before_pool, remove_shortcuts, traced
from nets.errors import InputError

PERTURBATION: Final = 1e-2
"""Share of the second noise image that is mixed into the first, as the authors' program has it."""


class ZenScore(Proxy):
    """Mean of ``repeats`` draws of weights and images.

    Shortcuts are taken out, whatever modules make them, as the authors' search does: the paper's theory is of chains.
    The weights of the network that is scored do not matter, nor do images: only its structure does.

    Args:
        repeats: 32 in the authors' program, 1 in their search.
        momentum: share of a norm's running variance that a batch replaces; the norm's own when omitted (0.1 where a
            network does not say otherwise, as in the authors' program).

    Raises:
        InputError: no repeats, or no such momentum.
    """

    name: ClassVar = "zen-score"
    title: ClassVar = "Zen-score"

    def __init__(self, repeats: int = 32, momentum: float | None = None) -> None:
        if repeats < 1:
            raise InputError("zen-score: repeats", repeats, "must be at least 1")
        if momentum is not None and not 0 < momentum <= 1:
            raise InputError("zen-score: momentum", momentum, "must be above 0 and at most 1")
        self.repeats, self.momentum = repeats, momentum

    def score(self, net: nn.Module, shape: Shape, *, seed: int = 0, data: tuple[Tensor, Tensor] | None = None) -> float:
        """See :meth:`Proxy.score`; 16 images in the authors' program.

        Raises:
            InputError: the network has no batch norm whose variance could be given back, or cannot be traced.
        """
        check_shape(shape, least_images=2)
        generator = torch.Generator().manual_seed(seed)
        graph = traced(working_copy(net), self.name)
        norms = [module for module in graph.modules() if isinstance(module, nn.BatchNorm2d)]
        if not any(norm.running_var is not None for norm in norms):
            raise InputError(
                "zen-score: network", type(net).__name__, "has no batch norm with a running variance (BatchNorm2d)"
            )
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = norm.momentum if self.momentum is None else self.momentum
        example = torch.zeros(1, *shape[1:])
        remove_shortcuts(graph, example)
        end_before_pool(graph, example)
        scores = []
        for _ in range(self.repeats):
            draw_normal(graph, generator)
            x, noise = (torch.randn(shape, generator=generator) for _ in range(2))
            scores.append(sum(zen_terms(graph, x, noise)))
        return sum(scores) / len(scores)


def zen_terms(net: nn.Module, x: Tensor, noise: Tensor) -> tuple[float, float]:
    """(log of how far the output moves, sum of the logs of the batch norms' scales), with the weights that ``net`` has.

    Args:
        net: in training mode; from images to features.
        x, noise: shape (images, channels, rows, columns).
    """
    with torch.no_grad():
        before, after = net(x), net(x + PERTURBATION * noise)
        moved = float((before - after).abs().flatten(1).sum(1).double().mean())
    variances = [norm.running_var for norm in net.modules() if isinstance(norm, nn.BatchNorm2d)]
    scale = sum(0.5 * math.log(float(variance.mean())) for variance in variances if variance is not None)
    return math.log(moved) if moved > 0 else -math.inf, scale


def draw_normal(net: nn.Module, generator: torch.Generator) -> None:
    """Weights from N(0, 1), biases 0, batch norms that scale and shift nothing."""
    with torch.no_grad():
        for module in net.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                module.weight.normal_(generator=generator)
                if module.bias is not None:
                    module.bias.zero_()
            elif isinstance(module, nn.BatchNorm2d | nn.GroupNorm) and module.affine:
                module.weight.fill_(1.0)
                module.bias.zero_()
