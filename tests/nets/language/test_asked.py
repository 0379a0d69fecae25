"""Phases as a person says them."""

from __future__ import annotations

import pytest

from nets.errors import InputError
from nets.language.asked import AskedPhase
from nets.language.phase import Phase, Step


def one(asked: AskedPhase, positions: int = 4096) -> Phase:
    """The phase, where one is asked of."""
    (step,) = asked.of(positions)
    assert step.times == 1
    return step.phase


def test_what_is_omitted_of_a_phase_is_as_usual() -> None:
    assert one(AskedPhase()) == Phase(1024, 1024)
    assert one(AskedPhase(new=7)) == Phase(7, 7)
    assert one(AskedPhase("decode", batch=8)) == Phase(1, 1024, 8)
    assert one(AskedPhase("decode", new=4, context=99)) == Phase(4, 99)
    assert one(AskedPhase(context=30), positions=512) == Phase(30, 30)
    assert one(AskedPhase("decode"), positions=512) == Phase(1, 512)


def test_a_request_of_several_phases() -> None:
    asked = AskedPhase("prefill:512, decode:1kx128", batch=4)
    assert asked.of(4096) == (Step("prefill", Phase(512, 512, 4)), Step("decode", Phase(1, 1024, 4), 128))
    assert AskedPhase("prefill,decode:9", context=8).of(4096) == (
        Step("prefill", Phase(8, 8)), Step("decode", Phase(1, 9)),
    )  # fmt: skip
    assert " + ".join(map(str, asked.of(4096))) == "prefill 512 + 128 x decode 1,024"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (AskedPhase("decoding"), "did you mean 'decode'"),
        (AskedPhase(""), "is not known"),
        (AskedPhase("prefill,"), "is not known"),
        (AskedPhase("decode:"), "must be a whole number"),
        (AskedPhase("decode:8x"), "times: '' must be a whole number"),
        (AskedPhase("decode:8x0"), "times: '0' must be a whole number"),
        (AskedPhase("decode:0k"), "must be a whole number"),
        (AskedPhase(batch=0), "--batch: 0 must be"),
        (AskedPhase("decode", context=4097), "--context: 4097 must be at most the 4096 positions"),
        (AskedPhase("prefill:8,decode:5k"), "--phase decode: 5120 must be at most the 4096 positions"),
        (AskedPhase("decode", new=9, context=8), "must hold at least the 9 new tokens"),
        (AskedPhase("prefill,decode", new=9), "--new: 9 is of one phase"),
        (AskedPhase("prefill:8,decode:9", context=8), "--context: 8 contradicts --phase"),
    ],
)
def test_what_is_wrong_with_a_phase_is_named(asked: AskedPhase, said: str) -> None:
    with pytest.raises(InputError, match=said):
        asked.of(4096)
