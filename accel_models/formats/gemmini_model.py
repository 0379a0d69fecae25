"""What an object of Gemmini's parameters may say; what is left out is as in the generator's default configuration."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import create_model
from pydantic.functional_validators import BeforeValidator

from nets.documents.model import Count, Model
from nets.errors import InputError

_SILENT: Final = (
    *("opcodes", "spatialArrayOutputType", "ld_queue_length", "st_queue_length", "ex_queue_length", "num_counter"),
    *("reservation_station_entries_ld", "reservation_station_entries_st", "reservation_station_entries_ex"),
    *("reservation_station_full_entries", "reservation_station_partial_entries", "ld_ram_read_latency"),
    *("sp_singleported", "acc_singleported", "acc_sub_banks", "acc_latency", "spad_read_delay", "shifter_banks"),
    *("aligned_to", "dma_maxbytes", "mvin_scale_args", "mvin_scale_acc_args", "mvin_scale_shared", "acc_scale_args"),
    *("acc_read_full_width", "acc_read_small_width", "use_dedicated_tl_port", "use_shared_tlb", "tlb_size"),
    *("use_tlb_register_filter", "max_in_flight_mem_reqs", "ex_read_from_spad", "ex_read_from_acc", "clock_gate"),
    *("ex_write_to_spad", "ex_write_to_acc", "hardcode_d_to_garbage_addr", "tile_latency", "mesh_output_delay"),
    *("use_tree_reduction_if_possible", "has_training_convs", "has_max_pool", "has_nonlinear_activations"),
    *("has_dw_convs", "has_normalizations", "has_loop_conv", "has_first_layer_optimizations", "headerFileName"),
    *("use_firesim_simulation_counters", "use_shared_ext_mem"),
)
"""Queues, timing and functions beside the array: no count of a mapping depends on them."""


def _of(pattern: str, hint: str) -> BeforeValidator:
    """Of a call in Scala its one number."""

    def number(value: Any) -> Any:
        match = re.fullmatch(pattern, value) if isinstance(value, str) else None
        if match is None:
            raise InputError("", value, "is not read", f"write {hint}")
        return int(match[1])

    return BeforeValidator(number, json_schema_input_type=str)


Bits = Annotated[Count, _of(r"SInt\(\s*(\d{1,4})\.W\s*\)", "SInt(8.W)")]
Kilobytes = Annotated[Count, _of(r"CapacityInKilobytes\(\s*(\d{1,12})\s*\)", "CapacityInKilobytes(256)")]
Dataflow = Literal["Dataflow.WS", "Dataflow.OS", "Dataflow.BOTH"]


class Counted(Model):
    """Arguments of ``GemminiConfigs.defaultConfig.copy`` that a machine follows from."""

    inputType: Bits = 8
    weightType: Bits | None = None
    accType: Bits = 32
    spatialArrayInputType: Bits | None = None
    spatialArrayWeightType: Bits | None = None
    tileRows: Count = 1
    tileColumns: Count = 1
    meshRows: Count = 16
    meshColumns: Count = 16
    dataflow: Dataflow = "Dataflow.BOTH"
    sp_capacity: Kilobytes = 256
    acc_capacity: Kilobytes = 64
    sp_banks: Count = 4
    acc_banks: Count = 2
    dma_buswidth: Count = 128


WordType = Annotated[Count, _of(r"u?int(8|16|32|64)_t", "int8_t")]


class Header(Model):
    """What of the header that the generator writes a machine follows from: elements along a side of the array, rows of
    the scratchpad in each of its banks and of all accumulators, and the types of inputs and sums."""

    DIM: Count
    BANK_NUM: Count
    BANK_ROWS: Count
    ACC_ROWS: Count
    elem_t: WordType
    acc_t: WordType


_FIELDS: Final[dict[str, Any]] = dict.fromkeys(_SILENT, (Any, None))
Parameters = create_model("Parameters", __base__=Counted, __doc__="All arguments.", **_FIELDS)
