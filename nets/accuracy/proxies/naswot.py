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
from torch import Tensor, fx, nn
from torch.nn import functional

from nets.accuracy.proxies.proxy import Proxy, Shape, check_shape, images_of, working_copy
from nets.accuracy.proxies.traced import does, traced
from nets.errors import InputError

RECTIFIERS: Final = (
    *(nn.ReLU, nn.ReLU6, nn.Hardswish),
    *(functional.relu, functional.relu6, functional.hardswish, torch.relu, torch.relu_, "relu", "relu_"),
)
"""Activations that cut at 0. The paper has ReLU alone; h-swish cuts most of what is below 0 and is counted as one."""


class Naswot(Proxy):
    """Agreement of the codes of a batch; the weights of the network are those it was given."""

    name: ClassVar = "naswot"
    title: ClassVar = "NASWOT"

    def score(self, net: nn.Module, shape: Shape, *, seed: int = 0, data: tuple[Tensor, Tensor] | None = None) -> float:
        """See :meth:`Proxy.score`; 128 images in the authors' program.

        Raises:
            InputError: nothing in the network rectifies, or it cannot be traced.
        """
        check_shape(shape, least_images=2)
        graph = traced(working_copy(net), self.name)
        if not any(does(graph, node, RECTIFIERS) for node in graph.graph.nodes):
            raise InputError("naswot: network", type(net).__name__, "has no ReLU, ReLU6 or h-swish that it could watch")
        codes = _Codes(graph)
        with torch.no_grad():
            codes.run(images_of(shape, torch.Generator().manual_seed(seed), data))
        if (codes.kernel.triu(1) == codes.bits).any():
            return -math.inf  # two rows are equal, and rounding might hide it
        return float(torch.linalg.slogdet(codes.kernel).logabsdet)


class _Codes(fx.Interpreter):
    """Runs a network and compares what enters its rectifiers, image by image.

    Attributes:
        kernel: in how many bits two images agree; shape (images, images).
        bits: of an image's code.
    """

    def __init__(self, graph: fx.GraphModule) -> None:
        super().__init__(graph)
        self._graph = graph
        self.kernel, self.bits = torch.zeros((1, 1), dtype=torch.float64), 0

    def run_node(self, n: fx.Node) -> Any:
        if does(self._graph, n, RECTIFIERS):
            entering = self.env[n.all_input_nodes[0]]
            code = (entering > 0).flatten(1).float()
            self.kernel = self.kernel + code @ code.T + (1 - code) @ (1 - code).T
            self.bits += code.shape[1]
        return super().run_node(n)
