"""What a larger shared buffer buys: one array with 16 KiB to 1 MiB of L2.

python examples/larger_buffer.py          writes larger_buffer.svg
"""

from dataclasses import replace
from pathlib import Path

from accel_models.presets import load_template
from cosearch import MapperOptions, map_networks
from cosearch.reports.charts import compared
from nets import load_network

network = load_network("mobilenet_v2")
edp = {}
for kib in (16, 64, 256, 1024):
    machine = replace(load_template("nvdla_256"), l2_bytes=kib * 1024)
    (cost,) = map_networks([network], machine, MapperOptions(), 100).costs
    edp[f"{kib} KiB"] = cost.edp
    print(f"{kib:>5} KiB {cost.edp:.4g} J s, {cost.accelerator.area_mm2:.3g} mm2, {cost.latency_s * 1e3:.4g} ms")
chart = compared("larger_buffer", edp, "J s", "EDP of MobileNetV2 by the shared buffer of NVDLA-256")
Path("larger_buffer.svg").write_text(chart.file())
