"""Run the blocks of code that the README and the pages show, page by page, each page in an empty folder of its own.

    python .ci/blocks.py [PAGE ...] [--list] [--jobs N]

Blocks of `bash` and `console` are run line by line, those of `python` each by itself, in the order of the page, so
that what one makes is there for the next; a block with a title is written to the file of that name. Each must end with
status 0, and print what the page shows of it: line by line, whatever the numbers; of a command that is run smaller than
it stands there, how the lines begin. Who runs the others, and what is run smaller, stands in `.ci/pages.py`. Lines
whose figures are not today's are printed, and no failure.
"""

from __future__ import annotations

import argparse
import fnmatch
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pages

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BESIDE = ("benchmarks", "examples", "run_cosearch.py")
FENCE = re.compile(r'^```(\w*)(?: title="([\w./]+)")?[^\n]*\n(.*?)^```', re.DOTALL | re.MULTILINE)
INDENTED = re.compile(r"(?<=\n\n)(?:    [^\n]*\n)+")
RUN = ("bash", "console", "python")
NUMBER = re.compile(r"[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?|(?<= )-(?= |$)")
PATIENCE_S = 600


@dataclass(frozen=True)
class Command:
    """A line of a shell, or a program in Python."""

    page: str
    line: int
    block: int
    language: str
    text: str
    shown: str
    who: str
    """``run`` here, or who runs it instead, or why nobody does."""

    @property
    def smaller(self) -> str:
        """What is run in its place; 24 does not stand in 240."""
        smaller = pages.SMALLER.get(self.page, {})
        if not smaller:
            return self.text
        there = "|".join(re.escape(words) for words in smaller)
        return re.sub(rf"({there})(?!\d)", lambda found: smaller[found[0]], self.text)

    @property
    def status(self) -> int:
        """With which it must end."""
        refused = pages.REFUSED.get(self.page, {})
        return next((status for words, status in refused.items() if words in self.text), 0)


def runner(page: str, language: str, text: str) -> str:
    """Who runs a line."""
    for start, reason in pages.LEFT_OUT.get(page, {}).items():
        if text.startswith(start):
            return f"nobody: {reason}"
    for start, who in pages.BY_LINE.get(page, {}).items():
        if text.startswith(start):
            return who
    for names, (test, languages) in pages.TESTED.items():
        if fnmatch.fnmatch(page, names) and language in languages:
            return test
    return "here"


def typed(language: str, text: str) -> Iterator[tuple[str, str]]:
    """Each thing that a block tells to type, with what it shows of what that prints."""
    if language == "python":
        yield text, ""
    elif language == "bash":
        for line in text.replace("\\\n", " ").splitlines():
            if line.strip() and not line.startswith("#"):
                yield line, ""
    else:
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            line, _, shown = part.partition("\n")
            yield line, shown


def commands(path: Path) -> list[Command]:
    """All of a page."""
    page, text, found = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"), []
    fences = list(FENCE.finditer(text))
    for number, fence in enumerate(fences):
        language, file, body = fence.groups()
        if language not in RUN or file:
            continue
        following = fences[number + 1] if number + 1 < len(fences) else None
        beside = following and following[1] in ("text", "") and not text[fence.end() : following.start()].strip()
        lines = list(typed(language, body))
        for index, (line, shown) in enumerate(lines):
            if beside and following and index == len(lines) - 1:
                shown = following[3]
            at = text[: fence.start()].count("\n") + 1
            found.append(Command(page, at, number, language, line, shown, runner(page, language, line)))
    return found


def form(line: str) -> str:
    """A line whatever its numbers and its spaces; two of these stay, where a column ends."""
    return re.sub(r" {2,}", "  ", NUMBER.sub("#", line.replace("│", " ")).strip())


def missing(command: Command, said: str) -> tuple[list[str], list[str]]:
    """Of what the page shows: lines that were not printed, in this order, and those that were with other figures."""
    whole = command.smaller == command.text
    printed = [line for line in said.splitlines() if line.strip()]
    shown = [line for line in command.shown.splitlines() if line.strip() not in ("", "...")]
    if not whole:  # what goes on from a line before may break elsewhere
        least = min((len(line) - len(line.lstrip()) for line in shown), default=0)
        shown = [line for line in shown if line[least] != " "]

    def compared(line: str) -> str:
        return " ".join(form(line).split()) if whole else re.split("  |#", form(line))[0]

    left, absent, other = [compared(line) for line in printed], [], []
    for line in shown:
        if compared(line) not in left:
            absent.append(line)
            continue
        left = left[left.index(compared(line)) + 1 :]
        if whole and " ".join(line.split()) not in {" ".join(each.split()) for each in printed}:
            other.append(f"page:  {line}\n  today: {printed[-len(left) - 1]}")
    return absent, other


