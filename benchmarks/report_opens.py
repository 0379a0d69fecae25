"""How large a report is with many trials, how long it takes to write, and to open in Chromium.

    python benchmarks/report_opens.py RUN [--trials 400 10000] [--json]

The trials of a finished run are repeated until there are as many, each with figures up to a fifth larger, since equal
ones would pack too well, and the report is written of them into a folder of its own. By the browser's own clock, from
the start of the navigation: opened is the second picture after everything in the window stands, charts included; ready
is when the charts' library is unpacked and run, which a page with no chart in its window does behind it; drawn is until
every chart of the page is.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cosearch.reports import page
from cosearch.reports.page import write_report
from cosearch.reports.run import Run, read_run
from nets.errors import CosearchError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
CLOCK = """
const picture = () => new Promise((shown) => requestAnimationFrame(shown));
(async () => {{
  await picture();
  const seen = plots.filter((plot) => plot.getBoundingClientRect().top < innerHeight);
  if (seen.length) await unpacked();
  seen.forEach(draw);
  await picture(); await picture();
  const opened = performance.now();
  await unpacked();
  const ready = performance.now();
  plots.forEach(draw);
  new Image().src = `{address}?opened_ms=${{opened}}&ready_ms=${{ready}}&drawn_ms=${{performance.now()}}`;
}})();
"""
PATIENCE_S = 120


def repeated(run: Run, count: int) -> Run:
    """The run as if it had so many trials."""
    draw = random.Random(0)
    trials = []
    for number in range(count):
        one = run.trials[number % len(run.trials)]
        figures = {
            name: value * (1 + 0.2 * draw.random()) if isinstance(value, float) else value
            for name, value in one.attributes.items()
        }
        value = one.value * (1 + 0.2 * draw.random())
        trials.append(dataclasses.replace(one, number=number, value=value, attributes=figures))
    return dataclasses.replace(run, trials=trials)


class Heard(HTTPServer):
    """What the page tells."""

    clock: dict[str, float] | None = None


class Ear(BaseHTTPRequestHandler):
    """Hears one page."""

    server: Heard

    def do_GET(self) -> None:
        """The figures stand in the address."""
        self.server.clock = {name: float(value) for name, value in parse_qsl(urlsplit(self.path).query)} or None
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is said of requests."""


def opened(report: Path, work: Path, browser: str) -> dict[str, float]:
    """What the browser's clock says; the policy is left out, or it would refuse the clock."""
    text = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", report.read_text(encoding="utf-8"))
    timed = work / "timed.html"
    with Heard(("127.0.0.1", 0), Ear) as server:
        clock = CLOCK.format(address=f"http://127.0.0.1:{server.server_port}/")
        timed.write_text(text.replace("</body>", f"<script>{clock}</script></body>"), encoding="utf-8")
        command = [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--remote-debugging-port=0",
        ]
        command += [f"--user-data-dir={work / 'profile'}", "--window-size=1400,1000", timed.as_uri()]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
            server.timeout, last = 1.0, time.monotonic() + PATIENCE_S
            while server.clock is None and time.monotonic() < last:
                server.handle_request()
            running.terminate()
    if server.clock is None:
        raise SystemExit("the browser showed nothing")
    return server.clock


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
    print(f"{'trials':>8}{'MB':>8}{'written s':>12}{'opened s':>11}{'ready s':>10}{'all drawn s':>14}")
    for row in rows:
        opened, ready, drawn = (row[f"{what}_ms"] / 1e3 for what in ("opened", "ready", "drawn"))
        size, written = row["bytes"] / 1e6, row["written_s"]
        print(f"{row['trials']:>8}{size:>8.2f}{written:>12.2f}{opened:>11.2f}{ready:>10.2f}{drawn:>14.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
