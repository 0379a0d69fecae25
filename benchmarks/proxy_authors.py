"""Zen-score and GradSign beside their authors' programs, on the networks that ZenNAS published.

    python benchmarks/proxy_authors.py --zennas DIR --gradsign DIR [--networks 9] [--repeats 32] [--images 16]

ZENNAS is a checkout of idstcv/ZenNAS, GRADSIGN one of cmu-catalyst/GradSign: their code runs as it is, from there.
Both sides draw the same weights and images (32 bit, one seed). Theirs builds each network twice, with shortcuts and
without; Zen-score of ours is given the one with shortcuts and has to find them. GradSign sees the very same network.
Small images do: the difference is what is asked for. Exit status 1 where one is above 1e-4.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import types
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nets.accuracy import load_proxy
from nets.errors import CosearchError, InputError

TOLERANCE: Final = 1e-4
CLASSES: Final = 100
SEED: Final = 0


def main() -> int:
    """Print a line for each network; exit status 2 for folders that are no such checkouts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zennas", type=Path, required=True, help="checkout of idstcv/ZenNAS")
    parser.add_argument("--gradsign", type=Path, required=True, help="checkout of cmu-catalyst/GradSign")
    parser.add_argument("--networks", type=int, default=9, help="how many of ZenNAS' networks, in the order of names")
    parser.add_argument("--repeats", type=int, default=32, help="draws of the Zen-score")
    parser.add_argument("--images", type=int, default=16, help="of a batch; GradSign sees a quarter of them")
    parser.add_argument("--pixels", type=int, default=64, help="rows and columns of an image")
    options = parser.parse_args()
    try:
        files = sorted((options.zennas / "ZenNet").glob("zennet_*.txt"))[: options.networks]
        if not files:
            raise InputError("--zennas", str(options.zennas), "has no networks in ZenNet/")
        worst = max(compared(file, options) for file in files)
    except CosearchError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    print(f"largest relative difference {worst:.1e}, {TOLERANCE:.0e} allowed")
    return int(worst > TOLERANCE)


def compared(file: Path, options: argparse.Namespace) -> float:
    """The larger relative difference of the two scores of one network."""
    import torch

    shape = (options.images, 3, options.pixels, options.pixels)
    zen_program = theirs(options.zennas, "ZeroShotProxy.compute_zen_score").compute_nas_score
    chain, whole = (published(options.zennas, file.read_text().strip(), no_reslink) for no_reslink in (True, False))
    torch.manual_seed(SEED)
    zen = zen_program(None, chain, 1e-2, options.pixels, options.images, options.repeats)["avg_nas_score"]
    our_zen = load_proxy("zen-score", repeats=options.repeats).score(whole, shape, seed=SEED)

    conflict = theirs(
        options.gradsign / "zero-cost-nas-code", "foresight.pruners.measures.grad_conflict"
    ).get_grad_conflict
    few = (max(2, options.images // 4), *shape[1:])
    images, labels = torch.randn(few), torch.randint(CLASSES, few[:1])
    ours = load_proxy("gradsign").score(whole, few, data=(images, labels))  # first: theirs moves running statistics
    sign = float(conflict(whole.train(), images, labels, torch.nn.functional.cross_entropy))
    apart = abs(our_zen / zen - 1), abs(ours / sign - 1)
    print(
        f"{file.stem:<44} Zen-score {our_zen:10.5f} theirs {zen:10.5f}   GradSign {ours:12.0f} theirs {sign:12.0f}   "
        f"{apart[0]:.1e} {apart[1]:.1e}",
        flush=True,
    )
    return max(apart)


def published(zennas: Path, structure: str, no_reslink: bool) -> Any:
    """One of ZenNAS' networks, built by their code; shortcuts are left out where ``no_reslink``."""
    net: Any = theirs(zennas, "ZenNet.masternet").PlainNet(
        num_classes=CLASSES, plainnet_struct=structure, no_create=False, no_reslink=no_reslink
    )
    return net.train()


def theirs(folder: Path, name: str) -> types.ModuleType:
    """A module of a checkout.

    Raises:
        InputError: it is not there.
    """
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    sys.modules.setdefault("ModelLoader", types.ModuleType("ModelLoader"))  # loads other networks, by torchvision
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise InputError("checkout", str(folder), f"has no {name} ({error})") from error


if __name__ == "__main__":
    sys.exit(main())
