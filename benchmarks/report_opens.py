"""How large a report is with many trials, how long it takes to write, and to open in Chromium.

    python benchmarks/report_opens.py RUN [--trials 400 10000] [--json]

The trials of a finished run are repeated until there are as many, and the report is written of them into a folder of
its own. Opened is from the start of the navigation to the first picture after the page's scripts ran, by the browser's
own clock; drawn is until every chart of the page is, not only those in sight.
"""

from __future__ import annotations

import argparse
import dataclasses
import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cosearch.reports import page
from cosearch.reports.page import write_report
from cosearch.reports.run import Run, read_run
from nets.errors import CosearchError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
CLOCK = """
requestAnimationFrame(() => requestAnimationFrame(() => {
  const opened = performance.now();
  plots.forEach(draw);
  const out = document.createElement("pre");
  out.id = "clock";
  out.textContent = JSON.stringify({ opened_ms: opened, drawn_ms: performance.now() });
  document.body.append(out);
}));
"""


def repeated(run: Run, count: int) -> Run:
    """The run as if it had so many trials."""
    trials = [dataclasses.replace(run.trials[n % len(run.trials)], number=n) for n in range(count)]
    return dataclasses.replace(run, trials=trials)


def opened(report: Path, work: Path, browser: str) -> dict[str, float]:
    """What the browser's clock says; the policy is left out, or it would refuse the clock."""
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", report.read_text(encoding="utf-8"))
    timed = work / "timed.html"
    timed.write_text(text.replace("</body>", f"<script>{CLOCK}</script></body>"), encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--timeout=60000"]
    command += [f"--user-data-dir={work / 'profile'}", "--window-size=1400,1000", "--dump-dom", timed.as_uri()]
    said = subprocess.run(command, capture_output=True, text=True, timeout=600).stdout
    found = re.search(r'<pre id="clock">(.*?)</pre>', said, re.DOTALL)
    if not found:
        raise SystemExit("the browser showed nothing")
    clock: dict[str, float] = json.loads(html.unescape(found[1]))
    return clock


def measured(run: Run, count: int, browser: str) -> dict[str, Any]:
    """One report."""
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        many = dataclasses.replace(repeated(run, count), folder=work)
        began = time.perf_counter()
        with mock.patch.object(page, "read_run", return_value=many):
            report = write_report(work)
        seconds = time.perf_counter() - began
        size = report.stat().st_size
        return {"trials": count, "bytes": size, "written_s": seconds} | opened(report, work, browser)


def main() -> int:
    """Write, open, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("--trials", type=int, nargs="+", default=[400, 10_000], metavar="N")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit("needs one of " + ", ".join(BROWSERS))
    try:
        run = read_run(options.run)
        rows = [measured(run, count, browser) for count in options.trials]
    except CosearchError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    if options.json:
        print(json.dumps(rows, indent=2))
        return 0
    print(f"{'trials':>8}{'MB':>8}{'written s':>12}{'opened s':>11}{'all drawn s':>14}")
    for row in rows:
        figures = row["bytes"] / 1e6, row["written_s"], row["opened_ms"] / 1e3, row["drawn_ms"] / 1e3
        print(f"{row['trials']:>8}{figures[0]:>8.2f}{figures[1]:>12.2f}{figures[2]:>11.2f}{figures[3]:>14.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
