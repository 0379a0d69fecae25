"""The one way in: what it reads, against PyYAML and json, and what it refuses, in words and at once."""

import json
import os
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nets.documents import parse_json, parse_yaml, read_bytes, read_first_line, read_text
from nets.documents.limits import MOST_DEPTH, MOST_LINE_BYTES, MOST_NODES
from nets.errors import InputError, shown

MERGES = "\n".join(
    ["a0: &a0 {" + ", ".join(f"k{i}: 1" for i in range(9)) + "}"]
    + [f"a{n}: &a{n} {{<<: [{', '.join(f'*a{n - 1}' for _ in range(9))}]}}" for n in range(1, 9)]
)
LAUGHS = "\n".join(
    ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join(f'*a{n - 1}' for _ in range(9))}]" for n in range(1, 30)]
)

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(allow_nan=False), TEXTS)
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=20,
)


@given(PLAIN)
def test_what_pyyaml_writes_is_read_back(data):
    text = yaml.safe_dump(data, default_flow_style=None, allow_unicode=True)
    expected = yaml.safe_load(text)
    assert expected == data or "\x85" in text  # which PyYAML writes as it is, and reads as the end of a line
    assert parse_yaml(text, "file") == expected


@given(PLAIN)
def test_what_json_writes_is_read_back(data):
    finite = json.loads(json.dumps(data), parse_constant=lambda _: None)
    assert parse_json(json.dumps(finite), "file") == finite


@pytest.mark.parametrize(
    "text",
    [
        "a: [0x1F, 0b11, 017, 1_000, 1:30, -7, +7, 0]",
        "a: [1.5, 1.0e+9, .5, .inf, -.inf, 1:30.5, 1e9]",
        "a: [yes, No, on, OFF, true, False, ~, null, '']",
        "a: !!str 12\nb: !!int '12'\nc: !!float 1\nd: !!bool yes\ne: !!null ''",
        "a: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}\ne: {<<: [*x, {z: 1}]}\nf: *x",
        'a: |\n  two\n  lines\nb: >\n  one\n  line\nc: "\\u00e9\\t"',
        "- 1\n- [2, {a: b}]\n-\n",
        "",
        "%YAML 1.1\n---\na: 1\n...\n",
    ],
)
def test_yaml_is_read_as_pyyaml_reads_it(text):
    assert parse_yaml(text, "file") == yaml.safe_load(text)


@pytest.mark.parametrize(
    "text, words",
    [
        ("a: " + "[" * 100_000, "line 1: '101 levels' of nesting are too many"),
        ("a:\n" + "".join(" " * n + "- \n" for n in range(1, 2000)), "of nesting are too many"),
        ("- " * 50_000 + "x", "of nesting are too many"),
        ("b: 1\na: 0x_", "file: line 2: '0x_' is a number without digits"),
        ("a: !!int x", "'x' is no int"),
        ("a: !!timestamp x", "'x' is no timestamp"),
        ("a: !!float 1e9999", "is no float"),
        ("a: !Container {b: 1}", "'!Container' is a tag that is not known here"),
        ("a: !!python/object:os.system x", "is no python/object:os.system"),
        ("a: " + "9" * 5000, "is a whole number of 5000 digits; 40 are the most"),
        ("a: 1.0e+999", "is larger than numbers can be"),
        ("a: " + "9:" * 300 + "9", "digits"),
        ("a: 1\nb: 2\na: 3", "line 3: 'a' is a key that stands twice"),
        ("? [1]\n: 2", "[1] is no key"),
        ("&a [*a]", "'*a' repeats what it stands in"),
        ("a: *b", "'*b' repeats what has no such name"),
        ("<<: 3", "'<<' takes a mapping"),
        ("--- 1\n--- 2\n", "begins a second document"),
        (MERGES, f"are too many: {MOST_NODES}"),
        (LAUGHS, f"are too many: {MOST_NODES}"),
        ("a: [1, 2", "is not sound YAML"),
        ("a: \x07", "is not sound YAML"),
        ('a: "\\0"', "a NUL or half a character"),
        ("\ud800", "half a character"),
        ("x" * (9 << 20), "are more YAML than is read"),
    ],
)
def test_yaml_that_is_refused(text, words):
    began = time.perf_counter()
    with pytest.raises(InputError) as error:
        parse_yaml(text, "file")
    assert words in str(error.value)
    assert len(str(error.value)) < 400
    assert "\n" not in str(error.value)
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    "text, words",
    [
        ("[" * 100_000, "line 1: '101 levels' of nesting are too many"),
        ('{"a":' * 3000, "of nesting are too many"),
        ('{"a": 1, "b": 2, "a": 3}', "'a' is a key that stands twice"),
        ('{"a": NaN}', "'NaN' is no number of JSON"),
        ('{"a": -Infinity}', "is no number of JSON"),
        ('{"a": 1e999}', "is larger than numbers can be"),
        ('{"a": ' + "9" * 5000 + "}", "is a whole number of 5000 digits"),
        ('{"a": "\\u0000"}', "a NUL or half a character"),
        ('{"\\ud800": 1}', "a NUL or half a character"),
        ('{"a": [1,\n2', "line 2, column 2' is not sound JSON"),
        ("", "is not sound JSON"),
    ],
)
def test_json_that_is_refused(text, words):
    with pytest.raises(InputError) as error:
        parse_json(text, "file")
    assert words in str(error.value)
    assert len(str(error.value)) < 400


