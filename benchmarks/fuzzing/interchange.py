"""Readers of other tools' files that are not of Timeloop's old form, MAESTRO or AccelForge's mappings."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from benchmarks.fuzzing.reader import Figures, Reader, as_file

TIMELOOP_NODES: Final = """
variables: {version: 0.4, WIDTH: 8, technology: "45nm", global_cycle_seconds: 2e-9}
architecture:
  version: 0.4
  nodes:
  - !Container {name: system, attributes: {technology: 45nm}}
  - !Component {name: DRAM, class: DRAM, attributes: {width: 64, datawidth: WIDTH}}
  - !Component
    name: buffer
    class: SRAM
    attributes: {depth: 1024 * 2, width: WIDTH * 8, datawidth: WIDTH, read_bandwidth: 16, write_bandwidth: 16}
    constraints: {dataspace: {keep: [Inputs, Outputs], bypass: [Weights]}}
  - !Container
    name: column
    spatial: {meshX: "max(2, 4)"}
    constraints: {spatial: {factors: [R=1, S=1, P=1, Q=1, N=1], permutation: [C, M]}}
  - !Hierarchical
    nodes:
    - !Parallel
      nodes:
      - !Component
        name: weights
        class: regfile
        attributes: {depth: 64, width: 8, datawidth: 8}
        constraints:
          dataspace: {keep: [Weights]}
          temporal: {permutation: [R, S], factors: [M=1]}
      - !Component
        name: sums
        class: storage
        attributes: {depth: 16, width: 16, datawidth: 16}
        constraints: {dataspace: {keep: [Outputs]}}
      - !Nothing {constraints: {dataspace: {keep: [Inputs]}}}
  - !Component {name: mac, class: intmac, spatial: {meshY: 2}, attributes: {width: 8}}
problem:
  version: 0.4
  shape:
    name: conv
    dimensions: [C, M, R, S, N, P, Q]
    coefficients: [{name: Wstride, default: 1}]
    data_spaces:
    - {name: Weights, projection: [[[C]], [[M]], [[R]], [[S]]]}
    - {name: Inputs, projection: [[[N]], [[C]], [[R], [P, Wstride]], [[S], [Q]]]}
    - {name: Outputs, projection: [[[N]], [[M]], [[Q]], [[P]]], read_write: true}
  instance: {C: 4, M: 8, R: 3, S: 1, N: 1, P: 6, Q: 4, Wstride: 2}
mapping:
- {target: DRAM, type: temporal, factors: M=2 Q=2, permutation: QM}
- {target: buffer, type: temporal, factors: P=6 Q=2, permutation: [P, Q]}
- {target: column, type: spatial, factors: C=4, permutation: C}
- {target: mac, type: spatial, factors: M=2, permutation: M, split: 0}
- {target: weights, type: temporal, factors: R=3 M=2, permutation: RM}
ERT:
  version: 0.4
  tables:
  - name: "system_top_level.buffer[1..1]"
    actions: [{name: read, arguments: {}, energy: 8.0}, {name: write, arguments: {}, energy: 6.0}]
  - {name: "system_top_level.mac[1..8]", actions: [{name: compute, arguments: {}, energy: 0.5}]}
ART: {version: 0.4, tables: [{name: "system_top_level.buffer[1..1]", area: 2000.0}]}
"""
ZIGZAG_HARDWARE: Final = """
name: small
memories:
  sums:
    {size: 48, r_cost: 0.02, w_cost: 0.03, area: 0, latency: 1, operands: [O], served_dimensions: [D2],
     ports: [{name: r_port_1, type: read, bandwidth_min: 16, bandwidth_max: 16, allocation: ["O, tl", "O, th"]},
             {name: w_port_1, type: write, bandwidth_min: 16, bandwidth_max: 16, allocation: ["O, fh", "O, fl"]}]}
  sram:
    {size: 65536, r_cost: 20, w_cost: 24, area: 0.1, latency: 1, operands: [I1, I2, O], served_dimensions: [D1, D2],
     ports: [{name: rw_port_1, type: read_write, bandwidth_min: 8, bandwidth_max: 64,
              allocation: ["I1, fh", "I1, tl", "I2, fh", "I2, tl", "O, fh", "O, fl", "O, tl", "O, th"]}]}
  dram:
    {size: 10000000000, latency: 1, auto_cost_extraction: true, mem_type: dram, operands: [I1, I2, O],
     served_dimensions: [D1, D2],
     ports: [{name: rw_port_1, type: read_write, bandwidth_min: 64, bandwidth_max: 64,
              allocation: ["I1, fh", "I1, tl", "I2, fh", "I2, tl", "O, fh", "O, fl", "O, tl", "O, th"]}]}
