"""Peak memory of MCUNet's networks and their baselines, by every way in which it was published.

    python benchmarks/microcontroller_memory.py

In KiB at 8 bits, each row of ours above the published one. The sources of the latter: mit-han-lab/tinyml,
mcunet/README.md at d25cd4b ("Act", "SRAM"); mit-han-lab/tinyengine, README.md at c71768b and since 719fb9b.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nets import load_network
from nets.network import Network
from nets.peak_memory import early_sram_of, peak_activation_words, sram_of

NAMES: Final = (
    *(f"mcunet_in{number}" for number in range(5)),
    "mcunet_mbv2_w0_3",
    "mcunet_mbv2_w0_35",
    "mcunet_proxyless_w0_25",
    "mcunet_proxyless_w0_3",
)
ROWS: Final[tuple[tuple[str, Callable[[Network], int], str, tuple[int | None, ...]], ...]] = (
    (
        "activations, nothing in place",
        peak_activation_words,
        "tables of 2021, Act",
        (45, 90, 325, 333, 413, 94, 303, 98, 242),
    ),
    (
        "depthwise in place",
        lambda network: sram_of(network).activations,
        "TinyEngine, August 2022",
        (45, 90, 200, 242, None, None, 284, None, 242),
    ),
    (
        "with both buffers (--limit sram)",
        lambda network: sram_of(network).total,
        "TinyEngine since December 2022",
        (49, 96, 215, 260, 416, None, 295, None, 259),
    ),
    (
        "and one for shortcuts",
        early_sram_of,
        "tables of 2021, SRAM",
        (54, 107, 242, 293, 456, 98, 308, 114, 292),
    ),
)


def main() -> int:
    """Print the rows; exit status 1 where one differs by more than 5 %."""
    networks = [load_network(name) for name in NAMES]
    print(f"{'KiB':<33}" + "".join(f"{name.removeprefix('mcunet_'):>16}" for name in NAMES))
    worst = 0.0
    for ours, count, theirs, published in ROWS:
        kib = [count(network) / 1024 for network in networks]
        print(f"{ours:<33}" + "".join(f"{value:>16.1f}" for value in kib))
        print(f"{theirs:<33}" + "".join(f"{'' if value is None else value:>16}" for value in published))
        worst = max(worst, *(abs(mine / value - 1) for mine, value in zip(kib, published) if value is not None))
    print(f"{'weights at 8 bits':<33}" + "".join(f"{network.params / 1024:>16.1f}" for network in networks))
    print(f"furthest apart: {worst:.1%}")
    return 1 if worst > 0.05 else 0


if __name__ == "__main__":
    sys.exit(main())
