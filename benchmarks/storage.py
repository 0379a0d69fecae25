"""What a trial costs besides the search it stands for: being proposed, and being written to a study.

    python benchmarks/storage.py [--trials 1000] [--storage ADDRESS] [--json]

Designs are proposed by the default sampler in the default generations and written as a run writes them, with made-up
costs in place of mapped ones. *proposed* is asking and telling the sampler, points outside the budget included;
*written* is the study on disk, flushed to it; *opened* is reading the whole study again, as resuming does.

Exit status 1 when a proposed and written trial takes 10 ms or more on the default storage at 1,000 trials.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cosearch import Budget
from cosearch.design import Design, WorkloadCost
from cosearch.front import load_axes
from cosearch.objective import load_objective
from cosearch.storage import open_storage
from cosearch.strategies.accelerators import AcceleratorStrategy, Outcome
from cosearch.strategies.template_space import TemplateSpace
from cosearch.study import StudyFile

MOST_MS = 10.0
POPULATION = 12


def measure(trials: int, address: str) -> dict[str, Any]:
    """Milliseconds for each trial, and the seconds it takes to open the study again."""
    budget, goal, axes = Budget.parse("area=5mm2,latency=10ms"), load_objective("edp"), load_axes(["edp"])
    name = f"benchmark-{uuid4()}"
    study = StudyFile(open_storage(address), axes, budget, name)
    strategy = AcceleratorStrategy(TemplateSpace(budget), "cmaes", seed=0, population=POPULATION)
    config = {"ks": [7] * 20, "e": [6] * 20, "d": [4] * 5, "r": 224}
    proposing, writing, done = 0.0, [], 0
    while done < trials:
        began = time.perf_counter()
        proposals = strategy.ask(min(POPULATION, trials - done))
        asked = time.perf_counter()
        designs = [
            Design.judged(
                done + row,
                proposal.knobs,
                proposal.template,
                (WorkloadCost("made-up", 1e9 / proposal.template.pes, 5e-3, config, 75.0),),
                goal,
                budget,
            )
            for row, proposal in enumerate(proposals)
        ]
        drawn = time.perf_counter()
        study.add(designs, [1] * len(designs))
        written = time.perf_counter()
        strategy.tell(proposals, [Outcome(design.merit, (design.merit,)) for design in designs])
        proposing += asked - began + time.perf_counter() - written
        writing.append((written - drawn) / len(designs))
        done += len(designs)
    began = time.perf_counter()
    again = StudyFile(open_storage(address), axes, budget, name).records()
    opened = time.perf_counter() - began
    if len(again) != trials:
        raise SystemExit(f"{len(again)} trials were read where {trials} were written")
    tenth = max(1, len(writing) // 10)
    return {
        "trials": trials,
        "proposed_ms": 1e3 * proposing / trials,
        "written_ms": 1e3 * sum(writing) / len(writing),
        "written_first_tenth_ms": 1e3 * sum(writing[:tenth]) / tenth,
        "written_last_tenth_ms": 1e3 * sum(writing[-tenth:]) / tenth,
        "opened_s": opened,
    }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--storage", metavar="ADDRESS", help="as of cosearch search (default: a journal, as in a run)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(options.trials, options.storage or f"journal:{folder}/study.journal")
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print(f"{found['trials']} trials: {found['proposed_ms']:.2f} ms each to propose,")
        print(
            f"{found['written_ms']:.2f} ms to write (first tenth {found['written_first_tenth_ms']:.2f}, "
            f"last {found['written_last_tenth_ms']:.2f}); the study opens in {found['opened_s']:.2f} s"
        )
    judged = options.storage is None
    return 1 if judged and found["proposed_ms"] + found["written_ms"] >= MOST_MS else 0


if __name__ == "__main__":
    sys.exit(main())
