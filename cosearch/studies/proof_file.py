"""``joint_bound.npz``: the boxes of designs that a joint proof has left, in the folder of its run.

Those of the proof over designs whose layers may run in groups stand in a file of their own beside it.
"""

from __future__ import annotations

import io
import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from cosearch.bounds.joint import JointProof, stacked, unstacked
from cosearch.bounds.layers import CUTS
from cosearch.bounds.spec import BoundSpec
from cosearch.problem.options import CoSearchOptions
from cosearch.studies.run_folder import fingerprint
from nets.documents import parse_json, write_whole_bytes
from nets.documents.archive import opened_archive
from nets.documents.typed import typed_data
from nets.errors import ResumeError

if TYPE_CHECKING:
    from cosearch.studies.proof_model import ProofAbout

PROOF: Final = "joint_bound.npz"
PROOF_IN_GROUPS: Final = "joint_bound_in_groups.npz"
SCHEMA: Final = 1
"""Of the file, and of the bounds: a proof by other rules cannot go on from it."""


def save_proof(folder: Path, proof: JointProof) -> None:
    """Write what a proof has left, whole or not at all."""
    about = {
        "schema": SCHEMA,
        "run": fingerprint(proof.spec.options),
        "resolutions": proof.spec.resolutions,
        "direction": proof.spec.direction,
        "value": proof.value,
        "boxes": proof.boxes,
        "waves": proof.waves,
        "groups": proof.spec.groups,
    }
    buffer = io.BytesIO()
    arrays: dict[str, Any] = stacked(proof.nodes, proof.search.boxes.sizes, len(proof.search.workload.layers))
    np.savez_compressed(buffer, about=np.array(json.dumps(about)), **arrays)
    write_whole_bytes(folder / _name(proof.spec.groups), buffer.getvalue())


def load_proof(folder: Path, options: CoSearchOptions, value: float, *, groups: bool = False) -> JointProof | None:
    """The proof that a run's folder holds; ``None`` where there is none.

    Args:
        folder: of the run.
        options: of the run.
        value: of the best design known.
        groups: whether layers may run in groups.

    Raises:
        ResumeError: the file is damaged, or of another run or version.
    """
    path = folder / _name(groups)
    if not path.exists():
        return None
    way_out = f"remove {path.name} to begin a new proof"
    try:
        about, arrays = _content(path)
    except (ValueError, KeyError):
        raise ResumeError(f"{path}: is damaged; {way_out}") from None
    if about.version != SCHEMA:
        raise ResumeError(f"{path}: schema {about.version} is of another version, not {SCHEMA}; {way_out}")
    if about.run != fingerprint(options):
        raise ResumeError(f"{path}: belongs to another run; {way_out}")
    if about.groups != groups:
        raise ResumeError(
            f"{path}: is of designs {'in groups' if about.groups else 'whose layers run alone'}; {way_out}"
        )
    spec = BoundSpec(options, about.resolutions, about.direction, groups)
    try:
        nodes = unstacked(arrays, spec.load())
    except (ValueError, KeyError, TypeError) as error:
        raise ResumeError(f"{path}: is damaged ({error}); {way_out}") from None
    levels = 0 if groups else len(CUTS)
    return JointProof(spec, min(value, about.value), nodes, about.boxes, levels, about.waves)


def _name(groups: bool) -> str:
    """Of the file, by whether layers may run in groups."""
    return PROOF_IN_GROUPS if groups else PROOF


def _content(path: Path) -> tuple[ProofAbout, dict[str, NDArray[Any]]]:
    """What a file says of its proof, and its arrays."""
    from cosearch.studies.proof_model import ProofAbout

    try:
        with (
            opened_archive("proof", path) as content,
            warnings.catch_warnings(action="ignore"),
            np.load(content) as file,
        ):
            arrays = {name: file[name] for name in file.files}
    except Exception as error:  # numpy raises whatever the letters of its headers, and zipfile those of its own, meet
        raise ValueError from error
    if not all(isinstance(array, np.ndarray) for array in arrays.values()):  # numpy gives bytes of what is no array
        raise ValueError
    about = parse_json(str(arrays.pop("about")), f"{path}: about")
    return typed_data(ProofAbout, about, f"{path}: about"), arrays
