"""Every reader of files and texts, with something sound to begin from, and what is done with what it reads.

``READERS[name].read(text, folder)`` reads a text as a user's file, uses what it found a little, and gives the figures
that came out, which must be finite and not negative.
"""

from __future__ import annotations

import json
from argparse import Namespace
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.fuzzing.interchange import INTERCHANGE_READERS
from benchmarks.fuzzing.machine_readers import MACHINE_READERS
from benchmarks.fuzzing.packed_readers import PACKED_READERS
from benchmarks.fuzzing.reader import Figures, Reader, as_file
from benchmarks.fuzzing.run_readers import RUN_READERS

NEST: Final = {
    "layer": {"K": 5, "C": 4, "Q": 6, "S": 3, "stride": [1, 2], "kind": "conv"},
    "mac_pj": 0.5,
    "clock_hz": 1e9,
    "levels": [
        {"name": "DRAM", "temporal": [["K", 3]], "spatial": [["C", 2, "X"]], "read_pj": 64.0, "read_bandwidth": 4.0},
        {
            "name": "L1",
            "keeps": ["W", "O"],
            "temporal": [["Q", 1], ["K", 1], ["C", 1], ["S", 1]],
            "capacity_words": 99,
            "fanout": [["Y", 4, ["K"]]],
            "partition_words": {"W": 50},
        },
    ],
}
TIMELOOP: Final = """
problem: {shape: cnn-layer, R: 3, S: 3, P: 8, Q: 8, C: 16, K: 32, N: 1, Wstride: 1, Hstride: 2}
arch:
  arithmetic: {name: MAC, instances: 16, word-bits: 16, meshX: 4}
  storage:
    - {name: RegFile, instances: 16, meshX: 4, entries: 64, word-bits: 16, vector-access-energy: 0.5}
    - {name: Buffer, instances: 1, sizeKB: 64, word-bits: 16, block-size: 4, multiple-buffering: 2}
    - {name: DRAM, technology: DRAM, instances: 1, word-bits: 16, read_bandwidth: 8, write_bandwidth: 8}
mapping:
  - {target: RegFile, type: temporal, factors: R=3 S=3 P=1 Q=1 C=1 K=1 N=1, permutation: RSPQCKN}
  - {target: RegFile, type: datatype, keep: [Weights, Inputs], bypass: [Outputs]}
  - {target: Buffer, type: spatial, factors: C=4 K=4, permutation: CKRSPQN, split: 1}
  - {target: Buffer, type: temporal, factors: P=8 Q=8 C=4 K=1, permutation: PQCKRSN}
  - {target: DRAM, type: temporal, factors: K=8, permutation: KRSPQCN}
ERT_summary:
  version: 0.3
  table_summary:
    - {name: "system.MAC[0..15]", actions: [{name: compute, energy: 1.0}]}
    - {name: system.Buffer, actions: [{name: read, energy: 5.0}, {name: write, energy: 6.0}, {name: leak, energy: 0.1}]}
ART_summary: {version: 0.3, table_summary: [{name: system.Buffer, area: 1000.0}]}
"""
MIXTRAL: Final = {
    "model_type": "mixtral", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "rope_scaling": None,
    "num_key_value_heads": 2, "intermediate_size": 96, "vocab_size": 100, "max_position_embeddings": 128,
    "num_local_experts": 8, "num_experts_per_tok": 2, "tie_word_embeddings": False,
}  # fmt: skip
GPT2: Final = {"model_type": "gpt2", "n_embd": 8, "n_layer": 2, "n_head": 2, "n_positions": 16, "vocab_size": 50}
TREE: Final = """
problem: {version: 0.3, instance: {R: 3, S: 3, P: 8, Q: 8, C: 16, K: 32, N: 1}, shape: cnn-layer}
architecture:
  version: 0.3
  subtree:
    - name: system
      attributes: {technology: 40nm}
      local: [{name: DRAM, class: DRAM, attributes: {width: 64, block-size: 4, word-bits: 16}}]
      subtree:
        - name: chip
          local: [{name: Buffer, class: SRAM, attributes: {depth: 1024, width: 64, block-size: 4, word-bits: 16}}]
          subtree:
            - name: PE[0..15]
              local:
                - {name: RegFile, class: regfile, attributes: {depth: 64, width: 16, word-bits: 16}}
                - {name: MAC, class: intmac, attributes: {datawidth: 16}}
"""
MAESTRO: Final = """Network net {
 Layer CONV1 {
  Type: CONV
  Stride { X: 2, Y: 2 }
  Dimensions { K: 64, C: 3, R: 7, S: 7, Y: 230, X: 230 }
  Dataflow {
    SpatialMap(1,1) K; // outermost
    TemporalMap(3,3) C;
    TemporalMap(Sz(R),1) Y;
    TemporalMap(Sz(S),1) X;
    Cluster(4, P);
    SpatialMap(1,1) C;
    TemporalMap(Sz(R),Sz(R)) R;
    TemporalMap(Sz(S),Sz(S)) S;
  }
 }
}
"""
HARDWARE: Final = (
    "num_pes: 256 // elements\nl1_size_cstr: 2000\nl2_size_cstr: 108000\nnoc_bw_cstr: 64\noffchip_bw_cstr: 50\n"
)
ACCELFORGE: Final = """mapping:
  nodes:
  - !Storage {tensors: [W, I, O], component: DRAM}
  - !Temporal {rank_variable: p, tile_shape: 2}
  - !Storage {tensors: [I], component: L2}
  - !Temporal {rank_variable: k, tile_shape: 4}
  - !Storage {tensors: [W, O], component: L2}
  - !Spatial {rank_variable: k, name: X, component: Array, tile_shape: 1}
  - !Storage {tensors: [W, I, O], component: Reg}
  - !Temporal {rank_variable: c, tile_shape: 1}
  - !Temporal {rank_variable: p, tile_shape: 1}
  - !Compute {einsum: E, component: MAC}
"""
SETTINGS: Final = "seed = 1\ntime-limit = 5.5\nbudget = ['area=5mm2', 'pes=8']\nquiet = true\nspace = 'ofa-digits'\n"
TABLE: Final = (
    "Conv-input:12x12x1-output:6x6x8: {count: 50, mean: 0.15, std: 0.01}\nLogits-input:1x1x8-output:10: {mean: 1}"
)


