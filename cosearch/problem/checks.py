"""Options of a search that contradict each other or are out of range: one check for each idea."""

from __future__ import annotations

import math

from accel_models.dram import DEFAULT_DRAM, load_dram, standing_costs_of
from accel_models.precision import INT8
from accel_models.structure import Structure
from accel_models.technology import DEFAULT_NODE_NM, technology_of
from cosearch.problem.axes import load_axes
from cosearch.problem.network_limits import read_network_limits
from cosearch.problem.objective import load_objective
from cosearch.problem.stated import LAST_MAPPER, StatedOptions
from cosearch.problem.template_space import DEFAULT_DRAM_GB_S
from nets import network_info
from nets.accuracy.confidence import check_confidence
from nets.errors import NO_VALUE, InputError, of_option
from nets.layer_formats import LayerFormats
from nets.number_formats import NumberFormats

LEAST = {"trials": 1, "population": 2, "seed": 0, "jobs": 1, "mapper_budget": 1, "last_mapper_budget": 1}
"""Of options that are whole numbers."""


def check_options(options: StatedOptions) -> None:
    """Refuse options that no search can be made of.

    Raises:
        InputError: an option that is unknown, out of range or contradicts another.
    """
    for check in (
        _check_device,
        _check_limits,
        _check_goals,
        _check_technology,
        _check_formats,
        _check_accuracy,
        _check_effort,
        _check_networks,
        _check_bits_table,
        _check_machine,
    ):
        check(options)


def _check_device(options: StatedOptions) -> None:
    """Another device than the one that is designed, where the network keeps a limit."""
    if (options.latency is None) != (options.latency_limit_ms is None):
        lacking, given = (
            ("latency-limit", "latency") if options.latency_limit_ms is None else ("latency", "latency-limit")
        )
        raise InputError(
            lacking, NO_VALUE, f"is missing beside {given}: a network keeps a limit on the device of a file",
            "--budget latency=... limits the accelerator that is designed",
        )  # fmt: skip
    if options.latency_limit_ms is None:
        return
    if not 0 < options.latency_limit_ms < math.inf:
        raise InputError("latency-limit", options.latency_limit_ms, "must be a number of milliseconds above zero")


def _check_limits(options: StatedOptions) -> None:
    """On a network by itself."""
    read_network_limits(*options.limit)
    if options.limit and options.networks:
        rule = "is on a network that is searched, and the networks are given"
        raise InputError("limit", ",".join(options.limit), rule, "leave it out, or search a space")


def _check_goals(options: StatedOptions) -> None:
    """What is made small."""
    load_objective(options.objective)
    load_axes(options.objectives or (options.objective,))
    if options.networks and "accuracy" in options.objectives:
        raise InputError("objectives", "accuracy", "is that of the networks", "leave it out, or search a space")


def _check_technology(options: StatedOptions) -> None:
    """Of designs by the template."""
    technology_of(options)
    load_dram(options.dram)
    if options.standing_costs:
        standing_costs_of(options.dram, DEFAULT_DRAM_GB_S)


def _check_formats(options: StatedOptions) -> None:
    """How wide numbers are."""
    formats = None if options.precision is None else NumberFormats.parse(options.precision)
    if formats is not None and not options.networks:
        raise InputError(
            "precision", options.precision, "is of given networks: how accurate subnets are is known at 8 bits",
            "leave it out, or give --network",
        )  # fmt: skip
    LayerFormats.parse(options.layer_precision)
    if options.layer_precision and not options.networks:
        rule = "is of layers of given networks: how accurate subnets are is known at 8 bits"
        raise InputError("layer-precision", options.layer_precision[0], rule, "leave it out, or give --network")


