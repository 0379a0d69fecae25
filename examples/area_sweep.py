"""What more area buys: a search at each of five areas from 1 to 20 mm2, and the front of their designs.

python examples/area_sweep.py          writes areas/, a run for each area, and area_sweep.svg
"""

from dataclasses import replace
from pathlib import Path

from cosearch import CoSearch
from cosearch.problem.sweep import Sweep
from cosearch.reports.sweep import describe, points_of, sweep_figure

sweep = Sweep.parse(["area=1..20mm2"], 5)
folders = [Path("areas") / sweep.shown(limit) for limit in sweep.limits]
for budget, folder in zip(sweep.budgets(), folders):
    CoSearch(budget=budget, networks=("mobilenet_v2",), trials=12, mapper_budget=20, baselines=False).run(folder=folder)
points = points_of(sweep.limits, folders, [""] * len(folders))
print(describe(sweep, points), end="")
Path("area_sweep.svg").write_text(replace(sweep_figure(sweep, points), name="area_sweep").file())
