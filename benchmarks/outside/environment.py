"""An environment with the packages that bring the models, beside the one that runs cosearch."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Final

ALONE: Final = (
    "torchvision==0.28.0",
    "timm==1.0.31",
    "diffusers==0.42.1",
    "monai==1.6.1",
    "segmentation-models-pytorch==0.6.0",
    "open_clip_torch==3.3.0",
    "vit-pytorch==1.26.11",
    "efficientnet-pytorch==0.7.1",
    "ultralytics==8.4.190",
    "ultralytics-thop",
    "opencv-python-headless",
    "torch_geometric==2.8.1",
    "x-transformers==2.31.10",
    "torch-einops-utils",
    "einx",
    "loguru",
    "matplotlib",
    "polars",
)
"""Installed without what they ask for: some of them would bring another PyTorch, with gigabytes of CUDA."""
WHOLE: Final = (
    "transformers==5.23.0",
    "onnxscript",
    "importlib_metadata",
    "pillow",
    "requests",
    "psutil",
    "einops",
    "ftfy",
    "wcwidth",
    "frozendict",
    "xxhash",
    "aiohttp",
    "jinja2",
    "fsspec",
    "pyparsing",
    "cycler",
    "kiwisolver",
    "contourpy",
    "python-dateutil",
    "fonttools",
)


def python_of(folder: Path) -> Path:
    """The interpreter of the environment in a folder, which is made where it is not there yet.

    It sees everything that this interpreter sees, PyTorch above all, which no package may replace.

    Raises:
        subprocess.CalledProcessError: a package cannot be installed.
    """
    python = folder / "bin" / "python"
    wanted = hashlib.sha256("\n".join((*ALONE, *WHOLE, sys.prefix)).encode()).hexdigest()
    marker = folder / "installed"
    if marker.exists() and marker.read_text() == wanted:
        return python
    venv.create(folder, with_pip=True)
    own = Path(sysconfig.get_paths(vars={"base": str(folder)})["purelib"])
    (own / "cosearch_environment.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    import torch

    kept = folder / "constraints.txt"
    kept.write_text(f"torch=={torch.__version__}\n")
    install = [str(python), "-m", "pip", "install", "--quiet"]
    subprocess.run([*install, "--no-deps", *ALONE], check=True)
    subprocess.run([*install, "--constraint", str(kept), *WHOLE], check=True)
    marker.write_text(wanted)
    return python
