"""The main job on two workers beside the same on one, and what a thousand workers would do.

    python benchmarks/scaling.py [--workers 2] [--rounds 5] [--simulate] [--json] [-- OPTIONS OF cosearch search]

Every run is a command of its own, with kernels that an earlier run compiled. Runs of different kinds take turns, one of
each a round, and before and after each a serial one. The Dask cluster is stopped while others run: waiting would take a
fortieth of a core from them. *search* is the time that the search itself says it took; *command* has everything in it,
from the start of the interpreter to the report. Efficiency is the time of the two serial runs around a run over workers
x twice its own: the cores of a machine shared with others are faster in one minute than in the next, by half. Printed
are medians over the rounds, and the least and the most efficient one. *apart* are as many serial runs at once, which
share nothing but the machine: what its cores leave of themselves when all are busy.

``--simulate`` measures what a task costs whoever sends it, and plays the generations of a search on up to 1,000
workers with those figures (events: a candidate is asked for, sent, evaluated, answered; workers die and come back).

Exit status 1 when an efficiency is below 0.9, or an outcome differs from the serial run's.
"""

from __future__ import annotations

import argparse
import heapq
import importlib
import json
import os
import random
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

ROOT = Path(__file__).resolve().parent.parent
MAIN_JOB = ["--budget", "area=5mm2"]
LEAST = 0.9
SAME = ("best.yaml", "pareto.csv", "layers.csv")
DASK_SETTINGS = {
    "OPENBLAS_NUM_THREADS": "1",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
}
"""What docs/scaling.md says to start Dask's scheduler and workers with."""


