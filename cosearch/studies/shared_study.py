"""One search on several machines that share nothing but a study in PostgreSQL.

Every machine runs the whole search, in step with the others: the candidates of a generation are shared out by claims,
what is evaluated is written to the study, and what others evaluated is read there. The same search proposes the same
candidates everywhere, so all of them end with the result of one machine alone. A claim is an advisory lock of the
server's: it is let go the moment whoever holds it is gone, and another machine evaluates the candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from cosearch.problem.axes import Axis
from cosearch.problem.hardware import HardwareSpace
from cosearch.strategies.samplers import quiet_optuna
from cosearch.studies.location import StudyLocation
from cosearch.studies.storage import BEGINNING, open_storage, storage_errors
from cosearch.studies.study import Finished, Record, StudyFile
from nets.errors import ResumeError
from nets.secrets import shown

if TYPE_CHECKING:
    import optuna

POLL_S: Final = 0.05
"""How often a machine that has nothing to do looks for what the others did."""
DEAD_AFTER_S: Final = 60
"""When the server takes a machine for gone that no longer answers; one whose process died is gone at once."""


class SharedStudy:
    """A study that this machine and others work on.

    Args:
        location: of the study, which the first machine begins.
        axes, space: see :class:`StudyFile`.
        owner: the search's fingerprint.

    Raises:
        InputError: see :meth:`StudyLocation.require_shareable`.
        ResumeError: the study belongs to another search.
        StorageError: the server cannot be used.
    """

    def __init__(self, location: StudyLocation, axes: Sequence[Axis], space: HardwareSpace[Any], owner: str) -> None:
        from sqlalchemy import text

        location.require_shareable()
        self._location, self._sql = location, text
        storage: optuna.storages.RDBStorage = open_storage(location.address)  # type: ignore[assignment]
        with storage_errors(location.address), quiet_optuna():
            self._line = storage.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            for setting, value in (("idle", DEAD_AFTER_S // 2), ("interval", DEAD_AFTER_S // 6), ("count", 3)):
                self._line.execute(text(f"SET tcp_keepalives_{setting} = {value}"))
            self._line.execute(
                text(f"SELECT pg_advisory_lock({BEGINNING})")
            )  # one begins the study, the others join it
            try:
                self._study = StudyFile(storage, axes, space, location.name)
                owned_by = self._study.owned_by(owner)
            finally:
                self._line.execute(text(f"SELECT pg_advisory_unlock({BEGINNING})"))
            self._id = storage.get_study_id_from_name(location.name)
        if owned_by != owner:
            raise ResumeError(
                f"the study {location.name!r} in {shown(location.address)} is another search's: join it with the same "
                "options and versions, or name another by --study-name"
            )

    def records(self, numbers: Iterable[int]) -> dict[int, Record]:
        """What the study holds of these candidates.

        Raises:
            StorageError: the server was lost; ResumeError: what is there was not written by this version.
        """
        wanted = set(numbers)
        with storage_errors(self._location.address):
            return {record.number: record for record in self._study.records() if record.number in wanted}

    def claim(self, numbers: Sequence[int], at_most: int) -> list[int]:
        """Claim some of these candidates that no other machine has claimed.

        Raises:
            StorageError: the server was lost.
        """
        mine: list[int] = []
        statement = self._sql("SELECT pg_try_advisory_lock(:study, :number)")
        with storage_errors(self._location.address):
            for number in numbers:
                if len(mine) == at_most:
                    break
                if self._line.execute(statement, {"study": self._id, "number": number}).scalar():
                    mine.append(number)
        return mine

    def add(self, finished: Sequence[Finished]) -> None:
        """Write designs that this machine evaluated.

        Raises:
            StorageError: the server was lost.
        """
        with storage_errors(self._location.address):
            self._study.add(finished)

    def release(self, numbers: Sequence[int]) -> None:
        """Let go of claims, after what came of them was written.

        Raises:
            StorageError: the server was lost.
        """
        statement = self._sql("SELECT pg_advisory_unlock(:study, :number)")
        with storage_errors(self._location.address):
            for number in numbers:
                self._line.execute(statement, {"study": self._id, "number": number})
