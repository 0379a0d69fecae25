"""Experts: feed-forwards of which a router picks some for every token (Shazeer et al. 2017).

Which experts a batch uses is not known before it runs. How many is, in expectation; layers are made for a whole number
of them, and all pairs of a token and an expert are shared out evenly among those: every product is counted once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nets.blocks.feature_map import FeatureMap
from nets.blocks.movement import softmax, vector
from nets.errors import InputError
from nets.layer import Activation, Layer

if TYPE_CHECKING:
    from nets.network import Network


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

    def touched(self, tokens: int) -> float:
        """How many of them some tokens are expected to use that choose independently, all alike.

        ``E (1 - (1 - k / E) ** tokens)``; between :meth:`fewest` and :meth:`most`.
        """
        return self.count * (1.0 - (1.0 - self.chosen / self.count) ** tokens)

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
    """

    name: str
    count: int
    tokens: int

    def product(
        self, net: Network, part: str, sources: tuple[str, ...], inner: int, outer: int, activation: Activation | None
    ) -> FeatureMap:
        """Each with its own matrix."""
        layer = Layer(
            name=f"{self.name}.{part}", kind="matmul", G=self.count, K=outer, C=inner, P=self.tokens,
            activation=activation,
        )  # fmt: skip
        return FeatureMap(net.add(layer, sources), outer, self.count * self.tokens, 1)


def expert_layers(
    net: Network, name: str, x: FeatureMap, of: Experts, *, gated: bool, activation: Activation, used: int = 0
) -> FeatureMap:
    """Router, the experts that tokens use, their weighted sum.

    Args:
        used: experts; the whole number nearest to :meth:`Experts.touched` when omitted. The router stores the
            parameters of the others.

    Raises:
        InputError: experts that so many tokens cannot use.
    """
    tokens = x.batch * x.height
    used = used or round(of.touched(tokens))
    if not of.fewest <= used <= of.most(tokens):
        rule = f"must be {of.fewest} to {of.most(tokens)}, as {tokens} tokens choose {of.chosen} of {of.count} each"
        raise InputError(f"block {name!r}: experts", used, rule)
    unused = (of.count - used) * (3 if gated else 2) * x.channels * of.hidden
    router = Layer(
        name=f"{name}.router", kind="matmul", N=x.batch, K=of.count, C=x.channels, P=x.height, extra_params=unused
    )
    scores = softmax(net, f"{name}.choice", FeatureMap(net.add(router, x.sources), of.count, x.height, 1, x.batch))
    inputs, outputs = x.sources + scores.sources, []
    for group in _shared_out(f"{name}.experts", tokens * of.chosen, used):
        y = group.product(net, "up", inputs, x.channels, of.hidden, activation)
        if gated:
            gate = group.product(net, "gate", inputs, x.channels, of.hidden, None)
            y = vector(net, f"{group.name}.product", "eltwise", (y, gate), y, operands=2)
        outputs.append(group.product(net, "down", y.sources, of.hidden, x.channels, None))
    return vector(net, f"{name}.sum", "eltwise", (*outputs, scores), x, operands=of.chosen)


def _shared_out(name: str, pairs: int, used: int) -> Iterator[_Alike]:
    """So many experts with so many pairs of a token and an expert: some may have one more than others."""
    each, more = divmod(pairs, used)
    yield _Alike(name, used - more, each)
    if more:
        yield _Alike(f"{name}_busier", more, each + 1)
