"""Runs, workers and storages killed at random moments, against one run that nothing disturbed.

    python benchmarks/faults.py [--kills 50] [--after-first-generation] [--trials 60] [--seed 0] [--kind KIND ...]

Kinds take turns; in each round something is killed (SIGKILL) after a random share of the time that such a round takes:

* *run*: the run itself, often several times in a row, before it is resumed to its end;
* *resume*: the run, and twice in a row the run that goes on with it, each once it has written more than the one before;
* *report*: the run once its last trial is written, before or while its report is;
* *signal*: SIGTERM, SIGHUP or SIGINT at any moment: the run must end by itself within seconds, with what it found;
* *process*: a worker process of a run with --jobs 2, which goes on;
* *Dask worker*: a worker of a cluster of two, while another joins; the run goes on;
* *Dask scheduler*: the cluster is gone: the run must end with what it found, and is resumed without;
* *machine*: one of two machines that share a study in PostgreSQL: the other goes on, and the killed one is resumed;
* *server*: PostgreSQL, while a run keeps its study there too: the run must end with what it found, and is resumed when
  the server is back;
* *SQLite*: the second storage's file is taken away: the same.

With --after-first-generation nothing is killed before the run has written trials. --trials is how many designs a run
tries: a smaller study is killed at the same places, and more often in an hour. Half a second after a run was killed
no process that it started may live.

After every kill the run's folder is read: no trial that was reported on the way or that an earlier look found is gone,
and no file is half written. At the end every figure and every trial equals the undisturbed run's.

The kinds that need PostgreSQL or Dask are left out, and named, where those are not installed. Exit status 1 when a
round differs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import yaml

from benchmarks.postgresql_server import PostgresqlServer, find_programs
from benchmarks.scaling import LocalCluster
from cosearch.studies.storage import open_storage
from cosearch.studies.study import RECORD, read_trials

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = ["--network", "squeezenet1_1", "--budget", "area=2mm2", "--evaluations", "20", "--last-evaluations", "60"]
OPTIONS += ["--no-baselines", "--quiet"]
SAME = ("best.yaml", "pareto.csv", "layers.csv")
KILLS_IN_A_ROW = 0.3
ORPHANS_S = 0.5
"""After which nothing lives that a killed run started."""
PATIENCE_S = 120.0
"""How long a run may take to end after a signal, on a machine that does much else."""


@dataclass
class Count:
    """What came of the kills of one kind."""

    kills: int = 0
    kept: int = 0
    differences: list[str] = field(default_factory=list)


class Range:
    """Where runs are killed.

    Args:
        work: a folder for them.
        rng: draws the moments.
        server: of PostgreSQL, or ``None``.
        cluster: of Dask, or ``None``.
        late: whether nothing is killed before it has written trials.
        trials: of a run.
    """

    def __init__(
        self,
        work: Path,
        rng: random.Random,
        server: PostgresqlServer | None,
        cluster: LocalCluster | None,
        *,
        late: bool = False,
        trials: int = 60,
    ) -> None:
        self.late, self.trials = late, trials
        self.work, self.rng, self.server, self.cluster = work, rng, server, cluster
        self.rounds = 0
        self.whole = work / "whole"
        self.finish(self.whole, "--jobs", "1")
        began = time.monotonic()
        self.finish(work / "timed", "--jobs", "1")  # everything is compiled now
        self.seconds = time.monotonic() - began

    def start(self, folder: Path, *words: str) -> subprocess.Popen[bytes]:
        """A run in that folder, or going on with the one there is."""
        command = [sys.executable, str(ROOT / "run_cosearch.py"), "search", *OPTIONS, *words]
        command += ["--trials", str(self.trials), "--out", str(folder), "--resume"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def finish(self, folder: Path, *words: str, statuses: tuple[int, ...] = (0,)) -> int:
        """Let a run end.

        Raises:
            SystemExit: it failed otherwise than expected.
        """
        return self.end(self.start(folder, *words), statuses)

    def end(self, process: subprocess.Popen[bytes], statuses: tuple[int, ...] = (0,)) -> int:
        """Wait for a run, whose status must be one of these, and which must not end in a traceback."""
        _, said = process.communicate()
        if process.returncode not in statuses or b"Traceback" in said:
            raise SystemExit(f"a run ended with status {process.returncode}: {said.decode()}")
        return process.returncode

    def sleep(self, share: float = 1.0) -> None:
        """Wait for a random part of the time that a run takes."""
        time.sleep(self.rng.uniform(0.0, share * self.seconds))

    def wait_for_a_trial(self, process: subprocess.Popen[bytes], folder: Path, more_than: int = 0) -> None:
        """Wait until the run has written more than so many, and a little longer."""
        while lines(folder) <= more_than and process.poll() is None:
            time.sleep(0.02)
        self.sleep(0.3)

    def wait(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        """Wait for the moment to kill a run."""
        if self.late:
            self.wait_for_a_trial(process, folder)
        else:
            self.sleep()

    def kill(self, process: subprocess.Popen[bytes], count: Count, number: int = signal.SIGKILL) -> None:
        """Send a run a signal, and look for what it leaves running half a second after it is gone."""
        started = children(process.pid)
        process.send_signal(number)
        try:
            _, said = process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            count.differences.append(f"runs on {PATIENCE_S:.0f} s after signal {number}")
            process.kill()
            _, said = process.communicate()
        time.sleep(ORPHANS_S)
        count.kills += 1
        if left := [pid for pid in started if alive(pid)]:
            count.differences.append(f"{len(left)} orphans")
        if b"Traceback" in said:
            count.differences.append(f"a traceback: {said.decode()[-300:]}")

    def folder(self) -> Path:
        """Of a new round."""
        self.rounds += 1
        return self.work / f"run{self.rounds}"

    def faults(self, folder: Path) -> list[str]:
        """How a finished run differs from the undisturbed one."""
        found = [name for name in SAME if (folder / name).read_bytes() != (self.whole / name).read_bytes()]
        if trials(folder) != trials(self.whole):
            found.append("trials")
        if left := names(folder) - names(self.whole):
            found.append(f"left behind: {sorted(left)}")
        return found


def names(folder: Path) -> set[str]:
    """Of all files of a run."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def trials(folder: Path) -> list[Any]:
    """What the study in a folder holds, if it was begun."""
    journal = folder / "study.journal"
    if not journal.is_file() or not journal.read_bytes().count(b"\n"):
        return []
    return list(read_trials(journal))


