"""Search accelerators for two networks at once, for little EDP and little area, and keep the run in a folder.

python examples/search_a_front.py          writes front/, with report.html
"""

from pathlib import Path

from cosearch import Budget, CoSearch

search = CoSearch(
    budget=Budget.parse("area=3mm2,latency=100ms"),
    networks=("squeezenet1_1", "mobilenet_v2"),
    objectives=("edp", "area"),
    sampler="nsga2",
    trials=48,
    mapper_budget=20,
    last_mapper_budget=200,
)
folder = Path("front")
result = search.run(folder=folder)

trials = result.trials_frame()
kept = trials[trials["feasible"]].sort_values("edp_js")
print(f"{len(kept)} of {len(trials)} designs keep both limits; the best of them:\n")
print(kept[["trial", "edp_js", "area_mm2", "array", "parallel"]].head(5).to_string(index=False))
print(f"\nhypervolume after each generation: {', '.join(f'{share:.3f}' for share in result.hypervolumes)}")
print(f"report: {folder / 'report.html'}")