class LocalCluster:
    """A Dask scheduler and workers, each a process of this machine without a nanny: a worker that is killed is gone.

    Args:
        workers: to begin with.
        certificates: a folder with ``ca.pem``, ``me.pem`` and ``me.key``: all speak TLS, each with that certificate.
    """

    def __init__(self, workers: int, certificates: Path | None = None) -> None:
        self.certificates = certificates
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"{'tls' if certificates else 'tcp'}://127.0.0.1:{port}"
        self.workers: list[subprocess.Popen[bytes]] = []
        tls = ("--protocol", "tls") if certificates else ()
        self.scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", str(port), *tls)
        while self.scheduler.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        for _ in range(workers):
            self.add_worker()
        self.wait_for(workers)

    def _start(self, module: str, *words: str, folder: Path = ROOT) -> subprocess.Popen[bytes]:
        if self.certificates is not None:
            files = {"ca-file": "ca.pem", "cert": "me.pem", "key": "me.key"}
            words += tuple(w for name, file in files.items() for w in (f"--tls-{name}", str(self.certificates / file)))
        command = [sys.executable, "-m", f"distributed.cli.{module}", *words, "--no-dashboard"]
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = os.environ | DASK_SETTINGS | {"PYTHONPATH": os.pathsep.join(paths)}
        quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, env=environment, cwd=folder, **quiet)

    def add_worker(self, *words: str, folder: Path = ROOT) -> subprocess.Popen[bytes]:
        """Start another worker in a folder, from which it imports first; it joins when it is up."""
        words = (self.address, "--nthreads", "1", "--no-nanny", *words)
        self.workers.append(self._start("dask_worker", *words, folder=folder))
        return self.workers[-1]

    def wait_for(self, workers: int) -> None:
        """Wait until that many have joined."""
        from distributed import Client

        if workers == 0:
            return
        with Client(self.address, security=self._security(), set_as_default=False, timeout=60) as client:
            client.wait_for_workers(workers, timeout=60)

    def _security(self) -> Any:
        """What a client of this cluster shows."""
        if self.certificates is None:
            return None
        from distributed.security import Security

        ca, certificate, key = (str(self.certificates / name) for name in ("ca.pem", "me.pem", "me.key"))
        return Security(tls_ca_file=ca, tls_client_cert=certificate, tls_client_key=key, require_encryption=True)

    def mend(self, workers: int) -> None:
        """Have that many workers alive."""
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < workers:
            self.add_worker()
        self.wait_for(workers)

    def kill_worker(self, place: int = 0) -> None:
        """Kill one (SIGKILL)."""
        worker = self.workers.pop(place)
        worker.kill()
        worker.wait()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Keep scheduler and workers from running in this block."""
        for process in self._alive():
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in self._alive():
                process.send_signal(signal.SIGCONT)

    def cpu_s(self) -> float:
        """Processor time of the scheduler and the workers so far."""
        ticks = os.sysconf("SC_CLK_TCK")
        fields = [Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split() for process in self._alive()]
        return sum(int(field[11]) + int(field[12]) for field in fields) / ticks

    def _alive(self) -> list[subprocess.Popen[bytes]]:
        return [process for process in (self.scheduler, *self.workers) if process.poll() is None]

    def __enter__(self) -> LocalCluster:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._alive():
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Run:
    """One command: seconds of its search, of all of it, and of processors; and what it wrote."""

    search_s: float
    command_s: float
    cpu_s: float
    outcome: tuple[bytes, ...]


def mean(one: Run, other: Run) -> Run:
    """Of two alike."""
    return Run(
        search_s=(one.search_s + other.search_s) / 2,
        command_s=(one.command_s + other.command_s) / 2,
        cpu_s=(one.cpu_s + other.cpu_s) / 2,
        outcome=one.outcome,
    )


def run_apart(words: list[str], count: int) -> Run:
    """As many serial commands at once: the times of the slowest, the processor time of one."""
    before = _cpu_s(None)
    with ThreadPoolExecutor(count) as hands:
        runs = list(hands.map(lambda _: run([*words, "--jobs", "1"]), range(count)))
    return Run(
        search_s=max(one.search_s for one in runs),
        command_s=max(one.command_s for one in runs),
        cpu_s=(_cpu_s(None) - before) / count,
        outcome=runs[0].outcome,
    )


def run(words: list[str], cluster: LocalCluster | None = None) -> Run:
    """A command with these options, in a new folder."""
    with tempfile.TemporaryDirectory() as work:
        command = [sys.executable, str(ROOT / "run_cosearch.py"), "search", *words, "--json", "--quiet"]
        command += ["--out", f"{work}/run"]
        if cluster is not None:
            command += ["--cluster", cluster.address]
        before, began = _cpu_s(cluster), time.perf_counter()
        said = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - began
        outcome = tuple((Path(work) / "run" / name).read_bytes() for name in SAME)
        return Run(json.loads(said.stdout)["wall_s"], seconds, _cpu_s(cluster) - before, outcome)


def _cpu_s(cluster: LocalCluster | None) -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime + (0.0 if cluster is None else cluster.cpu_s())


def compare(words: list[str], workers: int, rounds: int) -> dict[str, Any]:
    """The main job alone, on local processes and on a cluster."""
    alone, shared = [*words, "--jobs", "1"], [*words, "--jobs", str(workers)]
    run(alone)  # everything is compiled from here on
    made: dict[str, list[tuple[Run, Run]]] = {"local": [], "Dask": [], "apart": []}
    with LocalCluster(workers) as cluster:
        run(shared, cluster)  # its workers have loaded everything
        with cluster.stopped():
            serial = [run(alone)]
        for _ in range(rounds):
            for kind, runs in made.items():
                if kind == "Dask":
                    one = run(shared, cluster)
                with cluster.stopped():
                    if kind != "Dask":
                        one = run(shared) if kind == "local" else run_apart(words, workers)
                    serial.append(run(alone))
                runs.append((one, mean(*serial[-2:])))
    rows = [_row("serial", 1, [(one, one) for one in serial], serial[0])]
    for kind, runs in made.items():
        rows.append(_row(f"{workers} {kind}", 1 if kind == "apart" else workers, runs, serial[0]))
    return {"rounds": rounds, "rows": rows, "load": os.getloadavg()[0]}


def _row(kind: str, workers: int, runs: list[tuple[Run, Run]], first: Run) -> dict[str, Any]:
    """What some runs took, each beside what serial ones did at the time."""
    efficiencies = [serial.search_s / (workers * one.search_s) for one, serial in runs]
    return {
        "workers": kind,
        "search_s": statistics.median(one.search_s for one, _ in runs),
        "command_s": statistics.median(one.command_s for one, _ in runs),
        "cpu_s": statistics.median(one.cpu_s for one, _ in runs),
        "efficiency": statistics.median(efficiencies),
        "least_efficiency": min(efficiencies),
        "most_efficiency": max(efficiencies),
        "command_efficiency": statistics.median(serial.command_s / (workers * one.command_s) for one, serial in runs),
        "same": all(one.outcome == first.outcome for one, _ in runs),
    }


def show(found: dict[str, Any]) -> None:
    """Print the comparison for a reader."""
    print(
        f"{'':<10}{'search s':>10}{'command s':>11}{'CPU s':>8}{'efficiency':>12}{'least to most':>16}{'command':>9}"
        "  outcome"
    )
    for row in found["rows"]:
        spread = f"{row['least_efficiency']:.2f} to {row['most_efficiency']:.2f}"
        print(
            f"{row['workers']:<10}{row['search_s']:>10.2f}{row['command_s']:>11.2f}{row['cpu_s']:>8.2f}"
            f"{row['efficiency']:>12.2f}{spread:>16}{row['command_efficiency']:>9.2f}"
            f"  {'the same' if row['same'] else 'DIFFERS'}"
        )
    print(f"medians of {found['rounds']} rounds; load average {found['load']:.1f}")


@dataclass(frozen=True)
class Costs:
    """What is measured here and simulated with.

    Attributes:
        candidate_s: to evaluate one candidate of the main job, on one core.
        ask_s, tell_s: of the sampler, for each candidate.
        write_s: of the study, for each candidate; in the background, it delays nothing but the next write.
        send_s: of the asking process for each task on a Dask cluster, sent and answered.
    """

    candidate_s: float
    ask_s: float
    tell_s: float
    write_s: float
    send_s: float


def measure_costs(trials: int = 96) -> Costs:
    """Costs of the main job on this machine, in processor time where that is what counts."""
    from cosearch import Budget, CoSearch
    from cosearch.executors.cluster import Cluster
    from cosearch.executors.serial import Serial
    from cosearch.search.candidates import Candidate, CandidateTask, evaluate_candidates
    from cosearch.search.resolutions import specify_workload
    from cosearch.strategies.accelerators import AcceleratorStrategy
    from cosearch.strategies.points import Outcome

    search = CoSearch(budget=Budget.parse("area=5mm2"))
    spec = specify_workload(search.options, Serial())
    strategy = AcceleratorStrategy(search.hardware, search.sampler, search.seed, search.population)
    importlib.import_module(strategy.needs_later)
    asked_s = told_s = 0.0
    rng = random.Random(0)
    for generation in range(1 + trials // search.population):
        began = time.process_time()
        proposals = strategy.ask(search.population)
        asked_s += time.process_time() - began if generation else 0.0  # the first one imports
        began = time.process_time()
        merits = [rng.random() for _ in proposals]
        strategy.tell(proposals, [Outcome(merit, (merit,)) for merit in merits])
        told_s += time.process_time() - began if generation else 0.0
    candidates = tuple(Candidate(row, proposal.machine) for row, proposal in enumerate(proposals))
    task = CandidateTask(workload=spec, candidates=candidates)
    evaluate_candidates(task)
    began = time.process_time()
    evaluate_candidates(task)
    candidate_s = (time.process_time() - began) / len(candidates)
    with LocalCluster(2) as cluster, Cluster(cluster.address) as executor:
        executor.run_in_background(lambda: None)()  # until then, processes here would do it
        for answer in [executor.submit(len, task.candidates) for _ in range(40)]:
            answer.result()  # every worker has imported what it needs
        before, began = cluster.cpu_s(), time.process_time()
        for answer in [executor.submit(len, task.candidates) for _ in range(300)]:
            answer.result()
        send_s = (time.process_time() - began + cluster.cpu_s() - before) / 300
    written = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "storage.py"), "--trials", "400", "--json", "--no-dashboard"],
        capture_output=True,
        text=True,
        check=False,
    )
    write_s = json.loads(written.stdout)["written_ms"] / 1e3
    return Costs(candidate_s, asked_s / trials, told_s / trials, write_s, send_s)


def simulate(
    costs: Costs, *, workers: int, population: int, effort: float, generations: int = 5, life_h: float = 24.0
) -> dict[str, float]:
    """Play some generations.

    Args:
        costs: as measured.
        workers: of one core.
        population: candidates of a generation, each a task of its own (or several, to make tasks of 0.1 s).
        effort: how many times longer a candidate takes than in the main job.
        generations: played.
        life_h: mean hours until a worker is killed; its task is sent again, and it is back after a minute.
    """
    from cosearch.executors.cluster import Cluster
    from cosearch.executors.executor import task_sizes
    from cosearch.search.loop import AHEAD

    rng = random.Random(0)
    each_s = costs.candidate_s * effort
    free = [(0.0, worker) for worker in range(workers)]
    sender = busy_s = 0.0
    tasks = lost = 0

    def send(candidates: int) -> list[float]:
        """Send candidates; when each task ends."""
        nonlocal sender, busy_s, tasks, lost
        ends = []
        for count in task_sizes(candidates, workers, each_s, Cluster.least_task_s):
            sender += costs.ask_s * count + costs.send_s
            work_s = sum(each_s * rng.uniform(0.8, 1.2) for _ in range(count))
            start, worker = heapq.heappop(free)
            start = max(start, sender)
            while (dies := rng.expovariate(1 / (3600 * life_h))) < work_s:
                lost += 1
                start += dies + 60.0
            ends.append(start + work_s)
            busy_s += work_s
            tasks += 1
            heapq.heappush(free, (ends[-1], worker))
        return ends

    ahead = int(AHEAD * population)
    ends = send(population)
    for generation in range(generations):
        begun = send(ahead) if generation + 1 < generations else []
        sender = max(*ends, sender) + costs.tell_s * population
        ends = begun + (send(population - ahead) if begun else [])
    clock = sender
    return {
        "workers": workers,
        "population": population,
        "candidate_s": each_s,
        "task_s": busy_s / tasks,
        "generation_s": clock / generations,
        "candidates_per_s": population * generations / clock,
        "efficiency": busy_s / (workers * clock),
        "writes_per_s_sustained": 1 / costs.write_s,
        "tasks_lost": lost,
    }


def plans(costs: Costs) -> list[dict[str, float]]:
    """The main job as it is on more and more workers, and what makes a thousand of them worth having."""
    cases = [(2, 12, 1), (12, 12, 1), (1000, 12, 1), (1000, 2000, 1), (1000, 2000, 25), (1000, 2000, 250)]
    cases += [(1000, 8000, 250), (1000, 2000, 2500)]
    return [simulate(costs, workers=w, population=p, effort=e) for w, p, e in cases]


def show_plans(costs: Costs, found: list[dict[str, float]]) -> None:
    """Print the simulation for a reader."""
    print(
        f"measured: {costs.candidate_s * 1e3:.1f} ms to evaluate a candidate, {costs.ask_s * 1e3:.2f} ms to ask, "
        f"{costs.tell_s * 1e3:.2f} ms to tell, {costs.write_s * 1e3:.2f} ms to write; {costs.send_s * 1e3:.2f} a task"
    )
    print(
        f"{'workers':>8}{'population':>12}{'candidate s':>13}{'generation s':>14}{'candidates/s':>14}{'efficiency':>12}"
    )
    for row in found:
        print(
            f"{row['workers']:>8}{row['population']:>12}{row['candidate_s']:>13.2f}{row['generation_s']:>14.2f}"
            f"{row['candidates_per_s']:>14.1f}{row['efficiency']:>12.2f}"
        )


def main() -> int:
    """Measure or simulate, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--simulate", action="store_true", help="play a thousand workers instead")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("words", nargs="*", default=MAIN_JOB, help="options of the search (default: the main job's)")
    options = parser.parse_args()
    if options.simulate:
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line has it
        costs = measure_costs()
        found = plans(costs)
        if options.json:
            print(json.dumps({"costs": vars(costs), "plans": found}, indent=2))
        else:
            show_plans(costs, found)
        return 0
    compared = compare(options.words, options.workers, options.rounds)
    if options.json:
        print(json.dumps(compared, indent=2))
    else:
        show(compared)
    rows = compared["rows"]
    shared = [row for row in rows if not row["workers"].endswith("apart")]
    return 0 if all(row["same"] for row in rows) and all(row["efficiency"] >= LEAST for row in shared) else 1


if __name__ == "__main__":
    sys.exit(main())
