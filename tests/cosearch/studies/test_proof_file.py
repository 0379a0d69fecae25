"""A proof file that was edited or cut is refused in one line, never worked on."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cosearch import Budget
from cosearch.bounds.joint import JointProof
from cosearch.bounds.spec import BoundSpec
from cosearch.problem.options import CoSearchOptions
from cosearch.studies.proof_file import PROOF, load_proof, save_proof
from nets.errors import ResumeError
from tests.nets.given import mine

OPTIONS = CoSearchOptions(budget=Budget.parse("area=1mm2"), networks=[mine()])


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("proof")
    save_proof(folder, JointProof(BoundSpec(OPTIONS, None, (1.0, 1.0)), 1.0))
    return folder


def edited(folder: Path, saved: Path, about: dict[str, Any], arrays: dict[str, Any]) -> None:
    with np.load(saved / PROOF) as file:
        data = {name: file[name] for name in file.files}
    said = json.loads(str(data.pop("about"))) | about
    np.savez(folder / PROOF, about=np.array(json.dumps(said)), **(data | arrays))


def test_what_was_saved_is_read(saved: Path) -> None:
    proof = load_proof(saved, OPTIONS, 1.0)
    assert proof is not None
    assert proof.nodes


@pytest.mark.parametrize(
    "about, arrays",
    [
        ({"value": -1.0}, {}),
        ({"direction": [1.0]}, {}),
        ({"boxs": 3}, {}),
        ({}, {"bound": np.zeros(3)}),
        ({}, {"box": np.zeros((1, 9, 2))}),
        ({}, {"finished": np.array(["x"])}),
    ],
)
def test_what_is_no_proof_is_refused(
    saved: Path, tmp_path: Path, about: dict[str, Any], arrays: dict[str, Any]
) -> None:
    edited(tmp_path, saved, about, arrays)
    with pytest.raises(ResumeError, match="is damaged"):
        load_proof(tmp_path, OPTIONS, 1.0)


def test_a_way_to_compress_that_nobody_has(saved: Path, tmp_path: Path) -> None:
    content = bytearray((saved / PROOF).read_bytes())
    content[content.index(b"PK\x01\x02") + 10] = 91
    (tmp_path / PROOF).write_bytes(content)
    with pytest.raises(ResumeError, match="is damaged"):
        load_proof(tmp_path, OPTIONS, 1.0)


def test_an_encrypted_member(saved: Path, tmp_path: Path) -> None:
    content = bytearray((saved / PROOF).read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(header) + flags] |= 1
    (tmp_path / PROOF).write_bytes(content)
    with pytest.raises(ResumeError, match="is damaged"):
        load_proof(tmp_path, OPTIONS, 1.0)


def test_sizes_that_there_are_not_are_refused(saved: Path, tmp_path: Path) -> None:
    with np.load(saved / PROOF) as file:
        boxes = file["box"] + 10_000
    edited(tmp_path, saved, {}, {"box": boxes})
    with pytest.raises(ResumeError, match="beyond the sizes"):
        load_proof(tmp_path, OPTIONS, 1.0)


@pytest.mark.parametrize(
    "said, put",
    [
        (b"\x93NUMPY", b"\x93NOMPY"),  # numpy then gives bytes in the place of an array
        (b"{'descr'", b" 'descr'"),  # and looks for the bracket to its own parser's end
        (b"(", b"["),
        (b"'shape': (", b"'shape': -"),
        (b"'shape': (", b"'shape':1.5"),
        (b"'shape': (", b"'shape':9**"),
        (b"'shape': (", b"'shape':\xb8("),
    ],
)
def test_headers_on_which_numpy_falls_over(saved: Path, tmp_path: Path, said: bytes, put: bytes) -> None:
    with zipfile.ZipFile(saved / PROOF) as whole, zipfile.ZipFile(tmp_path / PROOF, "w") as archive:
        for name in whole.namelist():
            content = whole.read(name)
            archive.writestr(name, content.replace(said, put, 1) if name == "box.npy" else content)
    with pytest.raises(ResumeError, match="is damaged"):
        load_proof(tmp_path, OPTIONS, 1.0)


@pytest.mark.parametrize("shape", [(1.5,), (10**20,), (-1,), (2**62, 8), (True,), ("x",)])
def test_shapes_that_no_array_has(saved: Path, tmp_path: Path, shape: tuple[object, ...]) -> None:
    header = repr({"descr": "<i8", "fortran_order": False, "shape": shape}).encode().ljust(118) + b"\n"
    with zipfile.ZipFile(saved / PROOF) as whole, zipfile.ZipFile(tmp_path / PROOF, "w") as archive:
        for name in whole.namelist():
            content = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"\0" * 64
            archive.writestr(name, content if name == "box.npy" else whole.read(name))
    with pytest.raises(ResumeError, match="is damaged"):
        load_proof(tmp_path, OPTIONS, 1.0)
