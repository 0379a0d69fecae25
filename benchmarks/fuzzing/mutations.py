"""Texts that nearly are what a reader wants: a part of the data replaced, or the letters themselves disturbed."""

from __future__ import annotations

import copy
import json
import random
import re
from functools import cache
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
        "²",
        "9" * 5000,
    ),
)
"""What stands between letters."""

_MANY_NINES: Final = "9" * 5000
_BOTH_FORMS: Final = (
    *(_MANY_NINES, f"-{_MANY_NINES}", "9" * 41, "1e400", "-1e400", "1.0e+400", "1e-400", "5e-324", "1E5", "-0"),
    *("[" * 101 + "]" * 101, "[" * 20_000 + "]" * 20_000, '{"a": ' * 101 + "1" + "}" * 101, "[" * 50_000),
    *('{"a": 1, "a": 2}', '"\\u0000"', '"\\ud800"', '"\\u202e"', f"[{'1, ' * 20_000}1]", f"[{'[], ' * 2_000}1]"),
    *(f'"{"x" * 100_000}"', f'{{"{"k" * 50_000}": 1}}', "[[[[[1.5]]]]]", '{"": {"": {"": 1}}}', "1.5.5", "+1", "01"),
)
WRITTEN: Final = {
    "json": (*_BOTH_FORMS, "NaN", "Infinity", "-Infinity", "0x1", "1_0", "tru", "// x", "{,}", "'x'"),
    "yaml": (
        *_BOTH_FORMS,
        *(
            ".nan",
            "-.inf",
            ".inf",
            "0x_",
            "0b_",
            "0o9",
            "0x" + "f" * 4000,
            "1:30:99",
            "1_0",
            "2026-01-01",
            "~",
            "=",
            "no",
        ),
        *("!!int x", "!!float x", "!!bool 3", "!!null 3", "!!binary x", "!!set {a}", "!!omap [a: 1]", "!!timestamp x"),
        *("!Container {name: x}", "!!python/tuple [1]", "!!int [1]", "!<> x", "! x", "!!seq {}", "!!map []", "!!str 1"),
        *("&z [*z]", "&z {<<: *z}", "*nowhere", "{<<: 3}", "{<<: [1]}", "{<<: []}", "{? [1] : 2}", "{? {a: 1} : 2}"),
        "[&q0 [1, 1, 1], " + ", ".join(f"&q{n} [{', '.join([f'*q{n - 1}'] * 9)}]" for n in range(1, 9)) + "]",
        "[&m0 {k0: 1}, " + ", ".join(f"&m{n} {{<<: [{', '.join([f'*m{n - 1}'] * 9)}]}}" for n in range(1, 9)) + "]",
        *(
            "&n 1",
            "[&s [x] , *s, *s, *s]",
            "{1: 2}",
            "{1.5: 2, true: 3, null: 4}",
            "|\n",
            ">-\n",
            "--- 1",
            "... ",
            "%YAML",
        ),
    ),
}
"""What stands in a file where a value should, in the letters of its form."""
_TOKEN: Final = "written{}below"
NUMBERS: Final = (
    *("0", "-1", "1.5", "1e9", "1e400", "5e-324", "-0.0", "nan", "inf", "-inf", "²", "٣", "0x10", "1_0", "1,0", ""),
    *(str(2**31), str(2**53 + 1), str(2**63), "9" * 41, _MANY_NINES, "1" + "0" * 400, "1 2", "[1]", "1/0", "--1", "+1"),
)
"""What stands in a text where a number does."""


def mutated(text: str, rng: random.Random, form: str) -> str:
    """A text near ``text``; ``form`` is ``yaml``, ``json`` or ``jsonl`` where it holds data, ``text``, or ``bytes``.

    Of ``data`` only what it says is changed, and never the JSON itself, of which something else is made.
    """
    if form == "bytes":
        return damaged(text, rng)
    if form == "data":
        said = json.loads(text)
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            said = disturbed(said, rng)
        return json.dumps(said)
    if form == "jsonl":
        lines = text.splitlines()
        at = rng.randrange(len(lines))
        if rng.random() < 0.2:
            lines.insert(at, lines.pop(rng.randrange(len(lines))))
        else:
            lines[at] = mutated(lines[at], rng, "json").replace("\n", " " if rng.random() < 0.9 else "\n")
        return "\n".join(lines) + "\n"
    if form != "text" and rng.random() < 0.7:
        try:
            data = _data(text, form)
        except (yaml.YAMLError, ValueError):
            return scrambled(text, rng)
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            data = disturbed(data, rng, len(WRITTEN[form]))
        return _dumped(data, form)
    changed = renumbered(text, rng) if rng.random() < 0.25 else scrambled(text, rng)
    return encoded(changed, rng) if rng.random() < 0.03 else changed


@cache
def _data(text: str, form: str) -> Any:
    if form == "json":
        return json.loads(text)
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _dumped(data: Any, form: str) -> str:
    """Data as text, with what is to be written in letters in its place."""
    if form == "json":
        text = json.dumps(data)
    else:
        text = yaml.dump(data, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False)
    for number, letters in enumerate(WRITTEN[form]):
        token = _TOKEN.format(number)
        if token in text:
            text = text.replace(f'"{token}"', letters).replace(token, letters)
    return text


def renumbered(text: str, rng: random.Random) -> str:
    """A number or a word of the text as another."""
    found = list(re.finditer(r"\d[\d.]*" if rng.random() < 0.7 else r"[A-Za-z_]+", text))
    if not found:
        return scrambled(text, rng)
    at = rng.choice(found)
    other = rng.choice(NUMBERS) if at[0][0].isdigit() or rng.random() < 0.3 else rng.choice(found)[0]
    return text[: at.start()] + other + text[at.end() :]


def encoded(text: str, rng: random.Random) -> str:
    """A text in another encoding, or with other ends of lines; a byte that is no text is half a character here."""
    way = rng.choice(("utf-16", "utf-32", "utf-8-sig", "latin-1", "\r\n", "\r", "byte"))
    if way in ("\r\n", "\r"):
        return text.replace("\n", way)
    if way == "byte":
        at = rng.randrange(len(text) + 1)
        return text[:at] + rng.choice("\udcff\udc80\udcc3\udced") + text[at:]
    return (text + "é").encode(way, "replace").decode("utf-8", "surrogateescape")


def damaged(text: str, rng: random.Random) -> str:
    """Bytes, one a letter, with some replaced, left out or repeated, or the end cut off."""
    for _ in range(rng.choice((1, 1, 2, 8))):
        at, action = rng.randrange(len(text) + 1), rng.random()
        if action < 0.6:
            put = rng.choice(("\0", "\xff", "\x7f", "\x01")) * rng.choice((1, 1, 2, 4, 8))
            put = put if action < 0.4 else chr(rng.randrange(256))
            text = text[:at] + put + text[at + len(put) :]
        elif action < 0.7:
            text = text[:at]
        elif action < 0.85:
            text = text[:at] + text[at + rng.choice((1, 2, 4, 16, 64)) :]
        else:
            text = text[:at] + text[max(0, at - rng.choice((1, 4, 16, 64))) :]
    return text


def disturbed(data: Any, rng: random.Random, written: int = 0) -> Any:
    """Data with one part replaced, left out, renamed, repeated or moved; ``written``: values given as letters."""
    data = copy.deepcopy(data)
    holders = _holders(data)
    if not holders:
        return copy.deepcopy(rng.choice(VALUES))
    holder = rng.choice(holders)
    at = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    action = rng.random()
    if action < 0.2 and written:
        holder[at] = _TOKEN.format(rng.randrange(written))
    elif action < 0.6:
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
