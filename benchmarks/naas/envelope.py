"""The envelopes of ``envelopes.yaml``: what a baseline takes at most, each figure with its source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field

from accel_models.precision import INT8
from accel_models.presets import load_template
from accel_models.technology import DEFAULT_NODE_NM
from accel_models.template import Template
from cosearch import Budget
from cosearch.problem.template_space import TemplateSpace
from mappings.mapspace import MapSpace
from nets import Network, load_network, network_info
from nets.documents import Document, File, read_yaml
from nets.documents.model import Model, Positive, Word
from nets.documents.typed import typed
from nets.errors import InfeasibleError, InputError, unknown

SHIPPED: Final = Path(__file__).with_name("envelopes.yaml")
Text = Annotated[str, Field(min_length=1)]


class Limit(Model):
    """The most of something, with its unit as a budget has it, and where that comes from."""

    at_most: Word
    source: Text


class Limits(Model):
    """Elements, all memory on the chip, words a cycle between L2 and the array, DRAM bandwidth."""

    pes: Limit
    sram: Limit
    noc: Limit
    bandwidth: Limit


class Claim(Model):
    """What the paper says of an envelope: how many times faster, and how many times less energy."""

    speedup: Positive
    energy: Positive


class Entry(Model):
    """One envelope as the file has it."""

    preset: Text
    networks: Annotated[tuple[Text, ...], Field(min_length=1)]
    paper: Claim
    limits: Limits


@dataclass(frozen=True)
class Envelope:
    """A baseline, what it takes at most, and what runs on it.

    Attributes:
        name: of the envelope.
        baseline: the preset, with the arithmetic, node, clock and DRAM of what is searched.
        budget: the limits.
        networks: that run on it.
        speedup, energy: what the paper says.
        sources: where each limit comes from, by quantity.
    """

    name: str
    baseline: Template
    budget: Budget
    networks: tuple[str, ...]
    speedup: float
    energy: float
    sources: dict[str, str]

    @property
    def space(self) -> TemplateSpace:
        """The designs inside it."""
        return TemplateSpace(self.budget)

    def load(self) -> list[Network]:
        """Its networks.

        Raises:
            InfeasibleError: one that no design inside the envelope can run; names it and the layer.
        """
        networks = [load_network(name) for name in self.networks]
        ample = self.ample().accelerator()
        for network in networks:
            try:
                MapSpace.of([layer for layer in network.layers if layer.is_mac], [ample]).require_feasible()
            except InfeasibleError as error:
                raise InfeasibleError(
                    f"envelope {self.name}: no design inside it runs {network.name}: {error}"
                ) from None
        return networks

    def ample(self) -> Template:
        """One element with all the memory twice, as L1 and as L2: whatever fits a design inside fits here."""
        memory = int(self.budget.sram_bytes or 0)
        return replace(
            self.baseline, array=(1,), parallel=("K",), l1_bytes=memory, l2_bytes=memory, strict_strides=False
        )


def read_envelopes(file: File = SHIPPED) -> dict[str, Envelope]:
    """The envelopes of a file, by name.

    Raises:
        InputError: a limit that is missing or has no unit, a preset or a network that is not known, a baseline that
            breaks its own limits; says where.
    """
    document = read_yaml(file, "envelopes")
    entries: dict[str, Entry] = typed(dict[str, Entry], document)
    return {name: _envelope(name, entry, document) for name, entry in entries.items()}


def _envelope(name: str, entry: Entry, document: Document) -> Envelope:
    limits: dict[str, Limit] = dict(entry.limits)
    with document.at((name,)):
        budget = Budget.parse(*(f"{quantity}={limit.at_most}" for quantity, limit in limits.items()))
        for network in entry.networks:
            network_info(network)
        baseline = replace(
            load_template(entry.preset, node_nm=DEFAULT_NODE_NM),
            name=name, clock_hz=None, precision=INT8, dram_bandwidth=budget.bandwidth_gb_s,
        )  # fmt: skip
        broken = TemplateSpace(budget).violations(baseline)
        if broken:
            raise InputError("limits", entry.preset, f"does not keep them: {' and '.join(map(str, broken))}")
    sources = {quantity: limit.source for quantity, limit in limits.items()}
    return Envelope(name, baseline, budget, entry.networks, entry.paper.speedup, entry.paper.energy, sources)


def chosen(names: list[str] | None, envelopes: dict[str, Envelope]) -> list[Envelope]:
    """Those named, or all.

    Raises:
        InputError: no such envelope; says the nearest.
    """
    for name in names or ():
        if name not in envelopes:
            raise unknown("envelope", name, envelopes)
    return [envelopes[name] for name in names or envelopes]


def to_dict(envelope: Envelope) -> dict[str, Any]:
    """What is compared, as plain data for JSON."""
    return {
        "networks": list(envelope.networks),
        "limits": envelope.budget.to_dict(),
        "sources": envelope.sources,
        "claimed": {"speedup": envelope.speedup, "energy": envelope.energy},
    }
