"""``cosearch groups``: what it prints adds up, and what it cannot do is said."""

from __future__ import annotations

import pytest

from tests.cosearch.conftest import Cosearch

SMALL = ("groups", "--network", "squeezenet1_1", "--resolution", "64")


def test_groups_add_up(cosearch: Cosearch) -> None:
    data = cosearch(*SMALL, "--capacity", "32Ki", "--json").json
    assert data["capacity_words"] == 32768
    assert sum(group["dram_words"] for group in data["groups"]) == data["dram_words"] < data["dram_words_alone"]
    longer = [group for group in data["groups"] if "alone" not in group]
    assert longer
    for group in longer:
        moved = sum(group["fetched_words"].values()) + sum(group["written_words"].values()) + group["weight_words"]
        assert moved == group["dram_words"]
        assert group["room_words"] <= 32768


def test_people_read_groups_and_what_is_not_counted(cosearch: Cosearch) -> None:
    said = cosearch(*SMALL, "--capacity", "32Ki", "--overlap", "kept", "--weights", "resident").out
    assert "rows kept, weights resident" in said
    assert "global pooling" in said
    assert "no energy, no latency" in said
    assert "streamed" not in said


def test_one_group(cosearch: Cosearch) -> None:
    data = cosearch(*SMALL, "--capacity", "32Ki", "--group", "stem:pool1", "--json").json
    assert [group["layers"] for group in data["groups"]] == [["stem", "pool1"]]
    assert "dram_words" not in data


@pytest.mark.parametrize(
    "words, status, hint",
    [
        (("--capacity", "0"), 2, "at least 1"),
        (("--capacity", "1MiB"), 2, "256Ki"),
        (("--capacity", "32Ki", "--group", "stem:pol1"), 2, "did you mean 'pool1'?"),
        (("--capacity", "32Ki", "--group", "stem"), 2, "FIRST:LAST"),
        (("--capacity", "32Ki", "--group", "classifier:pool"), 2, "global pooling"),
        (("--capacity", "1Ki", "--group", "stem:pool1"), 3, "too many"),
    ],
)
def test_what_cannot_be_is_said(words: tuple[str, ...], status: int, hint: str, cosearch: Cosearch) -> None:
    said = cosearch(*SMALL, *words)
    assert said.status == status
    assert hint in said.err
