"""Map one layer of ResNet-50 onto an NVDLA-like machine: what a few mappers find, and how near that is to the best.

python examples/map_a_layer.py
"""

from accel_models import load_accelerator
from mappings import search
from nets import load_network

network = load_network("resnet50")
layer = next(layer for layer in network.layers if layer.name == "stage2.block1.conv2")
machine = load_accelerator("nvdla_256")

print(f"{layer.name}: {layer.macs:,} MACs on {machine.macs_per_cycle} multipliers\n")
print(f"{'mapper':<12}{'evaluations':>12}{'cycles':>12}{'energy uJ':>12}{'EDP J s':>12}{'gap':>8}")
results = {}
for mapper in ("random", "genetic", "cmaes", "optimal"):
    results[mapper] = found = search(layer, machine, mapper=mapper, budget=1000, tiles="perfect")
    cost = found.cost
    print(
        f"{mapper:<12}{found.evaluations:>12,}{cost.cycles:>12,.0f}{cost.energy_pj * 1e-6:>12.4g}{cost.edp:>12.4g}"
        f"{'proven' if found.proven else format(found.gap, '.0%'):>8}"
    )

best = min(results.values(), key=lambda found: found.cost.edp)
print("\nThe gap is to a bound that no mapping with these tiles beats; the optimal mapper closes it. Its mapping:\n")
print(best.mapping.describe(layer))