def _nest(text: str, folder: Path) -> Figures:
    from accel_models import evaluate
    from accel_models.formats.nest import read_nest

    nest = read_nest(as_file(text, folder, "nest.json"))
    cost = evaluate(nest.layer, nest.accelerator, nest.mapping)
    return (cost.energy_pj, cost.cycles, cost.edp) if cost.valid else ()


def _timeloop(text: str, folder: Path) -> Figures:
    from accel_models import evaluate
    from accel_models.formats.timeloop import load_timeloop

    case = load_timeloop(as_file(text, folder, "case.yaml"))
    if case.mapping is None:
        return ()
    cost = evaluate(case.layer, case.accelerator, case.mapping, convention="timeloop")
    return (cost.energy_pj, cost.cycles) if cost.valid else ()


def _maestro(mapping: str, hardware: str, folder: Path) -> Figures:
    from accel_models import evaluate
    from accel_models.formats.maestro import load_maestro

    cases = load_maestro(as_file(mapping, folder, "net.m"), as_file(hardware, folder, "hw.m"))
    costs = [evaluate(case.layer, case.accelerator, case.mapping) for case in cases[:3]]
    return [figure for cost in costs if cost.valid for figure in (cost.energy_pj, cost.cycles)]


def _accelforge(text: str, _: Path) -> Figures:
    from accel_models.accelerator import Accelerator, Axis, Level
    from accel_models.formats.accelforge import read_mapping
    from nets import Layer

    levels = (Level(name="DRAM"), Level(name="L2", fanout=(Axis("X", 4),)), Level(name="Reg"))
    read_mapping(text, Layer(name="E", kind="matmul", P=4, C=4, K=8), Accelerator(name="a", levels=levels))
    return ()