def test_a_merge_key_in_quotes_is_a_key():
    assert parse_yaml("'<<': 1", "file") == {"<<": 1}


def test_nesting_within_the_limit_is_read():
    deep = "[" * MOST_DEPTH + "]" * MOST_DEPTH
    assert parse_yaml(deep, "file") == parse_json(deep, "file")


def test_a_megabyte_takes_less_than_a_second():
    rows = "".join(f"- {{name: level{n}, temporal: [[K, {n}], [C, 1]], keeps: [W, I, O]}}\n" for n in range(14_700))
    assert len(rows) > 10**6
    fastest = min(_seconds(rows) for _ in range(3))
    assert fastest < 1.0


def _seconds(text: str) -> float:
    began = time.process_time()
    parse_yaml(text, "file")
    return time.process_time() - began


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    (tmp_path / "nul").write_bytes(b"a: 1\nb: \0\n")
    (tmp_path / "marked").write_bytes(b"\xef\xbb\xbfa: 1\n")
    os.mkfifo(tmp_path / "pipe")
    for name, words in (
        ("", "cannot be read: Is a directory"),
        ("absent", "cannot be read: No such file or directory"),
        ("nul\0", "is no name of a file"),
        ("n" * 5000, "cannot be read: File name too long"),
        ("latin", "is not text: byte 3 is not UTF-8"),
        ("nul", "is not text: line 2 holds a NUL"),
        ("marked/below", "cannot be read: Not a directory"),
    ):
        with pytest.raises(InputError) as error:
            read_text("machine", f"{tmp_path}/{name}")
        assert words in str(error.value)
    assert read_text("machine", tmp_path / "marked") == "a: 1\n"
    with pytest.raises(InputError, match="is larger than 0 MiB"):
        read_bytes("machine", tmp_path / "latin", most=3)
    assert read_bytes("machine", tmp_path / "pipe") == b""  # nobody writes into it, and nobody waits


def test_of_a_first_line_the_rest_of_the_file_is_not_read(tmp_path):
    path = tmp_path / "journal"
    path.write_bytes("\ufeffé\n".encode() + b"\xff" * (2 * MOST_LINE_BYTES))
    assert read_first_line("run", path) == "é"
    for content, words in (
        (b"caf\xe9\n", "is not text: byte 3"),
        (b"\0\n", "line 1 holds a NUL"),
        (b"x" * (MOST_LINE_BYTES + 1) + b"\n", f"has a first line of more than {MOST_LINE_BYTES} bytes"),
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match=words):
            read_first_line("run", path)
    for content in (b"", b"x" * MOST_LINE_BYTES + b"\n", b"x" * MOST_LINE_BYTES):
        path.write_bytes(content)
        assert read_first_line("run", path) == content.decode().strip()


def test_values_are_cut():
    assert shown([1, (2,), {"a": None}]) == "[1, (2,), {'a': None}]"
    shared: list[object] = []
    for _ in range(60):
        shared = [shared, shared]
    assert len(shown(shared)) < 200
    assert len(shown("x" * 10**6)) < 200
    assert len(shown(10**4000)) < 200
    assert len(str(InputError("p" * 10**6, "v", "r" * 10**6, "h\n"))) < 1500
