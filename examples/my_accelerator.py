"""Describe a machine of your own, run a network on it and on a published one, and draw both under their roofs.

python examples/my_accelerator.py          writes roofline.svg
"""

from pathlib import Path

from accel_models import load_accelerator
from cosearch import MapperOptions, map_networks, network_roofline, roofline_chart
from nets import load_network

DESCRIPTION = """
kind: template
name: mine
array: [16, 16]        # 16 output channels by 16 input channels
parallel: [K, C]
l1_bytes: 64           # of each multiplier
l2_bytes: 131072
noc_bandwidth: 32      # words a cycle between L2 and the array
dram_bandwidth: 6.4    # GB/s
node_nm: 28
"""

description = Path("my_accelerator.yaml")
description.write_text(DESCRIPTION)
network = load_network("mobilenet_v2")
rooflines = []
for machine in (load_accelerator(str(description)), load_accelerator("nvdla_256", node_nm=28)):
    (cost,) = map_networks([network], machine, MapperOptions(objective="latency"), 200).costs
    latency_ms, energy_mj = cost.latency_s * 1e3, cost.energy_pj * 1e-9
    print(
        f"{machine.name:<12}{machine.area_mm2:>6.3g} mm2{latency_ms:>8.4g} ms{energy_mj:>8.4g} mJ"
        f"{cost.utilization:>8.1%} of {machine.macs_per_cycle} MACs a cycle"
    )
    rooflines.append(network_roofline(cost))
Path("roofline.svg").write_text(roofline_chart(rooflines).file())
print("drawn in roofline.svg")
