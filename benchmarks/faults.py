"""Runs killed at random moments and resumed, against one that nothing disturbed.

    python benchmarks/faults.py [--kills 10] [--seed 0] [--json]

Each round starts a run in a process of its own, kills it (SIGKILL) after a random share of the time an undisturbed one
takes, as often resumes it and kills that too, and at last lets it end. After every kill the study is read: no trial
that an earlier look found is gone, and no file is half written. At the end every figure, and every trial in the run's
folder and in a second storage, equals the undisturbed run's.

Exit status 1 when a round differs.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cosearch.storage import open_storage
from cosearch.study import read_trials

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = ["--network", "squeezenet1_1", "--budget", "area=2mm2", "--trials", "60", "--evaluations", "20"]
OPTIONS += ["--last-evaluations", "60", "--no-baselines", "--quiet", "--jobs", "2"]
SAME = ("best.yaml", "pareto.csv", "layers.csv")
KILLS_IN_A_ROW = 0.3


def start(folder: Path) -> subprocess.Popen[bytes]:
    """A run in that folder, or going on with the one there is."""
    storage = f"sqlite:///{folder}.db"
    command = [sys.executable, str(ROOT / "run_cosearch.py"), *OPTIONS, "--storage", storage]
    command += ["--out", str(folder), "--resume"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(folder: Path) -> None:
    """Let a run end.

    Raises:
        SystemExit: it failed.
    """
    process = start(folder)
    _, said = process.communicate()
    if process.returncode:
        raise SystemExit(f"a run ended with status {process.returncode}: {said.decode()}")


def trials(folder: Path) -> list[Any]:
    """What the study in a folder holds, if it was begun."""
    journal = folder / "study.journal"
    if not journal.is_file() or not journal.read_bytes().count(b"\n"):
        return []
    return list(read_trials(journal))


def mirrored(folder: Path) -> list[Any]:
    """Values and points in the second storage."""
    import optuna

    study = optuna.load_study(study_name="cosearch", storage=open_storage(f"sqlite:///{folder}.db"))
    return [(trial.values, trial.params, trial.user_attrs) for trial in study.trials]


def faults(folder: Path, whole: Path) -> list[str]:
    """How a finished run differs from the undisturbed one."""
    found = [name for name in SAME if (folder / name).read_bytes() != (whole / name).read_bytes()]
    if trials(folder) != trials(whole):
        found.append("trials")
    if mirrored(folder) != mirrored(whole):
        found.append("trials in the second storage")
    if left := {path.name for path in folder.iterdir()} - {path.name for path in whole.iterdir()}:
        found.append(f"left behind: {sorted(left)}")
    return found


def main() -> int:
    """Kill, resume, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    kills = rounds = kept = 0
    differing: list[str] = []
    with tempfile.TemporaryDirectory() as work:
        whole = Path(work) / "whole"
        finish(whole)  # compiles the kernels, so that the next is timed without
        timed = Path(work) / "timed"
        began = time.monotonic()
        finish(timed)
        seconds = time.monotonic() - began
        differing += faults(timed, whole)
        while kills < options.kills:
            folder = Path(work) / f"run{rounds}"
            rounds += 1
            seen: list[Any] = []
            while True:
                process = start(folder)
                time.sleep(rng.uniform(0.0, seconds))
                process.kill()
                process.communicate()
                kills += 1
                now = trials(folder)
                if now[: len(seen)] != seen:
                    differing.append(f"round {rounds}: trials that were written are gone")
                seen = now
                if rng.random() >= KILLS_IN_A_ROW or kills >= options.kills:
                    break
            finish(folder)
            kept += len(seen)
            differing += [f"round {rounds}: {fault}" for fault in faults(folder, whole)]
    found = {"kills": kills, "rounds": rounds, "run_s": seconds, "trials_kept": kept, "differences": differing}
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print(f"{kills} kills in {rounds} runs of {seconds:.1f} s; {kept} finished trials were not evaluated again")
        print("\n".join(differing) or "every run ended as the undisturbed one")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
