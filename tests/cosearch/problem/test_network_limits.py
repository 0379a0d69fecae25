"""Limits on a network by itself, as people write them."""

from __future__ import annotations

import pytest

from cosearch.problem.measures import FLASH, MACS, PARAMS, SRAM, Limit
from cosearch.problem.network_limits import read_network_limits
from nets.errors import InputError


def test_limits_are_read_with_their_units() -> None:
    found = read_network_limits("sram=320KB,flash=1MiB", "macs=0.3G,params=4M")
    assert found == (Limit(SRAM, 320e3), Limit(FLASH, 2.0**20), Limit(MACS, 3e8), Limit(PARAMS, 4e6))
    assert read_network_limits() == ()


@pytest.mark.parametrize(
    "texts, match",
    [
        (["sran=1KB"], "did you mean 'sram'"),
        (["macs=300"], "needs a unit; did you mean 300M"),
        (["flash=1mb"], "did you mean 1MB"),
        (["params=0M"], "greater than zero"),
        (["sram=1KB", "sram=2KB"], "is limited twice"),
    ],
)
def test_what_is_no_limit_is_refused(texts: list[str], match: str) -> None:
    with pytest.raises(InputError, match=match):
        read_network_limits(*texts)
