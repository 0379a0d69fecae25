"""Experts: feed-forwards of which a router picks some for every token (Shazeer et al. 2017).

Which experts a batch uses is not known before it runs. How many is, in expectation, and that is a broken number: layers
are made for the whole numbers on both sides of it, and run as often, on average, as makes the mean the expected one. So
the words that they read are those expected. All pairs of a token and an expert are shared out evenly among the experts
that are used: every product is counted once.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from nets.blocks.feature_map import FeatureMap
from nets.blocks.movement import softmax, vector
from nets.errors import InputError
from nets.layer import Activation, Layer

if TYPE_CHECKING:
    from nets.network import Network


NEGLIGIBLE: Final = 1e-30
"""Probability that an expert is used by no token, below which no byte depends on it."""


@dataclass(frozen=True, slots=True)
class Experts:
    """Sizes of the experts of a block.

    Attributes:
        count: how many there are.
        chosen: for each token.
        hidden: width of the hidden layer of each.
        shared: of the hidden layer of one more that every token takes, gated by a number of its own; 0 for none.

    Raises:
        InputError: a size below 1, or more chosen than there are.
    """

    count: int
    chosen: int
    hidden: int
    shared: int = 0

    def __post_init__(self) -> None:
        for field in ("count", "chosen", "hidden"):
            if getattr(self, field) < 1:
                raise InputError(f"experts: {field}", getattr(self, field), "must be at least 1")
        if self.chosen > self.count:
            raise InputError("experts: chosen", self.chosen, f"must be at most the {self.count} that there are")

    def touched(self, tokens: int) -> Fraction:
        """How many of them some tokens are expected to use that choose independently, all alike.

        ``E (1 - (1 - k / E) ** tokens)``; between :attr:`fewest` and :meth:`most`.
        """
        passed = Fraction(self.count - self.chosen, self.count)
        return self.count * (1 - (Fraction(0) if float(passed) ** tokens < NEGLIGIBLE else passed**tokens))

    def used(self, tokens: int) -> dict[str, float]:
        """By some tokens: expected, fewest and most; plain data."""
        return {"expected": float(self.touched(tokens)), "fewest": self.fewest, "most": self.most(tokens)}

    def around(self, tokens: int) -> list[tuple[int, float]]:
        """The whole numbers on both sides of :meth:`touched`, larger first, with shares that make it their mean."""
        expected = self.touched(tokens)
        fewer = math.floor(expected)
        more = float(expected - fewer)
        return [(used, share) for used, share in ((fewer + 1, more), (fewer, 1 - more)) if share]

    @property
    def fewest(self) -> int:
        """Used by any tokens at least: those of the first, if all choose alike."""
        return self.chosen

    def most(self, tokens: int) -> int:
        """Used by so many tokens at most."""
        return min(self.count, self.chosen * tokens)


@dataclass(frozen=True, slots=True)
class _Alike:
    """Experts that work on as many tokens each.

    Attributes:
        name: before those of their layers.
        count: of experts. tokens: of each.
        times: how often their layers run. tied: others count their parameters.
    """

    name: str
    count: int
    tokens: int
    times: float
    tied: bool

    def product(
        self, net: Network, part: str, sources: tuple[str, ...], inner: int, outer: int, activation: Activation | None
    ) -> FeatureMap:
        """Each with its own matrix."""
        layer = Layer(
            name=f"{self.name}.{part}", kind="matmul", G=self.count, K=outer, C=inner, P=self.tokens,
            activation=activation, times=self.times, tied=self.tied,
        )  # fmt: skip
        return FeatureMap(net.add(layer, sources), outer, self.count * self.tokens, 1)


def expert_layers(
    net: Network, name: str, x: FeatureMap, of: Experts, *, gated: bool, activation: Activation, used: int = 0
) -> FeatureMap:
    """Router, the experts that tokens use, their weighted sum.

    Args:
        used: experts; as many as are expected when omitted. The router stores the parameters of the others.

    Raises:
        InputError: experts that so many tokens cannot use.
    """
    tokens = x.batch * x.height
    if used and not of.fewest <= used <= of.most(tokens):
        rule = f"must be {of.fewest} to {of.most(tokens)}, as {tokens} tokens choose {of.chosen} of {of.count} each"
        raise InputError(f"block {name!r}: experts", used, rule)
    numbers = [(used, 1.0)] if used else of.around(tokens)
    unused = (of.count - numbers[0][0]) * (3 if gated else 2) * x.channels * of.hidden
    router = Layer(
        name=f"{name}.router", kind="matmul", N=x.batch, K=of.count, C=x.channels, P=x.height, extra_params=unused
    )
    scores = softmax(net, f"{name}.choice", FeatureMap(net.add(router, x.sources), of.count, x.height, 1, x.batch))
    inputs, outputs = x.sources + scores.sources, []
    for group in _groups(f"{name}.experts", tokens * of.chosen, numbers):
        y = group.product(net, "up", inputs, x.channels, of.hidden, activation)
        if gated:
            gate = group.product(net, "gate", inputs, x.channels, of.hidden, None)
            y = vector(net, f"{group.name}.product", "eltwise", (y, gate), y, operands=2, times=group.times)
        outputs.append(group.product(net, "down", y.sources, of.hidden, x.channels, None))
    return vector(net, f"{name}.sum", "eltwise", (*outputs, scores), x, operands=of.chosen)


def _groups(name: str, pairs: int, numbers: list[tuple[int, float]]) -> Iterator[_Alike]:
    """Experts for so many pairs of a token and an expert, where some number of them is used, or now one, now another.

    Some may have one pair more than others. The first number, the largest, counts the parameters.
    """
    for place, (used, share) in enumerate(numbers):
        own = name if len(numbers) == 1 else f"{name}{used}"
        times, tied = 1 if share == 1 else share, place > 0
        each, more = divmod(pairs, used)
        yield _Alike(own, used - more, each, times, tied)
        if more:
            yield _Alike(f"{own}_busier", more, each + 1, times, tied)
