"""The report in a real browser, as wide as a desk, a tablet and a phone, on a light and a dark screen.

Nothing on its console, nothing asked of a network, nothing wider than the screen, no label over another or beyond its
chart, charts that answer to pointer and keys, tables that sort and filter. Where ``AXE_CORE`` names a copy of axe-core
(``npm pack axe-core``, its ``axe.min.js``), its rules of contrast, names and structure hold too.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
AXE = os.environ.get("AXE_CORE")
WIDTHS = (1400, 800, 390)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

LISTEN = """
window.heard = [];
window.addEventListener("error", (event) => heard.push(String(event.message)));
document.addEventListener("securitypolicyviolation", (event) => heard.push(`policy: ${event.violatedDirective}`));
for (const kind of ["error", "warn", "log", "info"]) console[kind] = (...words) => heard.push(words.join(" "));
"""

PROBE = """
const boxes = (all) => all.map((one) => [one.textContent, one.getBoundingClientRect()]).filter(([, box]) => box.width);
const covered = (figure) => {
  const found = boxes([...figure.querySelectorAll("text")]);
  return found.flatMap(([one, a], index) => found.slice(index + 1)
    .filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)
    .map(([other]) => `${figure.id}: ${one} | ${other}`));
};
const cut = (figure) => {
  const whole = figure.querySelector(".main-svg").getBoundingClientRect();
  return boxes([...figure.querySelectorAll("text")])
    .filter(([, box]) => box.left < whole.left - 1 || box.right > whole.right + 1)
    .map(([text]) => `${figure.id}: ${text}`);
};
const pressed = (plot, key) => plot.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
const tell = (seen) => {
  const out = document.createElement("pre");
  out.className = "seen";
  out.textContent = JSON.stringify(seen);
  parent.document.body.append(out);
};
const probe = async () => {
  await unpacked();
  await Promise.all(plots.map(draw));
  const seen = { axe: [] };
  seen.plots = plots.map((plot) => {
    const box = plot.querySelector(".main-svg").getBoundingClientRect();
    return [box.width, box.height, plot.querySelectorAll("path").length];
  });
  seen.covered = [...document.querySelectorAll(".plot, svg.figure")].flatMap(covered);
  seen.cut = plots.flatMap(cut);
  seen.wide = document.documentElement.scrollWidth - window.innerWidth;
  if (window.axe) {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    seen.axe = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 150))}`);
  }

  const table = document.getElementById(document.getElementById("roofline").dataset.opens);
  const column = (name) => [...table.tHead.rows[0].cells].findIndex((cell) => cell.textContent === name);
  const values = (name) => [...table.tBodies[0].rows].map((row) => {
    const cell = row.cells[column(name)];
    return cell.dataset.value ?? cell.textContent;
  });
  const press = (name) => table.tHead.rows[0].cells[column(name)].querySelector("button").click();
  seen.before = values("layer");
  press("latency us"); seen.rising = values("latency us").map(Number);
  press("latency us"); seen.falling = values("latency us").map(Number);
  seen.sorted = table.tHead.rows[0].cells[column("latency us")].getAttribute("aria-sort");
  press("layer"); seen.names = values("layer");
  const field = [...document.querySelectorAll(".filter input")].at(-1);
  field.value = "depthwise"; field.dispatchEvent(new Event("input"));
  const rows = [...table.tBodies[0].rows];
  seen.shown = rows.filter((row) => !row.hidden).map((row) => row.textContent.toLowerCase());
  seen.hidden = rows.filter((row) => row.hidden).map((row) => row.textContent.toLowerCase());

  const plot = document.getElementById("roofline");
  pressed(plot, "ArrowRight"); pressed(plot, "ArrowDown");
  const said = plot.parentElement.querySelector(".heard");
  for (const _ of plot.data) if (!said.textContent.includes("bound by")) pressed(plot, "ArrowDown");
  seen.point = said.textContent;
  seen.beside = plot.querySelectorAll(".hoverlayer .hovertext").length;
  pressed(plot, "Enter");
  const [opened] = table.querySelectorAll("details[open]");
  await new Promise((done) => setTimeout(done, 50));
  seen.opened = [opened.querySelector("summary").textContent, opened.querySelector("pre").textContent];
  seen.nest = opened.querySelector("pre").getBoundingClientRect().height;
  seen.chosen = plot.data.flatMap((trace) => (trace.selectedpoints ?? []).map((point) => trace.text[point]));
  const [button] = plot.previousElementSibling.querySelectorAll("button");
  button.click();
  seen.switched = [button.getAttribute("aria-pressed"), plot.data[0].visible];
  const [low, high] = plot.layout.xaxis.range;
  plot.previousElementSibling.querySelector("[aria-label='zoom in']").click();
  await new Promise((done) => setTimeout(done, 50));
  seen.zoomed = (plot.layout.xaxis.range[1] - plot.layout.xaxis.range[0]) / (high - low);
  seen.asked = performance.getEntriesByType("resource").map((one) => one.name);
  seen.heard = heard; seen.inner = window.innerWidth;
  tell(seen);
};
probe().catch((error) => tell({ failed: error.stack, heard }));
"""

PRINTED = """
const printed = () => {
  dispatchEvent(new Event("beforeprint"));
  const drawn = plots.map((plot) => plot.querySelector(".main-svg").getBoundingClientRect().width);
  const light = getComputedStyle(document.documentElement).getPropertyValue("--paper");
  dispatchEvent(new Event("afterprint"));
  tell([light.trim(), ...drawn]);
};
addEventListener("load", printed);
"""

FRAME = '<iframe style="width: {width}px; height: 900px" srcdoc="{page}"></iframe>'


def digest(script: str) -> str:
    """How a policy names a script element."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def look(page: Path, tmp_path: Path, *, dark: bool) -> list[dict[str, Any]]:
    """What the probe saw in frames of each width; windows have a least width, which phones are below."""
    last = [PROBE] if AXE is None else [Path(AXE).read_text(encoding="utf-8"), PROBE]
    text = page.read_text().replace("<head>", f"<head><script>{LISTEN}</script>", 1)
    head, _, end = text.rpartition("</body>")
    text = head + "".join(f"<script>{script}</script>" for script in last) + "</body>" + end
    own = " ".join(digest(script) for script in (LISTEN, *last))  # the page allows its own only
    text = text.replace("script-src ", f"script-src {own} ", 1)
    probed = tmp_path / "probed.html"
    frames = "".join(FRAME.format(width=width, page=html.escape(text)) for width in WIDTHS)
    probed.write_text(f"<!DOCTYPE html><body>{frames}</body>")
    assert BROWSER is not None
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        *(["--blink-settings=preferredColorScheme=0"] if dark else []),
        f"--user-data-dir={tmp_path / 'profile'}", "--window-size=1500,1000", "--virtual-time-budget=20000",
        "--dump-dom", probed.as_uri(),
    ]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, text=True, timeout=500)
    found = re.findall(r'<pre class="seen">(.*?)</pre>', shown.stdout, re.DOTALL)
    assert len(found) == len(WIDTHS), shown.stderr[-2000:]
    return [json.loads(html.unescape(one)) for one in found]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_works_in_a_browser(finished_run: Path, tmp_path: Path, dark: bool) -> None:
    for seen in look(finished_run / "report.html", tmp_path, dark=dark):
        assert "failed" not in seen, seen
        assert seen["inner"] in WIDTHS
        assert (seen["heard"], seen["asked"], seen["covered"], seen["cut"], seen["axe"]) == ([], [], [], [], [])
        assert seen["wide"] <= 0  # wide tables scroll by themselves, the page does not
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
        layer, folded = seen["opened"]
        assert seen["point"].startswith(f"{layer}: ")
        assert seen["beside"] == 1
        assert seen["chosen"] == [layer] * len(seen["chosen"])
        assert seen["chosen"]
        assert "bound by" in folded
        assert seen["nest"] > 20
        assert seen["switched"] == ["false", "legendonly"]
        assert seen["zoomed"] == pytest.approx(0.6)


def test_a_page_that_is_printed_as_soon_as_it_is_loaded_has_its_charts(finished_run: Path, tmp_path: Path) -> None:
    probe = "const tell = (seen) => { document.title = JSON.stringify(seen); };" + PRINTED
    text = (finished_run / "report.html").read_text().replace("script-src ", f"script-src {digest(probe)} ", 1)
    page = tmp_path / "printed.html"
    page.write_text(text.replace("</body>", f"<script>{probe}</script></body>"))
    assert BROWSER is not None
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
        "--blink-settings=preferredColorScheme=0", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
        page.as_uri(),
    ]  # fmt: skip
    shown = subprocess.run(command, capture_output=True, text=True, timeout=300).stdout
    (title,) = re.findall(r"<title>(\[.*?)</title>", shown)
    paper, *widths = json.loads(html.unescape(title))
    assert paper == "#ffffff"  # though the screen is dark
    assert len(widths) >= 6
    assert set(widths) == {660}
