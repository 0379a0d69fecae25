"""The value that blocks pass on: a tensor, and the layer that writes it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nets.errors import InputError


@dataclass(frozen=True, slots=True)
class FeatureMap:
    """An activation tensor on its way through a network.

    Attributes:
        layer: name of the layer that writes it; ``None`` for the network's own input.
        channels, height, width: its shape. A token sequence has its tokens in ``height`` and a width of 1.
        batch: images (or sequences) per inference.
    """

    layer: str | None
    channels: int
    height: int
    width: int
    batch: int = 1

    @classmethod
    def image(cls, resolution: int, *, channels: int = 3, batch: int = 1) -> FeatureMap:
        """The square input image of a network."""
        return cls(None, channels, resolution, resolution, batch)

    @classmethod
    def sequence(cls, tokens: int, *, channels: int = 1, batch: int = 1) -> FeatureMap:
        """The input sequence of a network."""
        return cls(None, channels, tokens, 1, batch)

    @property
    def sources(self) -> tuple[str, ...]:
        """The layer to connect to; empty for the network's input."""
        return () if self.layer is None else (self.layer,)

    @property
    def plane(self) -> tuple[int, int]:
        """(height, width)."""
        return (self.height, self.width)

    @property
    def words(self) -> int:
        """Words of the tensor, the whole batch."""
        return self.batch * self.channels * self.height * self.width

    @property
    def flat(self) -> FeatureMap:
        """The same words seen as one row of features per image: no data moves."""
        return replace(self, channels=self.channels * self.height * self.width, height=1, width=1)

    @property
    def tokens(self) -> FeatureMap:
        """The same words seen as a sequence, one token per pixel: no data moves."""
        return replace(self, height=self.height * self.width, width=1)


def make_divisible(value: float, divisor: int = 8) -> int:
    """Round a channel count to a multiple of ``divisor``, never more than 10 % below ``value``.

    The rule of the MobileNet family (Sandler et al. 2018, reference implementation), which Once-for-All shares.
    """
    if divisor < 1:
        raise InputError("make_divisible: divisor", divisor, "must be at least 1")
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded
