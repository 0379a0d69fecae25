"""A co-search: its options and the way to run it, from a budget to a folder with a report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cosearch.evaluation.front import pareto
from cosearch.evaluation.room import require_room_for
from cosearch.evaluation.workload import Workload
from cosearch.executors.cluster import Cluster
from cosearch.executors.executor import Executor
from cosearch.executors.processes import Processes, can_fork
from cosearch.executors.serial import Serial
from cosearch.problem.axes import AXES, DEFAULT_AXES
from cosearch.problem.options import CoSearchOptions
from cosearch.reports import write_report
from cosearch.search.final import finalize
from cosearch.search.loop import SearchLoop
from cosearch.search.observer import Observer, SilentObserver
from cosearch.search.resolutions import specify_workload
from cosearch.search.result import CoSearchResult
from cosearch.strategies.samplers import check_sampler
from cosearch.studies.config_file import write_config
from cosearch.studies.location import StudyLocation
from cosearch.studies.replay import write_best
from cosearch.studies.run_folder import CONFIG, STUDY, claim
from cosearch.studies.schemas import write_schemas
from cosearch.studies.tables import write_layers, write_pareto
from nets.errors import InputError


@dataclass(frozen=True, kw_only=True)
class CoSearch(CoSearchOptions):
    """One co-search; what may be set is what :class:`CoSearchOptions` says.

    Raises:
        InputError: an option that is unknown or out of range.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        check_sampler(self.sampler, len(self.axes))

    @property
    def options(self) -> CoSearchOptions:
        """The options alone, which is all that workers get."""
        return CoSearchOptions(**self.__getstate__())

    def workload(self) -> Workload:
        """What the accelerators are evaluated with; finding it out may take seconds.

        Raises:
            InputError: no such network or space, no figures of its accuracy, a resolution it does not have.
            InfeasibleError: no subnet reaches the accuracy.
        """
        return specify_workload(self.options, Serial()).make()

    def run(
        self,
        observer: Observer | None = None,
        folder: Path | None = None,
        *,
        resume: bool = False,
        mirror: StudyLocation | None = None,
        cluster: str | None = None,
    ) -> CoSearchResult:
        """Search; Ctrl-C ends it with what was found.

        Args:
            observer: hears how it goes.
            folder: of the run, where its files are written; nothing is written when omitted.
            resume: go on from what the study in ``folder`` holds, which this same search wrote.
            mirror: a second place for the study.
            cluster: address of a Dask scheduler, ``tcp://HOST:PORT``, whose workers evaluate the designs instead of
                processes here; the result does not depend on it.

        Raises:
            InputError: see :meth:`workload`; the folder is in use; an address that is none.
            InfeasibleError: the budget leaves no room for any design, or no subnet reaches the accuracy.
            ResumeError: the study in the folder is not one that this search began.
            StorageError: the mirror cannot be used; one that is lost later ends the search with what was found.
            ExecutorError: the cluster cannot be used; one that is lost later ends the search with what was found.
            KeyboardInterrupt: stopped before anything was found.
        """
        options, observer = self.options, observer or SilentObserver()
        if folder is not None and not (folder / CONFIG).exists():
            write_config(claim(folder), options)
        elif folder is not None and not resume and (folder / STUDY).exists():
            raise InputError("folder", str(folder), "holds a run already", "resume it, or name another folder")
        options.hardware.require_feasible()
        require_room_for(options)
        loop = SearchLoop(options, observer, folder, resume=resume, mirror=mirror)
        with self.executor(cluster if loop.unfinished else None) as executor:
            result = finalize(options, loop.explore(executor), loop.workload, executor, observer)
        if folder is not None:
            _write(folder, options, result)
        return result

    def executor(self, cluster: str | None = None) -> Executor:
        """Who does the work; measuring subnets is left to threads, since every process would load torch and images."""
        if cluster is not None:
            return Cluster(cluster, self.jobs)
        if self.jobs > 1 and self.data is None and can_fork():
            return Processes(self.jobs)
        return Serial(self.jobs)


def _write(folder: Path, options: CoSearchOptions, result: CoSearchResult) -> None:
    """Write every file of a run but its study and its options, which were written before."""
    front = result.front or pareto(result.designs, [AXES[name] for name in DEFAULT_AXES])
    write_pareto(folder, front, options.goal)
    if result.winner is not None:
        write_layers(folder, result.winner.costs)
        baselines = [baseline.to_dict() for baseline in result.baselines]
        joint = None if result.joint is None else result.joint.to_dict()
        write_best(folder, result.winner, result.objective, options.budget, baselines, joint)
    write_schemas(folder)
    write_report(folder)