def _check_accuracy(options: StatedOptions) -> None:
    """That of a network which is searched."""
    if not 0 < options.min_accuracy < 100:
        raise InputError("min-accuracy", options.min_accuracy, "must be a percentage between 0 and 100")
    check_confidence(options.confidence)
    if options.networks and options.confidence is not None:
        raise InputError(
            "confidence",
            options.confidence,
            "is of the accuracy of a network that is searched, and the networks are given",
            "leave it out, or search a space",
        )


def _check_effort(options: StatedOptions) -> None:
    """How much is tried, and by whom."""
    for name, least in LEAST.items():
        value = getattr(options, name)
        usual = name == "trials" and value is None
        if not usual and (not isinstance(value, int) or value < least):
            raise InputError(name.replace("_", "-"), value, f"must be a whole number of at least {least}")
    if options.last_mapper not in (LAST_MAPPER, options.mapper):
        rule = f"must be {LAST_MAPPER} or {options.mapper}, the search's own"
        raise InputError("last-mapper", options.last_mapper, rule)
    if options.time_limit_s is not None and not 0 < options.time_limit_s < math.inf:
        raise InputError("time-limit", options.time_limit_s, "must be a number of seconds greater than zero")


def _check_networks(options: StatedOptions) -> None:
    """Those that are given."""
    if options.networks and options.data is not None:
        rule = "is for measuring subnets of a supernet, and the networks are given"
        raise InputError("data", options.data, rule, "leave it out, or search a space")
    named = set[str]()
    for network in options.given_networks:
        name = network if isinstance(network, str) else network.name
        if name in named:
            raise InputError("network", name, "is named twice")
        named.add(name)
        if isinstance(network, str):
            network_info(name)
        elif options.resolution is not None:
            rule = f"is not for {name!r}, which is given layer by layer at {network.resolution}"
            raise InputError("resolution", options.resolution, rule, "leave it out")


def _check_bits_table(options: StatedOptions) -> None:
    """Widths that lose something."""
    if (options.bits_table is None) != (options.max_loss is None):
        given, lacking = ("bits-table", "max-loss") if options.max_loss is None else ("max-loss", "bits-table")
        value = str(options.bits_table) if options.max_loss is None else options.max_loss
        raise InputError(given, value, "is of widths that lose something, within a limit", f"give --{lacking}")
    if options.max_loss is None:
        return
    if not math.isfinite(options.max_loss):
        raise InputError("max-loss", options.max_loss, "must be a finite number")
    for contradicts, rule, way in (
        (len(options.networks) != 1, "is of the layers of one network", "give one --network"),
        (options.predictor is not None, "changes the network whose accuracy is said", "leave --predictor out"),
        (len(options.objectives) > 1, "has the widths that are best at one objective", "leave --objectives out"),
    ):
        if contradicts:
            raise InputError("bits-table", str(options.bits_table), rule, way)


def _check_machine(options: StatedOptions) -> None:
    """What a search of a person's own machine cannot do."""
    if options.machine is None:
        if options.vary:
            raise InputError("vary", ", ".join(options.vary), "is of a machine", "give --machine, too")
        return
    if not isinstance(options.machine, Structure):
        rule = "is none whose sizes can vary: only a machine of kind structure has memories as they are built"
        raise InputError("machine", getattr(options.machine, "name", options.machine), rule)
    for name, usual, way in (
        ("node_nm", DEFAULT_NODE_NM, "write node_nm in its file, or vary node"),
        ("voltage", None, "write voltage in its file"),
        ("dram", DEFAULT_DRAM, "write dram in its file, or vary the level that it is"),
        ("standing_costs", False, "write standing_costs in its file"),
        ("technology", None, "write technology in its file"),
    ):
        if (value := getattr(options, name)) != usual:
            said = name.removesuffix("_nm").replace("_", "-")
            raise InputError(said, of_option(value), "is that of the machine", way)
    if not options.networks and options.machine.precision != INT8:
        rule = f"computes with {options.machine.precision}; how accurate subnets are is known at 8 bits"
        raise InputError("machine", options.machine.name, rule, "write precision in its file, or give --network")
