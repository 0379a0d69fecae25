"""Import other people's models, and compare MACs and parameters with those that PyTorch counts, to the unit.

    python benchmarks/imports.py FILE_OR_DIR [--environment DIR] [--only TEXT] [--onnx]

FILE is CSV with the columns ``package``, ``model``, ``input``, ``params`` and ``macs``; a DIR holds such files. MACs
are half the FLOPs of ``torch.utils.flop_counter``, attention counted whole. The packages (timm, torchvision,
transformers, diffusers, monai and more) are installed into an environment of their own, some gigabytes, which is kept
for the next time. Nothing is downloaded besides: models are made without weights.

With ``--onnx`` every model of one input is also exported to ONNX, with fixed and with open dims, and its file must have
the same layers. Printed are differences, the seconds beyond PyTorch's export, and their median; exit status 1 when
anything differs.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.outside.environment import python_of

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "cosearch" / "outside"


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, metavar="FILE_OR_DIR")
    parser.add_argument("--environment", type=Path, default=CACHE, metavar="DIR", help=f"(default: {CACHE})")
    parser.add_argument("--only", default="", metavar="TEXT", help="models whose PACKAGE/MODEL has this in it")
    parser.add_argument("--onnx", action="store_true", help="their ONNX files too")
    args = parser.parse_args()
    files = sorted(args.source.glob("*.csv")) if args.source.is_dir() else [args.source]
    rows = [row for file in files for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines())]
    rows = [row for row in rows if args.only in f"{row['package']}/{row['model']}"]
    process = subprocess.Popen(
        [python_of(args.environment), "-m", "benchmarks.outside.compare"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    json.dump({"rows": rows, "onnx": args.onnx}, process.stdin)
    process.stdin.close()
    print(f"{'model':<44}{'MACs':>18}{'differ by':>12}{'parameters':>16}{'differ by':>12}{'export':>9}{'beyond':>9}")
    found = [_say(json.loads(line)) for line in process.stdout]
    process.wait()
    return _sum_up(found, len(rows))


def _say(result: dict[str, Any]) -> dict[str, Any]:
    """Print a model's line."""
    name = f"{result['package']}/{result['model']}"
    if "error" in result:
        print(f"{name:<44}{result['error']}")
        return result | {"same": False}
    macs, params = (result[f"found_{what}"] - int(result[what]) for what in ("macs", "params"))
    print(
        f"{name:<44}{result['found_macs']:>18,}{macs:>+12,}{result['found_params']:>16,}{params:>+12,}"
        f"{result['export_s']:>7.1f} s{result['beyond_s']:>7.1f} s"
    )
    for kind, said in result.get("onnx", {}).items():
        print(f"    ONNX, {kind}: {said}")
    onnx = all(said.startswith(("same", "not exported")) for said in result.get("onnx", {}).values())
    return result | {"same": macs == params == 0 and onnx}


def _sum_up(found: list[dict[str, Any]], asked: int) -> int:
    """Print how many agree; the exit status."""
    same = sum(result["same"] for result in found)
    print(f"\n{same} of {asked} agree to the unit")
    seconds = [result["beyond_s"] for result in found if "beyond_s" in result]
    if seconds:
        print(f"beyond export: median {statistics.median(seconds):.2f} s, at most {max(seconds):.1f} s")
    files = [said for result in found for said in result.get("onnx", {}).values()]
    if files:
        layers, products = files.count("same"), files.count("same products")
        print(f"ONNX files: {layers} of {len(files)} have the same layers, {products} more the same products")
    return 0 if same == asked else 1


if __name__ == "__main__":
    sys.exit(main())
