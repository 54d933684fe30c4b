// Which samples are shown: text, facets, and bars of the distributions, all at once.

// `of` a sample of the page; `column` in the figures of the output's samples.
const METRICS = [
  { id: "words", title: "Words of the answer", unit: "words", of: (s) => s.count },
  { id: "pages", title: "Pages", unit: "pages", of: (s) => s.pages.length },
  { id: "prompt", title: "Frames of the prompt", unit: "frames", of: (s) => s.promptFrames },
  { id: "last", title: "Last word at frame", unit: "", of: (s) => s.last },
  { id: "tail", title: "Still frames at the end", unit: "frames", of: (s) => s.tail },
  { id: "bytes", title: "Size in the shard", unit: "kB", of: (s) => s.bytes / 1000, scale: 1000 },
  { id: "tokens", title: "Tokens", unit: "tokens", of: (s) => s.tokens[0] + s.tokens[1] },
];

const pageFacet = (pages) => (pages > 3 ? "4 and more" : String(pages));
const languages = new Map(DATA.datasets.map((one) => [one.name, one.language]));
// `ofRow` of a row of the output's figures; without it the output does not know.
const FACETS = [
  { id: "dataset", title: "Dataset", of: (s) => s.dataset, ofRow: (row) => OUTPUT.dataset(row) },
  { id: "verdict", title: "Verdict", of: (s) => s.verdict || (DATA.grade ? "not graded" : "") },
  { id: "pages", title: "Pages", of: (s) => pageFacet(s.pages.length), ofRow: (row) => pageFacet(OUTPUT.values.pages[row]) },
  { id: "final", title: "Final answer", of: (s) => (s.final ? "found" : "none"), ofRow: (row) => (OUTPUT.final[row] ? "found" : "none") },
  { id: "language", title: "Language", of: (s) => s.language, ofRow: (row) => languages.get(OUTPUT.dataset(row)), unless: (values) => values.length === DATA.datasets.length },
];

// The figures of the output's samples: of all, or of many, each of which then stands for several.
const OUTPUT = (() => {
  const sets = DATA.shape;
  const starts = [0];
  for (const one of sets) starts.push(starts.at(-1) + one.taken);
  const joined = (name) => Float64Array.from(sets.flatMap((one) => one.columns[name]));
  const weights = sets.map((one) => one.samples / one.taken);
  const place = (row) => { let at = 0; while (starts[at + 1] <= row) at += 1; return at; };
  const values = {};
  for (const metric of METRICS) values[metric.id] = joined(metric.id).map((value) => value / (metric.scale || 1));
  return {
    rows: starts.at(-1), values, final: joined("final"), samples: sum(sets.map((one) => one.samples)),
    whole: sets.every((one) => one.taken === one.samples), shards: sum(sets.map((one) => one.shards)), read: sum(sets.map((one) => one.shards_read)),
    dataset: (row) => sets[place(row)].dataset, weight: Float64Array.from({ length: starts.at(-1) }, (_, row) => weights[place(row)]),
  };
})();
const about = (count) => (OUTPUT.whole ? plural(count, "sample") : `about ${plural(Math.round(count), "sample")}`);

const chosen = { terms: [], facets: {}, bars: {} };
for (const one of FACETS) chosen.facets[one.id] = new Set();
for (const one of METRICS) chosen.bars[one.id] = new Set();

// The smallest round width with which a range fits into so many bins.
function binWidth(range, most) {
  for (let scale = 1; ; scale *= 10) {
    for (const step of [1, 2, 5]) if (Math.floor(range / (step * scale)) < most) return step * scale;
  }
}

// The value at which half of the weight is reached.
function median(values) {
  const order = Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
  let left = OUTPUT.samples / 2;
  for (const row of order) if ((left -= OUTPUT.weight[row]) < 0) return values[row];
  return values[order.at(-1)];
}

for (const metric of METRICS) {
  const values = OUTPUT.values[metric.id];
  const low = values.reduce((a, b) => Math.min(a, b), Infinity), high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  metric.width = values.length ? binWidth(high - Math.floor(low), 16) : 1;
  metric.first = Math.floor(low / metric.width);
  metric.bins = values.length ? Math.floor(high / metric.width) - metric.first + 1 : 0;
  // A sample of the page may be beyond what was taken of the output.
  metric.binOf = (value) => Math.max(0, Math.min(metric.bins - 1, Math.floor(value / metric.width) - metric.first));
  metric.bin = (sample) => metric.binOf(metric.of(sample));
  metric.rowBins = Int32Array.from(values, metric.binOf);
  metric.median = median(values);
  metric.range = [low, high];
}

const withUnit = (metric, range) => (metric.unit ? `${range} ${range === "1" ? metric.unit.replace(/s$/, "") : metric.unit}` : range);

function binLabel(metric, bin) {
  const from = (metric.first + bin) * metric.width, to = from + metric.width;
  const range = metric.width === 1 && metric.id !== "bytes" ? number(from) : `${number(from)}–${number(metric.id === "bytes" ? to : to - 1)}`;
  return withUnit(metric, range);
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

// How many samples of the output fit, and for each metric how many in each bin, as if it filtered nothing itself. Its
// texts are not here: a search does not count.
function countOutput() {
  const counts = METRICS.map((metric) => new Float64Array(metric.bins));
  const bars = METRICS.map((metric) => chosen.bars[metric.id]), facets = FACETS.filter((one) => one.ofRow && chosen.facets[one.id].size);
  let fit = 0;
  for (let row = 0; row < OUTPUT.rows; row += 1) {
    if (!facets.every((one) => chosen.facets[one.id].has(one.ofRow(row)))) continue;
    const weight = OUTPUT.weight[row];
    let failed = -1, failures = 0;
    for (let place = 0; place < METRICS.length; place += 1) {
      if (bars[place].size && !bars[place].has(METRICS[place].rowBins[row])) [failed, failures] = [place, failures + 1];
    }
    if (!failures) fit += weight;
    if (failures > 1) continue;
    for (let place = 0; place < METRICS.length; place += 1) {
      if (!failures || place === failed) counts[place][METRICS[place].rowBins[row]] += weight;
    }
  }
  return { fit, counts };
}

const listeners = [];
function changed() {
  const fitting = DATA.samples.filter((sample) => fits(sample));
  const output = countOutput();
  for (const listener of listeners) listener(fitting, output);
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