operational_array: {unit_energy: 0.5, unit_area: 1, dimensions: [D1, D2], sizes: [4, 2]}
"""
STREAM: Final = """
name: chip
cores: {0: core.yaml, 1: simd.yaml}
graph: {type: 2d_mesh, nb_rows: 1, nb_cols: 1, bandwidth: 32, unit_energy_cost: 0, simd_core_id: 1}
core_coordinates: {0: [0, 0]}
"""
STREAM_OFFCHIP: Final = """
name: offchip
type: memory
memories:
  dram:
    {size: 4294967296, r_cost: 100, w_cost: 150, area: 0, latency: 1, operands: [I1, I2, O],
     served_dimensions: [D1, D2],
     ports: [{name: rw_port_1, type: read_write, bandwidth_min: 64, bandwidth_max: 64,
              allocation: ["I1, tl", "I2, tl", "O, fl", "O, tl"]}]}
operational_array: {unit_energy: 0, unit_area: 0, dimensions: [D1, D2], sizes: [0, 0]}
"""
STREAM_SYSTEM: Final = """
name: chip
cores: {0: core.yaml, 1: helper.yaml, 2: core.yaml, 3: offchip.yaml}
offchip_core_id: 3
unit_energy_cost: 0.25
core_connectivity:
  - {type: link, cores: [0, 2], bandwidth: 32}
  - {type: link, cores: [0, 1], bandwidth: 16}
  - {type: bus, cores: [0, 1, 2, 3], bandwidth: 128, unit_energy_cost: 0.5}
"""
ZIGZAG_WORKLOAD: Final = """
- id: 0
  name: conv
  operator_type: Conv
  equation: O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]
  dimension_relations: [ix=1*ox+1*fx, iy=2*oy+1*fy]
  loop_dims: [B, K, C, OY, OX, FY, FX]
  loop_sizes: [1, 8, 4, 6, 6, 3, 3]
  pr_loop_dims: [IY, IX]
  padding: [[1, 0], [1, 1]]
  operand_precision: {W: 8, I: 8, O: 16, O_final: 8}
  operand_source: {I: 0, W: 0}
- id: 1
  operator_type: Pooling
  equation: O[b][g][oy][ox]+=W[fx][fy]*I[b][g][iy][ix]
  dimension_relations: [ix=2*ox+1*fx, iy=2*oy+1*fy]
  loop_dims: [B, G, OY, OX, FX, FY]
  loop_sizes: [1, 8, 3, 3, 2, 2]
  operand_precision: {W: 0, I: 8, O: 16, O_final: 8}
  operand_source: {I: 0, W: 1}
"""
ZIGZAG_MAPPING: Final = """
- name: default
  spatial_mapping: {D1: ["K, 4"], D2: ["C, 2"]}
  memory_operand_links: {O: O, W: I2, I: I1}
- name: conv
  spatial_mapping: {D1: ["K, 4"], D2: ["C, 2"]}
  temporal_ordering: [[FX, 3], [C, 2], [FY, 3], [OX, 6], [K, "*"], [OY, 6]]
"""
TOPOLOGY: Final = """Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,
Conv1, 12, 12, 3, 3, 4, 8, 2,
DP2, 5, 5, 3, 3, 8, 1, 1,
"""
PRODUCTS: Final = "Layer,M,N,K,Sparsity,\nL0,8,6,4,1:1,\nL1,8,4,6,1:1,\n"
SCALESIM: Final = """[general]
run_name = small
[architecture_presets]
ArrayHeight: 4
ArrayWidth: 8
IfmapSramSzkB: 16   # kilobytes
FilterSramSzkB: 8
OfmapSramSzkB: 4
Bandwidth: 10,10
Dataflow: ws
[run_presets]
InterfaceBandwidth: USER
"""
GEMMINI: Final = """package gemmini
/* two
   lines */
object CosearchSmall { val config = GemminiConfigs.defaultConfig.copy(
    inputType = SInt(8.W), // of every operand
    accType = SInt(16.W),
    meshRows = 4, tileRows = 2,
    meshColumns = 4,
    tileColumns = 2,
    dataflow = Dataflow.OS,
    sp_capacity = CapacityInKilobytes(64),
    acc_capacity = CapacityInKilobytes(16),
    sp_banks = 2,
    dma_buswidth = 64, headerFileName = "a), b.h",
    acc_scale_args = Some(ScaleArguments((t: SInt, f: Float) => { t }, 4, Float(8, 24), -1)),
)
}
"""
GEMMINI_HEADER: Final = """\
#ifndef GEMMINI_PARAMS_H
#define GEMMINI_PARAMS_H
#define DIM 16
#define BANK_NUM 4 // of the scratchpad
#define BANK_ROWS 4096
#define ACC_ROWS 1024
#define MAX_BLOCK_LEN (MAX_BYTES/(DIM*1))
typedef int8_t elem_t;
static const elem_t elem_t_max = 127;
typedef int32_t acc_t;
#endif
"""
EINSUMS: Final = """
workload:
  iteration_space_shape: {m: 0 <= m < 4, k: 0 <= k < 6, n: 0 <= n < 8}
  rank_sizes: {L: 2}
  bits_per_value: {All: 8}
  einsums:
  - Y[m, n] = A[m, k] * B[k, n]
  - name: Z
    tensor_accesses:
    - {name: Y, projection: [m, n]}
    - {name: W, projection: {N: n, L: l}}
    - {name: Z, projection: [m, l], output: true}
    renames: {weight: W, input: Y, output: Z}
