"""Weights and activations of 16, 8 and 4 bits, each on an array made for them.

python examples/narrow_numbers.py          writes narrow_numbers.svg
"""

from pathlib import Path

from accel_models.precision import arithmetic_of
from accel_models.presets import load_machine
from cosearch import MapperOptions, map_networks
from cosearch.evaluation.precision import at_precision_of
from cosearch.reports.charts import compared
from nets import load_network
from nets.number_formats import NumberFormats

energies = {}
for text in ("w16a16", "w8a8", "w4a4"):
    formats = NumberFormats.parse(text)
    machine = load_machine("nvdla_1024", precision=arithmetic_of(formats))
    network = at_precision_of(machine.accelerator(), load_network("mobilenet_v2"), formats)
    (cost,) = map_networks([network], machine, MapperOptions(), 100).costs
    energies[text] = cost.energy_pj * 1e-9
    print(f"{text:<8}{energies[text]:8.4g} mJ{cost.latency_s * 1e3:8.4g} ms{cost.accelerator.area_mm2:8.4g} mm2")
chart = compared("narrow_numbers", energies, "mJ", "Energy of MobileNetV2 on NVDLA-1024 by width of numbers")
Path("narrow_numbers.svg").write_text(chart.file())