@cache
def _trained(kind: str) -> str:
    """A small predictor of ``ofa-digits`` as text."""
    from nets.spaces import load_space

    space = load_space("ofa-digits")
    count = space.features_batch([space.max_config()]).shape[1]
    words = {"id": "x", "space": "ofa-digits", "estimates": "top-1", "notes": ["made up"]}
    low, high = space.resolutions[0], space.resolutions[-1]
    net = {
        "shift": [0.0] * (count + 1),
        "scale": [1.0] * (count + 1),
        "weights": [[[0.1] * (count + 1)]],
        "biases": [[50.0]],
    }
    if kind == "linear":
        levels = {str(resolution): 50.0 for resolution in space.resolutions}
        rest: dict[str, Any] = {
            "model": "capped linear",
            "levels": levels,
            "genes": [0.1] * count,
            "cap": 90.0,
            "error": 0.5,
        }
    elif kind == "mlp":
        rest = {"model": "perceptron", "resolutions": [low, high], "error": 0.5, "perceptron": net}
    else:
        size = 6 + 2 * count
        spread = [[0.01] * (row + 1) for row in range(size)]
        rest = {"model": "saturating", "resolutions": [low, high], "ceiling": [90.0, 0.0, 0.0],
                "score": [1.0, 0.0, 0.0], "genes": [0.1] * count, "slopes": [0.0] * count, "spread": spread,
                "scatter": {str(resolution): 0.2 for resolution in space.resolutions}}  # fmt: skip
    return json.dumps(words | rest)


def _accuracy(text: str, folder: Path) -> Figures:
    from nets.accuracy import read_predictor

    predictor = read_predictor(as_file(text, folder, "predictor.json"))
    found = predictor.predict(predictor.space.max_config())
    return (max(found.top1_percent, 0.0), found.standard_error)


@cache
def _latencies() -> list[str]:
    from nets.latency.features import feature_names
    from nets.spaces import load_space

    names = feature_names(load_space("ofa-digits"))
    words = {"target": "latency", "id": "x", "space": "ofa-digits", "estimates": "a phone", "notes": [],
             "relative_error": 0.1, "lowest": [0.0] * len(names), "highest": [1.0] * len(names)}  # fmt: skip
    line = {"model": "polynomial", "degree": 1, "coefficients": [5.0] + [0.01] * len(names)}
    net = {
        "shift": [0.0] * len(names),
        "scale": [1.0] * len(names),
        "weights": [[[0.01] * len(names)]],
        "biases": [[1.0]],
    }
    return [json.dumps(words | line), json.dumps(words | {"model": "mlp", "perceptron": net})]


def _latency(text: str, folder: Path) -> Figures:
    from nets.latency import read_latency_predictor

    predictor = read_latency_predictor(as_file(text, folder, "latency.json"))
    found = predictor.predict(predictor.space.max_config())  # type: ignore[union-attr]
    return (found.ms, found.standard_error_ms)


def _table(text: str, folder: Path) -> Figures:
    from nets.latency.layer_table import read_layer_table

    table = read_layer_table(as_file(text, folder, "phone.yaml"))
    return [figure for row in table.rows.values() for figure in (row.mean_ms, row.std_ms)]


@cache
def _pairs() -> list[str]:
    from nets.measured_configs import config_columns
    from nets.spaces import load_space

    space = load_space("ofa-digits")
    columns = config_columns(space)
    rows, more = [",".join([*columns, "top1"])], [",".join([*columns, "top1", "error", "run"])]
    for config in (space.max_config(), space.min_config()):
        genes = [" ".join(f"{value:g}" for value in config[gene]) for gene in columns[:-1]]
        rows.append(",".join([*genes, str(config["r"]), "61.5"]))
        more.append(f"{rows[-1]},0.5,1")
    return ["\n".join(rows) + "\n", "\n".join(more) + "\n"]