"""


def _timeloop(text: str, folder: Path) -> Figures:
    from accel_models import evaluate
    from accel_models.formats.timeloop import load_timeloop

    case = load_timeloop(as_file(text, folder, "nodes.yaml"))
    if case.mapping is None:
        return ()
    cost = evaluate(case.layer, case.accelerator, case.mapping, convention="timeloop")
    return (cost.energy_pj, cost.cycles) if cost.valid else ()


def _zigzag(hardware: str, workload: str, mapping: str, folder: Path) -> Figures:
    from accel_models import evaluate
    from accel_models.formats.zigzag import load_zigzag

    inner = folder / "zigzag"
    inner.mkdir(exist_ok=True)
    for name, text in (("hardware", hardware), ("mapping", mapping), ("workload", workload)):
        as_file(text, inner, f"{name}.yaml")
    for case in load_zigzag(inner):
        if case.mapping is not None:
            cost = evaluate(case.layer, case.accelerator, case.mapping)
            yield from (cost.energy_pj, cost.cycles) if cost.valid else ()


def _network(name: str, text: str, folder: Path) -> Figures:
    from nets.workloads import read_network

    network = read_network(str(as_file(text, folder, name)))
    return (float(network.macs), float(network.params))


def _stream(text: str, folder: Path) -> Figures:
    from accel_models.formats.zigzag import read_hardware

    (folder / "core.yaml").write_text(ZIGZAG_HARDWARE)
    machine = read_hardware(as_file(text, folder, "chip.yaml"))
    return (machine.area_mm2, machine.mac_pj, float(machine.macs_per_cycle))


def _stream_system(text: str, folder: Path) -> Figures:
    from accel_models.systems import load_system

    memories, dram = ZIGZAG_HARDWARE.split("  dram:")
    core = memories + dram[dram.index("operational_array") :]
    for name, content in (
        ("core", core),
        ("helper", f"{core}operator_types: [Add]\n"),
        ("offchip", STREAM_OFFCHIP),
    ):
        (folder / f"{name}.yaml").write_text(content)
    system = load_system(as_file(text, folder, "chip.yaml"))
    return (system.area_mm2, system.dram.bandwidth, system.dram.read_pj, float(len(system.links)))


def _scalesim(text: str, folder: Path) -> Figures:
    from accel_models.formats.scalesim import read_config
    from nets import Layer

    array = read_config(as_file(text, folder, "array.cfg"))
    machine, cost = array.accelerator(), array.cost(Layer(name="x", K=8, C=8, P=4, Q=4))
    return (machine.area_mm2, machine.leakage_mw, float(cost.cycles), float(cost.output_writes))


def _gemmini(text: str, folder: Path) -> Figures:
    from accel_models.formats.gemmini_reading import read_gemmini

    machine = read_gemmini(as_file(text, folder, "Config.scala"))
    return (machine.area_mm2, machine.leakage_mw, machine.mac_pj, float(machine.macs_per_cycle))


def _gemmini_header(text: str, folder: Path) -> Figures:
    from accel_models.formats.gemmini_header import read_header

    machine = read_header(as_file(text, folder, "gemmini_params.h"))
    return (machine.area_mm2, machine.leakage_mw, machine.mac_pj, float(machine.macs_per_cycle))


INTERCHANGE_READERS: Final = {
    "timeloop nodes": Reader(lambda: [TIMELOOP_NODES], "text", _timeloop, 8),
    "zigzag hardware": Reader(
        lambda: [ZIGZAG_HARDWARE], "yaml", lambda text, at: _zigzag(text, ZIGZAG_WORKLOAD, ZIGZAG_MAPPING, at)
    ),
    "zigzag workload": Reader(
        lambda: [ZIGZAG_WORKLOAD], "yaml", lambda text, at: _zigzag(ZIGZAG_HARDWARE, text, ZIGZAG_MAPPING, at)
    ),
    "zigzag mapping": Reader(
        lambda: [ZIGZAG_MAPPING], "yaml", lambda text, at: _zigzag(ZIGZAG_HARDWARE, ZIGZAG_WORKLOAD, text, at)
    ),
    "stream chip": Reader(lambda: [STREAM], "yaml", _stream),
    "stream system": Reader(lambda: [STREAM_SYSTEM], "yaml", _stream_system),
    "scalesim topology": Reader(lambda: [TOPOLOGY, PRODUCTS], "text", lambda text, at: _network("net.csv", text, at)),
    "scalesim config": Reader(lambda: [SCALESIM], "text", _scalesim),
    "gemmini": Reader(lambda: [GEMMINI], "text", _gemmini),
    "gemmini header": Reader(lambda: [GEMMINI_HEADER], "text", _gemmini_header),
    "accelforge workload": Reader(lambda: [EINSUMS], "yaml", lambda text, at: _network("net.yaml", text, at)),
}
