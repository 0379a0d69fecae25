"""The perceptron: finds a function, repeats itself, answers as torch would, and survives being written."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")

from nets.documents.typed import typed_data  # noqa: E402
from nets.perceptron import fit_perceptron, fit_perceptrons  # noqa: E402
from nets.perceptron_model import PerceptronEntry  # noqa: E402


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    inputs = np.column_stack([rng.uniform(100, 300, (600, 2)), np.full(600, 7.0)])
    return inputs, 75 + 0.01 * np.abs(inputs[:, 0] - inputs[:, 1])


def test_it_finds_what_no_line_can() -> None:
    """The absolute value of a difference, at a scale of its own, beside a column that never varies."""
    inputs, targets = data()
    model = fit_perceptron(inputs[:500], targets[:500])
    error = model(inputs[500:]) - targets[500:]
    assert np.sqrt((error**2).mean()) < 0.2 * targets.std()


def test_same_seed_same_result() -> None:
    inputs, targets = data()
    first, second, other = (fit_perceptron(inputs, targets, seed=seed, steps=30)(inputs) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_numpy_answers_as_torch_does() -> None:
    inputs, targets = data()
    model = fit_perceptron(inputs, targets, steps=30)
    x = torch.tensor((inputs - model.shift) / model.scale)
    for index, (weight, bias) in enumerate(zip(model.weights, model.biases)):
        x = torch.nn.functional.linear(x if index == 0 else torch.relu(x), torch.tensor(weight), torch.tensor(bias))
    np.testing.assert_allclose(model(inputs), x[:, 0].numpy(), rtol=1e-9)


def test_written_it_keeps_five_digits() -> None:
    inputs, targets = data()
    model = fit_perceptron(inputs, targets, steps=30)
    again = typed_data(PerceptronEntry, model.to_dict(), "file").perceptron(inputs.shape[1])
    np.testing.assert_allclose(again(inputs), model(inputs), rtol=1e-4)


def test_fitted_together_each_is_as_alone() -> None:
    inputs, targets = data()
    subsets = [(inputs, targets), (inputs[:400], 3 * targets[:400] - 7)]
    for model, (some, wanted) in zip(fit_perceptrons(subsets, steps=30), subsets):
        np.testing.assert_allclose(model(inputs), fit_perceptron(some, wanted, steps=30)(inputs), rtol=1e-5)
