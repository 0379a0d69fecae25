"""The same design beside three DRAMs of equal bandwidth: what the words off the chip cost.

python examples/dram_types.py          writes dram_types.svg
"""

from dataclasses import replace
from pathlib import Path

from accel_models.presets import load_template
from cosearch import MapperOptions, map_networks
from cosearch.reports.charts import compared
from nets import load_network

network = load_network("mobilenet_v2")
energies = {}
for dram in ("ddr3", "lpddr4", "hbm2"):
    machine = replace(load_template("nvdla_1024"), dram=dram)
    (cost,) = map_networks([network], machine, MapperOptions(objective="energy"), 100).costs
    energies[dram] = cost.energy_pj * 1e-9
    print(f"{dram:<8}{energies[dram]:8.4g} mJ, of it {cost.energy_breakdown_pj['DRAM'] / cost.energy_pj:5.1%} DRAM")
chart = compared("dram_types", energies, "mJ", "Energy of MobileNetV2 on NVDLA-1024 by type of DRAM")
Path("dram_types.svg").write_text(chart.file())
