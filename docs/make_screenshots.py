"""Take the screenshots of the documentation: the report on a desk, on a phone, in the dark, a roofline, the dashboard.

    python docs/make_screenshots.py [--run RUN]

Searches first (about a minute) unless the folder of a finished run is given. Needs Chromium and the extras
``dashboard`` and ``torch`` (for pillow). Pictures lie in ``docs/img``, each below 200 kB.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "img"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
LARGEST_BYTES = 200_000


@dataclass(frozen=True)
class Shot:
    """One picture: its name, the window and the part of it that is kept, and how it is looked at."""

    name: str
    width: int
    height: int
    top: int = 0
    dark: bool = False


REPORT_SHOTS = (
    Shot("report", 1000, 1150),
    Shot("report-dark", 1000, 1150, dark=True),
    Shot("report-phone", 390, 900),
)


def cosearch(*words: object) -> None:
    """Run a command of the tree."""
    command = [sys.executable, "-m", "cosearch.cli", *map(str, words)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def shoot(browser: str, url: str, shot: Shot, *, settle_ms: int = 2000) -> None:
    """Open a page, keep the wanted part of the window, with 256 colours."""
    with tempfile.TemporaryDirectory() as work:
        raw = Path(work) / "raw.png"
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
            f"--user-data-dir={work}/profile", f"--virtual-time-budget={settle_ms}", f"--screenshot={raw}",
            f"--window-size={max(shot.width, 500)},{shot.top + shot.height}",
            *(["--blink-settings=preferredColorScheme=0"] if shot.dark else []), url,
        ]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        with Image.open(raw) as picture:
            kept = picture.convert("RGB").crop((0, shot.top, shot.width, shot.top + shot.height))
        kept = kept.quantize(256, dither=Image.Dither.NONE)
        path = IMAGES / f"{shot.name}.png"
        kept.save(path, optimize=True)
    size = path.stat().st_size
    print(f"{path.relative_to(ROOT)}: {kept.width} x {kept.height}, {size / 1000:.0f} kB")
    if size > LARGEST_BYTES:
        raise SystemExit(f"{path.name} is larger than {LARGEST_BYTES} bytes")


def framed(page: Path, work: Path, width: int) -> str:
    """A page in a frame as narrow as a phone, which no window of a browser is."""
    inside = escape(page.read_text(encoding="utf-8"))
    frame = work / "framed.html"
    style = f"border: 0; width: {width}px; height: 2000px"
    frame.write_text(f'<!DOCTYPE html><body style="margin: 0"><iframe style="{style}" srcdoc="{inside}"></iframe>')
    return frame.as_uri()


@contextlib.contextmanager
def dashboard(run: Path) -> Iterator[str]:
    """Serve the study of a run while the pictures are taken."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "cosearch.cli", "dashboard", str(run), "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/dashboard/studies/0"
    try:
        for _ in range(120):
            with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5):
                break
            time.sleep(0.5)
        yield address
    finally:
        server.terminate()
        server.wait()


def main() -> int:
    """Search, report, open, shoot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, help="folder of a finished run (default: search anew)")
    options = parser.parse_args()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit("needs one of " + ", ".join(BROWSERS))
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        run = options.run
        if run is None:
            run = work / "run"
            cosearch("search", "--budget", "area=5mm2,latency=20ms", "--quiet", "--out", run)
        cosearch("report", run, "--explain")
        page = (run / "report.html").resolve()
        for shot in REPORT_SHOTS:
            url = framed(page, work, shot.width) if shot.width < 500 else page.as_uri()
            shoot(browser, url, shot)
        roofline = work / "roofline.svg"
        cosearch("roofline", "mobilenet_v2,resnet50", "nvdla_256", "--evaluations", 200, "--svg", roofline)
        drawn = work / "roofline.html"
        drawn.write_text(f'<body style="margin: 0; width: 900px">{roofline.read_text(encoding="utf-8")}')
        shoot(browser, drawn.as_uri(), Shot("roofline", 900, 860))
        with dashboard(run) as address:
            shoot(browser, address, Shot("dashboard", 1200, 1000), settle_ms=20_000)
            shoot(browser, f"{address}/trials?numbers=30", Shot("dashboard-trial", 1200, 1080), settle_ms=20_000)
    return 0


if __name__ == "__main__":
    sys.exit(main())
