"""Ask CACTI 7 for the SRAMs that the figures of ``technology.py`` are read off.

    python -m accel_models.data.run_cacti --cacti FOLDER --config FILE

``FOLDER`` holds a built CACTI 7 (github.com/HewlettPackard/cacti; as hwcomponents-cacti ships it), ``FILE`` is
hwcomponents-cacti's ``default_cfg.cfg``: low-standby-power transistors, 300 K, fast access, least leakage. Writes
``sram_grid.csv`` beside this file: capacities from 64 rows to 8 MB in steps of a factor of two, of one bank, and from
16,384 words on (128 KB of 64 bits) of 8 banks too; and those halfway between (in logarithms), of one bank, which no
figure is made from.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

NODES_NM: Final = (90, 65, 45, 32, 22)
WIDTHS_BITS: Final = (32, 64, 256, 512)
LEAST_BYTES, MOST_BYTES, LEAST_ROWS = 256, 8 << 20, 64
LEAST_WORDS: Final = {1: LEAST_ROWS, 8: 16384}
"""Number of banks, and the fewest words of the port that are asked in as many."""
COLUMNS: Final = {
    "read_pj": ("Dynamic read energy (nJ)", 1e3),
    "write_pj": ("Dynamic write energy (nJ)", 1e3),
    "area_mm2": ("Area (mm2)", 1.0),
}


def asked() -> Iterator[tuple[int, int, int, int]]:
    """Node, capacity in bytes, width of the port and banks of every SRAM."""
    for node in NODES_NM:
        for width in WIDTHS_BITS:
            row_bytes = width // 8
            capacity = max(LEAST_BYTES, LEAST_ROWS * row_bytes)
            while capacity <= MOST_BYTES:
                for banks, words in LEAST_WORDS.items():
                    if capacity >= words * row_bytes:
                        yield node, capacity, width, banks
                if capacity < MOST_BYTES:
                    yield node, round(capacity * 2**0.5 / row_bytes) * row_bytes, width, 1
                capacity *= 2


def cacti(folder: Path, config: str, node: int, capacity: int, width: int, banks: int) -> dict[str, float]:
    """Energies and area that CACTI finds for one SRAM.

    Raises:
        subprocess.CalledProcessError: it ended with an error.
        FileNotFoundError: it found no such SRAM.
    """
    ours = (
        f"-size (bytes) {capacity}\n-read-write port 1\n-block size (bytes) {width // 8}\n"
        f"-technology (u) {node / 1000}\n"
        f'-output/input bus width {width}\n-UCA bank {banks}\n-cache type "ram"\n-tag size (b) 0\n-associativity 1\n'
    )
    with tempfile.TemporaryDirectory() as at:
        question = Path(at) / "sram.cfg"
        question.write_text(f"{config}\n{ours}")
        subprocess.run(["./cacti", "-infile", question], cwd=folder, check=True, capture_output=True)
        head, *_, values = csv.reader((Path(at) / "sram.cfg.out").read_text().splitlines())
    found = dict(zip((name.strip() for name in head), values))
    return {name: float(f"{float(found[column]) * unit:.6g}") for name, (column, unit) in COLUMNS.items()}


def main() -> None:
    """Ask for all and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cacti", type=Path, required=True, help="folder of a built CACTI 7")
    parser.add_argument("--config", type=Path, required=True, help="default_cfg.cfg of hwcomponents-cacti")
    options = parser.parse_args()
    config, wanted = options.config.read_text(), list(asked())
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda at: cacti(options.cacti, config, *at), wanted))
    with (Path(__file__).parent / "sram_grid.csv").open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["node_nm", "capacity_bytes", "width_bits", "banks", *COLUMNS])
        table.writerows([*at, *values.values()] for at, values in zip(wanted, found))


if __name__ == "__main__":
    main()
