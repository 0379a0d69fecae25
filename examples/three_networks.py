"""Three networks on one chip: what each loses on a chip that is designed for all three.

python examples/three_networks.py          writes three_networks.svg
"""

from pathlib import Path

from cosearch import Budget, CoSearch
from cosearch.reports.charts import compared

NETWORKS = ("mobilenet_v2", "resnet18", "squeezenet1_1")


def designed(*networks: str) -> dict[str, float]:
    """EDP of each network on the chip that is found for them together."""
    search = CoSearch(budget=Budget.parse("area=5mm2"), networks=networks, trials=12, mapper_budget=20, baselines=False)
    winner = search.run().winner
    array = ", ".join(f"{size} x {dim}" for size, dim in zip(winner.machine.array, winner.machine.parallel))
    print(f"for {', '.join(networks)}: {array}")
    return {name: cost.edp for name, cost in zip(networks, winner.costs)}


shared = designed(*NETWORKS)
times = {"a chip of its own": 1.0}
for name in NETWORKS:
    times[name] = shared[name] / designed(name)[name]
    print(f"{name} takes {times[name]:.4g} times the EDP on the shared chip")
chart = compared("three_networks", times, "times", "EDP on a chip for three networks, times that on a chip of its own")
Path("three_networks.svg").write_text(chart.file())
