"""What a given network takes on a device that is not designed: nothing a search changes, but a limit to keep."""

from __future__ import annotations

from cosearch.evaluation.winner import DeviceLatency
from cosearch.problem.options import CoSearchOptions
from nets.errors import InfeasibleError
from nets.latency import read_network_latency


def latency_elsewhere(options: CoSearchOptions) -> DeviceLatency | None:
    """Latency of the one given network by the table of a search; ``None`` where it is limited nowhere.

    Raises:
        InputError: see :func:`nets.latency.read_network_latency`.
        InfeasibleError: it takes longer than it may.
    """
    file, limit_ms = options.held_latency, options.latency_limit_ms
    if file is None or limit_ms is None:
        return None
    (network,) = options.stated_networks()
    said = read_network_latency(network, file)
    if said.ms > limit_ms:
        raise InfeasibleError(f"{network.name} takes {said.ms:.4g} ms, {said.estimates}, and may take {limit_ms:g} ms")
    return DeviceLatency(said.ms, said.standard_error_ms, said.estimates, limit_ms, file.mark)