def _measured(text: str, folder: Path) -> Figures:
    from nets.accuracy.measured import read_measured
    from nets.accuracy.train import read_pairs
    from nets.spaces import load_space

    path, space = as_file(text, folder, "pairs.csv"), load_space("ofa-digits")
    read_pairs(path, space)
    return read_measured(path, space).predict_batch([space.min_config()])[0].tolist()


def _named(text: str, folder: Path) -> Figures:
    from nets.accuracy import read_accuracies

    known = read_accuracies(as_file(text, folder, "top1.csv")).values()
    return [figure for accuracy in known for figure in (accuracy.top1_percent, accuracy.standard_error)]


def _bits(text: str, folder: Path) -> Figures:
    from nets.bits_table import read_bits_table

    table = read_bits_table(as_file(text, folder, "bits.csv"))
    losses, most = table.units(1.0)
    return [abs(figure) for options in losses.values() for figure in (*options, most)]


def _settings(text: str, folder: Path) -> Figures:
    from cosearch.commands.settings import fill

    kinds = {"seed": int, "budget": list, "time_limit": float, "quiet": bool, "out": Path, "space": str}
    fill(Namespace(**dict.fromkeys(kinds)), kinds, {}, as_file(text, folder, "run.toml"))
    return ()


def _layer(text: str, _: Path) -> Figures:
    from cosearch.commands.layer_spec import parse_layer

    return (float(parse_layer(text).input_height),)


def _budget(text: str, _: Path) -> Figures:
    from cosearch import Budget

    return Budget.parse(text).limits().values()


def _phases(text: str, _: Path) -> Figures:
    from nets.language.asked import AskedPhase

    return [float(step.times * step.phase.tokens) for step in AskedPhase(text).of(1 << 20)]


def _precision(text: str, _: Path) -> Figures:
    from nets import Layer
    from nets.number_formats import NumberFormats

    layer = Layer(name="one", K=3, C=300).in_formats(NumberFormats.parse(text))
    return layer.weight_bits, layer.input_bits


def _swept(text: str, _: Path) -> Figures:
    from cosearch.commands.evaluate_language import read_axis
    from nets.documents.grammar import Piece

    return map(float, read_axis(Piece.of(text)))


def _constraint(text: str, _: Path) -> Figures:
    from accel_models import load_accelerator
    from mappings import search
    from nets import Layer

    layer = Layer(name="x", K=8, C=8, P=4, Q=4)
    search(layer, load_accelerator("nvdla_256"), mapper="random", budget=3, constraints=[text])
    return ()


def _architecture(text: str, _: Path) -> Figures:
    from cosearch.commands.options import chosen_config
    from nets.spaces import load_space

    chosen_config(text, load_space("ofa-digits"))
    return ()


@cache
def _language(text: str, folder: Path) -> Figures:
    from nets.language.config import read_language_model
    from nets.language.network import LanguageNetwork
    from nets.language.phase import Phase

    network = LanguageNetwork.of(read_language_model(as_file(text, folder, "config.json")), Phase(1, 9, 3))
    moved = network.figures()
    return network.macs, network.params, *moved["weight_bytes"].values(), *moved["kv_bytes"]["4 bits"].values()


def _onnx() -> bytes:
    """A file with a convolution, a shape that it computes, and a product."""
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"], name="conv", pads=[1, 1, 1, 1], strides=[2, 2]),
        helper.make_node("Clip", ["c", "low", "high"], ["r"]),
        helper.make_node("Shape", ["r"], ["s"], end=1),
        helper.make_node("Concat", ["s", "rest"], ["to"], axis=0),
        helper.make_node("Reshape", ["r", "to"], ["f"]),
        helper.make_node("Gemm", ["f", "v"], ["g"], transB=1),
        helper.make_node("Softmax", ["g"], ["y"]),
    ]
    stored = {
        "w": np.ones((4, 3, 3, 3), np.float32),
        "b": np.ones(4, np.float32),
        "v": np.ones((5, 64), np.float32),
        "low": np.array(0.0, np.float32),
        "high": np.array(6.0, np.float32),
        "rest": np.array([-1]),
    }
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, (1, 3, 8, 8))],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        initializer=[numpy_helper.from_array(value, name) for name, value in stored.items()],
    )
    content: bytes = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]).SerializeToString()
    return content