def whole_files(folder: Path) -> list[str]:
    """Which of a run's files cannot be read to their end."""
    broken = []
    for path in folder.glob("*"):
        try:
            if path.suffix == ".yaml":
                yaml.safe_load(path.read_text())
            elif path.suffix == ".html" and not path.read_text().rstrip().endswith("</html>"):
                broken.append(path.name)
        except (OSError, UnicodeDecodeError, yaml.YAMLError):
            broken.append(path.name)
    return broken


def elsewhere(address: str, name: str) -> list[Any]:
    """Points and values in another storage, in the order of the designs."""
    import optuna

    study = optuna.load_study(study_name=name, storage=open_storage(address))
    rows = [(trial.system_attrs[RECORD]["number"], trial.values, trial.params) for trial in study.trials]
    return sorted(rows, key=lambda row: row[0])


def expected_elsewhere(folder: Path) -> list[Any]:
    """The same of the journal in a run's folder."""
    return elsewhere(f"journal:{folder}/study.journal", "cosearch")


def kill_run(field_: Range, count: Count) -> None:
    """The run itself, again and again."""
    folder = field_.folder()
    storage = ["--jobs", "2", "--storage", f"sqlite:///{folder}.db"]
    seen: list[Any] = []
    while True:
        process = field_.start(folder, *storage)
        field_.wait(process, folder)
        field_.kill(process, count)
        now = trials(folder)
        if now[: len(seen)] != seen:
            count.differences.append("trials that were written are gone")
        count.differences += [f"half written: {name}" for name in whole_files(folder)]
        seen = now
        if field_.rng.random() >= KILLS_IN_A_ROW:
            break
    field_.finish(folder, *storage)
    count.kept += len(seen)
    count.differences += field_.faults(folder)
    if elsewhere(f"sqlite:///{folder}.db", "cosearch") != expected_elsewhere(field_.whole):
        count.differences.append("trials in the second storage")


def kill_resume(field_: Range, count: Count) -> None:
    """The run and twice what goes on with it."""
    folder = field_.folder()
    seen: list[Any] = []
    for _ in range(3):
        process = field_.start(folder, "--jobs", "2")
        field_.wait_for_a_trial(process, folder, lines(folder))
        field_.kill(process, count)
        now = trials(folder)
        if now[: len(seen)] != seen:
            count.differences.append("trials that were written are gone")
        seen = now
    resume(field_, count, folder, "--jobs", "2")


