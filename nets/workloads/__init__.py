"""Networks in files of others: ZigZag's workloads, SCALE-Sim's topologies, AccelForge's einsums, MCUNet's blocks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from nets.documents import read_json, read_text
from nets.documents.limits import MOST_YAML_BYTES

if TYPE_CHECKING:
    from nets.network import Network

FILES: Final = (".csv", ".yaml", ".yml")
"""How their names end."""


NET_CONFIG: Final = ".config"
"""How names of files end that list the blocks of a searched network; they may end in ``.json``, too."""


def is_net_config(path: str) -> bool:
    """Whether a JSON file is of that kind.

    Raises:
        InputError: it cannot be read, or is no JSON.
    """
    data = read_json(path, "network").data
    return isinstance(data, dict) and {"first_conv", "blocks"} <= data.keys()


def read_network(path: str) -> Network:
    """The network of a file: of CSV SCALE-Sim's, of YAML AccelForge's where it has a ``workload``, else ZigZag's.

    Raises:
        InputError: what the reader of that tool's files refuses.
    """
    if path.endswith(".csv"):
        from nets.workloads.scalesim import read_topology

        return read_topology(path)
    if re.search(r"^workload[ \t]*:", read_text("network", path, most=MOST_YAML_BYTES), re.MULTILINE):
        from nets.workloads import accelforge

        return accelforge.read_workload(path)
    from nets.workloads import zigzag

    return zigzag.read_workload(path)
