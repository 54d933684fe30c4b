// Which samples are shown: text, facets, and bars of the distributions, all at once.

const METRICS = [
  { id: "words", title: "Words of the answer", unit: "words", of: (s) => s.count },
  { id: "pages", title: "Pages", unit: "pages", of: (s) => s.pages.length },
  { id: "prompt", title: "Frames of the prompt", unit: "frames", of: (s) => s.promptFrames },
  { id: "last", title: "Last word at frame", unit: "", of: (s) => s.last },
  { id: "tail", title: "Still frames at the end", unit: "frames", of: (s) => s.tail },
  { id: "bytes", title: "Size in the shard", unit: "kB", of: (s) => s.bytes / 1000 },
  { id: "tokens", title: "Tokens", unit: "tokens", of: (s) => s.tokens[0] + s.tokens[1] },
];

const FACETS = [
  { id: "dataset", title: "Dataset", of: (s) => s.dataset },
  { id: "verdict", title: "Verdict", of: (s) => s.verdict || (DATA.grade ? "not graded" : "") },
  { id: "pages", title: "Pages", of: (s) => (s.pages.length > 3 ? "4 and more" : String(s.pages.length)) },
  { id: "final", title: "Final answer", of: (s) => (s.final ? "found" : "none") },
  { id: "language", title: "Language", of: (s) => s.language, unless: (values) => values.length === DATA.datasets.length },
];

const chosen = { terms: [], facets: {}, bars: {} };
for (const one of FACETS) chosen.facets[one.id] = new Set();
for (const one of METRICS) chosen.bars[one.id] = new Set();

// The smallest round width with which a range fits into so many bins.
function binWidth(range, most) {
  for (let scale = 1; ; scale *= 10) {
    for (const step of [1, 2, 5]) if (Math.floor(range / (step * scale)) < most) return step * scale;
  }
}

for (const metric of METRICS) {
  const values = DATA.samples.map(metric.of);
  const low = Math.min(...values), high = Math.max(...values);
  metric.width = binWidth(high - Math.floor(low), 16);
  metric.first = Math.floor(low / metric.width);
  metric.bins = values.length ? Math.floor(high / metric.width) - metric.first + 1 : 0;
  metric.bin = (sample) => Math.floor(metric.of(sample) / metric.width) - metric.first;
  metric.median = [...values].sort((a, b) => a - b)[values.length >> 1];
  metric.range = [low, high];
}

function binLabel(metric, bin) {
  const from = (metric.first + bin) * metric.width, to = from + metric.width;
  const range = metric.width === 1 && metric.id !== "bytes" ? number(from) : `${number(from)}–${number(metric.id === "bytes" ? to : to - 1)}`;
  return metric.unit ? `${range} ${range === "1" ? metric.unit.replace(/s$/, "") : metric.unit}` : range;
}

for (const sample of DATA.samples) {
  sample.points = { q: Array.from(sample.prompt), a: Array.from(sample.answer) };
  sample.haystack = [sample.key, sample.prompt, sample.answer, sample.final].join("\n").toLowerCase();
}

// Whether a sample is shown; `except` leaves one facet or distribution out, to count what it would add.
function fits(sample, except) {
  return chosen.terms.every((term) => sample.haystack.includes(term))
    && FACETS.every((f) => f === except || !chosen.facets[f.id].size || chosen.facets[f.id].has(f.of(sample)))
    && METRICS.every((m) => m === except || !chosen.bars[m.id].size || chosen.bars[m.id].has(m.bin(sample)));
}

const listeners = [];
function changed() {
  const fitting = DATA.samples.filter((sample) => fits(sample));
  for (const listener of listeners) listener(fitting);
}

function toggle(set, value) {
  if (!set.delete(value)) set.add(value);
  changed();
}

function removeAll() {
  chosen.terms = [];
  byId("search").value = "";
  for (const set of [...Object.values(chosen.facets), ...Object.values(chosen.bars)]) set.clear();
  changed();
}
