"""Gradient search with binarised paths: ProxylessNAS (Cai, Zhu, Han, ICLR 2019) where architectures come from a table.

In ProxylessNAS the paths share the weights of one network, trained in turn with the parameters alpha of the
architecture. Here a subnet is a row of figures, so the weights trained are those of a model that gives every path a
share of the loss, fitted to the subnets sampled so far: like a supernet it says what opening a gate would change. The
expected latency is the layer-wise table's, exactly differentiable; where the evaluator has no table, a model of the
same kind stands in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray

from cosearch.problem.architectures import Evaluated, Problem
from cosearch.problem.goals import MnasReward
from cosearch.problem.measures import ACCURACY
from cosearch.strategies.additive import Additive, Term
from cosearch.strategies.proxyless import (
    Adam,
    additive_loss,
    alpha_gradient,
    keep_total,
    multiplicative_loss,
    softmax,
    two_path_gradient,
    two_paths,
)
from cosearch.strategies.strategy import Strategy, evenly, pick
from nets.errors import InputError
from nets.spaces import Codes, Config

Floats = NDArray[np.float64]

RIDGE: Final = 1.0
"""Penalty on the squared weights of a model whose one-hot inputs are not scaled."""
PATIENCE: Final = 10
"""Times as many subnets as are wanted that are sampled to find some within the limits."""
SPREAD: Final = 1e-3
"""Standard deviation of alpha at first."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A cost whose expected value is to be at most ``bound``; ``shown`` makes it what people read, as milliseconds."""

    name: str
    bound: float
    shown: float


