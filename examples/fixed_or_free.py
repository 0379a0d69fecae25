"""Named dataflows against a mapping that is free: every layer of ResNet-18 on one machine.

python examples/fixed_or_free.py          writes fixed_or_free.svg
"""

import math
from pathlib import Path

from accel_models import evaluate, load_accelerator
from cosearch.reports.charts import compared
from mappings import dataflow_mapping, list_dataflows, search
from nets import load_network

machine = load_accelerator("nvdla_256")
layers = [
    (layer, times) for layer, times in load_network("resnet18").unique_layers() if layer.kind in ("conv", "matmul")
]
totals = {}
for name in list_dataflows():
    costs = [(evaluate(layer, machine, dataflow_mapping(name, layer, machine)), times) for layer, times in layers]
    totals[name] = math.fsum(cost.energy_pj * times for cost, times in costs) * 1e-9
found = [
    (search(layer, machine, mapper="optimal", objective="energy", tiles="perfect"), times) for layer, times in layers
]
totals["free (proven best)"] = math.fsum(result.cost.energy_pj * times for result, times in found) * 1e-9
for name, energy in totals.items():
    print(f"{name:<22}{energy:8.4g} mJ")
chart = compared("fixed_or_free", totals, "mJ", "Energy of ResNet-18 on NVDLA-256 by dataflow")
Path("fixed_or_free.svg").write_text(chart.file())
