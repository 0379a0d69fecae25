"""Every block of code of the README and the pages is run, by a test or by `.ci/blocks.py`, or is listed as left out."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, which stands in no package."""
    monkeypatch.syspath_prepend(ROOT / ".ci")
    for name in ("blocks", "pages"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("blocks")


def page(blocks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> Path:
    """A page of a tree of its own."""
    monkeypatch.setattr(blocks, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "new.md").write_text(text)
    for name in blocks.BESIDE:
        (tmp_path / name).mkdir()
    return tmp_path / "docs" / "new.md"


def test_no_block_of_any_page_is_run_by_nobody(blocks: ModuleType) -> None:
    assert [line for path in blocks.PAGES for line in blocks.unrun(path)] == []


def test_who_is_said_to_run_blocks_is_there(blocks: ModuleType) -> None:
    for names, (test, _) in blocks.pages.TESTED.items():
        assert list(ROOT.glob(names)), names
        words = names.rpartition("/")[2].partition("*")[0] or "how_to"
        assert words in (ROOT / test).read_text(encoding="utf-8"), test
    assert "python .ci/blocks.py" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_few_are_left_out_and_each_for_a_reason(blocks: ModuleType) -> None:
    reasons = [reason for table in blocks.pages.LEFT_OUT.values() for reason in table.values()]
    assert len(reasons) <= 5
    assert all(len(reason) > 20 for reason in reasons)


@pytest.mark.parametrize(
    "text",
    [
        "```\ncosearch networks list\n```\n",
        "```sh\npython my.py\n```\n",
        "```text\n$ cosearch networks list\n```\n",
        "A list:\n\n    pip install cosearch\n\nend\n",
    ],
)
def test_what_is_typed_elsewhere_than_in_a_block_that_is_run_is_found(
    blocks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    assert len(blocks.unrun(page(blocks, tmp_path, monkeypatch, text))) == 1


def test_a_block_more_than_a_test_is_known_to_run_is_found(
    blocks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks.pages, "TESTED", {"docs/new.md": ("tests/test_new.py", {"python": 1})})
    text = "```python\nprint(1)\n```\n"
    path = page(blocks, tmp_path, monkeypatch, text)
    assert blocks.unrun(path) == []
    path.write_text(text * 2)
    assert len(blocks.unrun(path)) == 1


def test_tables_speak_of_what_stands_there(blocks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks.pages, "SMALLER", {"docs/new.md": {"--trials 400": "--trials 4"}})
    assert len(blocks.unrun(page(blocks, tmp_path, monkeypatch, "```bash\ntrue --trials 40\n```\n"))) == 1


GOES = """Once

```bash title="words.txt"
one 2 three
```

```bash
cat words.txt > copy.txt  # what is made is there for the next
```

```bash
cat copy.txt
```
```text
one 7 three
```

```console
$ echo "table   1.5  -" && echo more
table  22.25  3
...
$ test -f copy.txt
```

```python
assert open("copy.txt").read() == "one 2 three\\n"
```
"""


@pytest.mark.parametrize(
    "there, instead",
    [
        ("", ""),
        ("cat copy.txt\n```", "cat other.txt\n```"),
        ("one 7 three", "one 7 four"),
        ("one 7 three", "one 7 three\nanother"),
        ("-f copy.txt", "-f other.txt"),
        ('"one 2 three', '"one 3 three'),
        ("table  22.25  3", "chart  22.25  3"),
    ],
)
def test_a_page_runs_in_its_order_and_prints_what_it_shows(
    blocks: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    there: str,
    instead: str,
) -> None:
    assert there in GOES
    went = blocks.run_page(page(blocks, tmp_path, monkeypatch, GOES.replace(there, instead, 1)))
    said = capsys.readouterr().out
    assert went == (not instead)
    assert ("BAD" in said) == bool(instead)
    if went:
        assert "page:  one 7 three\n  today: one 2 three" in said


def test_a_command_is_run_smaller_and_one_that_is_refused_must_be(
    blocks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = '```console\n$ echo "row  400"\nrow  9  words\n```\n```bash\nexit 2\n```\n'
    path = page(blocks, tmp_path, monkeypatch, text)
    assert not blocks.run_page(path)
    monkeypatch.setattr(blocks.pages, "SMALLER", {"docs/new.md": {"400": "4"}})
    assert not blocks.run_page(path)
    monkeypatch.setattr(blocks.pages, "REFUSED", {"docs/new.md": {"exit": 2}})
    assert blocks.run_page(path)
    assert 'echo "row  4"\n' in capsys.readouterr().out
