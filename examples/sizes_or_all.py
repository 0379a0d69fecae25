"""Sizes alone against sizes and wiring: what NAAS adds to a search that only makes memories and arrays larger.

python examples/sizes_or_all.py          writes sizes_or_all.svg
"""

from pathlib import Path

from accel_models.families import load_family
from cosearch import Budget, CoSearch
from cosearch.reports.charts import compared

machine, everything = load_family("two_level")
sizes = tuple(part for part in everything if ".dims" not in part)
edp = {}
for name, vary in {"sizes alone": sizes, "sizes and wiring": everything}.items():
    search = CoSearch(
        budget=Budget.parse("area=3mm2"),
        networks=("mobilenet_v2",),
        machine=machine,
        vary=vary,
        trials=36,
        mapper_budget=20,
        baselines=False,
    )
    winner = search.run().winner
    edp[name] = winner.costs[0].edp
    axes = [axis for level in winner.accelerator.levels for axis in level.fanout]
    array = " x ".join(f"{axis.size} ({''.join(sorted(axis.dims))})" for axis in axes)
    print(f"{name:<18}{edp[name]:.4g} J s, {array}")
chart = compared("sizes_or_all", edp, "J s", "EDP of MobileNetV2 inside 3 mm2: sizes alone, and how the array is wired")
Path("sizes_or_all.svg").write_text(chart.file())
