"""Several processes, one per GPU, as ``torchrun`` starts them."""

from __future__ import annotations

import os
from collections.abc import Iterable

import torch
from torch import Tensor, distributed


def fastest_device() -> str:
    """A GPU where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def join_processes() -> str:
    """Join the processes that ``torchrun`` started, if it did; returns the device of this one."""
    if "LOCAL_RANK" not in os.environ:
        return fastest_device()
    local = int(os.environ["LOCAL_RANK"])
    if torch.cuda.is_available():
        torch.cuda.set_device(local)
        distributed.init_process_group("nccl")
        return f"cuda:{local}"
    distributed.init_process_group("gloo")
    return "cpu"


def rank_and_world() -> tuple[int, int]:
    """Number of this process and how many there are: (0, 1) when it is alone."""
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return 0, 1


def average_gradients(parameters: Iterable[Tensor]) -> None:
    """Replace every gradient by its mean over all processes, in one message.

    All processes draw the same subnets, so the same parameters have gradients in each.
    """
    _, world = rank_and_world()
    if world == 1:
        return
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= world
    start = 0
    for gradient in gradients:
        gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient))
        start += gradient.numel()
