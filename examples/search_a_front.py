"""Search accelerators for two networks at once, for little EDP and little area, and keep the run in a folder.

python examples/search_a_front.py          writes front/, with report.html
"""

from pathlib import Path

from cosearch import Budget, CoSearch

search = CoSearch(
    budget=Budget.parse("area=3mm2,latency=100ms"),
    networks=("squeezenet1_1", "mobilenet_v2"),
    objectives=("edp", "area"),
    trials=24,
    mapper_budget=20,
    last_mapper_budget=200,
)
folder = Path("front")
result = search.run(folder=folder)

print(f"{len(result.designs)} designs evaluated, {len(result.front)} on the front:\n")
print("      EDP, J s   area, mm2   array")
for design in result.front:
    print(f"{design.figure('edp'):14.4g} {design.figure('area'):11.3f}   {' x '.join(map(str, design.machine.array))}")
print(f"\nhypervolume after each generation: {', '.join(f'{share:.3f}' for share in result.hypervolumes)}")
print(f"report: {folder / 'report.html'}")
