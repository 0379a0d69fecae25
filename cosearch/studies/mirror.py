"""The study of a run in a second storage, which others watch: a database server, a file on another disk.

The journal in the run's folder is what a run is resumed from; the mirror is brought up to it then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cosearch.evaluation.design import Design
from cosearch.evaluation.front import Axis
from cosearch.problem.budget import Budget
from cosearch.strategies.samplers import quiet_optuna
from cosearch.studies.storage import open_storage, shown, storage_errors
from cosearch.studies.study import STUDY_NAME, StudyFile
from nets.errors import InputError, ResumeError


@dataclass(frozen=True, slots=True)
class Place:
    """A study in a storage.

    Attributes:
        address: of the storage, see :func:`cosearch.studies.storage.check_address`.
        name: of the study.
        join: whether other machines work on it too, see :mod:`cosearch.studies.shared_study`.
    """

    address: str
    name: str = STUDY_NAME
    join: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain data for a run's folder, without a password."""
        kept: dict[str, Any] = {"address": shown(self.address), "name": self.name}
        return kept | {"join": True} if self.join else kept


class Mirror:
    """Writes designs to a study elsewhere, which the first of them begins.

    Args:
        place: of the study.
        axes, budget: see :class:`StudyFile`.
        owner: the run's fingerprint.
        resume: whether the study may exist already, if it is this run's.

    Raises:
        InputError: the address is none, or the study's name is taken.
        ResumeError: the study belongs to another run.
        StorageError: the storage cannot be used.
    """

    def __init__(self, place: Place, axes: Sequence[Axis], budget: Budget, owner: str, *, resume: bool) -> None:
        import optuna

        self._place, self._axes, self._budget, self._owner = place, axes, budget, owner
        self._study: StudyFile | None = None
        self._count = 0
        self._storage = open_storage(place.address)
        with storage_errors(place.address), quiet_optuna():
            taken = place.name in optuna.get_all_study_names(self._storage)
        if taken and not resume:
            rule = f"is the name of a study that {shown(place.address)} holds already"
            raise InputError("--study-name", place.name, rule, "name another, or go on with its run: --resume RUN")
        if taken:
            self._begin()

    def _begin(self) -> StudyFile:
        with storage_errors(self._place.address):
            study = StudyFile(self._storage, self._axes, self._budget, self._place.name)
            owner = study.owned_by(self._owner)
            if owner != self._owner:
                raise ResumeError(f"the study {self._place.name!r} in {shown(self._place.address)} is another run's")
            self._count = len(study.records())
        self._study = study
        return study

    def add(self, designs: Sequence[Design], evaluations: Sequence[int]) -> None:
        """Append what the study lacks of a generation; see :meth:`StudyFile.add`.

        Raises:
            StorageError: the storage was lost.
        """
        study = self._study or self._begin()
        known = sum(design.number < self._count for design in designs)
        with storage_errors(self._place.address):
            study.add(designs[known:], evaluations[known:])
        self._count += len(designs) - known
