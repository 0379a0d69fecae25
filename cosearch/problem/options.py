"""The options of a search as plain data, checked: everything that its result depends on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from accel_models.dram import DEFAULT_DRAM, load_dram, standing_costs_of
from accel_models.precision import INT8, Precision, arithmetic_for, arithmetic_of
from accel_models.structure import Structure
from accel_models.technology import DEFAULT_NODE_NM, technology
from cosearch.problem.axes import Axis, load_axes
from cosearch.problem.budget import Budget
from cosearch.problem.fusing import read_when, require_fusible, too_many
from cosearch.problem.machine_space import MachineSpace
from cosearch.problem.objective import Objective, ObjectiveName, load_objective
from cosearch.problem.template_space import DEFAULT_DRAM_GB_S, TemplateSpace
from nets import Network, load_network, network_info
from nets.accuracy import Accuracy, Predictor, accuracy_of, read_accuracies
from nets.accuracy.confidence import check_confidence
from nets.documents import File, HeldFile, hold
from nets.errors import NO_VALUE, InputError, nearest, of_option
from nets.given import GivenNetwork
from nets.latency.in_time import accuracies_in_time
from nets.layer_formats import LayerFormats
from nets.number_formats import NumberFormats

FILES: Final = ("predictor", "latency", "bits_table")
"""Options that are files, which are held as they are."""
DEFAULT_SPACE: Final = "ofa-mbv3-w1.0"
DEFAULT_MIN_ACCURACY: Final = 75.0
LAST_MAPPER: Final = "optimal"
DEFAULT_SAMPLER: Final = "race"
USUAL_TRIALS: Final = {"space": 80, "groups": 60, "networks": 240, "sampler": 400}
"""Trials of a search for subnets; where designs are looked at in groups afterwards in the same time; for given
networks, which have few layers to map; and with another sampler, which maps all designs quickly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapperOptions:
    """How layers are mapped.

    Attributes:
        mapper: name of the mapper.
        objective: what a mapping makes small.
        seed: of every draw.
        threads: that share the work; the result does not depend on them.
    """

    mapper: str = "cmaes"
    objective: ObjectiveName = "edp"
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True, kw_only=True)
class CoSearchOptions:
    """Everything that the result of a co-search depends on.

    Attributes:
        budget: limits that the design keeps.
        machine: a machine of one's own that is designed in place of the template's; only with ``vary``.
        vary: what varies of it, see :mod:`cosearch.problem.vary`.
        networks: to design for, reference networks by name or any others as :class:`~nets.network.Network`; a subnet
            of ``space`` is searched when there is none.
        space: id of the search space, or a supernet's file (``.pt``), whose subnets are measured and not predicted.
        data: images to measure them on, ``digits`` or a folder; only with a supernet.
        predictor: file of accuracies that takes the place of what ships for the space, see
            :func:`nets.accuracy.given_predictor`; for ``networks`` measured ones by name
            (:func:`nets.accuracy.read_accuracies`).
        latency: file that says the latency of subnets on a device, a table of layers or a predictor
            (:func:`nets.latency.read_latency_predictor`), or of the one given network, a table of its layers
            (:func:`nets.latency.read_network_latency`): a limit beside that of the accelerator that is designed.
        latency_limit_ms: that the network keeps on that device.
        min_accuracy: percent top-1 that a subnet reaches; a filter, never part of the objective.
        confidence: probability with which it does, by the error of the prediction; ``None`` asks of the mean alone.
        resolution: of the input image; ``None`` lets the search choose (a space) or takes the published one (networks).
        objective: ``"edp"``, ``"latency"`` or ``"energy"``.
        objectives: several of :data:`cosearch.problem.axes.AXES` at once, for a front; the first takes the place of
            ``objective``: the winner is the best at it. With accuracy among them, subnets are asked for more accuracy
            than ``min_accuracy``, each point of the front for its own.
        trials: accelerators evaluated; when omitted, :data:`USUAL_TRIALS` of what is searched.
        population: accelerators of a generation.
        sampler: that proposes them; its name is checked by whoever has the samplers.
        time_limit_s: wall time after which no generation begins; ``None`` for none.
        seed: of every draw.
        node_nm: technology.
        voltage, dram, standing_costs: of every design, as :class:`~accel_models.template.Template` has them.
        precision: of given networks and of the machine, as :meth:`nets.number_formats.NumberFormats.parse` reads it;
            8 bits when omitted.
        layer_precision: formats of single layers of the given networks, see :class:`nets.layer_formats.LayerFormats`.
        bits_table: file of what the one given network loses by narrower weights, layer by layer
            (:func:`nets.bits_table.read_bits_table`): each accelerator has the best widths of it.
        max_loss: that the losses of all layers may add up to.
        jobs: processes; the result does not depend on them.
        mapper: that maps the layers.
        mapper_budget: evaluations for each layer shape on each accelerator.
        last_mapper_budget: the same for the best designs at the end, and for the baselines.
        last_mapper: that maps the networks of what may be the best design, and of the best: ``"optimal"``, or that of
            the search for no such mapping.
        fuse: whether layers may run in groups, tile by tile, with what lies between them on the chip: ``"on"``,
            ``"off"`` or, where that can be searched in some time, ``"auto"`` (:attr:`layers_alone` says why not). The
            design is then the best that is found so; its figures with every layer alone stand beside. ``True`` and
            ``False`` are on and off.
        baselines: whether published designs are compared at the end.

    Raises:
        InputError: an option that is unknown or out of range.
    """

    budget: Budget
    machine: Structure | None = None
    vary: tuple[str, ...] = ()
    networks: Sequence[str | Network | GivenNetwork] = ()
    space: str = DEFAULT_SPACE
    data: str | None = None
    predictor: File | None = None
    latency: File | None = None
    latency_limit_ms: float | None = None
    min_accuracy: float = DEFAULT_MIN_ACCURACY
    confidence: float | None = None
    resolution: int | None = None
    objective: str = "edp"
    objectives: tuple[str, ...] = ()
    trials: int = None  # type: ignore[assignment]  # as many as are usual: __post_init__ says
    population: int = 12
    sampler: str = DEFAULT_SAMPLER
    time_limit_s: float | None = None
    seed: int = 0
    node_nm: int = DEFAULT_NODE_NM
    voltage: float | None = None
    dram: str = DEFAULT_DRAM
    standing_costs: bool = False
    precision: str | None = None
    layer_precision: tuple[str, ...] = ()
    bits_table: File | None = None
    max_loss: float | None = None
    jobs: int = 1
    mapper: str = "cmaes"
    mapper_budget: int = 40
    last_mapper_budget: int = 1000
    last_mapper: str = "optimal"
    fuse: str | bool = "off"
    baselines: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "networks", tuple(_given(network) for network in _sequence(self.networks)))
        for name in FILES:
            object.__setattr__(self, name, _held(name, getattr(self, name)))
        self._check_latency()
        object.__setattr__(self, "fuse", read_when(self.fuse))
        if self.trials is None:
            object.__setattr__(self, "trials", self._usual_trials)
        load_objective(self.objective)
        load_axes(self.objectives or (self.objective,))
        technology(self.node_nm, self.voltage)
        load_dram(self.dram)
        if self.standing_costs:
            standing_costs_of(self.dram, DEFAULT_DRAM_GB_S)
        if self.formats is not None and not self.networks:
            raise InputError(
                "precision", self.precision, "is of given networks: how accurate subnets are is known at 8 bits",
                "leave it out, or give --network",
            )  # fmt: skip
        object.__setattr__(self, "layer_precision", tuple(self.layer_precision))
        LayerFormats.parse(self.layer_precision)
        if self.layer_precision and not self.networks:
            rule = "is of layers of given networks: how accurate subnets are is known at 8 bits"
            raise InputError("layer-precision", self.layer_precision[0], rule, "leave it out, or give --network")
        if not 0 < self.min_accuracy < 100:
            raise InputError("min-accuracy", self.min_accuracy, "must be a percentage between 0 and 100")
        check_confidence(self.confidence)
        if self.networks and self.confidence is not None:
            raise InputError(
                "confidence",
                self.confidence,
                "is of the accuracy of a network that is searched, and the networks are given",
                "leave it out, or search a space",
            )
        for name, least in (
            ("trials", 1),
            ("population", 2),
            ("seed", 0),
            ("jobs", 1),
            ("mapper_budget", 1),
            ("last_mapper_budget", 1),
        ):
            value = getattr(self, name)
            if not isinstance(value, int) or value < least:
                raise InputError(name.replace("_", "-"), value, f"must be a whole number of at least {least}")
        if self.last_mapper not in (LAST_MAPPER, self.mapper):
            raise InputError(
                "last-mapper", self.last_mapper, f"must be {LAST_MAPPER} or {self.mapper}, the search's own"
            )
        if self.time_limit_s is not None and not 0 < self.time_limit_s < math.inf:
            raise InputError("time-limit", self.time_limit_s, "must be a number of seconds greater than zero")
        if self.networks and "accuracy" in self.objectives:
            raise InputError("objectives", "accuracy", "is that of the networks", "leave it out, or search a space")
        self._check_networks()
        self._check_bits_table()
        self._check_machine()
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

    def _check_machine(self) -> None:
        """Refuse what a search of a person's own machine cannot do."""
        object.__setattr__(self, "vary", (self.vary,) if isinstance(self.vary, str) else tuple(self.vary))
        if self.machine is None:
            if self.vary:
                raise InputError("vary", ", ".join(self.vary), "is of a machine", "give --machine, too")
            return
        if not isinstance(self.machine, Structure):
            rule = "is none whose sizes can vary: only a machine of kind structure has memories as they are built"
            raise InputError("machine", getattr(self.machine, "name", self.machine), rule)
        for name, usual, way in (
            ("node_nm", DEFAULT_NODE_NM, "write node_nm in its file, or vary node"),
            ("voltage", None, "write voltage in its file"),
            ("dram", DEFAULT_DRAM, "write dram in its file, or vary the level that it is"),
            ("standing_costs", False, "write standing_costs in its file"),
        ):
            if (value := getattr(self, name)) != usual:
                said = name.removesuffix("_nm").replace("_", "-")
                raise InputError(said, of_option(value), "is that of the machine", way)
        if not self.networks and self.machine.precision != INT8:
            rule = f"computes with {self.machine.precision}; how accurate subnets are is known at 8 bits"
            raise InputError("machine", self.machine.name, rule, "write precision in its file, or give --network")
        _ = self.hardware

    def _check_latency(self) -> None:
        if (self.latency is None) != (self.latency_limit_ms is None):
            lacking, given = (
                ("latency-limit", "latency") if self.latency_limit_ms is None else ("latency", "latency-limit")
            )
            raise InputError(
                lacking, NO_VALUE, f"is missing beside {given}: a network keeps a limit on the device of a file",
                "--budget latency=... limits the accelerator that is designed",
            )  # fmt: skip
        if self.latency_limit_ms is None:
            return
        if not 0 < self.latency_limit_ms < math.inf:
            raise InputError("latency-limit", self.latency_limit_ms, "must be a number of milliseconds above zero")
        for contradicts, rule, way in (
            (len(self.networks) > 1, "is of one network", "give one --network"),
            (self.bits_table is not None, "says nothing of widths that are chosen", "leave --bits-table out"),
        ):
            if contradicts:
                raise InputError("latency", str(self.latency), rule, way)

    def _check_bits_table(self) -> None:
        if (self.bits_table is None) != (self.max_loss is None):
            given, lacking = ("bits-table", "max-loss") if self.max_loss is None else ("max-loss", "bits-table")
            value = str(self.bits_table) if self.max_loss is None else self.max_loss
            raise InputError(given, value, "is of widths that lose something, within a limit", f"give --{lacking}")
        if self.max_loss is None:
            return
        if not math.isfinite(self.max_loss):
            raise InputError("max-loss", self.max_loss, "must be a finite number")
        for contradicts, rule, way in (
            (len(self.networks) != 1, "is of the layers of one network", "give one --network"),
            (self.predictor is not None, "changes the network whose accuracy is said", "leave --predictor out"),
            (len(self.objectives) > 1, "has the widths that are best at one objective", "leave --objectives out"),
        ):
            if contradicts:
                raise InputError("bits-table", str(self.bits_table), rule, way)

    def _check_networks(self) -> None:
        if self.networks and self.data is not None:
            rule = "is for measuring subnets of a supernet, and the networks are given"
            raise InputError("data", self.data, rule, "leave it out, or search a space")
        named = set[str]()
        for network in self.given_networks:
            name = network if isinstance(network, str) else network.name
            if name in named:
                raise InputError("network", name, "is named twice")
            named.add(name)
            if isinstance(network, str):
                network_info(name)
            elif self.resolution is not None:
                rule = f"is not for {name!r}, which is given layer by layer at {network.resolution}"
                raise InputError("resolution", self.resolution, rule, "leave it out")

    def __getstate__(self) -> dict[str, Any]:
        """The options alone: what follows from them is made again where it is wanted."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @property
    def given_networks(self) -> tuple[str | GivenNetwork, ...]:
        """:attr:`networks` as they are written down: reference networks by name, others layer by layer."""
        return tuple(_given(network) for network in self.networks)

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
            InfeasibleError: no subnet keeps the limit on a device.
        """
        device = self.held_latency
        if device is None or self.latency_limit_ms is None:
            return accuracy_of(self.space, self.data, self.held_predictor)
        return accuracies_in_time(self.space, self.data, self.held_predictor, device, self.latency_limit_ms)

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


def _sequence(networks: object) -> Sequence[object]:
    """What may hold networks: not one of them alone."""
    if isinstance(networks, str | Network | GivenNetwork) or not isinstance(networks, Sequence):
        raise InputError("networks", networks, "must be a list of networks", "write networks=[...]")
    return networks


def _held(option: str, file: File | None) -> HeldFile | None:
    return None if file is None else hold(option, file)


def _given(network: object) -> str | GivenNetwork:
    if isinstance(network, Network):
        return GivenNetwork.of(network)
    if not isinstance(network, str | GivenNetwork):
        raise InputError("networks", network, "must be the name of a reference network, or a Network")
    return network
