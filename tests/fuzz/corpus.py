"""What once ended in a traceback, a crash, a wait or a wrong figure: (reader, text)."""

from __future__ import annotations

import json
import math
from typing import Any, Final

from benchmarks.fuzzing.interchange import STREAM_SYSTEM, TOPOLOGY, ZIGZAG_WORKLOAD
from benchmarks.fuzzing.machine_readers import SYSTEM
from benchmarks.fuzzing.readers import HARDWARE, MAESTRO, NEST, READERS, TIMELOOP
from benchmarks.fuzzing.run_readers import CONFIG

DEEP: Final = "a: " + "[" * 100_000
MERGES: Final = "\n".join(
    ["a0: &a0 {" + ", ".join(f"k{i}: 1" for i in range(9)) + "}"]
    + [f"a{n}: &a{n} {{<<: [{', '.join(f'*a{n - 1}' for _ in range(9))}]}}" for n in range(1, 9)]
)
TEMPLATE: Final = "kind: template\narray: [16, 16]\nparallel: [K, C]\nl1_bytes: 64\nl2_bytes: 65536\n"
TORN_ARCHIVE: Final = "PK\x06\x07" + "\0" * 12 + "\x02\0\0\0" + "PK\x05\x06" + "\xff" * 16 + "\0\0"
"""Says that it goes on on a second disk."""


def _nest(level: int | None = None, **change: Any) -> str:
    data = json.loads(json.dumps(NEST))
    (data if level is None else data["levels"][level]).update(change)
    return json.dumps(data)


def _figures(level: str, key: str) -> str:
    """Figures of a level's under another key."""
    return READERS["figures"].seeds()[0].replace(f"{level}:", f"{key}:")


def _with_value(value: float | None) -> str:
    """The rows of a study whose last trial found a value that no search finds."""
    rows: dict[str, Any] = json.loads(READERS["database rows"].seeds()[0])
    rows["trial_values"][-1][3] = value
    return json.dumps(rows)


def _latency(**change: Any) -> str:
    return json.dumps(json.loads(READERS["latency predictor"].seeds()[0]) | change)


