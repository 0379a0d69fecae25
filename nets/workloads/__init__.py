"""Networks in the files of other tools: ZigZag's workloads, SCALE-Sim's topologies, AccelForge's einsums."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from nets.documents import read_text
from nets.documents.limits import MOST_YAML_BYTES

if TYPE_CHECKING:
    from nets.network import Network

FILES: Final = (".csv", ".yaml", ".yml")
"""How their names end."""


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
