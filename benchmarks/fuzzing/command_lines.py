"""Command lines near sound ones: words changed, left out, repeated or moved, options of the command put in, and files
that are folders, devices, empty, or not there."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from benchmarks.fuzzing.mutations import NUMBERS, mutated
from benchmarks.fuzzing.reader import content_of
from benchmarks.fuzzing.readers import READERS

LINES: Final = (
    "evaluate --nest ../in/nest.json --json",
    "evaluate --timeloop ../in/case.yaml --json",
    "evaluate --network squeezenet1_1 --accelerator eyeriss --resolution 64 --mapper random --evaluations 2 "
    "--objective edp --seed 1 --precision w8a8 --json",
    "evaluate --network ../in/net.csv --accelerator ../in/machine.yaml --mapper random --evaluations 2 --json",
    "evaluate --network ../in/net.csv --accelerator gemmini --mapper random --evaluations 2 --dram lpddr4 "
    "--technology ../in/technology.yaml --json",
    "evaluate --network ../in/net.csv --accelerator eyeriss --mapper random --evaluations 2 --node 28 --voltage 0.9 "
    "--standing-costs --json",
    "evaluate --network ../in/model/config.json --accelerator nvdla_1024 --phase prefill:64,decode:64x2 --batch 1 "
    "--mapper random --evaluations 2 --json",
    "evaluate --scalesim ../in/array.cfg --network ../in/net.csv --json",
    "evaluate ../in/best.yaml --json",
    "map --layer K=8,C=8,P=4,Q=4 --accelerator nvdla_256 --mapper random --evaluations 2 --tiles even "
    "--constraint L2.tile.K<=16 --json",
    "map --layer K=8,C=8,P=4,Q=4 --accelerator ../in/machine.yaml --objective latency --seed 3 --json",
    "roofline squeezenet1_1 eyeriss,nvdla_256 --resolution 64 --mapper random --evaluations 2 --svg lines.svg --json",
    "networks show squeezenet1_1 --resolution 64 --json",
    "networks list mobile* --json",
    "networks show ../in/net.csv --json",
    "accelerators show ../in/machine.yaml --node 28 --json",
    "accelerators list --json",
    "predictor info ../in/predictor.json --json",
    "predictor info ../in/latency.json --json",
    "groups --network squeezenet1_1 --resolution 64 --capacity 65536 --overlap any --json",
    "export eyeriss --to timeloop --layer K=8,C=8,P=4,Q=4 --out case --mapper random --evaluations 2 --json",
    "export nvdla_256 --to maestro --layer K=8,C=8,P=4,Q=4 --out case --mapper random --evaluations 2 --json",
    "import ../in/case.yaml --from timeloop --out machine.yaml --json",
    "search --network squeezenet1_1 --resolution 32 --budget area=2mm2,latency=10ms --trials 2 --evaluations 2 "
    "--last-evaluations 2 --last-mapper cmaes --no-baselines --out run --storage sqlite:///study.db --study-name mine "
    "--sampler random --jobs 1 --quiet --json --dry-run",
    "search --config ../in/run.toml --network squeezenet1_1 --resolution 32 --trials 2 --evaluations 2 --jobs 1 "
    "--sampler random --json --dry-run",
    "search --resume ../in --quiet --json",
    "report ../in --json",
    "explain ../in --json",
    "prove ../in --gap 0.5 --time-limit 1 --jobs 1 --json",
    "supernet info ../in/net.pt --json",
    "nas methods --json",
    "schema machine",
    "completion bash",
)  # fmt: skip
"""Each run in an empty folder beside the one with the files."""
FIXED: Final = ("--dry-run", "--resume", "methods", "--json")
"""Words that stay: without the first three a search would begin, the last says what to look at."""
EFFORT: Final = ("--evaluations", "--trials", "--last-evaluations", "--jobs", "--time-limit", "--points", "--sampler")
"""Options whose value stays: more of it takes longer, as was asked for."""
PUT_IN: Final = (
    *("--node", "--voltage", "--dram", "--seed", "--objective", "--precision", "--phase", "--batch", "--context", "-x"),
    *("--budget", "--space", "--resume", "--out", "--technology", "--layer-precision", "--bits-table", "--", "-"),
    *("--max-loss", "--confidence", "--min-accuracy", "--objectives", "--fuse", "--machine", "--vary", "--help"),
    *("--latency", "--latency-limit", "--subnet", "--shape", "--new", "--study-name", "--join", "--cluster"),
    *("--standing-costs", "--resolution", "--predictor", "--data", "--nothing"),
)
PLACES: Final = (".", "..", "../in", "none", "none/below", "../in/nest.json/below", "../in/loop", "../in/empty", "",
                 "/dev/null", "x" * 300, "../in/study.db", "~", "a\tb", "é", "../in/dangling", "\udcff")  # fmt: skip
"""What stands where a file should."""


def lay_files(folder: Path) -> None:
    """Write the files that the lines name."""
    folder.mkdir()
    for name, reader in (
        ("nest.json", "nest"), ("case.yaml", "timeloop"), ("machine.yaml", "machine"), ("net.csv", "scalesim topology"),
        ("array.cfg", "scalesim config"), ("best.yaml", "best"), ("predictor.json", "accuracy predictor"),
        ("latency.json", "latency predictor"), ("technology.yaml", "technology"), ("study.journal", "journal"),
        ("config.yaml", "config"), ("pareto.csv", "front"), ("explanation.json", "explanation"),
    ):  # fmt: skip
        (folder / name).write_bytes(content_of(READERS[reader].seeds()[0]))
    (folder / "model").mkdir()
    (folder / "model" / "config.json").write_text(READERS["language model"].seeds()[0])
    (folder / "run.toml").write_text('seed = 3\nbudget = ["area=2mm2"]\n')
    (folder / "study.db").write_bytes(b"SQLite format 3\0" + bytes(range(256)))
    if find_spec("torch"):
        from nets.spaces import load_space
        from nets.supernet import save_supernet
        from nets.supernet.supernet import Supernet

        save_supernet(Supernet(load_space("ofa-digits"), classes=10), folder / "net.pt")
    (folder / "empty").touch()
    (folder / "loop").symlink_to("loop")
    (folder / "dangling").symlink_to("nowhere")


def cleared(folder: Path) -> Path:
    """The folder, empty."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def near(line: str, rng: random.Random) -> list[str]:
    """The words of a line near this one."""
    words = line.split()
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        places = [at for at, word in enumerate(words) if at and not _stays(words, at)]
        if not places:
            return words
        at, action = rng.choice(places), rng.random()
        if action < 0.45:
            words[at] = _changed(words[at], rng)
        elif action < 0.6:
            words[at] = rng.choice(PLACES)
        elif action < 0.7:
            words.insert(at, rng.choice(PUT_IN))
            if rng.random() < 0.6:
                words.insert(at + 1, rng.choice((*NUMBERS, *PLACES, "edp", "w4a16", "area=5mm2", "max", "1,2")))
        elif action < 0.8:
            del words[at]
        elif action < 0.9:
            words.insert(at, words[at])
        else:
            other = rng.choice(places)
            words[at], words[other] = words[other], words[at]
    return words


def _stays(words: list[str], at: int) -> bool:
    return words[at] in (*FIXED, *EFFORT) or words[at - 1] in EFFORT


def _changed(word: str, rng: random.Random) -> str:
    """A word near this one, such as a shell can hand over, that leads to no other folder."""
    new = mutated(word, rng, "text").replace("\0", "")
    if not word.startswith("/"):
        new = new.lstrip("/")
    return re.sub(r"/{4,}", "///", new).replace("../../", "../")


def quoted(words: Sequence[str]) -> str:
    """A line as it is shown."""
    return json.dumps(words)
