"""The options of a search as a person states them, and their usual values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from accel_models.dram import DEFAULT_DRAM
from accel_models.own_technology import OwnTechnology
from accel_models.structure import Structure
from accel_models.technology import DEFAULT_NODE_NM
from cosearch.problem.budget import Budget
from nets import Network
from nets.documents import File
from nets.errors import InputError
from nets.given import GivenNetwork

FILES: Final = ("predictor", "latency", "bits_table")
"""Options that are files, which are held as they are."""
DEFAULT_SPACE: Final = "ofa-mbv3-w1.0"
DEFAULT_MIN_ACCURACY: Final = 75.0
LAST_MAPPER: Final = "optimal"
DEFAULT_SAMPLER: Final = "race"
USUAL_TRIALS: Final = {"space": 80, "groups": 60, "networks": 240, "sampler": 400}
"""Trials of a search for subnets; where designs are looked at in groups afterwards in the same time; for given
networks, which have few layers to map; and with another sampler, which maps all designs quickly."""


@dataclass(frozen=True, kw_only=True)
class StatedOptions:
    """Everything that the result of a co-search depends on, as it is stated.

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
            (:func:`nets.latency.read_latency_predictor`), or of given networks, a table of their layers
            (:func:`nets.latency.read_networks_latency`): a limit beside that of the accelerator that is designed.
        latency_limit_ms: that the network, or each of several, keeps on that device.
        limit: on a subnet by itself, whatever it runs on: ``sram=320KB,flash=1MB,macs=300M,params=4M``
            (:func:`cosearch.problem.network_limits.read_network_limits`).
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
        voltage, dram, standing_costs, technology: of every design, as :class:`~accel_models.template.Template` has
            them.
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
    limit: tuple[str, ...] = ()
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
    technology: OwnTechnology | None = None
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

    @property
    def given_networks(self) -> tuple[str | GivenNetwork, ...]:
        """:attr:`networks` as they are written down: reference networks by name, others layer by layer."""
        return tuple(map(as_given, self.networks))


def as_sequence(networks: object) -> Sequence[object]:
    """What may hold networks.

    Raises:
        InputError: it is one of them, or none.
    """
    if isinstance(networks, str | Network | GivenNetwork) or not isinstance(networks, Sequence):
        raise InputError("networks", networks, "must be a list of networks", "write networks=[...]")
    return networks


def as_given(network: object) -> str | GivenNetwork:
    """A network as it is written down.

    Raises:
        InputError: it is none.
    """
    if isinstance(network, Network):
        return GivenNetwork.of(network)
    if not isinstance(network, str | GivenNetwork):
        raise InputError("networks", network, "must be the name of a reference network, or a Network")
    return network
