"""NASWOT (Mellor et al., "Neural architecture search without training", ICML 2021): how inputs switch units apart.

Equation 2: image i has a binary code c_i, one bit for each rectifier: whether what enters it is above 0. With
d(c_i, c_j) the number of bits that differ and N bits in all, K_ij = N - d(c_i, c_j), and

    NASWOT = log |det K|.

A batch on which all codes are alike gives minus infinity; codes far from each other give the most.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final

import torch
from torch import Tensor, nn

from nets.accuracy.proxies.proxy import Proxy, Shape, check_shape, images_of, working_copy
from nets.errors import InputError

RECTIFIERS: Final = (nn.ReLU, nn.ReLU6, nn.Hardswish)
"""Activations that cut at 0. The paper has ReLU alone; h-swish cuts most of what is below 0 and is counted as one."""


class Naswot(Proxy):
    """Agreement of the codes of a batch; the weights of the network are those it was given."""

    name: ClassVar = "naswot"
    title: ClassVar = "NASWOT"

    def score(self, net: nn.Module, shape: Shape, *, seed: int = 0, data: tuple[Tensor, Tensor] | None = None) -> float:
        """See :meth:`Proxy.score`; 128 images in the authors' program.

        Raises:
            InputError: nothing in the network rectifies.
        """
        check_shape(shape, least_images=2)
        working = working_copy(net)
        kernel = torch.zeros(shape[0], shape[0], dtype=torch.float64)
        bits = 0

        def compare(_: nn.Module, inputs: Any) -> None:
            nonlocal bits
            code = (inputs[0] > 0).flatten(1).float()
            kernel.add_(code @ code.T + (1 - code) @ (1 - code).T)
            bits += code.shape[1]

        for module in working.modules():
            if isinstance(module, RECTIFIERS):
                module.register_forward_pre_hook(compare)
        with torch.no_grad():
            working(images_of(shape, torch.Generator().manual_seed(seed), data))
        if not bits:
            raise InputError("naswot: network", type(net).__name__, "has no ReLU, ReLU6 or h-swish that it could watch")
        if (kernel.triu(1) == bits).any():
            return -math.inf  # two rows are equal, and rounding might hide it
        return float(torch.linalg.slogdet(kernel).logabsdet)
