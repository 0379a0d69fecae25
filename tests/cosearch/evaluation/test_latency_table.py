"""Tables of layers computed by the cost model: sums equal the network evaluated as a whole."""

from __future__ import annotations

import pytest

from accel_models import load_accelerator
from cosearch.evaluation.latency_table import tabulate
from cosearch.evaluation.mapping_table import map_shapes
from cosearch.evaluation.network_cost import evaluate_network
from cosearch.problem.mapper_options import MapperOptions
from nets.errors import InputError
from nets.network import unique_layers
from nets.spaces import load_space
from nets.spaces.hat import load_hat_space

OPTIONS = MapperOptions(objective="latency")


def test_the_sum_over_a_subnet_is_its_latency() -> None:
    """The same mappings, found once for the table and once for the network."""
    space, accelerator = load_space("ofa-digits"), load_accelerator("eyeriss")
    table, precision = tabulate(space, accelerator, [12], OPTIONS, 30)
    assert precision.startswith("layers are taken at the precision of the machine: weights 16, inputs 16")
    assert table.device == accelerator.name
    for config in (space.min_config(), space.max_config() | {"r": 12}):
        network = space.network(config).at_precision(weight=16, input=16, output=16, psum=16)
        shapes = [layer for layer, _ in unique_layers(network.layers)]
        mappings = map_shapes(shapes, [accelerator], OPTIONS, 30).mappings(network.layers)
        whole = evaluate_network(network, accelerator, mappings)
        assert table.latency_ms(space.blocks(config)) == pytest.approx(1e3 * whole.latency_s, rel=1e-12)


def test_transformers_run_on_accelerators() -> None:
    """One step of translating and the pass over a whole sentence, layer by layer."""
    space, accelerator = load_hat_space("hat-wmt"), load_accelerator("nvdla_1024")
    latencies = []
    for step in (False, True):
        network = space.network(space.min_config(), step=step)
        shapes = [layer for layer, _ in unique_layers(network.layers)]
        mappings = map_shapes(shapes, [accelerator], OPTIONS, 60).mappings(network.layers)
        cost = evaluate_network(network, accelerator, mappings)
        assert cost.latency_s * accelerator.clock_hz * accelerator.macs_per_cycle >= network.macs
        latencies.append(cost.latency_s)
    assert latencies[1] < latencies[0]


def test_resolutions_of_other_spaces_are_refused() -> None:
    with pytest.raises(InputError, match="--resolution: 224 is not one of ofa-digits, which has 12 to 20"):
        tabulate(load_space("ofa-digits"), load_accelerator("eyeriss"), [224], OPTIONS, 10)
