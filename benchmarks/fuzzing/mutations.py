"""Texts that nearly are what a reader wants: a part of the data replaced, or the letters themselves disturbed."""

from __future__ import annotations

import copy
import json
import random
from typing import Any, Final

import yaml

VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1, 2, 3, 7, 16, 1.5, -0.0, 2**31, 2**53 + 1, 2**63, 10**20, -(10**20), 10**39),
    *(float("nan"), float("inf"), -float("inf"), 5e-324, -5e-324, 1e-300, 1e300, 1.7e308, -1e300, 1e16, 0.1),
    *(
        "",
        " ",
        "x",
        "W",
        "K",
        "1e9",
        "0x_",
        "nan",
        "1,5",
        "é",
        "\x1b[31m",
        "a\nb",
        "~",
        "<<",
        "=",
        "K" * 400,
        "../../etc",
    ),
    *([], {}, [1], [[]], [None], ["x"], {"x": 1}, {"": None}, [1] * 50, {"name": "x"}, [[["K", 1]]], ["K", 1, "X"]),
)
"""What stands where something else should."""

WORDS: Final = (
    *(
        "[",
        "]",
        "{",
        "}",
        ":",
        ",",
        "-",
        "- ",
        "\n",
        "  ",
        "\t",
        '"',
        "'",
        "#",
        "|",
        ">",
        "%",
        "@",
        "`",
        "\\",
        "\0",
        "\ufeff",
    ),
    *(
        "&a ",
        "*a",
        "<<: *a",
        "<<: [*a, *a]",
        "!!int x",
        "!!timestamp x",
        "!Container ",
        "!!python/object:os.system x",
        "? ",
    ),
    *(
        ".nan",
        ".inf",
        "0x_",
        "1e999",
        "9" * 400,
        "-",
        "1_0",
        "1:30",
        "0b",
        "null",
        "---\n",
        "...\n",
        "[" * 300,
        "{a: " * 150,
    ),
    *(
        "NaN",
        "Infinity",
        "\\u0000",
        "\\ud800",
        "\ud7ff",
        "é",
        "\u202e",
        "//",
        ";",
        "()",
        "Sz(R)",
        "=",
        "<=",
        "µm2",
        "1e-400",
    ),
)
"""What stands between letters."""


def mutated(text: str, rng: random.Random, form: str) -> str:
    """A text near ``text``; ``form`` is ``yaml`` or ``json`` where it holds data, or ``text``."""
    if form != "text" and rng.random() < 0.7:
        try:
            data = yaml.safe_load(text) if form == "yaml" else json.loads(text)
        except (yaml.YAMLError, ValueError):
            return scrambled(text, rng)
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            data = disturbed(data, rng)
        return yaml.safe_dump(data, sort_keys=False) if form == "yaml" else json.dumps(data)
    return scrambled(text, rng)


def disturbed(data: Any, rng: random.Random) -> Any:
    """Data with one part replaced, left out, renamed, repeated or moved."""
    data = copy.deepcopy(data)
    holders = _holders(data)
    if not holders:
        return copy.deepcopy(rng.choice(VALUES))
    holder = rng.choice(holders)
    at = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    action = rng.random()
    if action < 0.6:
        holder[at] = copy.deepcopy(rng.choice(VALUES))
    elif action < 0.7:
        del holder[at]
    elif action < 0.8 and isinstance(holder, dict):
        key = str(at)
        spot = rng.randrange(len(key) + 1)
        holder[key[:spot] + rng.choice("xs_ -") + key[spot:]] = holder.pop(at)
    elif action < 0.9 and isinstance(holder, list):
        holder.insert(at, copy.deepcopy(rng.choice(holder)))
    else:
        holder[at] = copy.deepcopy(_value(rng.choice(holders), rng))
    return data


def _value(holder: Any, rng: random.Random) -> Any:
    return rng.choice(list(holder.values()) if isinstance(holder, dict) else holder)


def _holders(data: Any) -> list[Any]:
    """Every list and dict that holds something."""
    found, waiting = [], [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict | list) and item:
            found.append(item)
            waiting += item.values() if isinstance(item, dict) else item
    return found


def scrambled(text: str, rng: random.Random) -> str:
    """Letters put in, left out, swapped or repeated, a few times."""
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        first, last = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
        last = min(last, first + rng.choice((1, 1, 3, 10, 100)))
        action = rng.random()
        if action < 0.5:
            text = text[:first] + rng.choice(WORDS) + text[last if action < 0.3 else first :]
        elif action < 0.7:
            text = text[:first] + text[last:]
        elif action < 0.85:
            text = text[:last] + text[first:last] * rng.choice((1, 2, 20)) + text[last:]
        else:
            text = text[:first] + chr(rng.choice((rng.randrange(32, 127), rng.randrange(1, 0xD800)))) + text[last:]
    return text
