"""Short texts cut into pieces: what is read, and where the caret points."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nets.documents.grammar import Piece, TextError, read_pairs

KNOWN = ("K", "C", "stride")


def pairs(text: str) -> dict[str, int]:
    read = read_pairs(text, "layer", known=KNOWN, of="size", example="K=4")
    return {name: value.count(f"layer: {name}") for name, value in read.items()}


def test_pairs_are_read_whatever_the_blanks() -> None:
    assert pairs("K=4, C = 16 ,stride=2") == {"K": 4, "C": 16, "stride": 2}


@pytest.mark.parametrize(
    "text, column, said",
    [
        ("k=4", 0, "'k' is not known; did you mean 'K'?"),
        ("K=4,,C=2", 4, "nothing between two commas"),
        (" ", 1, "must give at least one size; write e.g. K=4"),
        ("K=4,C", 5, "layer: C: 'C' needs a size; write e.g. K=4"),
        ("K=4,K=5", 4, "layer: K: 'K' is given twice; leave one out"),
        ("K=4,C= x", 7, "layer: C: 'x' must be a whole number of at least 1"),
        ("K=0", 2, "must be a whole number of at least 1"),
        (f"K={'9' * 50}", 2, "is too large to be counted exactly: at most 2^53"),
        ("K=\u00b2", 2, "must be a whole number of at least 1"),
    ],
)
def test_the_caret_stands_under_what_is_to_be_mended(text: str, column: int, said: str) -> None:
    with pytest.raises(TextError) as caught:
        pairs(text)
    message, shown, caret = str(caught.value).split("\n")
    assert said in message
    assert shown == f"    {text}"
    assert caret == " " * (4 + column) + "^"


@given(st.text(alphabet="KCstride=,0123456789 x", max_size=30))
def test_any_text_is_read_or_refused_inside_it(text: str) -> None:
    refused = None
    try:
        found = pairs(text)
    except TextError as error:
        found, refused = {}, error
    assert all(size > 0 for size in found.values())
    assert (refused is None) == bool(found)
    assert refused is None or 0 <= refused.column <= len(text)


def test_an_error_of_another_process_says_the_same() -> None:
    with pytest.raises(TextError) as caught:
        pairs("K=4,c=3")
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)
    assert again.column == 4


def test_pieces_are_cut_and_split_without_their_blanks() -> None:
    piece = Piece.of("  a . b.c ")
    assert [part.word for part in piece.split(".")] == ["a", "b", "c"]
    before, behind = piece.cut(".")
    assert (before.word, behind.word if behind else None) == ("a", "b.c")
    assert before.cut(".") == (before, None)
    assert Piece.of("none").some_of("x", KNOWN) == ()
    assert Piece.of("K, C").some_of("x", KNOWN) == ("K", "C")
