"""All networks that a table of widths makes of one: which weights are how wide, within a loss, is a choice of options.

Layers that the table leaves out are options without an alternative. What a choice costs is a sum over layers, so the
best of all is found, and bounded, without trying any (:mod:`cosearch.strategies.shortest_path.choices`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from accel_models.precision import Precision
from cosearch.evaluation.weight_bits import WeightBits
from cosearch.problem.objective import Objective
from cosearch.problem.options import CoSearchOptions
from cosearch.strategies.shortest_path.chain import Floats
from cosearch.strategies.shortest_path.choices import Choice, Choices, Ints
from cosearch.strategies.shortest_path.problem import NO_LIMITS
from nets.bits_table import BitsTable, read_bits_table
from nets.errors import InfeasibleError, InputError
from nets.network import Network, unique_layers


class Mixes:
    """The networks.

    Args:
        network: whose layers of the table take other widths.
        table: of them.
        max_loss: that the losses of all layers may add up to.

    Attributes:
        layers: one of each shape at each width.
        part, loss, column, times: of each option (options,), the part that it is of, what it loses in whole units, its
            place among the layers and how often it runs.

    Raises:
        InputError: the table is of other layers, or its losses have too many digits.
        InfeasibleError: every choice loses more.
    """

    def __init__(self, network: Network, table: BitsTable, max_loss: float) -> None:
        table.require(network)
        self.network, self.table, self.max_loss = network, table, max_loss
        losses, self._most = table.units(max_loss)
        if sum(map(min, losses.values())) > self._most:
            least = table.lost({name: min(own, key=own.__getitem__) for name, own in table.losses.items()})
            raise InfeasibleError(f"--max-loss: {max_loss:g} is less than the {least:g} that the table's layers lose")
        rest = [layer for layer in network.layers if layer.name not in table.losses]
        parts = [[(0, layer, times)] for layer, times in unique_layers(rest)]
        for layer in network.layers:
            if layer.name in table.losses:
                wide = [replace(layer, weight_bits=bits) for bits in table.losses[layer.name]]
                parts.append([(loss, own, layer.times) for loss, own in zip(losses[layer.name], wide)])
        self._tabled = [layer.name for layer in network.layers if layer.name in table.losses]
        options = [option for part in parts for option in part]
        self.layers = [layer for layer, _ in unique_layers(layer for _, layer, _ in options)]
        columns = {layer.shape_key: column for column, layer in enumerate(self.layers)}
        self.part: Ints = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
        self.loss: Ints = np.array([loss for loss, _, _ in options])
        self.column: Ints = np.array([columns[layer.shape_key] for _, layer, _ in options])
        self.times: Floats = np.array([times for _, _, times in options], dtype=np.float64)
        self._rest_column = [columns[layer.shape_key] for layer in rest]
        self._rest_times = np.array([layer.times for layer in rest], dtype=np.float64)
        self._bits = [layer.weight_bits for _, layer, _ in options]
        self._choices = Choices(self.part, self.loss, self._most)

    def best(
        self, energy_pj: Floats, latency_s: Floats, objective: Objective, limits: Floats = NO_LIMITS
    ) -> Choice | None:
        """The best choice of widths, see :meth:`Choices.best`; figures are those of one run of each of the layers."""
        energy, latency = (figure[self.column] * self.times for figure in (energy_pj, latency_s))
        return self._choices.best(energy, latency, objective, limits)

    def best_of_points(self, points: Sequence[tuple[Floats, Floats]], objective: Objective) -> Choice | None:
        """The same where each layer may be run in several ways; places of options are as :attr:`part` has them.

        Args:
            points: energies and latencies of the ways to run each of the layers, (n,) of each.
        """
        option = np.repeat(np.arange(len(self.part)), [len(points[column][0]) for column in self.column.tolist()])
        energy, latency = (
            np.concatenate([points[column][figure] * times for column, times in zip(self.column.tolist(), self.times)])
            for figure in (0, 1)
        )
        choice = Choices(self.part[option], self.loss[option], self._most).best(energy, latency, objective)
        return None if choice is None else replace(choice, taken=tuple(option[list(choice.taken)].tolist()))

    def least(self, cost: Floats, *, exact: bool = False) -> tuple[float, tuple[int, ...] | None]:
        """What no network's sum of a cost of its layers is below, see :meth:`Choices.least`."""
        return self._choices.least(cost[self.column] * self.times, exact=exact)

    def sum(self, figure: Floats, taken: Sequence[int]) -> float:
        """Sum of a figure of one run of each of the layers over the network of a choice, rounded once."""
        tabled = list(taken)[-len(self._tabled) :]
        rest = figure[self._rest_column] * self._rest_times
        return math.fsum([*rest.tolist(), *(figure[self.column[tabled]] * self.times[tabled]).tolist()])

    def counts(self, taken: Sequence[int]) -> Floats:
        """How often each of the layers runs in the network of a choice (layers,)."""
        counts = np.zeros(len(self.layers))
        np.add.at(counts, self.column[list(taken)], self.times[list(taken)])
        return counts

    def weight_bits(self, taken: Sequence[int]) -> WeightBits:
        """The widths of a choice."""
        chosen = [self._bits[option] for option in taken][-len(self._tabled) :]
        return self._weight_bits(dict(zip(self._tabled, chosen)))

    def of(self, network: Network) -> WeightBits:
        """The widths of one of the networks."""
        return self._weight_bits({name: network.layer(name).weight_bits for name in self._tabled})

    def _weight_bits(self, bits: Mapping[str, float]) -> WeightBits:
        return WeightBits(bits, self.table.lost(bits), self.max_loss)

    def smallest(self) -> Network:
        """The network whose weights take few bits."""
        bits = np.array([layer.params * layer.weight_bits for layer in self.layers], dtype=np.float64)
        _, taken = self.least(bits, exact=True)
        assert taken is not None  # some choice loses little enough
        return self.network.with_weight_bits(self.weight_bits(taken).bits)

    def require_multiplied(self, precision: Precision | None, name: str) -> None:
        """Refuse weights that are wider than what a machine's arithmetic is priced for.

        Args:
            precision: of the machine; ``None`` where it does not say.
            name: of the machine.

        Raises:
            InputError: some are.
        """
        if precision is not None and (widest := self.table.widest()) > precision.weight:
            rule = f"are wider than the weights of {precision.weight} bits that {name} multiplies"
            raise InputError(f"{self.table.path}: bits", widest, rule, "give --precision, as in w8a16")


def mixes_of(options: CoSearchOptions) -> Mixes | None:
    """The networks among which a search chooses the widths; ``None`` where it has no table.

    Raises:
        InputError, InfeasibleError: see :class:`Mixes`; or the file is none, or has widths that nothing multiplies.
    """
    file = options.held_files.get("bits_table")
    if file is None or options.max_loss is None:
        return None
    (network,) = options.load_networks()
    mixes = Mixes(network, read_bits_table(file), options.max_loss)
    mixes.require_multiplied(options.hardware.precision, "the accelerator")
    return mixes
