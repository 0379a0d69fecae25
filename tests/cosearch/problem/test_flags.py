"""What options are called: every one has a flag, and a command line asks for what was asked."""

from __future__ import annotations

import argparse
import dataclasses

from cosearch.commands.search import add_arguments
from cosearch.problem.flags import FLAGS, words_of
from cosearch.problem.stated import StatedOptions

OF_PYTHON_ALONE = {"population", "mapper"}


def test_every_option_is_called_something() -> None:
    assert {field.name for field in dataclasses.fields(StatedOptions)} - FLAGS.keys() == OF_PYTHON_ALONE
    assert FLAGS.keys() - {field.name for field in dataclasses.fields(StatedOptions)} == {"limits"}


def test_words_ask_for_what_was_asked() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    options = {
        "budget": "area=5mm2", "networks": ["alexnet", "vgg16"], "layer_precision": ["conv1=w4a8", "fc*=w8a8"],
        "standing_costs": True, "baselines": False, "fuse": "auto", "seed": 0, "confidence": None, "objectives": [],
    }  # fmt: skip
    args = parser.parse_args(words_of(options))
    assert (args.budget, args.network) == (["area=5mm2"], ["alexnet,vgg16"])
    assert args.layer_precision == ["conv1=w4a8", "fc*=w8a8"]
    assert (args.standing_costs, args.no_baselines, args.fuse, args.seed) == (True, True, "auto", 0)
    assert (args.confidence, args.objectives, args.min_accuracy) == (None, None, None)
    assert words_of({"baselines": True, "standing_costs": False}) == []
