"""One promise, whoever does the work: the answers of the functions, also when workers are killed, join or leave."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scaling import LocalCluster
from cosearch import Budget, CoSearch, CoSearchResult
from cosearch.executors import cluster as cluster_module
from cosearch.executors import dask_pool, ledger
from cosearch.executors.cluster import Cluster, check_address
from cosearch.executors.executor import Executor, ExecutorError, Future, R, T, task_sizes
from cosearch.executors.processes import Processes
from cosearch.executors.serial import Serial, WithFallback
from cosearch.search.observer import SilentObserver
from cosearch.studies.study import read_trials
from nets.errors import InputError
from tests.cosearch.conftest import Cosearch

SMALL = {
    "trials": 36,
    "mapper_budget": 20,
    "last_mapper_budget": 40,
    "last_mapper": "cmaes",
    "baselines": False,
    "population": 12,
}
WORDS = ["search", "--network", "alexnet", "--budget", "area=2mm2", "--trials", "24", "--evaluations", "4"]
WORDS += ["--last-evaluations", "8", "--last-mapper", "cmaes", "--no-baselines", "--quiet"]


@pytest.fixture(params=["serial", "processes", "cluster"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param == "serial":
        made: Executor = Serial()
    elif request.param == "processes":
        made = Processes(2)
    else:
        request.getfixturevalue("nothing_here")
        made = Cluster(request.getfixturevalue("dask_cluster").address)
    with made:
        yield made


@pytest.fixture
def nothing_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a cluster loaded before anything is asked of it."""
    monkeypatch.setattr(cluster_module, "can_fork", lambda: False)


def double(number: int) -> int:
    return 2 * number


def process(_: object) -> int:
    return os.getpid()


def refuse(name: str) -> None:
    raise InputError("--speed", name, "is too much", "slow down")


def die_once(mark: Path) -> str:
    """Kill the process that runs this, unless that was done before."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "done"


def die(_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def meet(marks: tuple[Path, Path]) -> bool:
    """Leave a mark, and wait for another's."""
    mine, other = marks
    mine.touch()
    deadline = time.monotonic() + 30
    while not other.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return other.exists()


def test_answers_are_those_of_the_function(executor: Executor) -> None:
    answers = [executor.submit(double, number) for number in range(20)]
    assert [answer.result() for answer in answers] == [2 * number for number in range(20)]
    assert executor.workers >= 1


def test_an_error_is_raised_where_its_answer_is_waited_for(executor: Executor) -> None:
    bad, good = executor.submit(refuse, "9000"), executor.submit(double, 4)
    with pytest.raises(InputError, match="--speed: '9000' is too much; slow down"):
        bad.result()
    assert good.result() == 8


@pytest.mark.parametrize("executor", ["processes", "cluster"], indirect=True)
def test_the_task_of_a_killed_worker_is_done_by_another(executor: Executor, tmp_path: Path) -> None:
    answers = [executor.submit(double, 1), executor.submit(die_once, tmp_path / "mark"), executor.submit(double, 2)]
    assert [answer.result() for answer in answers] == [2, "done", 4]


def test_a_task_that_kills_every_worker_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MOST_DEATHS", 2)
    with Processes(2) as executor:
        poison = executor.submit(die, None)
        with pytest.raises(ExecutorError, match="killed 3 times at the same task"):
            poison.result()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_workers_end_when_their_parent_does(number: signal.Signals) -> None:
    """Half a second after it; where the processors are busy, in one of three tries."""
    assert any(ends_its_workers(number) for _ in range(3))


