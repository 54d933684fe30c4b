// Distributions: a pale bar for all samples of the output, an inked one for those that the filters leave.

// Of fewer bins than this the bars do not grow wider.
const HEIGHT = 72, STEP = 16, FEWEST = 9;

function chart(metric, place) {
  const counts = Array(metric.bins).fill(0);
  metric.rowBins.forEach((bin, row) => { counts[bin] += OUTPUT.weight[row]; });
  const most = Math.max(1, ...counts);
  const readout = el("p", { class: "readout", "aria-hidden": "true" });
  const scale = (count) => (count ? Math.max(2, (count / most) * HEIGHT) : 0);
  const bars = counts.map((count, bin) => {
    const x = bin * STEP;
    const ink = svg("rect", { class: "ink", x: x + 1, width: STEP - 2 });
    const bar = svg("g", {
      class: count ? "bin" : "bin empty", role: "button", "aria-pressed": "false", tabindex: "-1",
      onclick: () => count && toggle(chosen.bars[metric.id], bin),
      onkeydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        if (count) toggle(chosen.bars[metric.id], bin);
      },
    },
      svg("rect", { class: "hit", x, y: 0, width: STEP, height: HEIGHT }),
      svg("rect", { class: "all", x: x + 1, y: HEIGHT - scale(count), width: STEP - 2, height: scale(count) }), ink);
    const say = () => { readout.textContent = `${binLabel(metric, bin)} · ${about(bar.shown)}`; };
    bar.addEventListener("pointerenter", say);
    bar.addEventListener("focus", say);
    bar.ink = ink;
    return bar;
  });
  const rest = () => { readout.textContent = `median ${number(Math.round(metric.median))}`; };
  const drawing = svg("svg", {
    viewBox: `0 0 ${Math.max(metric.bins, FEWEST) * STEP} ${HEIGHT}`, preserveAspectRatio: "none", role: "group",
    "aria-label": `${metric.title}: each bar filters the samples`, onpointerleave: rest, onfocusout: rest,
  }, bars);
  if (bars.length) bars[0].setAttribute("tabindex", "0");
  rove(drawing, () => bars, alongRow);
  rest();
  listeners.push((_, output) => {
    const now = output.counts[place];
    const picked = chosen.bars[metric.id];
    drawing.classList.toggle("picking", picked.size > 0);
    bars.forEach((bar, bin) => {
      const height = scale(now[bin]);
      bar.shown = now[bin];
      bar.ink.setAttribute("height", height);
      bar.ink.setAttribute("y", HEIGHT - height);
      bar.setAttribute("aria-pressed", String(picked.has(bin)));
      bar.setAttribute("aria-label", `${binLabel(metric, bin)}: ${about(now[bin])}`);
    });
  });
  const axis = el("p", { class: "axis" });
  axis.style.width = `max(8.5em, ${Math.min(1, metric.bins / FEWEST) * 100}%)`;
  const ends = metric.range.map((end) => number(Math.round(end)));
  return el("figure", { class: "chart" },
    el("figcaption", {}, el("h3", {}, metric.title), readout), drawing,
    fill(axis, {}, [el("span", {}, ends[0]), el("span", {}, withUnit(metric, ends[1]))]));
}

// Of an output that holds no text videos only the totals are known.
if (!DATA.samples.length) byId("shape").hidden = byId("samples").hidden = true;
byId("charts").append(...METRICS.map(chart));
byId("shape-lede").textContent = [
  OUTPUT.whole ? `Of all ${plural(OUTPUT.samples, "sample")} in the shards.` : `Of ${number(OUTPUT.rows)} of ${plural(OUTPUT.samples, "sample")}, evenly spaced over ${number(OUTPUT.read)} of ${plural(OUTPUT.shards, "shard")}.`,
  `A bar filters the ${DATA.samples.length < OUTPUT.samples ? `${plural(DATA.samples.length, "sample")} that this page shows below` : "samples below"}; several add up.`,
].join(" ");
