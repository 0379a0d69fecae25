"""What a trial costs besides the search it stands for: being proposed, written to a study, and shown.

    python benchmarks/storage.py [--trials 1000] [--storage ADDRESS] [--no-dashboard] [--json]

Designs are proposed by the default sampler in the default generations and written as a run writes them, with made-up
costs in place of mapped ones. *proposed* is asking and telling the sampler, points outside the budget included;
*written* is the study on disk, flushed to it; *opened* is reading the whole study again, as resuming does. Then a study
of 10,000 trials (written without the sampler) is opened in optuna-dashboard: the seconds from its start, and from a
request once it runs, until its API has answered with every trial.

Exit status 1 when a proposed and written trial takes 10 ms or more on the default storage at 1,000 trials, or when the
dashboard does not show them all.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cosearch import Budget
from cosearch.evaluation.design import Design, WorkloadCost
from cosearch.problem.axes import load_axes
from cosearch.problem.objective import load_objective
from cosearch.problem.template_space import TemplateSpace
from cosearch.strategies.accelerators import AcceleratorStrategy, Proposal
from cosearch.strategies.points import Outcome
from cosearch.studies.storage import open_storage
from cosearch.studies.study import Finished, StudyFile

MOST_MS = 10.0
POPULATION = 12
PATIENCE_S = 300.0
BUDGET = "area=5mm2,latency=10ms"
CONFIG = {"ks": [7] * 20, "e": [6] * 20, "d": [4] * 5, "r": 224}


def made_up(proposals: Sequence[Proposal], first: int, budget: Budget) -> list[Design]:
    """Designs with costs that nobody mapped."""
    goal = load_objective("edp")
    return [
        Design.evaluated(
            number,
            proposal.machine,
            (WorkloadCost("made-up", 1e9 / proposal.machine.pes, 5e-3, CONFIG, 75.0),),
            goal,
            budget,
        )
        for number, proposal in enumerate(proposals, start=first)
    ]


def measure(trials: int, address: str) -> dict[str, Any]:
    """Milliseconds for each trial, and the seconds it takes to open the study again."""
    budget, axes = Budget.parse(BUDGET), load_axes(["edp"])
    name = f"benchmark-{uuid4()}"
    study = StudyFile(open_storage(address), axes, TemplateSpace(budget), name)
    strategy = AcceleratorStrategy(TemplateSpace(budget), "cmaes", seed=0, population=POPULATION)
    proposing, writing, done = 0.0, [], 0
    proposing_cpu_s = writing_cpu_s = 0.0
    while done < trials:
        began, began_cpu_s = time.perf_counter(), time.process_time()
        proposals = strategy.ask(min(POPULATION, trials - done))
        asked, asked_cpu_s = time.perf_counter(), time.process_time()
        designs = made_up(proposals, done, budget)
        finished = [Finished(design, proposal.knobs, 1) for design, proposal in zip(designs, proposals)]
        drawn, drawn_cpu_s = time.perf_counter(), time.process_time()
        study.add(finished)
        written, written_cpu_s = time.perf_counter(), time.process_time()
        strategy.tell(proposals, [Outcome(design.merit, (design.merit,)) for design in designs])
        proposing += asked - began + time.perf_counter() - written
        proposing_cpu_s += asked_cpu_s - began_cpu_s + time.process_time() - written_cpu_s
        writing_cpu_s += written_cpu_s - drawn_cpu_s
        writing.append((written - drawn) / len(designs))
        done += len(designs)
    began = time.perf_counter()
    again = StudyFile(open_storage(address), axes, TemplateSpace(budget), name).records()
    opened = time.perf_counter() - began
    if len(again) != trials:
        raise SystemExit(f"{len(again)} trials were read where {trials} were written")
    tenth = max(1, len(writing) // 10)
    return {
        "trials": trials,
        "proposed_ms": 1e3 * proposing / trials,
        "proposed_cpu_ms": 1e3 * proposing_cpu_s / trials,
        "written_cpu_ms": 1e3 * writing_cpu_s / trials,
        "written_ms": 1e3 * sum(writing) / len(writing),
        "written_first_tenth_ms": 1e3 * sum(writing[:tenth]) / tenth,
        "written_last_tenth_ms": 1e3 * sum(writing[-tenth:]) / tenth,
        "opened_s": opened,
    }


def show_in_dashboard(trials: int, folder: Path) -> dict[str, Any]:
    """Seconds that optuna-dashboard takes to show a study of that many trials."""
    budget, axes, journal = Budget.parse(BUDGET), load_axes(["edp"]), folder / "large.journal"
    study = StudyFile(open_storage(f"journal:{journal}"), axes, TemplateSpace(budget))
    proposals = AcceleratorStrategy(TemplateSpace(budget), "random", seed=0, population=100).ask(100)
    for first in range(0, trials, len(proposals)):
        designs = made_up(proposals[: trials - first], first, budget)
        study.add([Finished(design, proposal.knobs, 1) for design, proposal in zip(designs, proposals)])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = "import sys; from optuna_dashboard._cli import main; sys.exit(main())"
    words = [sys.executable, "-c", program, str(journal), "--storage-class", "JournalFileStorage", "--port", str(port)]
    began = time.perf_counter()
    dashboard = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}/api/studies"
        shown, from_start_s = ask_until_whole(address, trials, began)
        again = time.perf_counter()
        shown, asked_again_s = ask_until_whole(address, trials, again)
    finally:
        dashboard.kill()
        dashboard.wait()
    return {
        "dashboard_trials": trials,
        "shown": shown,
        "from_start_s": from_start_s,
        "asked_again_s": asked_again_s,
        "journal_mb": journal.stat().st_size / 1e6,
    }


def ask_until_whole(address: str, trials: int, began: float) -> tuple[int, float]:
    """Trials of the first study that the dashboard answers with, and the seconds until they were all."""
    shown = 0
    while shown < trials and time.perf_counter() - began < PATIENCE_S:
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE_S) as answer:
                study = json.load(answer)["study_summaries"][0]["study_id"]
            with urllib.request.urlopen(f"{address}/{study}?after=0", timeout=PATIENCE_S) as answer:
                shown = len(json.load(answer)["trials"])
        except (urllib.error.URLError, ConnectionError, IndexError):
            time.sleep(0.1)
    return shown, time.perf_counter() - began


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--storage", metavar="ADDRESS", help="as of cosearch search (default: a journal, as in a run)")
    parser.add_argument("--dashboard-trials", type=int, default=10_000)
    parser.add_argument("--no-dashboard", action="store_true", help="leave the dashboard out")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(options.trials, options.storage or f"journal:{folder}/study.journal")
        if not options.no_dashboard:
            found |= show_in_dashboard(options.dashboard_trials, Path(folder))
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print(
            f"{found['trials']} trials: {found['proposed_ms']:.2f} ms each to propose "
            f"({found['proposed_cpu_ms']:.2f} of this process's processor time),"
        )
        print(
            f"{found['written_ms']:.2f} ms to write ({found['written_cpu_ms']:.2f} of processor time; "
            f"first tenth {found['written_first_tenth_ms']:.2f}, "
            f"last {found['written_last_tenth_ms']:.2f}); the study opens in {found['opened_s']:.2f} s"
        )
    if "shown" in found and not options.json:
        print(
            f"optuna-dashboard shows {found['shown']} trials ({found['journal_mb']:.0f} MB) "
            f"{found['from_start_s']:.1f} s after its start, and {found['asked_again_s']:.1f} s after another request"
        )
    slow = options.storage is None and found["proposed_ms"] + found["written_ms"] >= MOST_MS
    return 1 if slow or found.get("shown") != found.get("dashboard_trials") else 0


if __name__ == "__main__":
    sys.exit(main())