def ends_its_workers(number: signal.Signals) -> bool:
    """Whether half a second after a signal that ends a process no worker of it lives; sooner or later none does."""
    program = (
        "import os, time\nfrom cosearch.executors.processes import Processes\n"
        "def pid(_):\n    time.sleep(0.2)\n    return os.getpid()\n"
        "pool = Processes(2)\nanswers = [pool.submit(pid, n) for n in range(2)]\n"
        "print(*{answer.result() for answer in answers}, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert parent.stdout is not None
    workers = [int(word) for word in parent.stdout.readline().split()]
    parent.send_signal(number)
    assert parent.wait() == -number
    parent.stdout.close()
    assert len(workers) == 2
    ended = time.monotonic()
    while any(is_running(pid) for pid in workers):
        assert time.monotonic() < ended + 20
        time.sleep(0.01)
    return time.monotonic() < ended + 0.5


ROOT = Path(__file__).resolve().parents[3]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def comparable(result: CoSearchResult) -> str:
    data = result.to_dict()
    del data["wall_s"]
    return json.dumps(data, sort_keys=True)


@pytest.fixture(scope="module")
def alone() -> str:
    return comparable(CoSearch(budget=Budget.parse("area=2mm2"), networks=("squeezenet1_1",), **SMALL).run())


class Killer(SilentObserver):
    """Kills a worker after every generation."""

    def generation(self, *_: object) -> None:
        for child in multiprocessing.active_children()[:1]:
            child.kill()


@pytest.mark.parametrize("jobs", [2, 8])
def test_a_search_whose_processes_are_killed_finds_the_same(jobs: int, alone: str) -> None:
    search = CoSearch(budget=Budget.parse("area=2mm2"), networks=("squeezenet1_1",), jobs=jobs, **SMALL)
    assert comparable(search.run(Killer())) == alone


def test_subnets_too_are_those_of_a_search_alone() -> None:
    options = {
        "trials": 6,
        "population": 3,
        "mapper_budget": 4,
        "last_mapper_budget": 8,
        "last_mapper": "cmaes",
        "baselines": False,
    }
    search = {"budget": Budget.parse("area=5mm2"), **options}
    one, eight = (CoSearch(**search, jobs=jobs).run() for jobs in (1, 8))
    assert comparable(one) == comparable(eight)


def test_a_search_whose_cluster_loses_and_gains_workers_finds_the_same(dask_cluster: LocalCluster, alone: str) -> None:
    class Hours(SilentObserver):
        """Kills a worker after each generation, and starts another in its place."""

        killed = 0

        def generation(self, *_: object) -> None:
            if self.killed < 3:
                dask_cluster.kill_worker()
                dask_cluster.add_worker()
                self.killed += 1

    hours = Hours()
    search = CoSearch(budget=Budget.parse("area=2mm2"), networks=("squeezenet1_1",), **SMALL)
    assert comparable(search.run(hours, cluster=dask_cluster.address)) == alone
    assert hours.killed == 3


def test_a_cluster_that_disappears_ends_the_search_with_what_was_found(
    cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    words = [*WORDS, "--trials", "48"]  # when the first generation is shown, the second may be evaluated already
    with LocalCluster(workers=1) as cluster:
        monkeypatch.setattr("cosearch.commands.progress.Progress.generation", lambda *_: cluster.scheduler.kill())
        said = cosearch(*words, "--cluster", cluster.address, "--out", tmp_path / "run")
    assert said.status == 1
    assert f"{cluster.address}: the cluster was lost" in said.err
    assert f"--resume {tmp_path / 'run'}" in said.err
    found = read_trials(tmp_path / "run" / "study.journal")
    assert 12 <= len(found) < 48
    monkeypatch.undo()
    assert cosearch("search", "--resume", tmp_path / "run", "--jobs", "1", "--quiet").status == 0
    assert cosearch(*words, "--jobs", "1", "--out", tmp_path / "whole").status == 0
    whole = read_trials(tmp_path / "whole" / "study.journal")
    assert read_trials(tmp_path / "run" / "study.journal") == whole
    assert whole[: len(found)] == found
    for name in ("best.yaml", "pareto.csv", "layers.csv"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@pytest.mark.usefixtures("nothing_here")
def test_a_cluster_without_workers_is_waited_for_and_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(dask_pool, "WORKER_PATIENCE_S", 0.0)
    monkeypatch.setattr(dask_pool, "LOOK_EVERY_S", 0.1)
    with LocalCluster(workers=0) as empty, Cluster(empty.address) as executor:
        answer = executor.submit(double, 1)
        with pytest.raises(ExecutorError, match="had no workers for"):
            answer.result()


def test_processes_here_work_until_the_cluster_s_client_is_loaded(
    dask_cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = {worker.pid for worker in dask_cluster.workers}
    answered = threading.Event()
    load = Cluster._load
    monkeypatch.setattr(cluster_module, "can_fork", lambda: True)  # torch may be loaded, for other tests
    monkeypatch.setattr(Cluster, "_load", lambda cluster: answered.wait(60) and load(cluster))
    with Cluster(dask_cluster.address, jobs=2) as executor:
        here, loaded = executor.submit(process, None), executor.run_in_background(lambda: None)
        assert executor.workers == 2
        assert here.result() not in {os.getpid(), *there}
        answered.set()
        loaded()
        assert executor.submit(process, None).result() in there


def test_a_scheduler_that_is_gone_before_the_client_is_loaded_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    gone = threading.Event()
    load = Cluster._load
    monkeypatch.setattr(cluster_module, "can_fork", lambda: True)  # torch may be loaded, for other tests
    monkeypatch.setattr(Cluster, "_load", lambda cluster: gone.wait(60) and load(cluster))
    monkeypatch.setattr(cluster_module, "PATIENCE_S", 0.5)
    with LocalCluster(workers=0) as cluster, Cluster(cluster.address) as executor:
        cluster.scheduler.kill()
        cluster.scheduler.wait()
        gone.set()
        executor.run_in_background(lambda: None)()
        with pytest.raises(ExecutorError, match=r"no scheduler answers within 0\.5 s"):
            executor.submit(double, 1)


@pytest.mark.usefixtures("nothing_here")
def test_a_cluster_that_is_too_busy_for_a_farewell_is_left(dask_cluster: LocalCluster) -> None:
    with Cluster(dask_cluster.address) as executor:
        client = executor._loaded.result()._client
        close = client.close

        def slow(timeout: float) -> None:
            client.close = close
            close()
            raise TimeoutError(f"timed out after {timeout} s.")

        client.close = slow
        assert executor.submit(double, 3).result() == 6
    assert client.status == "closed"


@pytest.mark.usefixtures("nothing_here")
def test_dask_says_nothing_of_its_own_while_it_works_for_us(dask_cluster: LocalCluster) -> None:
    """Its client's logger has a level and a handler of its own."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client", "distributed.comm")]
    with Cluster(dask_cluster.address):
        assert not any(logger.isEnabledFor(logging.ERROR) for logger in loggers)
    assert all(logger.isEnabledFor(logging.ERROR) for logger in loggers)


@pytest.mark.usefixtures("nothing_here")
def test_workers_of_other_versions_are_refused(dask_cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_pool, "versions", lambda: {"python": "2.7"})
    with (
        Cluster(dask_cluster.address) as executor,
        pytest.raises(ExecutorError, match=r"it runs python 3\.\S+ instead of 2\.7"),
    ):
        executor.submit(double, 1).result()


@pytest.mark.usefixtures("nothing_here")
def test_a_worker_without_cosearch_is_left_out(
    dask_cluster: LocalCluster, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "cosearch.py").write_text("raise ModuleNotFoundError('it is not there', name='cosearch')")
    bare = dask_cluster.add_worker(folder=tmp_path)
    dask_cluster.wait_for(3)
    with Cluster(dask_cluster.address) as executor:
        workers = {answer.result() for answer in [executor.submit(process, None) for _ in range(40)]}
        assert workers <= {worker.pid for worker in dask_cluster.workers} - {bare.pid}
        assert "is not used: a worker has no cosearch; install cosearch there" in caplog.text
        for worker in dask_cluster.workers[:2]:
            worker.kill()
        with pytest.raises(ExecutorError, match=r"has no cosearch; install cosearch there"):
            executor.submit(double, 1).result()
    dask_cluster.kill_worker(2)


@pytest.mark.usefixtures("nothing_here")
def test_a_worker_that_comes_back_where_it_was_works_again() -> None:
    pytest.importorskip("distributed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    with LocalCluster(workers=0) as cluster:
        cluster.add_worker("--worker-port", port)
        cluster.wait_for(1)
        with Cluster(cluster.address) as executor:
            for number in range(3):
                assert executor.submit(double, number).result() == 2 * number
                cluster.kill_worker()
                cluster.add_worker("--worker-port", port)


@pytest.mark.usefixtures("nothing_here")
def test_a_worker_of_two_threads_does_two_tasks_at_a_time(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with LocalCluster(workers=0) as cluster:
        cluster.add_worker("--nthreads", "2")
        cluster.wait_for(1)
        with Cluster(cluster.address) as executor:
            assert executor.workers == 2
            answers = [executor.submit(meet, (tmp_path / name, tmp_path / other)) for name, other in ("ab", "ba")]
            assert [answer.result() for answer in answers] == [True, True]


@pytest.mark.usefixtures("nothing_here")
def test_a_task_that_kills_every_worker_of_a_cluster_is_given_up(
    dask_cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "MOST_DEATHS", 1)
    dask_cluster.add_worker()
    dask_cluster.wait_for(3)
    with Cluster(dask_cluster.address) as executor:
        poison = executor.submit(die, None)
        with pytest.raises(ExecutorError, match="workers die of the same task again and again"):
            poison.result()
        assert executor.submit(double, 2).result() == 4


@pytest.mark.parametrize(
    "address, named",
    [
        ("", "must begin with tcp://"),
        ("localhost:8786", "must begin with tcp://"),
        ("http://localhost:8786", "must begin with tcp://"),
        ("tcp://", "names no host and port"),
        ("tcp://localhost", "names no host and port"),
        ("tcp://:8786", "names no host and port"),
        ("tcp://a b:8786", "names no host and port"),
        ("tcp://localhost:", "no number from 1 to 65535"),
        ("tcp://localhost:dask", "no number from 1 to 65535"),
        ("tcp://localhost:99999", "no number from 1 to 65535"),
    ],
)
def test_what_is_no_address_is_refused(address: str, named: str, cosearch: Cosearch, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=named):
        check_address(address)
    said = cosearch(*WORDS, "--cluster", address, "--out", tmp_path / "run")
    assert said.status == 2
    assert named in said.err
    assert not (tmp_path / "run").exists()


def test_addresses_of_every_form_are_taken() -> None:
    for address in ("tcp://localhost:8786", "tcp://10.0.0.1:1", "tls://head.cluster.example:65535", "tcp://[::1]:8786"):
        check_address(address)


def test_a_scheduler_that_does_not_answer(cosearch: Cosearch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster_module, "PATIENCE_S", 0.5)
    with socket.socket() as silent:  # it listens, and never says a word
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        for port in (1, silent.getsockname()[1]):
            said = cosearch(*WORDS, "--cluster", f"tcp://127.0.0.1:{port}", "--out", tmp_path / "run")
            assert said.status == 1
            assert f"tcp://127.0.0.1:{port}: no scheduler answers within 0.5 s" in said.err
            assert not (tmp_path / "run").exists()


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ExecutorError, match=r"pip install 'cosearch\[cluster\]'"):
        Cluster("tcp://127.0.0.1:8786")


def test_a_search_travels_without_what_follows_from_it() -> None:
    search = CoSearch(budget=Budget.parse("area=2mm2"))
    assert search.goal.name == "edp"
    again = pickle.loads(pickle.dumps(search))
    assert again == search
    assert "goal" not in vars(again)


@pytest.mark.parametrize(
    "count, workers, each_s, least_s, sizes",
    [
        (12, 2, 0.0, 0.1, [6, 6]),
        (6, 2, 0.03, 0.02, [3, 3]),
        (6, 2, 0.03, 0.1, [6]),
        (12, 8, 0.03, 0.1, [4, 4, 4]),
        (6, 8, 1.0, 0.1, [1] * 6),
        (12, 1, 0.001, 0.25, [12]),
        (13, 2, 0.03, 0.02, [6, 7]),
        (100, 2, 0.1, 0.1, [10] * 10),
    ],
)
def test_tasks_are_long_enough_and_shared_out(
    count: int, workers: int, each_s: float, least_s: float, sizes: list[int]
) -> None:
    assert task_sizes(count, workers, each_s, least_s) == sizes


@given(st.integers(0, 3000), st.integers(1, 100), st.floats(0.0, 10.0), st.floats(0.0, 1.0))
def test_tasks_hold_everything_once_and_are_neither_short_nor_long(
    count: int, workers: int, each_s: float, least_s: float
) -> None:
    sizes = task_sizes(count, workers, each_s, least_s)
    assert sum(sizes) == count
    assert all(size >= 1 for size in sizes)
    if len(sizes) > 1 and each_s > 0:
        assert min(sizes) >= least_s / each_s
        assert max(sizes) - min(sizes) <= 1
        assert max(sizes) <= max(1.0, 2 * least_s) / each_s + 3


def test_what_workers_no_longer_do_is_done_here() -> None:
    class Gone(Serial):
        """Loses its workers after a task."""

        submitted = 0

        def submit(self, function: Callable[[T], R], argument: T) -> Future[R]:
            self.submitted += 1
            if self.submitted > 2:
                raise ExecutorError("they are gone")
            return super().submit(function if self.submitted == 1 else self.fail, argument)

        @staticmethod
        def fail(_: object) -> Any:
            raise ExecutorError("they went")

    with WithFallback(Gone(), threads=1) as executor:
        answers = [executor.submit(double, number) for number in range(4)]
        assert [answer.result() for answer in answers] == [0, 2, 4, 6]
        with pytest.raises(InputError):
            executor.submit(refuse, "9000").result()
