"""One network on systems of several cores: stages of a pipeline, layers split by rows or channels, links in between.

python examples/more_cores.py          writes more_cores.svg
"""

from pathlib import Path

from accel_models.systems import load_system
from cosearch.reports.charts import compared
from mappings.cores.cores import map_cores
from nets import load_network

network, latency = load_network("mobilenet_v2"), {}
for name in ("big_little", "tpu_quad", "simba_package"):
    system = load_system(name)
    found = map_cores(network, system, objective="latency")
    latency[name] = found.latency / system.clock_hz * 1e3
    print(
        f"{name:<14}{len(system.core_names):>3} cores{latency[name]:9.4g} ms, {found.energy_pj * 1e-9:.4g} mJ,"
        f" at most {found.gap:.1%} above the best"
    )
chart = compared("more_cores", latency, "ms", "Latency of MobileNetV2 on three systems of cores")
Path("more_cores.svg").write_text(chart.file())