def _onnx_text() -> str:
    import onnx
    from google.protobuf import json_format

    text: str = json_format.MessageToJson(onnx.load_model_from_string(_onnx()))
    return text


def _onnx_from_text(text: str, folder: Path) -> Figures:
    """Through the form of JSON that protocol buffers have, so that what is changed is a field and not a letter."""
    import onnx
    from google.protobuf import json_format

    try:
        content = json_format.Parse(text, onnx.ModelProto()).SerializeToString()
    except (json_format.ParseError, ValueError, TypeError, RecursionError):
        return ()
    return _onnx_from_bytes(content, folder)


def _onnx_from_bytes(content: bytes, folder: Path) -> Figures:
    from nets import from_onnx

    path = folder / "model.onnx"
    path.write_bytes(content)
    network = from_onnx(path)
    return (float(network.macs), float(network.params), float(network.peak_memory_words))


def _subnet() -> list[str]:
    from nets.spaces import load_space

    return [json.dumps(load_space("ofa-digits").max_config(), default=np.ndarray.tolist)]


READERS: Final = {
    **MACHINE_READERS,
    "nest": Reader(lambda: [json.dumps(NEST)], "json", _nest, 8),
    "timeloop": Reader(lambda: [TIMELOOP, TREE], "yaml", _timeloop, 8),
    "maestro mapping": Reader(lambda: [MAESTRO], "text", lambda text, at: _maestro(text, HARDWARE, at)),
    "maestro hardware": Reader(lambda: [HARDWARE], "text", lambda text, at: _maestro(MAESTRO, text, at), 2),
    "accelforge": Reader(lambda: [ACCELFORGE], "text", _accelforge),
    "accuracy predictor": Reader(
        lambda: [_trained("linear"), _trained("mlp"), _trained("saturating")], "json", _accuracy
    ),
    "latency predictor": Reader(_latencies, "json", _latency),
    "latency table": Reader(lambda: [TABLE], "yaml", _table),
    "measurements": Reader(_pairs, "text", _measured),
    "bits table": Reader(lambda: ["layer,bits,loss\nconv1,4,0.5\nconv1,4.125,0.25\n"], "text", _bits),
    "accuracies": Reader(lambda: ["name,top1,error\nresnet50,76.1,0.1\n"], "text", _named),
    "settings": Reader(lambda: [SETTINGS], "text", _settings),
    "layer": Reader(lambda: ["K=64,C=64,P=56,Q=56,R=3,S=3,stride=2", "resnet50:stem"], "text", _layer),
    "budget": Reader(lambda: ["area=5mm2,latency=10ms,power=1W,sram=64KiB,pes=8", "energy=1uJ"], "text", _budget),
    "constraint": Reader(
        lambda: ["L2.tile.K <= 16", "L2.order = KC*PQ", "L2.X.parallel = K", "L2.keeps = W,I"], "text", _constraint, 1
    ),
    "phases": Reader(lambda: ["prefill:512,decode:576x128", "prefill,decode:4k"], "text", _phases),
    "precision": Reader(lambda: ["w4g128za16kv8", "w4afp16", "fp32"], "text", _precision),
    "swept axis": Reader(lambda: ["1k..128k", "1,8,64"], "text", _swept),
    "language model": Reader(lambda: [json.dumps(MIXTRAL), json.dumps(GPT2)], "json", _language),
    "onnx": Reader(lambda: [_onnx_text()], "json", _onnx_from_text),
    "onnx bytes": Reader(
        lambda: [_onnx().decode("latin-1")],
        "bytes",
        lambda text, at: _onnx_from_bytes(text.encode("latin-1", "replace"), at),
    ),
    "architecture": Reader(_subnet, "json", _architecture),
    **INTERCHANGE_READERS,
    **RUN_READERS,
    **PACKED_READERS,
}
