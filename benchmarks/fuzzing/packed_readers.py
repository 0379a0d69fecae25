"""Readers of archives of arrays and tensors and of databases, mutated by what they say and not by the letter.

A byte changed in a packed file mostly ends at a checksum. Here it is a header that is changed, a shape, a type, a row,
and the file is packed anew, so that what reads it goes on to what it says.
"""

from __future__ import annotations

import io
import json
import sqlite3
import tempfile
import zipfile
from contextlib import closing, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.fuzzing.reader import Figures, Reader
from benchmarks.fuzzing.run_readers import _options, _proof, _proofs

ALIGN: Final = 64
"""Bytes to whose multiple an array's header is filled."""
MOST_VALUES: Final = 1 << 16
PICKLE: Final = "/data.pkl"
TABLES: Final = ("studies", "study_directions", "study_user_attributes", "study_system_attributes", "trials",
                 "trial_user_attributes", "trial_system_attributes", "trial_params", "trial_values", "version_info",
                 "alembic_version")  # fmt: skip


# ---- arrays ----


@cache
def _arrays() -> list[str]:
    """A proof's arrays, each with what its header says."""
    with np.load(io.BytesIO(_proofs()[0].encode("latin-1"))) as file:
        described = {
            name: {
                "descr": file[name].dtype.str,
                "fortran_order": False,
                "shape": list(file[name].shape),
                "values": file[name].ravel().tolist(),
            }
            for name in file.files
        }
    described["about"]["values"] = json.loads(described["about"]["values"][0])
    return [json.dumps(described)]


def _array(said: Any) -> bytes:
    """The file of one array, whose header says what is said."""
    header: dict[str, Any] = {}
    values: Any = said
    if isinstance(said, dict):
        header = {key: value for key, value in said.items() if key != "values"}
        values = said.get("values")
        if isinstance(header.get("shape"), list):
            header["shape"] = tuple(header["shape"])
    content = b""
    with suppress(Exception), np.errstate(all="ignore"):  # of kinds that no array has there are no numbers
        given = [json.dumps(values)] if isinstance(values, dict) else values
        content = np.asarray(given)[:MOST_VALUES].astype(np.dtype(header["descr"])).tobytes()
    text = (repr(header).encode("utf-8", "surrogatepass") + b"\n").ljust(ALIGN)
    return b"\x93NUMPY\x01\x00" + (len(text) % (1 << 16)).to_bytes(2, "little") + text + content


def _packed_arrays(text: str, folder: Path) -> Figures:
    described = json.loads(text)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, said in described.items() if isinstance(described, dict) else ():
            archive.writestr(f"{name}.npy".replace("\0", "_"), _array(said))
    return _proof(buffer.getvalue().decode("latin-1"), folder)


