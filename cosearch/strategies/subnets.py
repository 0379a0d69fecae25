"""The inner search over subnets that are accurate enough, by evolution, on the costs of one accelerator.

The operators and proportions are those of Once-for-All's finder (Cai et al. 2020: a quarter of the population are
parents, half of the children are mutants and half crossings, each gene redrawn with probability 0.1). Accuracy is a
filter: a subnet below the floor never enters a population, and above it accuracy is no part of the reward.

A subnet costs the sum of its blocks, and a block the sum of its layers, so a population is scored by adding up rows of
a table that holds the cost of every layer shape of the space on that accelerator.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from nets.accuracy import Predictor
from nets.errors import InfeasibleError, InputError
from nets.layer import Layer
from nets.spaces import Block, Config, Key, Space

Floats = NDArray[np.float64]
Reward = Callable[[Floats, Floats], Floats]
"""(energy pJ, latency s) of each subnet to the value that is made small."""

MUTATION_PROBABILITY: Final = 0.1
PARENT_SHARE: Final = 0.25
MUTANT_SHARE: Final = 0.5
MOST_DRAWS: Final = 100
"""Rounds of children before a generation stays small: few subnets reach a floor close to the highest reachable."""
MOST_CONFIRMED: Final = 16
"""Best subnets of a search that are held against a predictor whose screening is only an estimate."""


@dataclass(frozen=True, slots=True)
class Evolution:
    """How long to evolve.

    Attributes:
        population: subnets of a generation.
        generations: of children after the first population.
    """

    population: int = 40
    generations: int = 10


@dataclass(frozen=True, slots=True)
class Subnet:
    """A subnet and what it costs: energy in pJ, latency in seconds."""

    config: Config
    energy_pj: float
    latency_s: float


def canonical_key(config: Config) -> Key:
    """:meth:`Space.key` of a config that is canonical already, as every draw of the space is."""
    return tuple(tuple(value) if isinstance(value, list) else value for value in config.values())


class ShapeTable:
    """Which layer shapes every subnet of a space is made of, at some resolutions.

    Attributes:
        layers: one layer of each different shape (MAC and vector layers) at any of the resolutions.
    """

    def __init__(self, space: Space, resolutions: Sequence[int]) -> None:
        self.space = space
        self.resolutions = tuple(resolutions)
        columns: dict[tuple[object, ...], int] = {}
        self.layers: list[Layer] = []
        blocks = list(dict.fromkeys(block for r in self.resolutions for block in space.all_blocks(r)))
        for block in blocks:
            for layer in block.layers:
                if layer.shape_key not in columns:
                    columns[layer.shape_key] = len(self.layers)
                    self.layers.append(layer)
        self._row = {block: index for index, block in enumerate(blocks)}
        self._rows: dict[Key, NDArray[np.int64]] = {}
        counts = [Counter(columns[layer.shape_key] for layer in block.layers) for block in blocks]
        # by block: columns of its different shapes, ascending, and how often each occurs; 0 times behind the last
        self._columns = np.zeros((len(blocks), max(map(len, counts))), np.int64)
        self._times = np.zeros(self._columns.shape)
        for row, count in enumerate(counts):
            for place, column in enumerate(sorted(count)):
                self._columns[row, place], self._times[row, place] = column, count[column]

    def costs(self, configs: Sequence[Config], *figures: Floats) -> list[Floats]:
        """Sum of each figure, given by layer shape in the order of :attr:`layers`, over each (canonical) subnet."""
        rows = [self._rows_of(config) for config in configs]
        totals = []
        for figure in figures:
            by_block = self.block_costs(figure)
            totals.append(np.array([by_block[row].sum() for row in rows]))
        return totals

    def block_costs(self, figure: Floats) -> Floats:
        """Sum of a figure, given by layer shape in the order of :attr:`layers`, over each block, by :meth:`row`.

        Added up in the same order everywhere: no last digit depends on the machine.
        """
        total = np.zeros(len(self._times))
        for columns, times in zip(self._columns.T, self._times.T):
            total += np.where(times > 0, figure[columns], 0.0) * times
        return total

    def row(self, block: Block) -> int:
        """Place of a block in :meth:`block_costs`."""
        return self._row[block]

    def _rows_of(self, config: Config) -> NDArray[np.int64]:
        """The table's rows of a canonical config's blocks."""
        key = canonical_key(config)
        if key not in self._rows:
            self._rows[key] = np.array([self._row[block] for block in self.space.blocks(config)])
        return self._rows[key]


class SubnetSearch:
    """Evolution over the subnets of a space that reach an accuracy.

    Args:
        space: where subnets come from.
        predictor: of their accuracy; its id must be the space's.
        min_accuracy: percent top-1 that every subnet reaches.
        resolutions: allowed; within the predictor's domain.
        confidence: with what probability it does, by the predictor's error; by the mean alone for ``None``.

    Raises:
        InputError: a resolution outside the space or the predictor's domain; a confidence that is not between 0 and 1.
        InfeasibleError: no subnet reaches the accuracy; says the highest reachable.
    """

    def __init__(
        self,
        space: Space,
        predictor: Predictor,
        min_accuracy: float,
        resolutions: Sequence[int],
        confidence: float | None = None,
    ) -> None:
        predictor.check_space(space.id)
        for resolution in resolutions:
            if resolution not in predictor.domain:
                known = ", ".join(str(value) for value in predictor.domain)
                raise InputError("resolution", resolution, f"is not one of {space.id} with known accuracy", known)
        self.space, self.predictor, self.min_accuracy, self.confidence = space, predictor, min_accuracy, confidence
        self.table = ShapeTable(space, resolutions)
        self._accuracy: dict[Key, float] = {}
        self._most_assured = [predictor.most_assured(resolution, confidence) for resolution in resolutions]
        self._ask()

    def demanding(self, min_accuracy: float) -> SubnetSearch:
        """The same search for another accuracy; both share what is known of shapes and accuracies.

        Raises:
            InfeasibleError: see :class:`SubnetSearch`.
        """
        other = copy.copy(self)
        other.min_accuracy = min_accuracy
        other._ask()
        return other

    def _ask(self) -> None:
        """Find out which of the subnets that searches begin with reach the floor."""
        self._seeds = self._reaching()
        known = [config for config in self.predictor.looked_up if config["r"] in self.table.resolutions]
        self._looked_up = [config for config, kept in zip(known, self.reaches(known)) if kept]

    @property
    def highest(self) -> float:
        """The highest accuracy, in percent, that a subnet reaches at the resolutions, as surely as is asked."""
        return float(self.predictor.assured_batch(self._seeds, self.confidence).max())

    @property
    def surest(self) -> list[Config]:
        """The subnet of each resolution that is surest of a high accuracy, where it reaches the floor."""
        return list(self._seeds)

    def _reaching(self) -> list[Config]:
        """Those of :attr:`_most_assured` that reach the floor."""
        best = self._most_assured
        assured = self.predictor.assured_batch(best, self.confidence)
        reaching = [config for config, value in zip(best, assured) if value >= self.min_accuracy]
        if not reaching:
            where = ", ".join(str(r) for r in self.table.resolutions) if len(best) <= 4 else "any resolution"
            raise InfeasibleError(
                f"no subnet of {self.space.id} reaches {self.min_accuracy:g} % top-1 at {where}{self._how_surely}: "
                f"the highest reachable is {assured.max():.2f} %"
            )
        return reaching

    @property
    def _how_surely(self) -> str:
        return "" if self.confidence is None else f" with probability {self.confidence}"

    @property
    def layers(self) -> list[Layer]:
        """One layer of each shape that :meth:`best` wants costs for."""
        return self.table.layers

    def reaches(self, configs: Sequence[Config]) -> list[bool]:
        """Whether each subnet reaches the accuracy, as the predictor screens; that is kept for the next time."""
        keys = [canonical_key(config) for config in configs]
        fresh = {key: config for key, config in zip(keys, configs) if key not in self._accuracy}
        if fresh:
            screened = self.predictor.screen_batch(list(fresh.values()), self.confidence)
            self._accuracy.update(zip(fresh, screened.tolist()))
        return [self._accuracy[key] >= self.min_accuracy for key in keys]

    def best(
        self,
        energy_pj: Floats,
        latency_s: Floats,
        reward: Reward,
        rng: np.random.Generator,
        evolution: Evolution,
        first: Sequence[Config] = (),
    ) -> Subnet:
        """The best subnet found on one accelerator.

        Args:
            energy_pj, latency_s: of each of :attr:`layers` on that accelerator; infinite where nothing maps it.
            reward: what is made small.
            rng: of every draw.
            evolution: how long.
            first: subnets known to reach the accuracy that the first population holds besides random ones, and those
                whose accuracy was measured.
        """
        population = list(first) or list(self._seeds)
        population += self._looked_up
        population += self._children(population, evolution.population - len(population), rng)
        scores = self._score(population, energy_pj, latency_s, reward)
        parents_kept = max(2, int(PARENT_SHARE * evolution.population))
        for _ in range(evolution.generations):
            ranked = np.argsort(scores, kind="stable")[:parents_kept]
            parents = [population[index] for index in ranked]
            children = self._children(parents, evolution.population, rng)
            population = parents + children
            scores = np.concatenate([scores[ranked], self._score(children, energy_pj, latency_s, reward)])
        winner = self._confirmed([population[index] for index in np.argsort(scores, kind="stable")])
        energy, latency = self.table.costs([winner], energy_pj, latency_s)
        return Subnet(winner, float(energy[0]), float(latency[0]))

    def _confirmed(self, ranked: Sequence[Config]) -> Config:
        """The first that has the accuracy beyond screening; a surest subnet where none of the best has it."""
        distinct = list({canonical_key(config): config for config in ranked}.values())[:MOST_CONFIRMED]
        floor, surely = self.min_accuracy, self.confidence
        passed = (config for config in distinct if self.predictor.confirms(config, floor, surely))
        return next(passed, self._seeds[0])

    def _score(self, configs: Sequence[Config], energy_pj: Floats, latency_s: Floats, reward: Reward) -> Floats:
        return reward(*self.table.costs(configs, energy_pj, latency_s))

    def _children(self, parents: Sequence[Config], count: int, rng: np.random.Generator) -> list[Config]:
        """``count`` mutants and crossings of ``parents`` that reach the accuracy (fewer where hardly any does)."""
        children: list[Config] = []
        for _ in range(MOST_DRAWS):
            if len(children) >= count:
                break
            batch = [self._child(parents, rng) for _ in range(count - len(children))]
            children += [config for config, reaches in zip(batch, self.reaches(batch)) if reaches]
        return children

    def _child(self, parents: Sequence[Config], rng: np.random.Generator) -> Config:
        mother = parents[int(rng.integers(len(parents)))]
        if len(parents) < 2 or rng.random() < MUTANT_SHARE:
            child = self.space.mutate(mother, rng, MUTATION_PROBABILITY, resolution_prob=0.0)
            if rng.random() < MUTATION_PROBABILITY:
                child["r"] = self.table.resolutions[int(rng.integers(len(self.table.resolutions)))]
        else:
            child = self.space.crossover(mother, parents[int(rng.integers(len(parents)))], rng)
        return child
