"""Whether the site's search finds the right page first, for questions that users of neighbouring tools ask.

    python benchmarks/site_search.py [--site DIR] [--questions N] [--json]

Builds the site into a folder of its own unless one is named, opens its first page from the disk in headless Chromium
with each question in its search field, and reads the results that the page shows. A question is right where its first
result lies in a page that answers it, or is a short answer among the questions that links to such a page.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")

# What is asked in threads of Timeloop, Accelergy, MAESTRO, ZigZag, Stream, LLMCompass, once-for-all and NNI,
# as one would type it, and the pages that answer it.
QUESTIONS = {
    "install": ("start", "platforms", "index"),
    "how far from the best design": ("joint_search", "report"),
    "same seed same result": ("architecture", "scaling", "formats"),
    "mapping constraints": ("how_to/constraint", "formats"),
    "import a mapping from Timeloop": ("how_to/timeloop", "interchange"),
    "where do the energy numbers come from": ("technology",),
    "area of a chip": ("technology",),
    "how are cycles counted": ("cost_model",),
    "why is utilization low": ("report", "cost_model"),
    "ragged tiles": ("cost_model", "mapping"),
    "infeasible budget": ("how_to/constraint", "joint_search", "formats"),
    "search one accelerator for several networks": ("gallery", "joint_search", "spaces"),
    "layer fusion": ("fusion",),
    "ONNX": ("import", "how_to/network"),
    "latency table for my device": ("how_to/latency_table", "own_space"),
    "train an accuracy predictor": ("own_space",),
    "batch norm calibration": ("supernets",),
    "resume": ("how_to/resume",),
    "Pareto front": ("joint_search", "strategies", "report", "glossary"),
    "reproduce the paper's figures": ("naas",),
}


def found(site: Path, question: str, browser: str, profile: Path) -> list[tuple[str, str]]:
    """(page, section) of the results that the site shows for a question, best first."""
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        f"--user-data-dir={profile}", "--virtual-time-budget=20000", "--dump-dom",
        f"{(site / 'index.html').as_uri()}?q={quote(question)}",
    ]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
    links = re.findall(r'<a href="([^"?#]*)[^"#]*#?([^"]*)" class="md-search-result__link"', shown)
    return [(link.removeprefix(site.as_uri() + "/").removesuffix(".html"), section) for link, section in links]


def answers(site: Path, page: str, section: str, right: Collection[str]) -> bool:
    """Whether a result lies in one of the right pages, or in a section of the questions that links to one."""
    if page != "questions":
        return page in right
    _, _, rest = (site / "questions.html").read_text(encoding="utf-8").partition(f'id="{section}"')
    linked = re.findall(r'href="([^"#]*)\.html', rest.partition("<h2")[0])
    return bool(section) and any(link in right for link in linked)


def build(site: Path) -> None:
    """The site, strictly."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(site)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def main() -> int:
    """Build, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", type=Path, metavar="DIR", help="folder of a built site (default: build it)")
    parser.add_argument("--questions", type=int, default=len(QUESTIONS), metavar="N", help="ask the first N alone")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit("needs one of " + ", ".join(BROWSERS))
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        site = (options.site or work / "site").resolve()
        if options.site is None:
            build(site)
        rows = []
        for question, right in list(QUESTIONS.items())[: options.questions]:
            results = found(site, question, browser, work / "profile")
            page = results[0][0] if results else ""
            section = next((section for other, section in results if other == page and section), "")
            first = f"{page}#{section}" if section else page
            rows.append({"question": question, "first": first, "right": answers(site, page, section, right)})
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        for row in rows:
            print(f"{'right' if row['right'] else 'WRONG':<7}{row['question']:<46}{row['first']}")
        print(f"{sum(bool(row['right']) for row in rows)} of {len(rows)} have the right page first")
    return 0 if all(row["right"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