def kill_report(field_: Range, count: Count) -> None:
    """The run between its last line and its report."""
    folder = field_.folder()
    process = field_.start(folder, "--jobs", "2")
    while len(trials(folder)) < len(trials(field_.whole)) and process.poll() is None:
        time.sleep(0.02)
    time.sleep(field_.rng.uniform(0.0, 1.0))
    field_.kill(process, count)
    resume(field_, count, folder, "--jobs", "2")


def kill_signal(field_: Range, count: Count) -> None:
    """The run, kindly."""
    folder = field_.folder()
    process = field_.start(folder, "--jobs", "2")
    field_.wait(process, folder)
    field_.kill(process, count, field_.rng.choice([signal.SIGTERM, signal.SIGHUP, signal.SIGINT]))
    if process.returncode not in (0, 130, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT):
        count.differences.append(f"status {process.returncode}")
    if process.returncode < 0 and trials(folder):
        count.differences.append(f"died of signal {-process.returncode} in the middle")
    resume(field_, count, folder, "--jobs", "2")


def lines(folder: Path) -> int:
    """Of the journal, which is being written."""
    journal = folder / "study.journal"
    return journal.read_bytes().count(b"\n") if journal.is_file() else 0


def alive(pid: int) -> bool:
    """Whether a process runs that is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def children(pid: int) -> list[int]:
    """Processes that a process started."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(word) for word in listed]


def kill_process(field_: Range, count: Count) -> None:
    """One of two worker processes."""
    folder = field_.folder()
    process = field_.start(folder, "--jobs", "2")
    while not (workers := children(process.pid)) and process.poll() is None:
        time.sleep(0.01)
    if field_.late:
        field_.wait_for_a_trial(process, folder)
    else:
        field_.sleep(0.3)
    if workers := children(process.pid):
        os.kill(field_.rng.choice(workers), signal.SIGKILL)
        count.kills += 1
    count.kept += len(trials(folder))
    field_.end(process)
    count.differences += field_.faults(folder)


def kill_dask_worker(field_: Range, count: Count) -> None:
    """One of two workers of a cluster; another joins."""
    assert field_.cluster is not None
    field_.cluster.mend(2)
    folder = field_.folder()
    process = field_.start(folder, "--cluster", field_.cluster.address)
    field_.wait(process, folder)
    field_.cluster.kill_worker(field_.rng.randrange(2))
    count.kills += 1
    count.kept += len(trials(folder))
    field_.cluster.add_worker()
    field_.end(process)
    count.differences += field_.faults(folder)


def kill_dask_scheduler(field_: Range, count: Count) -> None:
    """All of a cluster."""
    folder = field_.folder()
    with LocalCluster(2) as doomed:
        process = field_.start(folder, "--cluster", doomed.address)
        field_.wait_for_a_trial(process, folder)
        doomed.scheduler.kill()
        doomed.scheduler.wait()
        count.kills += 1
    field_.end(process, (0, 1))
    resume(field_, count, folder, "--jobs", "2")


def resume(field_: Range, count: Count, folder: Path, *words: str) -> None:
    """Go on with a run that ended early, and compare."""
    seen = trials(folder)
    count.kept += len(seen)
    count.differences += [f"half written: {name}" for name in whole_files(folder)]
    field_.finish(folder, *words)
    if trials(folder)[: len(seen)] != seen:
        count.differences.append("trials that were written are gone")
    count.differences += field_.faults(folder)


def kill_machine(field_: Range, count: Count) -> None:
    """One of two machines on one study."""
    assert field_.server is not None
    folder = field_.folder()
    other, name = field_.work / f"{folder.name}-other", folder.name
    words = ["--storage", field_.server.url, "--study-name", name, "--join", "--jobs", "1"]
    doomed, going_on = field_.start(folder, *words), field_.start(other, *words)
    field_.wait(doomed, folder)
    doomed.kill()
    doomed.communicate()
    count.kills += 1
    seen = trials(folder)
    field_.end(going_on)
    if (found := elsewhere(field_.server.url, name)) != expected_elsewhere(field_.whole):
        count.differences.append(f"{len(found)} trials in the shared study")
    count.differences += field_.faults(other)
    count.kept += len(seen)
    field_.finish(folder, *words)
    if trials(folder)[: len(seen)] != seen:
        count.differences.append("trials that were written are gone")
    count.differences += field_.faults(folder)


