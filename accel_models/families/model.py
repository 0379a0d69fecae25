"""What a file of a family may say."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from accel_models.description import from_document
from accel_models.structure import Structure
from nets.documents import Document
from nets.documents.model import Model, Word
from nets.errors import InputError


class FamilyFile(Model):
    """A machine of kind structure, and what varies of it.

    Attributes:
        machine: as files of machines hold it.
        vary: ranges, steps and alternatives by part, e.g. ``GLB.capacity`` is ``16KB..512KB``.
    """

    machine: dict[str, Any]
    vary: Annotated[dict[str, Word], Field(min_length=1)]

    @property
    def texts(self) -> tuple[str, ...]:
        """What varies, one text for each part."""
        return tuple(f"{part}={values}" for part, values in self.vary.items())

    def structure(self, document: Document, name: str) -> Structure:
        """The machine, called by ``name`` where it does not name itself.

        Raises:
            InputError: it is not sound, or not of kind structure.
        """
        document.data["machine"].setdefault("name", name)
        machine = from_document(document, ("machine",))
        if not isinstance(machine, Structure):
            from accel_models.families import why_fixed

            raise InputError(document.where(("machine", "kind")), self.machine["kind"], *why_fixed(machine))
        return machine
