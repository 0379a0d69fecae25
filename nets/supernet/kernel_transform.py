"""Elastic kernels: the filters of a smaller kernel are a learned linear map of the centre of the larger ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


class KernelTransform(nn.Module):
    """Matrices from each kernel size to the next smaller one, shared by all channels of a block (Cai et al. 2020).

    They begin as identities: then a smaller kernel is the centre of the largest.

    Args:
        kernels: sizes, all odd.
    """

    def __init__(self, kernels: Sequence[int]) -> None:
        super().__init__()
        self.steps = tuple(pairwise(sorted(kernels, reverse=True)))
        self.matrices = nn.ParameterDict(
            {f"{larger}to{smaller}": nn.Parameter(torch.eye(smaller**2)) for larger, smaller in self.steps}
        )

    def forward(self, weight: Tensor, kernel: int) -> Tensor:
        """Filters of size ``kernel`` from those of the largest size.

        The 3x3 comes from the *transformed* 5x5, not from the centre of the 7x7.

        Args:
            weight: shape (channels, 1, largest, largest).
        """
        for larger, smaller in self.steps:
            if larger <= kernel:
                break
            rim = (larger - smaller) // 2
            centre = weight[:, :, rim : larger - rim, rim : larger - rim].flatten(2)
            weight = nn.functional.linear(centre, self.matrices[f"{larger}to{smaller}"])
            weight = weight.reshape(*weight.shape[:2], smaller, smaller)
        return weight
