"""One design at five technologies: what of the energy gets smaller, and what does not.

python examples/smaller_nodes.py          writes smaller_nodes.svg
"""

from pathlib import Path

from accel_models.presets import load_machine
from cosearch import MapperOptions, map_networks
from cosearch.reports.charts import compared
from nets import load_network

network = load_network("mobilenet_v2")
energies = {}
for node in (65, 45, 28, 16, 7):
    (cost,) = map_networks([network], load_machine("nvdla_1024", node_nm=node), MapperOptions(), 100).costs
    parts = cost.energy_breakdown_pj
    energies[f"{node} nm"] = cost.energy_pj * 1e-9
    print(f"{node:>3} nm {cost.energy_pj * 1e-9:8.4g} mJ, of it {parts['DRAM'] / cost.energy_pj:5.1%} DRAM")
chart = compared("smaller_nodes", energies, "mJ", "Energy of MobileNetV2 on NVDLA-1024 by technology")
Path("smaller_nodes.svg").write_text(chart.file())
