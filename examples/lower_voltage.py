"""A chip at a lower voltage: every operation takes less energy, and longer, for the clock follows.

python examples/lower_voltage.py          writes lower_voltage.svg
"""

from dataclasses import replace
from pathlib import Path

from accel_models.presets import load_template
from cosearch import MapperOptions, map_networks
from cosearch.reports.charts import compared
from nets import load_network

network, edp = load_network("mobilenet_v2"), {}
for volts in (0.65, 0.7, 0.8, 0.9, 1.0):
    machine = replace(load_template("nvdla_1024"), voltage=volts, clock_hz=None)
    (cost,) = map_networks([network], machine, MapperOptions(), 100).costs
    edp[f"{volts} V"] = cost.edp
    print(f"{volts} V {cost.energy_pj * 1e-9:8.4g} mJ{cost.latency_s * 1e3:8.4g} ms{cost.edp:10.4g} J s")
chart = compared("lower_voltage", edp, "J s", "EDP of MobileNetV2 on an array as NVDLA-1024 by voltage")
Path("lower_voltage.svg").write_text(chart.file())