def execute(command: Command, folder: Path, environment: dict[str, str]) -> tuple[bool, str]:
    """Whether it went as the page says, and what there is to say of it."""
    words = [sys.executable, "-c"] if command.language == "python" else ["bash", "-euo", "pipefail", "-c"]
    began = time.monotonic()
    try:
        done = subprocess.run(
            [*words, command.smaller],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_S,
        )
    except subprocess.TimeoutExpired:
        return False, f"{command.page}:{command.line}: not done after {PATIENCE_S} s: {command.smaller}"
    absent, other = missing(command, done.stdout)
    well = done.returncode == command.status and not absent and "Traceback" not in done.stdout
    told = [f"{'ok ' if well else 'BAD'} {time.monotonic() - began:6.1f} s  {command.page}:{command.line}"]
    told[0] += f"  {command.smaller.strip().splitlines()[0]}"
    told += [f"  other figures today\n  {lines}" for lines in other]
    if not well:
        told += [f"  status {done.returncode}, to be {command.status}"]
        told += [f"  the page shows, and it does not print: {line}" for line in absent]
        told += [f"  | {line}" for line in done.stdout.splitlines()[-40:]]
    return well, "\n".join(told)


def run_page(path: Path) -> bool:
    """All of a page that is run here, from an empty folder."""
    here = [command for command in commands(path) if command.who == "here"]
    if not here:
        return True
    page, well = path.relative_to(ROOT).as_posix(), True
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / ".bin").mkdir()
        for name, words in (("python", ""), ("cosearch", " -m cosearch.cli")):
            program = folder / ".bin" / name
            program.write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n')
            program.chmod(0o755)
        searched = f"{folder / '.bin'}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": searched, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        for name in BESIDE:
            (folder / name).symlink_to(ROOT / name)
        for fence in FENCE.finditer(path.read_text(encoding="utf-8")):
            if fence[2]:
                (folder / fence[2]).write_text(fence[3])
        if page in pages.BROUGHT:
            subprocess.run([sys.executable, "-c", pages.BROUGHT[page]], cwd=folder, env=environment, check=True)
        for command in here:
            went, told = execute(command, folder, environment)
            print(told, flush=True)
            well &= went
    return well


def unrun(path: Path) -> list[str]:
    """What on a page looks as if it were to be typed where nothing runs it; what tables say and is not so."""
    page, text = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
    found, blocks = commands(path), list(FENCE.finditer(text))
    looks = re.compile(
        r"^\s*(?:\$ |cosearch [a-z]|python3? |pip |import |from \w+ import |docker |torchrun |dask )", re.MULTILINE
    )
    data = [block[3] for block in blocks if block[1] not in RUN]
    data += [block[0] for block in INDENTED.finditer(FENCE.sub("", text))]
    wrong = [f"{page}: nothing runs: {match[0]}..." for body in data if (match := looks.search(body))]
    for names, (test, languages) in pages.TESTED.items():
        for language, count in languages.items():
            there = sum(block[1] == language for block in blocks)
            if fnmatch.fnmatch(page, names) and count not in (None, there):
                wrong.append(f"{page}: {there} blocks of {language}, of which {test} is known to run {count}")
    for table in (pages.SMALLER, pages.LEFT_OUT, pages.BY_LINE, pages.REFUSED):
        for words in table.get(page, ()):
            if not any(words in one.text for one in found):
                wrong.append(f"{page}: .ci/pages.py speaks of {words!r}, which does not stand there")
    return wrong


def listing(paths: list[Path]) -> str:
    """How many blocks there are, and who runs them."""
    counts: Counter[str] = Counter()
    lines = []
    for path in paths:
        blocks: dict[int, set[str]] = {}
        for command in commands(path):
            blocks.setdefault(command.block, set()).add(command.who)
            if command.who.startswith("nobody"):
                start = command.text.strip().splitlines()[0][:90]
                lines.append(f"{command.page}:{command.line}: {start}\n    {command.who}")
        for who in blocks.values():
            runs = who - {one for one in who if one.startswith("nobody")}
            counts["here" if "here" in runs else next(iter(runs), "nobody")] += 1
        files = [fence for fence in FENCE.finditer(path.read_text()) if fence[1] in RUN and fence[2]]
        counts.update(runner(path.relative_to(ROOT).as_posix(), fence[1], "") for fence in files)
    lines += [f"{counts.total():4} blocks"] + [f"{count:4} {who}" for who, count in sorted(counts.items())]
    return "\n".join(lines)


def main() -> int:
    """List, or run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", nargs="*", help="some pages, as docs/cores.md (default: all)")
    parser.add_argument("--list", action="store_true", help="run nothing: who runs what, and what nobody does")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="pages at once (default: 2)")
    options = parser.parse_args()
    paths = [ROOT / page for page in options.page] or PAGES
    if wrong := [line for path in paths for line in unrun(path)]:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    print(listing(paths), flush=True)
    if options.list:
        return 0
    longest_first = sorted(paths, key=lambda path: -sum(one.who == "here" for one in commands(path)))
    with ThreadPoolExecutor(options.jobs) as at_once:
        went = list(at_once.map(run_page, longest_first))
    return 0 if all(went) else 1


if __name__ == "__main__":
    sys.exit(main())
