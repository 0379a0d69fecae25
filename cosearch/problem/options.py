"""The options of a search, checked, and what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from accel_models.precision import INT8, Precision, arithmetic_for, arithmetic_of
from cosearch.problem.axes import Axis, load_axes
from cosearch.problem.checks import check_options
from cosearch.problem.fusing import read_when, require_fusible, too_many
from cosearch.problem.kinds import check_kinds
from cosearch.problem.machine_space import MachineSpace
from cosearch.problem.mapper_options import MapperOptions
from cosearch.problem.network_limits import read_network_limits
from cosearch.problem.objective import Objective, load_objective
from cosearch.problem.stated import DEFAULT_SAMPLER, FILES, USUAL_TRIALS, StatedOptions, as_given, as_sequence
from cosearch.problem.template_space import TemplateSpace
from nets import Network, load_network
from nets.accuracy import Accuracy, Predictor, read_accuracies
from nets.accuracy.small import accuracies_of_small
from nets.documents import File, HeldFile, hold
from nets.errors import InputError, nearest
from nets.given import GivenNetwork
from nets.latency.in_time import accuracies_in_time
from nets.layer_formats import LayerFormats
from nets.number_formats import NumberFormats


@dataclass(frozen=True, kw_only=True)
class CoSearchOptions(StatedOptions):
    """Everything that the result of a co-search depends on; what may be set is what :class:`StatedOptions` says.

    Raises:
        InputError: an option that is unknown or out of range.
    """

    def __post_init__(self) -> None:
        check_kinds(self)
        settled: dict[str, Any] = {
            "networks": tuple(map(as_given, as_sequence(self.networks))),
            **{name: _held(name, getattr(self, name)) for name in FILES},
            "fuse": read_when(self.fuse),
            "layer_precision": tuple(self.layer_precision),
            "limit": (self.limit,) if isinstance(self.limit, str) else tuple(self.limit),
            "vary": (self.vary,) if isinstance(self.vary, str) else tuple(self.vary),
        }
        for name, value in settled.items():
            object.__setattr__(self, name, value)
        check_options(self)
        if self.trials is None:
            object.__setattr__(self, "trials", self._usual_trials)
        if self.machine is not None:
            _ = self.hardware
        if self.fuse == "on":
            self._require_fusible()

    def _require_fusible(self) -> None:
        require_fusible(self.objectives, self.machine, bits_table=self.bits_table is not None)

    @cached_property
    def layers_alone(self) -> str:
        """Why every layer runs alone, in words; empty where layers may run in groups."""
        if self.fuse != "auto":
            return "" if self.fuse == "on" else "not asked for"
        try:
            self._require_fusible()
        except InputError as error:
            return str(error)
        return too_many(self.load_networks() if self.networks else ())

    def __getstate__(self) -> dict[str, Any]:
        """The options alone: what follows from them is made again where it is wanted."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def stated_networks(self) -> list[Network]:
        """The networks as they are given, in no other formats; none where a subnet is searched.

        Raises:
            InputError: a resolution that a reference network cannot take.
        """
        return [
            load_network(network, self.resolution) if isinstance(network, str) else network.network()
            for network in self.given_networks
        ]

    def load_networks(self) -> list[Network]:
        """The networks that are designed for; none where a subnet is searched.

        Raises:
            InputError: as :meth:`stated_networks`.
        """
        networks = self.stated_networks()
        if self.formats is not None:
            networks = [network.in_formats(self.formats) for network in networks]
        elif self.machine is not None and self.machine.precision != INT8:
            networks = [network.at_precision(**self.machine.precision.bits) for network in networks]
        if not self.layer_precision:
            return networks
        own, built = LayerFormats.parse(self.layer_precision), self.hardware.precision
        own.require(built.weight, built.input, "the accelerator")
        return [own.applied(network) for network in networks]

    @property
    def held_predictor(self) -> HeldFile | None:
        """:attr:`predictor` as it was read when these options were made."""
        return _held("predictor", self.predictor)

    @property
    def held_latency(self) -> HeldFile | None:
        """:attr:`latency` as it was read when these options were made."""
        return _held("latency", self.latency)

    @property
    def held_files(self) -> dict[str, HeldFile]:
        """The files among the options, by name of the option."""
        files = {name: _held(name, getattr(self, name)) for name in FILES}
        return {name: file for name, file in files.items() if file is not None}

    def accuracies(self) -> Predictor:
        """Of the subnets of :attr:`space`.

        Raises:
            InputError: no such space, no figures of its accuracy, or a file that holds none.
            InfeasibleError: no subnet keeps the limit on a device, or those on itself.
        """
        limits = tuple((limit.measure.name, limit.bound) for limit in read_network_limits(*self.limit))
        known, device = (self.space, self.data, self.held_predictor), self.held_latency
        if device is None or self.latency_limit_ms is None:
            return accuracies_of_small(*known, limits)
        return accuracies_in_time(*known, device, self.latency_limit_ms, limits)

    def measured_accuracies(self) -> dict[str, Accuracy]:
        """Of given networks by name; none without a file.

        Raises:
            InputError: see :func:`nets.accuracy.read_accuracies`; the file names none of the networks.
        """
        file = self.held_predictor
        if file is None:
            return {}
        known = read_accuracies(file)
        names = [network if isinstance(network, str) else network.name for network in self.given_networks]
        if not known.keys() & set(names):
            raise InputError(f"{file.name}: name", names[0], "is not in it", nearest(names[0], known))
        return known

    @property
    def formats(self) -> NumberFormats | None:
        """What :attr:`precision` says; none where it is omitted.

        Raises:
            InputError: it is no format.
        """
        return None if self.precision is None else NumberFormats.parse(self.precision)

    @property
    def _usual_trials(self) -> int:
        if self.sampler != DEFAULT_SAMPLER:
            return USUAL_TRIALS["sampler"]
        if self.networks:
            return USUAL_TRIALS["networks"]
        return USUAL_TRIALS["groups" if self.fuse == "auto" and not self.layers_alone else "space"]

    @cached_property
    def goal(self) -> Objective:
        """What is made small."""
        return load_objective(self.objectives[0] if self.objectives else self.objective)

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """The figures that the accelerators are searched for."""
        return load_axes(self.objectives or (self.objective,))

    @cached_property
    def hardware(self) -> TemplateSpace | MachineSpace:
        """The accelerators inside the budget."""
        arithmetic = arithmetic_of(self.formats)
        if self.machine is None:
            return TemplateSpace(
                self.budget,
                self.node_nm,
                arithmetic or self._stated_arithmetic,
                voltage=self.voltage,
                dram=self.dram,
                standing_costs=self.standing_costs,
                technology=self.technology,
            )
        own, stated = self.machine.precision, self._stated_arithmetic
        if arithmetic is None and stated != INT8 and (stated.weight > own.weight or stated.input > own.input):
            rule = f"multiplies {own}, and layers of the networks are wider: {stated}"
            raise InputError("machine", self.machine.name, rule, "write precision in its file, or give --precision")
        machine = self.machine if arithmetic is None else replace(self.machine, precision=arithmetic)
        return MachineSpace(self.budget, machine, self.vary)

    @property
    def _stated_arithmetic(self) -> Precision:
        """What multiplies the layers that are given, by the widths that they state."""
        given = [network for network in self.given_networks if isinstance(network, GivenNetwork)]
        return arithmetic_for(layer for network in given for layer in network.layers)

    @cached_property
    def mapper_options(self) -> MapperOptions:
        """How layers are mapped, by the threads of this process."""
        return MapperOptions(mapper=self.mapper, objective=self.goal.name, seed=self.seed, threads=self.jobs)


def _held(option: str, file: File | None) -> HeldFile | None:
    return None if file is None else hold(option, file)
