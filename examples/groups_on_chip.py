"""Layers that run together, tile by tile: which words still come from DRAM when 256 Ki words stay on the chip.

python examples/groups_on_chip.py          writes groups_on_chip.svg
"""

from pathlib import Path

from cosearch.reports.charts import compared
from mappings.fusion.best_schedule import Rules
from mappings.fusion.partition import partition
from nets import load_network

shares = {}
for name in ("mobilenet_v2", "mobilenet_v3_large", "resnet50", "vgg16"):
    network = load_network(name)
    found = partition(network, 256 * 1024, Rules(columns=False, recompute=True, stream=True, doubled=False))
    shares[network.name] = 100 * found.dram_words / found.alone_words
    print(
        f"{network.name:<22}{found.alone_words / 1e6:8.4g} M words alone,{found.dram_words / 1e6:8.4g} M"
        f" in {len(found.parts)} groups"
    )
chart = compared("groups_on_chip", shares, "%", "DRAM words in groups, of those of every layer alone")
Path("groups_on_chip.svg").write_text(chart.file())
