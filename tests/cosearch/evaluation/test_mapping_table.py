"""Mapping near another machine, where some layers differ in nothing that a mapping depends on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from accel_models import load_accelerator
from accel_models.accelerator import Accelerator
from cosearch.evaluation.mapping_table import map_shapes, vectors_of
from cosearch.problem.mapper_options import MapperOptions
from mappings.layer_search import mapped_shape
from nets import Layer, load_network


def alike() -> tuple[Layer, Layer]:
    """Two layers of one mapped shape and different costs of their own."""
    layer = next(layer for layer in load_network("squeezenet1_1").layers if layer.is_mac)
    return layer, replace(layer, padding=(1, 0, 1, 0))


def test_layers_of_one_mapped_shape_begin_with_one_mapping() -> None:
    machine = load_accelerator("eyeriss")
    accelerator = machine if isinstance(machine, Accelerator) else machine.accelerator()
    first, second = alike()
    assert first.shape_key != second.shape_key
    assert mapped_shape(first) == mapped_shape(second)
    options = MapperOptions()
    near = vectors_of(map_shapes([first, second], [accelerator], options, 20))
    table = map_shapes([first, second], [accelerator, accelerator], options, 10, near=near)
    assert np.isfinite(table.energy_pj).all()
    assert (table.energy_pj[:, 0] == table.energy_pj[:, 1]).all()
