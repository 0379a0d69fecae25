"""GradSign (Zhang & Jia, ICLR 2022): how far single images agree on the way that each weight should go.

Algorithm 1: with g_ik the gradient of the cross entropy of image i by weight k,

    GradSign = sum over k of | sum over i of sign(g_ik) |.

It lies between 0 and images * weights, which it reaches where all images agree on every weight. The sum is
taken, as in the paper: a mean over weights ranks networks of different size differently. Weights are those of
convolutions and linear layers, as in the authors' program: neither biases nor what batch norms learn.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from nets.accuracy.proxies.proxy import Proxy, Shape, check_shape, images_of, working_copy
from nets.errors import InputError


class GradSign(Proxy):
    """One backward pass for each image by itself; batch norms see one image at a time."""

    name: ClassVar = "gradsign"
    title: ClassVar = "GradSign"

    def score(self, net: nn.Module, shape: Shape, *, seed: int = 0, data: tuple[Tensor, Tensor] | None = None) -> float:
        """See :meth:`Proxy.score`; 128 images of the training set in the authors' program.

        Raises:
            InputError: nothing in the network has weights, or a batch norm sees a single pixel, of which it knows no
                variance.
        """
        check_shape(shape)
        generator = torch.Generator().manual_seed(seed)
        working = working_copy(net)
        images = images_of(shape, generator, data)
        weights = [
            layer.weight.requires_grad_() for layer in working.modules() if isinstance(layer, nn.Conv2d | nn.Linear)
        ]
        if not weights:
            raise InputError("gradsign: network", type(net).__name__, "has neither convolutions nor linear layers")
        agreement = [torch.zeros_like(weight) for weight in weights]
        labels = None if data is None else data[1]
        for index in range(shape[0]):
            logits = _logits(working, images[index : index + 1])
            if labels is None:
                labels = torch.randint(logits.shape[1], (shape[0],), generator=generator)
            loss = functional.cross_entropy(logits, labels[index : index + 1])
            for total, slope in zip(agreement, torch.autograd.grad(loss, weights, allow_unused=True)):
                if slope is not None:
                    total += slope.nan_to_num_().sign_()
        return sum(float(total.abs().sum(dtype=torch.float64)) for total in agreement)


def _logits(net: nn.Module, image: Tensor) -> Tensor:
    try:
        logits: Tensor = net(image)
    except ValueError as error:  # torch's own, from a batch norm
        size = tuple(image.shape[2:])
        raise InputError("gradsign: rows and columns", size, f"are too few ({error})", "use larger images") from error
    return logits
