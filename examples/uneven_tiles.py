"""Each tensor held over its own loops, against tiles of all tensors together: one layer on four machines, both proven.

python examples/uneven_tiles.py          writes uneven_tiles.svg
"""

from pathlib import Path

from accel_models import load_accelerator
from cosearch.reports.charts import compared
from mappings import search
from nets import load_network

layer = next(layer for layer in load_network("resnet50").layers if layer.name == "stage2.block1.conv1")
saved = {}
for name in ("eyeriss", "nvdla_1024", "shidiannao", "gemmini"):
    machine = load_accelerator(name)
    even, uneven = (
        search(layer, machine, mapper="optimal", objective="energy", tiles=tiles) for tiles in ("perfect", "uneven")
    )
    saved[name] = 100 * (1 - uneven.cost.energy_pj / even.cost.energy_pj)
    proven = "both proven" if even.proven and uneven.proven else "not proven"
    print(f"{name:<12}{even.cost.energy_pj * 1e-6:8.4g} uJ even{uneven.cost.energy_pj * 1e-6:8.4g} uJ uneven, {proven}")
chart = compared("uneven_tiles", saved, "%", "Energy that uneven tiles save of ResNet-50's stage2.block1.conv1")
Path("uneven_tiles.svg").write_text(chart.file())
