// Draws the charts of the page by Plotly: when they come into sight, in the colours of the screen, with a legend of
// buttons, arrow keys from point to point, and layers that open in their table.
"use strict";
const bytes = (base64) => {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const found = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) found[at] = text.charCodeAt(at);
  return found;
};
// The library, unpacked when it is first asked for: the page is there before.
let library;
const unpacked = () => library ??= (async () => {
  const packed = bytes(document.getElementById("library").textContent);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(stream).text();
  document.head.append(script); // runs at once: the policy has its digest
})();
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const column = ({ f4, word }) => {
  const numbers = new Float32Array(bytes(f4).buffer);
  return word === undefined ? numbers : Array.from(numbers, (number) => `${word}${number}`);
};
const read = (text) => JSON.parse(text, (_, value) => {
  if (typeof value === "string" && value.startsWith("--")) return css(value);
  return value?.f4 === undefined ? value : column(value);
});
const plain = (text) => new DOMParser().parseFromString(text ?? "", "text/html").body.textContent;
const plots = [...document.querySelectorAll(".plot")];
const traces = (plot) => JSON.parse(plot.nextElementSibling.textContent).data;
const hidden = new Map(plots.map((plot) => [plot, new Set()]));
const drawn = new Set();
const touched = matchMedia("(pointer: coarse)").matches;

// A narrow screen needs a longer axis than others, for the words behind the longest bar.
const WORD_PIXELS = 8;
const roomForWords = (plot, { x, y, text }, [low, high]) => {
  const widest = (words) => WORD_PIXELS * Math.max(...words.map((word) => plain(word).length));
  const across = plot.clientWidth - 40 - widest(y);
  return [low, Math.max(high, Math.max(...x) / Math.max(1 - widest(text) / across, 0.1))];
};

const figureOf = (plot) => {
  const { data, layout } = read(plot.nextElementSibling.textContent);
  const axis = {
    automargin: true, gridcolor: css("--line"), linecolor: css("--line"), zeroline: false,
    exponentformat: "e", minexponent: 4,
  };
  const [xaxis, yaxis] = [layout.xaxis, layout.yaxis].map((own) => ({ ...axis, ...own }));
  xaxis.nticks = Math.max(3, Math.floor(plot.clientWidth / 90));
  if (data[0].orientation === "h") xaxis.range = roomForWords(plot, data[0], xaxis.range);
  for (const index of hidden.get(plot)) data[index].visible = "legendonly";
  return [data, {
    margin: { l: 8, r: 16, t: 12, b: 8, pad: 2 }, showlegend: false, uirevision: "kept",
    paper_bgcolor: css("--paper"), plot_bgcolor: css("--paper"), barmode: "group", bargap: 0.15,
    hovermode: "closest", dragmode: touched ? false : "zoom",
    font: { family: "system-ui, sans-serif", size: 13, color: css("--ink") },
    hoverlabel: { bgcolor: css("--soft"), bordercolor: css("--ink"), font: { color: css("--ink") }, align: "left" },
    ...layout, xaxis, yaxis,
  }];
};

const draw = (plot) => {
  Plotly.react(plot, ...figureOf(plot), { responsive: true, displayModeBar: false });
  if (drawn.has(plot)) return;
  drawn.add(plot);
  surround(plot);
  plot.on("plotly_click", (event) => openLayer(plot, event.points[0]));
};

const button = (text, act) => {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.addEventListener("click", () => act(made));
  return made;
};

// The legend, whose buttons switch a series; zoom for those who do not draw a box; the keys of a plot.
const surround = (plot) => {
  const tools = document.createElement("div");
  tools.className = "tools";
  const data = traces(plot);
  if (data.length > 1) tools.append(...data.map((trace, index) => legend(plot, trace, index)));
  if (data[0].orientation !== "h") {
    tools.append(zooms(plot));
    follow(plot);
  }
  plot.before(tools);
};

const legend = (plot, trace, index) => {
  const swatch = document.createElement("span");
  const [symbol, line] = [trace.marker?.symbol ?? "", trace.mode === "lines" && !trace.fill];
  const kind = line || symbol.startsWith("line") ? " line" : symbol.endsWith("-open") ? " hollow" : "";
  swatch.className = `swatch${kind}`;
  swatch.style.setProperty("--dash", { dash: "dashed", dot: "dotted", dashdot: "dashed" }[trace.line?.dash] ?? "solid");
  swatch.style.setProperty("--own", `var(${trace.fillcolor ?? trace.marker?.color ?? trace.line.color})`);
  const made = button(plain(trace.name), () => {
    const off = !hidden.get(plot).delete(index);
    if (off) hidden.get(plot).add(index);
    made.setAttribute("aria-pressed", String(!off));
    Plotly.restyle(plot, { visible: off ? "legendonly" : true }, [index]);
  });
  made.setAttribute("aria-pressed", "true");
  made.prepend(swatch);
  return made;
};

