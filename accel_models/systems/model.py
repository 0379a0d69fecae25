"""What a file of a system may say."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from accel_models.accelerator import Accelerator
from accel_models.description import from_document
from accel_models.presets import FILES, load_accelerator
from accel_models.systems.system import MOST_CORES, WORD_BITS, Dram, Kind, Link, LinkClass, System, sharing
from nets.documents import Document
from nets.documents.model import Count, Model, NotNegative, Positive, Word, whole
from nets.errors import InputError, unknown


class CoreEntry(Model):
    """Cores that are alike.

    Attributes:
        name: of the kind; where there are several, each has a number behind it.
        machine: name of a preset, a file beside this one, or a machine as files of machines hold it. Its outermost
            level is the shared DRAM.
        count: how many.
    """

    name: Annotated[Word, Field(min_length=1)]
    machine: Word | dict[str, Any]
    count: Annotated[int, *whole(1, MOST_CORES)] = 1


class DramEntry(Model):
    """The shared DRAM.

    Attributes:
        bandwidth: words of 8 bits per cycle, reads and writes together.
        word_pj: energy of reading or writing a word; that of the first core's own DRAM, where omitted.
        ports: names of the cores that it is joined to; all, where omitted.
    """

    bandwidth: Positive
    word_pj: NotNegative | None = None
    ports: tuple[Word, ...] = ()


class LinkEntry(Model):
    """Two cores that are joined.

    Attributes:
        from, to: names of cores.
        bandwidth: words of 8 bits per cycle, each way.
        word_pj: energy of a word that crosses it.
        class: ``on-die`` or ``die-to-die``.
        both_ways: whether words go back as well.
    """

    from_: Annotated[Word, Field(alias="from")]
    to: Word
    bandwidth: Positive
    word_pj: NotNegative
    class_: Annotated[LinkClass, Field(alias="class")]
    both_ways: bool = True


class MeshEntry(Model):
    """All cores in rows and columns, row by row, neighbours joined both ways.

    Attributes:
        rows, columns: whose product is the number of cores.
        bandwidth, word_pj, class: of each link.
    """

    rows: Count
    columns: Count
    bandwidth: Positive
    word_pj: NotNegative
    class_: Annotated[LinkClass, Field(alias="class")]


class SystemFile(Model):
    """Cores that share one DRAM, and the links between them.

    Attributes:
        name: what reports call it; that of the file, where omitted.
        cores: kinds of cores, in the order in which they are numbered.
        dram: that they share.
        mesh: links of cores in rows and columns.
        links: others.
        source: where its figures come from.
    """

    name: Word = ""
    cores: Annotated[tuple[CoreEntry, ...], Field(min_length=1, max_length=MOST_CORES)]
    dram: DramEntry
    mesh: MeshEntry | None = None
    links: tuple[LinkEntry, ...] = ()
    source: str = ""

    def system(self, document: Document, name: str, folder: Path | None) -> System:
        """The system, called by ``name`` where it does not name itself.

        Args:
            folder: in which files of machines lie; ``None`` where there are none.

        Raises:
            InputError: a core, a machine or a link that is not known or not sound.
        """
        machines = [self._machine(document, number, folder) for number in range(len(self.cores))]
        own = machines[0].levels[0]
        scale = WORD_BITS / (own.word_bits or WORD_BITS)
        read_pj, write_pj = own.read_pj * scale, own.write_pj * scale
        if self.dram.word_pj is not None:
            read_pj = write_pj = self.dram.word_pj
        with document.at(("dram",)):
            dram = Dram(bandwidth=self.dram.bandwidth, read_pj=read_pj, write_pj=write_pj)
        kinds = tuple(
            Kind(entry.name, sharing(machine, dram), entry.count) for entry, machine in zip(self.cores, machines)
        )
        names = [name for kind in kinds for name in kind.names]
        links = [*self._mesh(document, len(names)), *self._links(document, names)]
        ports = tuple(
            _number(document, ("dram", "ports", place), port, names) for place, port in enumerate(self.dram.ports)
        )
        with document.at(()):
            return System(self.name or name, kinds, dram, tuple(links), ports, self.source)

    def _machine(self, document: Document, number: int, folder: Path | None) -> Accelerator:
        entry = self.cores[number]
        steps = ("cores", number, "machine")
        if isinstance(entry.machine, dict):
            document.data["cores"][number]["machine"].setdefault("name", entry.name)
            machine = from_document(document, steps)
            return machine if isinstance(machine, Accelerator) else machine.accelerator()
        if entry.machine.endswith(FILES):
            if folder is None or Path(entry.machine).is_absolute() or ".." in Path(entry.machine).parts:
                rule = "lies elsewhere; files of machines lie beside the system's, or in a folder there"
                raise InputError(document.where(steps), entry.machine, rule)
            return load_accelerator(folder / entry.machine)
        with document.at(steps):
            return load_accelerator(entry.machine)

    def _mesh(self, document: Document, cores: int) -> list[Link]:
        mesh = self.mesh
        if mesh is None:
            return []
        if mesh.rows * mesh.columns != cores:
            rule = f"is not the number of cores, {cores}"
            raise InputError(document.where(("mesh",)), f"{mesh.rows} x {mesh.columns}", rule)
        along = [(core, core + 1) for core in range(cores) if (core + 1) % mesh.columns]
        pairs = [*along, *((core, core + mesh.columns) for core in range(cores - mesh.columns))]
        with document.at(("mesh",)):
            return [link for pair in pairs for link in _both_ways(*pair, mesh.bandwidth, mesh.word_pj, mesh.class_)]

    def _links(self, document: Document, names: list[str]) -> list[Link]:
        found: list[Link] = []
        for place, entry in enumerate(self.links):
            source, target = (
                _number(document, ("links", place, key), name, names)
                for key, name in (("from", entry.from_), ("to", entry.to))
            )
            if source == target:
                raise InputError(document.where(("links", place)), entry.to, "is joined to itself")
            with document.at(("links", place)):
                ways = _both_ways(source, target, entry.bandwidth, entry.word_pj, entry.class_)
            found += ways[: 1 + entry.both_ways]
        return found


def _number(document: Document, steps: tuple[str | int, ...], name: str, names: list[str]) -> int:
    if name not in names:
        raise unknown(document.where(steps), name, names)
    return names.index(name)


def _both_ways(one: int, other: int, bandwidth: float, word_pj: float, kind: LinkClass) -> tuple[Link, Link]:
    there = Link(source=one, target=other, bandwidth=bandwidth, word_pj=word_pj, kind=kind)
    back = Link(source=other, target=one, bandwidth=bandwidth, word_pj=word_pj, kind=kind)
    return there, back