CORPUS: Final = [
    *((name, text) for name in ("machine", "timeloop", "config", "latency table") for text in (DEEP, MERGES)),
    *(
        (name, text)
        for name in ("machine", "timeloop", "config", "latency table")
        for text in ("a: 0x_", "a: !!int x", "a: !!timestamp x", "a: !Container {b: 1}", "&a [*a]", "a: \0", "\ud800")
    ),
    ("machine", "- " * 3000 + "x"),
    ("machine", TEMPLATE + f"noc_bandwidth: {'9' * 401}"),
    ("machine", TEMPLATE + "noc_bandwidth: 5.0e-324"),
    ("machine", TEMPLATE + "x: &x [1, 1, 1, 1]\ny: &y [*x, *x, *x, *x]\nname: [*y, *y, *y]"),
    ("machine", TEMPLATE + f"l2_byte: {'x' * 100_000}"),
    ("machine", TEMPLATE.replace("[16, 16]", "[16, 16.5]")),
    ("machine", TEMPLATE + "clock_hz: .nan"),
    ("machine", TEMPLATE + "overhead: 1.0e+300"),
    ("nest", "[" * 100_000),
    ("nest", _nest(0, read_bandwidth=5e-324)),
    ("nest", _nest(0, spatial=[["C", 2, [1]]])),
    ("nest", _nest(0, read_pj="much")),
    ("nest", _nest(1, fanout=[[1, 4]])),
    ("nest", _nest(1, fanout=[["X", 4, 7]])),
    ("nest", _nest(1, keeps=[1])),
    ("nest", _nest(1, temporal=[["K", 1e400]])),
    ("nest", _nest(1, temporal=[[1, 2]])),
    ("nest", _nest(1, temporal=[["K", 10**39]])),
    ("nest", _nest(clock_hz="x")),
    ("nest", _nest(layer={"K": 5, "stride": [1]})),
    ("nest", _nest(layer={"K": 10**39})),
    ("nest", _nest(layer={"K": float("nan")})),
    ("maestro mapping", MAESTRO.replace("X: 2", "X: 0")),
    ("maestro mapping", MAESTRO.replace("K: 64", f"K: {'9' * 5000}")),
    ("maestro mapping", MAESTRO.replace("(3,3)", "(0,0)")),
    ("maestro hardware", HARDWARE.replace("256", "9" * 400)),
    ("timeloop", TIMELOOP.replace("energy: 1.0", "energy: .inf")),
    ("timeloop", TIMELOOP.replace("target: DRAM", "target: [1]")),
    ("timeloop", TIMELOOP.replace("K=8", f"K={'9' * 5000}")),
    ("timeloop", TIMELOOP.replace("K: 32", "K: .inf")),
    ("timeloop", "problem: {R: 1, S: 1, P: 1, Q: 1, C: 1, K: 1, N: 1}\narchitecture: {version: 0.3}"),
    ("accuracy predictor", '{"space": "ofa-digits"}'),
    ("accuracy predictor", "[]"),
    ("latency predictor", '{"target": "latency", "model": "mlp"}'),
    ("config", CONFIG.replace("objectives: []", "objectives: [[1]]")),
    ("settings", "a = " + "[" * 5000),
    ("settings", f"seed = {'9' * 5000}"),
    ("layer", "K=99999999999999999999"),
    ("layer", f"K={'9' * 5000}"),
    ("layer", "K=²"),
    ("layer", "resnet50:\0"),
    ("budget", f"area={'9' * 5000}mm2"),
    ("layer", "K=1,K=2"),
    ("phases", f"decode:{'9' * 5000}"),
    ("phases", "decode:²"),
    ("phases", f"decode:8x{'9' * 5000}"),
    ("precision", "w²a8"),
    ("swept axis", f"1..{'9' * 5000}"),
    ("swept axis", "k..k"),
    ("budget", "area=5mm2,area"),
    ("constraint", f"L2.tile.K <= {'9' * 5000}"),
    ("constraint", "L2.tile.K <= ²"),
    ("constraint", "L2.order = K\0"),
    ("timeloop", TIMELOOP.replace("block-size: 4", "block-size: 0")),
    (
        "timeloop",
        TIMELOOP.replace("shape: cnn-layer", "shape: {dimensions: [_a], data_spaces: [{name: a, projection: [[[]]]}]}"),
    ),
    ("measurements", 'd\n"' + "x" * 200_000),
    ("front", "trial,trial\n1,2\n"),
    ("best", DEEP),
    ("best", MERGES),
    ("best", "schema: 1\nnest: 1\nobjective: []"),
    (
        "config",
        CONFIG.replace("networks: []", "networks: [{name: x, resolution: 8, layers: [{name: a, inputs: [a]}]}]"),
    ),
    *(
        ("config", CONFIG.replace(option, ""))
        for option in ("networks: [], ", "objectives: [], ", "space: ofa-mbv3-w1.0, ")
    ),
    ("proof", "PK\x03\x04"),
    ("scalesim topology", TOPOLOGY.replace("Layer name", "Layr nme")),
    ("scalesim topology", TOPOLOGY.replace("IFMAP Height, IFMAP Width", "IFMAP Width, IFMAP Height")),
    ("accuracies", "name,top1,eror\nresnet50,76.1,0.1\n"),
    ("system", SYSTEM.replace("count: 2", "count: 1000000000")),
    ("system", SYSTEM + "  - {from: a0, to: b, bandwidth: 2.0, word_pj: 1.0, class: on-die}\n"),
    ("system", SYSTEM.replace("[b]", "[b, b]")),
    ("architecture", "[" * 100_000),
    ("architecture", '{"d": 1e999}'),
    ("stream system", STREAM_SYSTEM.replace("core.yaml", "x" * 300)),
    ("vary", "DRAM.bandwidth=5e-324GB/s..20GB/s"),
    ("vary", "clock=100MHz..1GHz:5e-324MHz"),
    ("figures", _figures("DRAM", "0x10")),
    ("figures", _figures("DRAM", "true")),
    ("latency predictor", _latency(relative_error=1.7e308)),
    ("tensors", TORN_ARCHIVE),
    ("database rows", _with_value(math.nan)),
    ("database rows", _with_value(None)),
    ("zigzag workload", ZIGZAG_WORKLOAD.replace("+1*fx", f"+{'9' * 5000}*fx")),
    ("nest", "{" + "".join(f'"k{i}": 1, ' for i in range(50_000)) + '"k49999": 2}'),
]