const zooms = (plot) => {
  const all = document.createElement("span");
  all.className = "zoom";
  for (const [sign, words, act] of [
    ["+", "zoom in", () => zoom(plot, 0.6)],
    ["\u2212", "zoom out", () => zoom(plot, 1 / 0.6)],
    ["\u21ba", "show all", () => Plotly.relayout(plot, { "xaxis.autorange": true, "yaxis.autorange": true })],
  ]) {
    const made = button(sign, act);
    made.setAttribute("aria-label", words);
    made.title = words;
    all.append(made);
  }
  return all;
};

const zoom = (plot, factor) => {
  const change = {};
  for (const axis of ["xaxis", "yaxis"]) {
    const [low, high] = plot.layout[axis].range;
    const [middle, half] = [(low + high) / 2, ((high - low) / 2) * factor];
    change[`${axis}.range`] = [middle - half, middle + half];
  }
  Plotly.relayout(plot, change);
};

// Left and right go from point to point, up and down from series to series; what is said is heard, too.
const follow = (plot) => {
  const said = document.createElement("output");
  said.className = "heard";
  plot.nextElementSibling.after(said); // behind the data
  plot.tabIndex = 0;
  plot.setAttribute("aria-roledescription", "chart, arrow keys go from point to point");
  let [series, point] = [0, -1];
  plot.addEventListener("keydown", (event) => {
    const named = [...plot.data.keys()].filter((index) => plot.data[index].text && !hidden.get(plot).has(index));
    if (!named.length) return;
    const [across, along] = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    if (event.key === "Enter" && point >= 0) openLayer(plot, { data: plot.data[series], pointNumber: point });
    if (!across && !along) return;
    event.preventDefault();
    const place = Math.max(named.indexOf(series), 0) + along;
    series = named[(place + named.length) % named.length];
    const trace = plot.data[series];
    point = (Math.max(along ? 0 : point + across, -1) + trace.text.length) % trace.text.length;
    Plotly.Fx.hover(plot, [{ curveNumber: series, pointNumber: point }]);
    const values = trace.customdata ? trace.customdata[point] : [trace.x[point], trace.y[point]].map(short).join(", ");
    said.textContent = plain(`${trace.text[point]}: ${values}; ${trace.name}`);
  });
};

const short = (value) => (typeof value === "number" ? Number(value.toPrecision(6)) : value);

// A layer's row of the table: its loop nest, its point of the roofline, what binds it.
const rowOf = (plot, layer) =>
  [...(document.getElementById(plot.dataset.opens)?.querySelectorAll("details") ?? [])]
    .find((row) => row.firstElementChild.textContent === layer);
const openLayer = (plot, { data, pointNumber }) => {
  const row = data.meta === "layers" && rowOf(plot, plain(data.text[pointNumber]));
  if (!row) return;
  row.closest("tr").hidden = false;
  row.open = true;
  row.firstElementChild.focus({ preventScroll: true });
  row.scrollIntoView({ block: "center" });
};
for (const table of document.querySelectorAll("table[id]")) {
  table.addEventListener("toggle", () => {
    const opened = new Set([...table.querySelectorAll("details[open] > summary")].map((row) => row.textContent));
    for (const plot of plots.filter((one) => one.dataset.opens === table.id && drawn.has(one))) {
      const marked = [...plot.data.keys()].filter((index) => plot.data[index].meta === "layers");
      const chosen = marked.map((index) => opened.size === 0 ? null
        : plot.data[index].text.flatMap((name, point) => (opened.has(plain(name)) ? [point] : [])));
      Plotly.restyle(plot, { selectedpoints: chosen }, marked);
    }
  }, true);
}

const sight = new IntersectionObserver((entries) => {
  for (const { target } of entries.filter((entry) => entry.isIntersecting)) {
    sight.unobserve(target);
    unpacked().then(() => draw(target));
  }
}, { rootMargin: "300px" });
for (const plot of plots) {
  plot.style.minHeight = `${plot.dataset.height}px`; // else all are in sight until the first is drawn
  sight.observe(plot);
}
// The page is seen first, then the library is unpacked; a frame that stays open holds back the end of loading until
// then, since programs that print a page wait for no more than that.
const pending = document.createElement("iframe");
pending.hidden = true;
document.body.append(pending);
pending.contentDocument.open();
requestAnimationFrame(() => setTimeout(() => unpacked().finally(() => {
  pending.contentDocument.close();
  pending.remove();
})));
const again = () => drawn.forEach(draw);
for (const other of ["(prefers-color-scheme: dark)", "(max-width: 40rem)"]) matchMedia(other).addEventListener("change", again);

// On paper: light, every chart, as wide as the sheet.
const sheet = (width) => plots.forEach((plot) => Plotly.relayout(plot, { width, autosize: width === null }));
addEventListener("beforeprint", () => {
  if (!window.Plotly) return;
  document.documentElement.classList.add("printing");
  plots.forEach(draw);
  sheet(660);
});
addEventListener("afterprint", () => {
  if (!window.Plotly) return;
  document.documentElement.classList.remove("printing");
  sheet(null);
  again();
});
