"""Spaces of somebody's own package: found by a person's word, never by that of a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from nets.errors import InputError
from nets.spaces import load_space, registry, space_in_file
from nets.spaces.own import space_digest
from nets.spaces.space import Space
from tests.nets.spaces import own
from tests.nets.spaces.own import SMALL


@pytest.mark.parametrize("attribute", ["small", "ready"])
def test_a_function_and_a_value_are_spaces_of_that_name(attribute: str) -> None:
    name = f"{own.__name__}:{attribute}"
    space = load_space(name)
    assert space.id == name
    assert space is load_space(name)
    assert space.size == 9 + 81
    assert space.network(space.max_config()).space == name
    assert own.ready.id == "small"  # theirs is left as it is


@pytest.mark.parametrize(
    "name, message",
    [
        ("no_such_package:small", r"cannot be imported: ModuleNotFoundError: .*packages of the current directory"),
        (f"{own.__name__}:smal", r"names nothing in tests.nets.spaces.own; did you mean 'small'\?"),
        (f"{own.__name__}:Wrong", r"is a class, but none of nets.spaces.Space; derive it from Space or GraphSpace"),
        (f"{own.__name__}:NOT_A_SPACE", r"makes no nets.spaces.Space but a int"),
        (f"{own.__name__}:Unfinished", r"fails: TypeError: "),
        (f"{own.__name__}:Broken", r"fails: KeyError: 'weights'"),
        ("os.path:getcwd", r"names nothing in os.path"),
        ("os:getcwd", r"makes no nets.spaces.Space but a str"),
    ],
)
def test_what_is_no_space_is_refused_in_words(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_space(name)


def test_packages_of_the_current_directory_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine_alone.py").write_text("from tests.nets.spaces.own import wider as space\n")
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    assert load_space("mine_alone:space").size == 90
    assert sys.path == before


def test_no_file_has_code_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_loaded", {})
    with pytest.raises(InputError, match=r"which no file can have imported; say it too: --space tests.nets"):
        space_in_file(SMALL)
    load_space(SMALL)
    assert space_in_file(SMALL) is load_space(SMALL)
    assert space_in_file("ofa-digits").id == "ofa-digits"


def test_the_digest_tells_other_layers_and_not_another_name() -> None:
    assert space_digest(load_space(SMALL)) == space_digest(own.small())
    assert space_digest(own.wider()) != space_digest(own.small())
    assert space_digest(load_space("nasnet")) != space_digest(load_space("nasnet-notes"))  # too many blocks to list


def test_blocks_of_a_small_space_are_listed_without_being_said() -> None:
    space = own.small()
    for resolution in space.resolutions:
        assert set(Space.all_blocks(space, resolution)) == set(space.all_blocks(resolution))
    with pytest.raises(InputError, match="are too many to list"):
        load_space("nasnet").all_blocks(224)


def test_networks_have_names() -> None:
    space = own.small()
    config = space.max_config() | {"d": [1], "r": 16}
    assert space.named(json.dumps(config)) == space.canonical(config)
    assert space.named("max") == space.max_config()
    with pytest.raises(InputError, match=r"small: d\[0\]: 3 must be one of 1, 2"):
        space.named(json.dumps(config | {"d": [3]}))
    with pytest.raises(InputError, match=r"must be max, min or genes as JSON; write e.g."):
        space.named("[1, 2]")
