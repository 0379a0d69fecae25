"""What every proxy offers, and what it works on: a copy of the network, and noise or real images."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from nets.errors import InputError

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

Shape = tuple[int, int, int, int]
"""(images, channels, rows, columns)."""


class Proxy(ABC):
    """A score of a network that has not been trained.

    Attributes:
        name: under which it is loaded.
        title: what a person calls it.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    @abstractmethod
    def score(self, net: nn.Module, shape: Shape, *, seed: int = 0, data: tuple[Tensor, Tensor] | None = None) -> float:
        """The score of a network; higher is hoped to be better.

        Args:
            net: maps images to logits, with the weights it begins training with; left as it was.
            shape: of a batch (images, channels, rows, columns).
            seed: of everything drawn; the same seed gives the same score.
            data: images of that shape and their labels, for proxies that look at data; noise from a normal
                distribution with labels drawn evenly when omitted.

        Raises:
            InputError: the shape is none, or the network lacks what the proxy looks at.
        """


def working_copy(net: nn.Module) -> nn.Module:
    """A copy in training mode, so that batch norms take the statistics of the batch they see."""
    return copy.deepcopy(net).train()


def check_shape(shape: Shape, least_images: int = 1) -> None:
    """Refuse what is no shape of a batch.

    Raises:
        InputError: not four positive numbers, or too few images.
    """
    if len(shape) != 4 or any(isinstance(size, bool) or not isinstance(size, int) or size < 1 for size in shape):
        raise InputError("proxy: shape", shape, "must be four positive whole numbers: images, channels, rows, columns")
    if shape[0] < least_images:
        raise InputError("proxy: images", shape[0], f"must be at least {least_images}")


def images_of(shape: Shape, generator: torch.Generator, data: tuple[Tensor, Tensor] | None) -> Tensor:
    """The images given, or noise.

    Raises:
        InputError: the images given are not of ``shape``.
    """
    import torch

    if data is None:
        return torch.randn(shape, generator=generator)
    if tuple(data[0].shape) != tuple(shape):
        raise InputError("proxy: images", tuple(data[0].shape), f"must have the shape {tuple(shape)}")
    return data[0]
