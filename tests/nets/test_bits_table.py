"""Tables of bits and losses: read, held to a network, and added up without rounding."""

from __future__ import annotations

from pathlib import Path

import pytest

from nets import load_network
from nets.bits_table import BitsTable, read_bits_table
from nets.errors import InputError


def put(folder: Path, text: str) -> Path:
    path = folder / "bits.csv"
    path.write_text(text)
    return path


def test_it_is_read(tmp_path: Path) -> None:
    table = read_bits_table(put(tmp_path, "layer,bits,loss,note\nstem,4,0.5,x\nstem,4.125,0.3,y\nfc,8,0,z\n"))
    assert table.losses == {"stem": {4: 0.5, 4.125: 0.3}, "fc": {8: 0.0}}
    assert table.widest() == 8


def test_losses_add_up_as_they_are_written() -> None:
    """0.1 + 0.2 is 0.3, which it is not in floating point."""
    table = BitsTable("own.csv", {"a": {4: 0.1}, "b": {4: 0.2}, "c": {4: 2.0}})
    assert table.units(0.3) == ({"a": (1,), "b": (2,), "c": (20,)}, 3)
    assert BitsTable("own.csv", {"a": {4: 5.0}}).units(7) == ({"a": (50,)}, 70)


@pytest.mark.parametrize("loss", [1e300, 1e-17])
def test_too_many_digits_are_refused(loss: float) -> None:
    with pytest.raises(InputError, match="too many digits"):
        BitsTable("own.csv", {"a": {4: loss, 8: 1.0}}).units(1.0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("layer,bits\nstem,4\n", "'loss' is missing"),
        ("layer,bits,loss\nstem,0.5,1\n", "must be 1 to 32"),
        ("layer,bits,loss\nstem,four,1\n", "line 2"),
        ("layer,bits,loss\nstem,4,nan\n", "line 2"),
        ("layer,bits,loss\nstem,4,1\nstem,4,2\n", "loses 1 and 2 at 4 bits"),
    ],
)
def test_what_is_no_table(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=says):
        read_bits_table(put(tmp_path, text))


def test_layers_are_those_of_the_network_that_have_weights() -> None:
    network = load_network("squeezenet1_1")
    BitsTable("own.csv", {"stem": {4: 0.1}}).require(network)
    with pytest.raises(InputError, match="did you mean 'stem'"):
        BitsTable("own.csv", {"stm": {4: 0.1}}).require(network)
    with pytest.raises(InputError, match="no learned weights"):
        BitsTable("own.csv", {"pool1": {4: 0.1}}).require(network)
