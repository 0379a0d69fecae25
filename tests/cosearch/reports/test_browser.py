"""The report in a real browser: nothing on its console, every plot drawn, tables that sort and filter."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

LISTEN = """<script>
window.heard = [];
window.addEventListener("error", (event) => heard.push(String(event.message)));
for (const kind of ["error", "warn"]) console[kind] = (...words) => heard.push(words.join(" "));
</script>"""

PROBE = """<script>
const table = [...document.querySelectorAll("table.sortable")].at(-1);
const column = (name) => [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === name);
const values = (name) => [...table.tBodies[0].rows].map((row) => {
  const cell = row.cells[column(name)];
  return cell.dataset.value ?? cell.textContent;
});
const press = (name) => table.tHead.rows[0].cells[column(name)].querySelector("button").click();
const seen = { before: values("layer") };
press("latency us"); seen.rising = values("latency us").map(Number);
press("latency us"); seen.falling = values("latency us").map(Number);
seen.sorted = table.tHead.rows[0].cells[column("latency us")].getAttribute("aria-sort");
press("layer"); seen.names = values("layer");
const field = [...document.querySelectorAll(".filter input")].at(-1);
field.value = "depthwise"; field.dispatchEvent(new Event("input"));
const rows = [...table.tBodies[0].rows];
seen.shown = rows.filter((row) => !row.hidden).map((row) => row.textContent.toLowerCase());
seen.hidden = rows.filter((row) => row.hidden).map((row) => row.textContent.toLowerCase());
const fold = table.querySelector("tr:not([hidden]) details"); fold.open = true;
seen.nest = fold.querySelector("pre").getBoundingClientRect().height;
seen.plots = [...document.querySelectorAll("svg.figure")].map((svg) => {
  const box = svg.getBoundingClientRect();
  return [box.width, box.height, svg.querySelectorAll("rect, circle, path, line").length];
});
seen.wide = document.documentElement.scrollWidth - window.innerWidth;
seen.heard = heard; seen.inner = window.innerWidth;
const out = document.createElement("pre"); out.id = "seen"; out.textContent = JSON.stringify(seen);
parent.document.body.append(out);
</script>"""

FRAME = '<!DOCTYPE html><body><iframe style="width: {width}px; height: 900px" srcdoc="{page}"></iframe></body>'


def digest(script: str) -> str:
    """How a policy names a script element."""
    code = script.removeprefix("<script>").removesuffix("</script>")
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"


def look(page: Path, tmp_path: Path, width: int) -> dict[str, Any]:
    """What the probe saw in a frame of that width; windows have a least width, which phones are below."""
    text = page.read_text().replace("<head>", "<head>" + LISTEN).replace("</body>", PROBE + "</body>")
    text = text.replace(
        "script-src ", f"script-src {digest(LISTEN)} {digest(PROBE)} ", 1
    )  # the page allows its own only
    probed = tmp_path / "probed.html"
    probed.write_text(FRAME.format(width=width, page=html.escape(text)))
    assert BROWSER is not None
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1400,1000", "--virtual-time-budget=2000",
        "--dump-dom", probed.as_uri(),
    ]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120)
    found = re.search(r'<pre id="seen">(.*?)</pre>', shown.stdout, re.DOTALL)
    assert found, shown.stderr[-2000:]
    seen: dict[str, Any] = json.loads(html.unescape(found[1]))
    return seen


@pytest.mark.parametrize("width", [1200, 390], ids=["desk", "phone"])
def test_the_page_works_in_a_browser(finished_run: Path, tmp_path: Path, width: int) -> None:
    seen = look(finished_run / "report.html", tmp_path, width)
    assert seen["heard"] == []
    assert seen["inner"] == width
    assert len(seen["plots"]) >= 6
    assert all(across > 300 and down > 50 and marks > 2 for across, down, marks in seen["plots"])
    assert seen["rising"] == sorted(seen["rising"])
    assert seen["falling"] == sorted(seen["falling"], reverse=True)
    assert seen["rising"] != seen["falling"]
    assert seen["sorted"] == "descending"
    assert sorted(seen["names"]) == sorted(seen["before"])
    assert seen["shown"]
    assert all("depthwise" in row for row in seen["shown"])
    assert seen["hidden"]
    assert not any("depthwise" in row for row in seen["hidden"])
    assert seen["nest"] > 20
    assert seen["wide"] <= 0  # wide figures and tables scroll by themselves, the page does not
