"""The study of a run in a second storage, which others watch: a database server, a file on another disk.

The journal in the run's folder is what a run is resumed from; the mirror is brought up to it then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cosearch.problem.axes import Axis
from cosearch.problem.hardware import HardwareSpace
from cosearch.strategies.samplers import quiet_optuna
from cosearch.studies.location import StudyLocation
from cosearch.studies.storage import open_storage, storage_errors
from cosearch.studies.study import Finished, StudyFile
from nets.errors import InputError, ResumeError
from nets.secrets import shown


class Mirror:
    """Writes designs to a study elsewhere, which the first of them begins.

    Args:
        location: of the study.
        axes, space: see :class:`StudyFile`.
        owner: the run's fingerprint.
        resume: whether the study may exist already, if it is this run's.

    Raises:
        InputError: the address is none, or the study's name is taken.
        ResumeError: the study belongs to another run.
        StorageError: the storage cannot be used.
    """

    def __init__(
        self, location: StudyLocation, axes: Sequence[Axis], space: HardwareSpace[Any], owner: str, *, resume: bool
    ) -> None:
        import optuna

        self._location, self._axes, self._space, self._owner = location, axes, space, owner
        self._study: StudyFile | None = None
        self._count = 0
        self._storage = open_storage(location.address)
        with storage_errors(location.address), quiet_optuna():
            taken = location.name in optuna.get_all_study_names(self._storage)
        if taken and not resume:
            rule = f"is the name of a study that {shown(location.address)} holds already"
            raise InputError("--study-name", location.name, rule, "name another, or go on with its run: --resume RUN")
        if taken:
            self._begin()

    def _begin(self) -> StudyFile:
        with storage_errors(self._location.address):
            study = StudyFile(self._storage, self._axes, self._space, self._location.name)
            owner = study.owned_by(self._owner)
            if owner != self._owner:
                raise ResumeError(
                    f"the study {self._location.name!r} in {shown(self._location.address)} is another run's"
                )
            self._count = len(study.records())
        self._study = study
        return study

    def add(self, finished: Sequence[Finished]) -> None:
        """Append what the study lacks of a generation; see :meth:`StudyFile.add`.

        Raises:
            StorageError: the storage was lost.
        """
        study = self._study or self._begin()
        known = sum(one.design.number < self._count for one in finished)
        with storage_errors(self._location.address):
            study.add(finished[known:])
        self._count += len(finished) - known
