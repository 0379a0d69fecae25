"""Options of one action of a command, given to another: refused in words."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.cosearch.conftest import Cosearch

SILENT = (
    ("accelerators", "list", "--node", "28"),
    ("accelerators", "list", "--sources"),
    ("accelerators", "families", "--node", "28"),
    ("accelerators", "families", "two_level"),
    ("networks", "list", "--resolution", "64"),
    ("networks", "list", "--subnet", "max"),
    ("exhibit", "list", "--mappings", "5"),
    ("exhibit", "list", "--out", "plots"),
    ("nas", "methods", "--evaluations", "5"),
    ("nas", "spaces", "--space", "ofa-digits"),
    ("nas", "search", "--seeds", "3"),
    ("nas", "compare", "--method", "random"),
    ("predictor", "info", "ofa-digits", "--evaluations", "5"),
    ("predictor", "info", "ofa-digits", "pairs.csv"),
    ("predictor", "table", "t.yaml", "--model", "ridge"),
    ("predictor", "train", "pairs.csv", "--config", "max"),
    ("predictor", "evaluate", "ofa-digits", "pairs.csv", "--target", "latency"),
    *(
        ("supernet", action, "net.pt", *words)
        for action, *words in (
            ("info", "--data", "digits"), ("load", "--count", "5"), ("train", "--config", "max"), ("measure", "--resume"),
        )
        if find_spec("torch")
    ),
)  # fmt: skip


@pytest.mark.parametrize("words", SILENT, ids=" ".join)
def test_what_another_action_looks_at_is_refused(words: tuple[str, ...], cosearch: Cosearch) -> None:
    said = cosearch(*words)
    assert said.status == 2
    asked = next(
        (word for word in words if word.startswith("--")), words[2] if words[0] == "accelerators" else words[-1]
    )
    assert asked in said.err
    assert any(rule in said.err for rule in ("has no effect on", "has no say", "is a second file"))
