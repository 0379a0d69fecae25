"""``joint_bound.npz``: the boxes of designs that a joint proof has left, in the folder of its run."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any, Final

import numpy as np

from cosearch.bounds.joint import JointProof, stacked, unstacked
from cosearch.bounds.spec import BoundSpec
from cosearch.problem.options import CoSearchOptions
from cosearch.studies.run_folder import fingerprint, write_whole_bytes
from nets.errors import ResumeError

PROOF: Final = "joint_bound.npz"
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
    }
    buffer = io.BytesIO()
    arrays: dict[str, Any] = stacked(proof.nodes, len(proof.search.workload.layers))
    np.savez_compressed(buffer, about=np.array(json.dumps(about)), **arrays)
    write_whole_bytes(folder / PROOF, buffer.getvalue())


def load_proof(folder: Path, options: CoSearchOptions, value: float) -> JointProof | None:
    """The proof that a run's folder holds; ``None`` where there is none.

    Args:
        folder: of the run.
        options: of the run.
        value: of the best design known.

    Raises:
        ResumeError: the file is damaged, or of another run or version.
    """
    path = folder / PROOF
    way_out = f"remove {PROOF} to begin a new proof"
    try:
        with np.load(path) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(str(arrays.pop("about")))
        nodes = unstacked(arrays)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise ResumeError(f"{path}: is damaged; {way_out}") from None
    if about.get("schema") != SCHEMA:
        raise ResumeError(f"{path}: schema {about.get('schema')!r} is of another version, not {SCHEMA}; {way_out}")
    if about["run"] != fingerprint(options):
        raise ResumeError(f"{path}: belongs to another run; {way_out}")
    resolutions = None if about["resolutions"] is None else tuple(about["resolutions"])
    spec = BoundSpec(options, resolutions, tuple(about["direction"]))
    return JointProof(spec, min(value, about["value"]), nodes, about["boxes"], waves=about["waves"])
