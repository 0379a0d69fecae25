"""Latency of one given network by a table of its layers: sums by hand, either kind of key, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from nets import Layer, Network
from nets.errors import InputError
from nets.latency import (
    network_latency,
    read_network_latency,
    read_networks_latency,
    tabulate_network,
    write_layer_table,
)
from nets.latency.layer_table import LayerTable, Row
from nets.latency.table_keys import layer_key


def three() -> Network:
    """Two convolutions of one shape, the second run three times, and what adds them up."""
    network = Network("three", resolution=8)
    network.add(Layer(name="first", K=4, C=4, P=8, Q=8))
    network.add(Layer(name="again", K=4, C=4, P=8, Q=8, times=3, extra_params=4, tied=True))
    network.add(Layer(name="sum", kind="eltwise", G=4, P=8, Q=8, operands=2), ["first", "again"])
    return network


def test_a_layer_has_the_row_of_its_name_or_else_of_its_shape() -> None:
    shape = layer_key(three().layer("first"))
    assert shape == "conv-K:4-C:4-P:8-Q:8" == layer_key(three().layer("again"))
    table = LayerTable("phone", {shape: Row(2.0, 0.1), "sum": Row(0.5, 0.2)})
    by_shape = network_latency(three(), table)
    assert by_shape.ms == 2.0 + 3 * 2.0 + 0.5
    assert by_shape.standard_error_ms == pytest.approx(math.sqrt(4 * 0.1**2 + 0.2**2))
    by_name = network_latency(three(), LayerTable("phone", {**table.rows, "first": Row(7.0)}))
    assert by_name.ms == 7.0 + 3 * 2.0 + 0.5


def test_a_computed_table_is_written_and_read(tmp_path: Path) -> None:
    network = three()
    costs = {layer.shape_key: 1.0 + number for number, layer in enumerate(network.layers)}
    write_layer_table(tabulate_network("phone", network, costs), tmp_path / "phone.yaml")
    assert read_network_latency(network, tmp_path / "phone.yaml").ms == 2.0 + 3 * 2.0 + 3.0


def test_missing_layers_are_named_with_the_key_that_would_do() -> None:
    with pytest.raises(InputError, match="first, again' are 2 of the 3 layers of three without a row") as refused:
        network_latency(three(), LayerTable("phone", {"sum": Row(1.0), "frist": Row(1.0)}))
    assert "(conv-K:4-C:4-P:8-Q:8); nearest: frist; 'cosearch predictor table" in str(refused.value)


def test_a_row_by_the_name_of_layers_that_differ_is_refused(tmp_path: Path) -> None:
    other, alike = (Network(name, resolution=8) for name in ("other", "alike"))
    other.add(Layer(name="first", K=8, C=4, P=8, Q=8))
    alike.add(Layer(name="first", K=4, C=4, P=8, Q=8))
    rows = {layer_key(layer): Row(1.0) for network in (three(), other) for layer in network.layers}
    write_layer_table(LayerTable("phone", rows), tmp_path / "phone.yaml")
    assert [said.ms for said in read_networks_latency([three(), other], tmp_path / "phone.yaml")] == [5.0, 1.0]
    write_layer_table(LayerTable("phone", {**rows, "first": Row(7.0)}), tmp_path / "phone.yaml")
    assert [said.ms for said in read_networks_latency([three(), alike], tmp_path / "phone.yaml")] == [11.0, 7.0]
    with pytest.raises(InputError, match="'first' is a layer of three and another of other") as refused:
        read_networks_latency([three(), other], tmp_path / "phone.yaml")
    assert "conv-K:4-C:4-P:8-Q:8, conv-K:8-C:4-P:8-Q:8" in str(refused.value)


def test_what_is_no_table_of_layers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder, and one network has one table"):
        read_network_latency(three(), tmp_path)
    with pytest.raises(InputError, match="is of networks of a space, and this one is given layer by layer"):
        read_network_latency(three(), tmp_path / "fitted.json")
