"""How much faster language models decode with quantised weights, against measured tokens a second.

    python benchmarks/quant_decode.py FILE [--json]

FILE has rows of model, quantisation, machine and measured tokens a second, of processors that wait for DRAM. Speed-ups
over 16 bits are compared with those of a machine that waits for DRAM too. Those of 8 bits (Q8_0) have to be within
:data:`MOST_OFF` of the measured ones. Those of 4 bits (Q4_0) are shown beside: such files keep the output matrix
wider, and the processors are no longer bound by DRAM alone (its implied bandwidth is 6 % less).

Exit status 1 when a speed-up of 8 bits is further off, or none was measured.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from accel_models.precision import arithmetic_of
from accel_models.presets import load_accelerator
from cosearch.evaluation.serving_sweep import sweep
from cosearch.problem.mapper_options import MapperOptions
from nets.number_formats import NumberFormats
from nets.zoo.language import MODELS

MACHINE: Final = "nvdla_1024"
CONTEXT: Final = 64
"""128 tokens were made one after the other from none on: the middle of them."""

FORMATS: Final = {"F16": "fp16", "Q8_0": "w8g32afp16", "Q4_0": "w4g32afp16"}
"""Of weights: a scale of 16 bits for a block of 32, as the measured formats have."""

HELD: Final = "Q8_0"
MOST_OFF: Final = 0.02
EVALUATIONS: Final = 500


@dataclass(frozen=True, slots=True)
class SpeedUp:
    """Of a model with quantised weights over the same with 16 bits.

    Attributes:
        model, quantisation, machine: what was measured where.
        measured: ratio of the best measured tokens a second.
        predicted: the same of the cost model.
    """

    model: str
    quantisation: str
    machine: str
    measured: float
    predicted: float

    @property
    def off(self) -> float:
        """By what share the prediction is too high."""
        return self.predicted / self.measured - 1


def tokens_per_s(model: str, quantisation: str) -> float:
    """Decoding one sequence on :data:`MACHINE`."""
    formats = NumberFormats.parse(FORMATS[quantisation])
    machine = load_accelerator(MACHINE, precision=arithmetic_of(formats))
    (point,) = sweep(
        MODELS[model], machine, formats, contexts=(CONTEXT,), batches=(1,), phases=("decode",),
        options=MapperOptions(), evaluations=EVALUATIONS,
    )  # fmt: skip
    assert point.serving.tokens_per_s is not None
    return point.serving.tokens_per_s


def read_best(path: Path) -> dict[tuple[str, str, str], float]:
    """The most tokens a second of each model, machine and quantisation, by any number of threads and any program."""
    best: dict[tuple[str, str, str], float] = {}
    with path.open(encoding="utf-8") as lines:
        for row in csv.DictReader(line for line in lines if not line.startswith("#")):
            key = row["model"], row["machine"], row["quant"]
            rates = (float(row[name]) for name in ("llamacpp_tps", "iqk_tps") if row[name])
            best[key] = max(best.get(key, 0.0), *rates)
    return best


def compare(best: dict[tuple[str, str, str], float]) -> list[SpeedUp]:
    """Every measured speed-up over 16 bits beside the predicted one."""
    rates = {(model, kind): tokens_per_s(model, kind) for model, _, kind in best}
    return [
        SpeedUp(model, kind, machine, rate / best[model, machine, "F16"], rates[model, kind] / rates[model, "F16"])
        for (model, machine, kind), rate in best.items()
        if kind != "F16"
    ]


def main(words: Sequence[str] | None = None) -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args(words)
    found = compare(read_best(args.file))
    held = [one for one in found if one.quantisation == HELD]
    if args.json:
        print(json.dumps([asdict(one) | {"off": one.off} for one in found], indent=2))
    else:
        print(f"{'model':<12}{'weights':<9}{'machine':<20}{'measured':>9}{'predicted':>11}{'off':>8}")
        for one in found:
            print(
                f"{one.model:<12}{one.quantisation:<9}{one.machine:<20}{one.measured:>9.3f}{one.predicted:>11.3f}"
                f"{one.off:>8.1%}"
            )
    return 0 if held and all(abs(one.off) <= MOST_OFF for one in held) else 1


if __name__ == "__main__":
    sys.exit(main())
