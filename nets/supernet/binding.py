"""Weights that are lent: a subnet's module computes with the leading parts of a larger module's tensors.

Both modules have the same submodules by name, but for those that the smaller lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Self

import torch
from torch import Tensor, nn

from nets.supernet.kernel_transform import KernelTransform


class Part(NamedTuple):
    """One tensor of a subnet's module and where its values stand in the supernet.

    Attributes:
        owner, attribute: the tensor.
        source: parameters or buffers of the supernet's module that hold ``attribute``.
        leading: its part of the channels; all when ``None``.
        kernel: size of the filters to transform to; as they are when ``None``.
    """

    owner: nn.Module
    attribute: str
    source: Mapping[str, Tensor | None]
    leading: tuple[slice, ...] | None
    kernel: int | None


class Bound:
    """A subnet's module and the parts of the supernet that are its weights; gradients flow back through them."""

    def __init__(self, module: nn.Module, source: nn.Module, transform: KernelTransform | None) -> None:
        self.module = module
        self._transform = transform
        self._parts = [
            part for path, owner in module.named_modules() for part in _parts(owner, source.get_submodule(path))
        ]

    def strip(self) -> Bound:
        """Take the module's own weights away; whole tensors of the supernet take their place for good."""
        for part in self._parts:
            part.owner._parameters.pop(part.attribute, None)
            part.owner._buffers.pop(part.attribute, None)
            if part.leading is None and part.kernel is None:
                part.owner.__dict__[part.attribute] = part.source[part.attribute]
        self._cut = [part for part in self._parts if not (part.leading is None and part.kernel is None)]
        self._watched: list[Any] = [part.source[part.attribute] for part in self._cut]
        if self._transform is not None:
            self._watched += self._transform.parameters()
        self._lent: list[tuple[int, int]] | None = None
        return self

    def lend(self) -> nn.Module:
        """The stripped module, with the supernet's weights of this moment as plain attributes.

        Without gradients, what was lent before stays lent until the weights change; with them, every forward pass needs
        parts of its own to send gradients through.
        """
        state = None if torch.is_grad_enabled() else self._state()
        if state is None or state != self._lent:
            for owner, attribute, tensor in self._values(self._cut):
                owner.__dict__[attribute] = tensor
            self._lent = state
        return self.module

    def _state(self) -> list[tuple[int, int]]:
        """Where everything that is cut stands and how often it was written to."""
        return [(tensor.data_ptr(), tensor._version) for tensor in self._watched]

    def copy(self) -> nn.Module:
        """The module, with a copy of the supernet's weights in its own."""
        with torch.no_grad():
            for owner, attribute, tensor in self._values(self._parts):
                getattr(owner, attribute).copy_(tensor)
        return self.module

    def _values(self, parts: Sequence[Part]) -> Iterator[tuple[nn.Module, str, Tensor]]:
        for owner, attribute, source, leading, kernel in parts:
            tensor: Any = source[attribute]
            if leading is not None:
                tensor = tensor[leading]
            if kernel is not None and self._transform is not None:
                tensor = self._transform(tensor, kernel)
            yield owner, attribute, tensor


class Lender(nn.Module):
    """A module that lends its weights to subnets, each of which is bound once."""

    def __init__(self) -> None:
        super().__init__()
        self._bound: dict[Hashable, Bound] = {}

    def lend(self, subnet: Hashable, bind: Callable[[], Bound]) -> nn.Module:
        """The module of a subnet, in this one's mode (train or eval), with the weights of this moment.

        Args:
            subnet: that it is bound for.
            bind: binds it, the first time.
        """
        if subnet not in self._bound:
            self._bound[subnet] = bind().strip()
        module = self._bound[subnet].lend()
        if module.training != self.training:
            module.train(self.training)
        return module

    def _apply(self, *args: Any, **kwargs: Any) -> Self:
        """Moving to another device makes new tensors, which nothing was lent yet."""
        self._bound.clear()
        super()._apply(*args, **kwargs)  # type: ignore[no-untyped-call]
        return self

    def __getstate__(self) -> dict[str, Any]:
        """What copies take: bound modules are lent weights, which are not theirs."""
        return self.__dict__ | {"_bound": {}}


def _parts(owner: nn.Module, source: nn.Module) -> Iterator[Part]:
    stores: tuple[tuple[Mapping[str, Tensor | None], Mapping[str, Tensor | None]], ...] = (
        (owner._parameters, source._parameters),
        (owner._buffers, source._buffers),
    )
    for small, large in stores:
        for attribute, tensor in small.items():
            whole = large[attribute]
            if tensor is None or whole is None:
                continue
            leading = tuple(slice(size) for size in tensor.shape[:2]) if tensor.shape[:2] != whole.shape[:2] else None
            kernel = tensor.shape[-1] if tensor.shape[2:] != whole.shape[2:] else None
            yield Part(owner, attribute, large, leading, kernel)