class Gradient(Strategy):
    """Samples subnets by the probabilities of their paths, fits the model of the loss, and moves alpha downhill.

    Args:
        loss: ``"add"`` for the additive form of the penalty on expected cost, ``"mul"`` for the multiplicative one.
        paths: ``"two"`` updates two sampled paths of each edge at a time, as ProxylessNAS does to save memory,
            ``"all"`` every path.
        weight: of the additive penalty at first.
        dual: by how much the weight grows for each share by which the expected cost is above the reference, and shrinks
            below it, at every step; 0 keeps it fixed as published.
        learning_rate: of Adam on alpha.
        warm_up: share of the evaluations that train the model alone, on subnets whose paths are drawn evenly.
        batch: subnets sampled between updates.
        steps: updates of alpha after each batch.

    Raises:
        InputError: an unknown form, or a goal that the form does not take.
    """

    name: ClassVar = "gradient"
    title: ClassVar = "gradient as in ProxylessNAS: binarised paths and expected latency"

    def __init__(
        self,
        problem: Problem,
        *,
        evaluations: int,
        seed: int,
        loss: Literal["add", "mul"] = "add",
        paths: Literal["two", "all"] = "two",
        weight: float = 0.1,
        dual: float = 0.02,
        learning_rate: float = 0.03,
        warm_up: float = 0.2,
        batch: int = 10,
        steps: int = 5,
    ) -> None:
        super().__init__(problem, evaluations=evaluations, seed=seed)
        for name, value, known in (("loss", loss, ("add", "mul")), ("paths", paths, ("two", "all"))):
            if value not in known:
                raise InputError(f"method gradient: {name}", value, f"must be one of {', '.join(known)}")
        self.loss, self.paths, self.weight, self.dual = loss, paths, weight, dual
        self.batch, self.steps, self.warm_up = batch, steps, warm_up
        self.references = _references(problem)
        if loss == "mul" and len(self.references) != 1:
            raise InputError("method gradient: loss", loss, "needs one cost with a limit or target", "or take loss=add")
        self.alphas: list[Floats] = [self.rng.normal(0, SPREAD, len(d.choices)) for d in self.space.decisions]
        self._weights = {reference.name: weight for reference in self.references}
        self._optimiser = Adam(learning_rate)
        self._tables: dict[str, Additive] = getattr(problem.evaluator, "tables", {})
        self._gates_seen: list[Floats] = []
        self._losses: list[float] = []
        self._costs: list[tuple[float, ...]] = []
        self._asked: list[Codes] = []

    def ask(self, most: int) -> list[Config]:
        """See :meth:`Strategy.ask`: subnets sampled by the gates, within the limits where that is known beforehand."""
        count = min(most, self.batch)
        drawn = [evenly(self.space, self.rng) for _ in range(count)] if self._warming else self._sampled(count)
        self._asked = [self.space.encode(config) for config in drawn]
        return drawn

    def _sampled(self, count: int) -> list[Config]:
        """Up to ``count`` subnets within the limits, of some times as many by the probabilities of their paths."""
        p = [softmax(alpha) for alpha in self.alphas]
        kept: list[Config] = []
        for _ in range(PATIENCE):
            batch = [self.space.decode(self._gates(p)) for _ in range(count)]
            kept += [config for config, fits in zip(batch, self.problem.admits(batch)) if fits]
            if len(kept) >= count:
                return kept[:count]
        return kept or batch[:1]

    @property
    def _warming(self) -> bool:
        return len(self._losses) < max(2, self.warm_up * self.evaluations)

    def _gates(self, p: Sequence[Floats]) -> Codes:
        """Binary gates: one open path for each edge that means something."""
        codes: Codes = ()
        for choices in p:
            options = self.space.options(codes)
            codes += (pick(self.rng, options, [float(choices[code]) for code in options]),)
        return codes

    def tell(self, outcomes: Sequence[Evaluated]) -> None:
        """See :meth:`Strategy.tell`: train the models, then step alpha."""
        for codes, found in zip(self._asked, outcomes):
            if all(map(math.isfinite, found.losses)):
                self._gates_seen.append(self._row(codes))
                self._losses.append(_positive(self.problem, found))
                self._costs.append(tuple(found.figures[reference.name] for reference in self.references))
        if self._warming:
            return
        gains, offset = self._fit(self._losses)
        tables = [
            self._tables.get(reference.name) or self._fitted_table([costs[index] for costs in self._costs])
            for index, reference in enumerate(self.references)
        ]
        for _ in range(self.steps):
            self._step(gains, offset, tables)

    def _step(self, gains: list[Floats], offset: float, tables: list[Additive]) -> None:
        p = [softmax(alpha) for alpha in self.alphas]
        gates = self._gates(p)
        value = offset + sum(gain[code] for gain, code, meant in zip(gains, gates, self._meant(gates)) if meant)
        by_loss, cost_slopes = self._penalty(value, p, tables)
        slopes, pairs = [], []
        for number, (alpha, share) in enumerate(zip(self.alphas, p)):
            options = self.space.options(gates[:number])
            gate_gradient = by_loss * gains[number] if len(options) > 1 else np.zeros_like(alpha)
            pair = two_paths(share, self.rng) if self.paths == "two" and len(alpha) > 1 else None
            if pair is None:
                slope = alpha_gradient(share, gate_gradient + cost_slopes[number])
            else:
                slope = two_path_gradient(alpha, gate_gradient + cost_slopes[number], pair)
            pairs.append(pair)
            slopes.append(slope)
        stepped = self._optimiser.step(self.alphas, slopes)
        self.alphas = [
            after if pair is None else keep_total(before, after, pair)
            for before, after, pair in zip(self.alphas, stepped, pairs)
        ]

    def _penalty(self, value: float, p: list[Floats], tables: list[Additive]) -> tuple[float, list[Floats]]:
        """Derivative of the whole loss by the model's loss, and by each gate through the expected costs."""
        by_loss, slopes = 1.0, [np.zeros_like(share) for share in p]
        for reference, table in zip(self.references, tables):
            expected, bound = table.expected(p), reference.bound
            if self.loss == "mul":
                unit = reference.shown
                if min(expected, bound) * unit <= 1:
                    rule = f"must be above 1 in the unit that people read, and is {min(expected, bound) * unit:.3g}"
                    raise InputError(f"method gradient: loss=mul: {reference.name}", bound, rule, "take loss=add")
                _, by_loss, by_cost = multiplicative_loss(value, expected * unit, bound * unit)
                by_cost *= unit
            else:
                _, _, by_cost = additive_loss(value, expected, bound, self._weights[reference.name])
                excess = (expected - bound) / bound
                self._weights[reference.name] = max(0.0, self._weights[reference.name] + self.dual * excess)
            for slope, by_gate in zip(slopes, table.gradient(p)):
                slope += by_cost * by_gate
        return by_loss, slopes

    def _meant(self, codes: Codes) -> list[bool]:
        return [len(self.space.options(codes[:number])) > 1 for number in range(len(codes))]

    def _row(self, codes: Codes) -> Floats:
        """The gates of an architecture, those of all edges after each other; an edge that means nothing opens none."""
        return np.concatenate(
            [np.eye(len(alpha))[code] * meant for alpha, code, meant in zip(self.alphas, codes, self._meant(codes))]
        )

    def _fit(self, targets: Sequence[float]) -> tuple[list[Floats], float]:
        """The share of every path in ``targets``, by edge, and what is common to all: ridge regression on the gates."""
        rows, y = np.array(self._gates_seen), np.asarray(targets)
        centre, mean = rows.mean(axis=0), float(y.mean())
        rows = rows - centre
        weights = np.linalg.solve(rows.T @ rows + RIDGE * np.eye(rows.shape[1]), rows.T @ (y - mean))
        ends = np.cumsum([len(alpha) for alpha in self.alphas])
        return np.split(weights, ends[:-1]), mean - float(centre @ weights)

    def _fitted_table(self, costs: Sequence[float]) -> Additive:
        parts, offset = self._fit(costs)
        terms = [Term((number,), part) for number, part in enumerate(parts)]
        return Additive((*terms, Term((0,), np.full(len(self.alphas[0]), offset))))


def _references(problem: Problem) -> tuple[Reference, ...]:
    """Costs whose expected value is held to a bound: the limits on them, and the target of a reward."""
    bounds = {limit.measure: limit.bound for limit in problem.limits if not limit.measure.larger}
    if isinstance(problem.goal, MnasReward):
        bounds.setdefault(problem.goal.cost, problem.goal.target)
    return tuple(Reference(measure.name, bound, measure.shown_per_unit) for measure, bound in bounds.items())


def _positive(problem: Problem, found: Evaluated) -> float:
    """The loss as a cross entropy is one: -log of an accuracy or a reward; any other loss as it is."""
    loss = found.losses[0]
    if loss >= 0:
        return loss
    per_one = 100.0 if problem.goal.measures == (ACCURACY,) else 1.0
    return -math.log(-loss / per_one)
