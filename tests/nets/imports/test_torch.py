"""What an import says of modules: their unread parameters, their modes, and why one is refused."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from nets import from_torch
from nets.errors import InputError
from tests.nets.imports.test_products import Function, empty


def test_nothing_is_refused_for_what_it_does_to_constants() -> None:
    def with_positions(self: Any, x: torch.Tensor) -> torch.Tensor:
        return x + torch.linalg.qr(self.table)[0]

    (layer,) = from_torch(Function(with_positions, table=torch.ones(4, 4)), torch.empty(4, 4)).layers
    assert (layer.kind, layer.operands, layer.params) == ("eltwise", 2, 16)


def test_an_unknown_operator_is_refused_by_name_and_place_or_costed_as_a_copy() -> None:
    module = Function(lambda _, x: torch.linalg.inv(x @ x))
    with pytest.raises(InputError, match=r"aten\.linalg_inv_ex.*not known, at .*--movement aten\.linalg_inv_ex"):
        from_torch(module, torch.eye(4))
    network = from_torch(module, torch.eye(4), movement=["aten.linalg_inv_ex"])
    assert [layer.kind for layer in network.layers] == ["matmul", "movement"]


def test_an_operator_of_another_library_is_not_taken_for_pytorchs_own() -> None:
    @torch.library.custom_op("own_library::linear", mutates_args=())
    def linear(x: torch.Tensor) -> torch.Tensor:
        return x.clone()

    linear.register_fake(torch.empty_like)
    with pytest.raises(InputError, match=r"own_library\.linear.*not known, at linear"):
        from_torch(Function(lambda _, x: linear(x)), torch.empty(2, 4))


def test_a_course_that_hangs_on_data_is_refused_with_its_line() -> None:
    def branching(_: Any, x: torch.Tensor) -> torch.Tensor:
        return x @ x if x.sum().item() > 0 else x

    with pytest.raises(InputError, match=r"line \d+: return x @ x if.*decides by the data"):
        from_torch(Function(branching), torch.eye(4))


def test_sizes_that_hang_on_data_are_taken_at_their_most() -> None:
    def chosen(_: Any, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return x[mask] @ x.T

    network = from_torch(Function(chosen), torch.ones(6, 4), torch.ones(6, dtype=torch.bool))
    assert network.macs == 6 * 4 * 6
    assert "taken at their most" in network.report.sentences()[-1]


def test_objects_among_outputs_are_left_out() -> None:
    class Cache:
        """What no exporter knows."""

    module = Function(lambda self, x: {"logits": x @ self.weight, "cache": Cache()}, weight=torch.ones(4, 3))
    network = from_torch(module, torch.empty(2, 4))
    assert (network.macs, network.params, network.layers[0].name) == (24, 12, "matmul")


def test_parameters_that_nothing_reads_are_counted_and_said() -> None:
    module = Function(lambda self, x: x @ self.used, used=torch.ones(4, 3), spare=torch.ones(7))
    network = from_torch(module, torch.empty(2, 4))
    assert (network.params, network.report.unread_params) == (12 + 7, 7)


def test_training_mode_is_left_for_the_while_and_said() -> None:
    module = nn.Sequential(nn.Linear(4, 4), nn.Dropout(), nn.BatchNorm1d(4))
    network = from_torch(module, torch.empty(2, 4))
    assert [layer.kind for layer in network.layers] == ["matmul"]
    assert "evaluation mode" in network.report.notes[0]
    assert all(part.training for part in module.modules())


def test_what_is_written_in_place_is_read_from_then_on() -> None:
    def filled(self: Any, x: torch.Tensor) -> torch.Tensor:
        y = x @ self.weight
        y[:, :2] = x @ self.other
        return y.relu_()

    module = Function(filled, weight=empty(4, 6), other=empty(4, 2))
    network = from_torch(module, empty(3, 4))
    assert [(layer.kind, layer.activation) for layer in network.layers] == [
        ("matmul", None),
        ("matmul", None),
        ("movement", "relu"),
    ]


def test_norms_are_one_pass_however_they_are_spelled() -> None:
    def rms(self: Any, x: torch.Tensor) -> torch.Tensor:
        return self.scale * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))

    (layer,) = from_torch(Function(rms, scale=empty(8)), empty(2, 5, 8)).layers
    assert (layer.kind, layer.N, layer.G, layer.P, layer.operands, layer.params) == ("norm", 2, 8, 5, 1, 8)


def test_a_gate_by_the_mean_of_another_tensor_waits_for_it() -> None:
    def gated(_: Any, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x * torch.sigmoid(y.mean((2, 3), keepdim=True))

    network = from_torch(Function(gated), empty(1, 8, 6, 6), empty(1, 8, 6, 6))
    assert [layer.kind for layer in network.layers] == ["pool", "eltwise"]


def test_what_is_no_module_is_refused() -> None:
    with pytest.raises(InputError, match=r"is no torch\.nn\.Module"):
        from_torch(len)  # type: ignore[arg-type]


def test_a_module_without_work_is_refused() -> None:
    with pytest.raises(InputError, match="follow from no operation"):
        from_torch(nn.Flatten(), torch.empty(2, 4, 4))


def test_inputs_that_a_module_does_not_take_are_refused_with_its_words() -> None:
    with pytest.raises(InputError, match=r"cannot be exported|shapes cannot be multiplied"):
        from_torch(nn.Linear(4, 4), torch.empty(2, 5))