def _packed_header(text: str, folder: Path) -> Figures:
    """The boxes of a proof with a header of other bytes."""
    with zipfile.ZipFile(io.BytesIO(_proofs()[0].encode("latin-1"))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return _proof(_packed(members | {"box.npy": text.encode("latin-1", "replace")}).decode("latin-1"), folder)


def _packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@cache
def _headers() -> list[str]:
    with zipfile.ZipFile(io.BytesIO(_proofs()[0].encode("latin-1"))) as archive:
        return [archive.read("box.npy").decode("latin-1")]


# ---- tensors ----


@cache
def _supernets() -> list[str]:
    """What the file of a supernet says, its tensors as type, shape and the number that fills them."""
    from nets.spaces import load_space
    from nets.supernet.files import FORMAT
    from nets.supernet.supernet import Supernet

    state = Supernet(load_space("ofa-digits"), classes=10).state_dict()
    tensors = {name: [str(it.dtype).removeprefix("torch."), [*it.shape], 1] for name, it in state.items()}
    about = {"format": FORMAT, "space": "ofa-digits", "classes": 10, "data": "digits"}
    return [json.dumps({**about, "state_dict": tensors})]


def _supernet(text: str, folder: Path) -> Figures:
    import torch

    from nets.supernet import load_supernet

    record = json.loads(text)
    if isinstance(record, dict) and isinstance(record.get("state_dict"), dict):
        record["state_dict"] = {name: _tensor(said) for name, said in record["state_dict"].items()}
    path = folder / "supernet.pt"
    torch.save(record, path)
    supernet = load_supernet(path)
    return (float(supernet.classes), float(len(supernet.state_dict())))


def _tensor(said: Any) -> Any:
    """A tensor as it is said to be, one number that stands for all; what is no tensor stays as it is."""
    import torch

    try:
        kind, shape, number = said
        one = torch.full([1] * len(shape), number, dtype=getattr(torch, kind))
        wide = one.expand(shape)
        return wide.clone() if wide.numel() <= MOST_VALUES else wide
    except Exception:
        return said


@cache
def _pickles() -> list[str]:
    """What a file of tensors holds beside their numbers."""
    with zipfile.ZipFile(io.BytesIO(_small_tensors())) as archive:
        return [archive.read(next(name for name in archive.namelist() if name.endswith(PICKLE))).decode("latin-1")]


@cache
def _small_tensors() -> bytes:
    import torch

    buffer = io.BytesIO()
    torch.save({"format": "x", "classes": 10, "state_dict": {name: torch.ones(3, 4) for name in "ab"}}, buffer)
    return buffer.getvalue()


def _pickle(text: str, folder: Path) -> Figures:
    from nets.documents.tensors import read_tensors

    with zipfile.ZipFile(io.BytesIO(_small_tensors())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    changed = {
        name: text.encode("latin-1", "replace") if name.endswith(PICKLE) else content
        for name, content in members.items()
    }
    path = folder / "net.pt"
    path.write_bytes(_packed(changed))
    return (float(len(read_tensors(path, "supernet file", lambda _: None))),)


# ---- databases ----


@cache
def _database() -> bytes:
    """A study that a run mirrors, of two trials."""
    from cosearch.studies.location import StudyLocation
    from cosearch.studies.mirror import Mirror
    from cosearch.studies.study import constrained_trial

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.db"
        mirror = Mirror(StudyLocation(f"sqlite:///{path}"), *_searched(), "me", resume=True)
        study = mirror._begin()
        study._study.add_trials([constrained_trial({}, {}, [1e-6], {"parallel": "K C"}, {"area": -0.1}, _record(at))
                                 for at in range(2)])  # fmt: skip
        mirror._storage.engine.dispose()  # type: ignore[attr-defined]
        return path.read_bytes()


def _record(number: int) -> dict[str, Any]:
    from cosearch.studies.study import RECORD

    cost = {"name": "small", "energy_pj": 2.0, "latency_s": 1e-3, "config": None, "accuracy": None, "weight_bits": None}
    return {RECORD: {"number": number, "point": {}, "costs": [cost], "evaluations": 3, "bound": None, "precise": True}}


def _searched() -> tuple[Any, Any]:
    from cosearch.problem.axes import load_axes
    from cosearch.problem.template_space import TemplateSpace

    return load_axes(["edp"]), TemplateSpace(_options().budget)


@cache
def _rows() -> list[str]:
    """Its rows, by table."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.db"
        path.write_bytes(_database())
        with closing(sqlite3.connect(path)) as line:
            return [json.dumps({table: line.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES})]


def _with_rows(text: str, folder: Path) -> Figures:
    rows = json.loads(text)
    path = folder / "study.db"
    path.write_bytes(_database())
    with closing(sqlite3.connect(path)) as line:
        for table in TABLES:
            given = rows.get(table) if isinstance(rows, dict) else None
            line.execute(f"DELETE FROM {table}")
            for row in given if isinstance(given, list) else ():
                with suppress(sqlite3.Error, OverflowError, UnicodeError):  # that no database would hold
                    marks = ", ".join("?" * len(row) if isinstance(row, list) else "?")
                    cells = row if isinstance(row, list) else [row]
                    plain = [json.dumps(cell) if isinstance(cell, list | dict) else cell for cell in cells]
                    line.execute(f"INSERT INTO {table} VALUES ({marks})", plain)
            if given is None:
                line.execute(f"DROP TABLE {table}")
        line.commit()
    return _mirrored(path)


def _damaged_database(text: str, folder: Path) -> Figures:
    path = folder / "study.db"
    path.write_bytes(text.encode("latin-1", "replace"))
    return _mirrored(path)


def _mirrored(path: Path) -> Figures:
    """Go on with the study that the database holds."""
    from cosearch.studies.location import StudyLocation
    from cosearch.studies.mirror import Mirror

    mirror = Mirror(StudyLocation(f"sqlite:///{path}"), *_searched(), "me", resume=True)
    mirror._storage.engine.dispose()  # type: ignore[attr-defined]
    return (float(mirror._count),)


PACKED_READERS: Final = {
    "array headers": Reader(_arrays, "data", _packed_arrays, 3),
    "array header bytes": Reader(_headers, "bytes", _packed_header, 2),
    "database rows": Reader(_rows, "data", _with_rows, 1),
    "database bytes": Reader(lambda: [_database().decode("latin-1")], "bytes", _damaged_database, 1),
    **(
        {
            "supernet": Reader(_supernets, "data", _supernet, 1),
            "tensor pickle": Reader(_pickles, "bytes", _pickle, 3),
        }
        if find_spec("torch")
        else {}
    ),
}
