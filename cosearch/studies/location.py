"""Where a study is kept besides the folder of its run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cosearch.studies.storage import POSTGRESQL
from cosearch.studies.study import STUDY_NAME
from nets.errors import InputError
from nets.secrets import shown


@dataclass(frozen=True, slots=True)
class StudyLocation:
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

    def require_shareable(self) -> None:
        """Check that machines can share a study there.

        Raises:
            InputError: it is not in PostgreSQL.
        """
        if not self.address.startswith(POSTGRESQL):
            rule = "is no storage that machines can share"
            raise InputError("--join", shown(self.address), rule, "use postgresql://")