def kill_server(field_: Range, count: Count) -> None:
    """The server of the second storage."""
    server = field_.server
    assert server is not None
    folder = field_.folder()
    words = ["--storage", server.url, "--study-name", folder.name, "--jobs", "2"]
    process = field_.start(folder, *words)
    field_.wait_for_a_trial(process, folder)
    server.kill()
    count.kills += 1
    field_.end(process, (0, 1))
    server.start()
    resume(field_, count, folder, *words)
    if elsewhere(server.url, folder.name) != expected_elsewhere(field_.whole):
        count.differences.append("trials in the second storage")


def lose_sqlite(field_: Range, count: Count) -> None:
    """The file of the second storage."""
    folder = field_.folder()
    words = ["--storage", f"sqlite:///{folder}.db", "--jobs", "2"]
    process = field_.start(folder, *words)
    field_.wait_for_a_trial(process, folder)
    file = Path(f"{folder}.db")
    file.write_bytes(b"what is left of a disk" * 400)
    count.kills += 1
    field_.end(process, (0, 1))
    file.unlink()
    resume(field_, count, folder, *words)
    if elsewhere(f"sqlite:///{folder}.db", "cosearch") != expected_elsewhere(field_.whole):
        count.differences.append("trials in the second storage")


KINDS: dict[str, Callable[[Range, Count], None]] = {
    "run": kill_run,
    "resume": kill_resume,
    "report": kill_report,
    "signal": kill_signal,
    "process": kill_process,
    "Dask worker": kill_dask_worker,
    "Dask scheduler": kill_dask_scheduler,
    "machine": kill_machine,
    "server": kill_server,
    "SQLite": lose_sqlite,
}


def play(kills: int, seed: int, kinds: list[str], *, late: bool = False, trials: int = 60) -> dict[str, Any]:
    """Kill that often, kinds in turn."""
    rng = random.Random(seed)
    counts = {kind: Count() for kind in kinds}
    programs = find_programs()
    with tempfile.TemporaryDirectory() as work:
        server = PostgresqlServer(programs) if programs is not None else None
        cluster = LocalCluster(2) if any(kind.startswith("Dask") for kind in kinds) else None
        try:
            field_ = Range(Path(work), rng, server, cluster, late=late, trials=trials)
            while (done := sum(count.kills for count in counts.values())) < kills:
                kind = min(counts, key=lambda kind: counts[kind].kills)
                KINDS[kind](field_, counts[kind])
                wrong = sum(len(count.differences) for count in counts.values())
                print(f"{done} of {kills} kills and a {kind} more, {wrong} differences", file=sys.stderr, flush=True)
        finally:
            if server is not None:
                server.close()
            if cluster is not None:
                cluster.__exit__()
    total = sum(count.kills for count in counts.values())
    return {"kills": total, "run_s": field_.seconds, "kinds": {kind: asdict(count) for kind, count in counts.items()}}


def possible() -> list[str]:
    """Kinds that this machine has everything for."""
    import importlib.util

    lacking = []
    if find_programs() is None or importlib.util.find_spec("psycopg") is None:
        lacking += ["machine", "server"]
    if importlib.util.find_spec("distributed") is None:
        lacking += ["Dask worker", "Dask scheduler"]
    if lacking:
        print(f"left out, for want of PostgreSQL or Dask: {', '.join(lacking)}", file=sys.stderr)
    return [kind for kind in KINDS if kind not in lacking]


def main() -> int:
    """Kill, resume, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument(
        "--after-first-generation", action="store_true", help="kill nothing before it has written trials"
    )
    parser.add_argument("--trials", type=int, default=60, help="of a run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="only these (default: all)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # switched off in what a shell starts in the background
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    kinds = options.kind or possible()
    late, trials = options.after_first_generation, options.trials
    found = play(options.kills, options.seed, kinds, late=late, trials=trials)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print(f"{found['kills']} kills in runs that take {found['run_s']:.1f} s undisturbed")
        print(f"{'killed':<16}{'times':>6}{'trials kept':>13}  differences from the undisturbed run")
        for kind, count in found["kinds"].items():
            print(f"{kind:<16}{count['kills']:>6}{count['kept']:>13}  {'; '.join(count['differences']) or 'none'}")
    return 1 if any(count["differences"] for count in found["kinds"].values()) else 0


if __name__ == "__main__":
    sys.exit(main())
