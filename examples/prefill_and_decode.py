"""A transformer reads a prompt and then makes a token: the same weights, two very different machines' work.

python examples/prefill_and_decode.py          writes prefill_and_decode.svg
"""

from dataclasses import replace
from pathlib import Path

from accel_models import load_accelerator
from cosearch import MapperOptions, map_networks, network_roofline, roofline_chart
from nets import named_network
from nets.language.asked import AskedPhase

machine = load_accelerator("nvdla_1024")
rooflines = []
for phase in (AskedPhase("prefill", context=256), AskedPhase("decode", context=256)):
    network = named_network("gpt2", phase=phase)
    (cost,) = map_networks([network], machine, MapperOptions(objective="latency"), 100).costs
    rooflines.append(replace(network_roofline(cost), network=f"{network.name} {phase.text}"))
    latency_ms, energy_mj = cost.latency_s * 1e3, cost.energy_pj * 1e-9
    print(f"{phase.text:<8}{latency_ms:9.4g} ms, {cost.utilization:.2%} of the array, {energy_mj:.4g} mJ")
Path("prefill_and_decode.svg").write_text(roofline_chart(rooflines).file())
