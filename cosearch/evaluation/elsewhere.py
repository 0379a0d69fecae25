"""What given networks take on a device that is not designed: nothing a search changes, but a limit that each keeps."""

from __future__ import annotations

from dataclasses import replace

from cosearch.evaluation.winner import DeviceLatency
from cosearch.problem.options import CoSearchOptions
from nets.errors import InfeasibleError
from nets.latency import Latency, read_networks_latency


def latency_elsewhere(options: CoSearchOptions) -> DeviceLatency | None:
    """Latency of the given network by the table of a search, of the slowest of several; ``None`` without a limit.

    Raises:
        InputError: see :func:`nets.latency.read_networks_latency`.
        InfeasibleError: it takes longer than it may.
    """
    file, limit_ms = options.held_latency, options.latency_limit_ms
    if file is None or limit_ms is None:
        return None
    networks = options.stated_networks()
    said, name = max(
        zip(read_networks_latency(networks, file), (network.name for network in networks)), key=lambda pair: pair[0].ms
    )
    if said.ms > limit_ms:
        raise InfeasibleError(f"{name} takes {said.ms:.4g} ms, {said.estimates}, and may take {limit_ms:g} ms")
    slowest = name if len(networks) > 1 else None
    if options.bits_table is not None:
        said = of_any_widths(said)
    return DeviceLatency(said.ms, said.standard_error_ms, said.estimates, limit_ms, file.mark, slowest)


def of_any_widths(latency: Latency) -> Latency:
    """The same, saying that the widths which are chosen change nothing of it."""
    return replace(latency, estimates=f"{latency.estimates}, which knows no widths")
