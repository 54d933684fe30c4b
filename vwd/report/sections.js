// What the ledgers and contracts say: totals, datasets, skipped rows, throughput, contract, grades.

const DATASETS = DATA.datasets;
const total = (of) => sum(DATASETS.map(of));

function table(head, rows) {
  const cell = (tag, value, place) => el(tag, { class: typeof value === "number" || place === "n" ? "n" : null, scope: tag === "th" ? "col" : null }, typeof value === "number" ? number(value) : value);
  const numeric = head.map((_, place) => rows.every((row) => typeof row[place] !== "string" || /^[\d.,]+ ?\w*$/.test(row[place]) && place > 0));
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": head.join(", ") }, el("table", {},
    el("thead", {}, el("tr", {}, head.map((name, place) => cell("th", name, numeric[place] ? "n" : "")))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((value, place) => cell("td", value, numeric[place] ? "n" : "")))))));
}

function masthead() {
  const names = DATASETS.map((one) => one.name);
  const title = names.length < 3 ? names.join(" & ") : `${names.slice(0, -1).join(", ")} & ${names.at(-1)}`;
  const skipped = total((one) => one.rows - one.samples), seconds = total((one) => one.seconds || 0);
  const deck = `${plural(total((one) => one.rows), "row")} of text became ${plural(total((one) => one.samples), "video")}, ${seconds ? `${duration(seconds)} in all, ` : ""}in ${plural(total((one) => one.shards), "shard")}. ${number(DATA.samples.length)} of them are on this page.`;
  const torn = total((one) => one.incomplete);
  const figures = [
    ["Samples", number(total((one) => one.samples))], ["Rows skipped", number(skipped)],
    ["Video", seconds ? duration(seconds) : "–"], ["In shards", bytes(total((one) => one.bytes))],
    ["Tokens in prompts", number(total((one) => one.tokens[0]))], ["Tokens in answers", number(total((one) => one.tokens[1]))],
  ];
  byId("masthead").append(el("p", { class: "kicker" }, "What is in the shards"), el("h1", {}, breakable(title)), el("p", { class: "deck" }, deck),
    torn ? el("p", { class: "warning" }, `${plural(torn, "shard")} with a ledger entry ${torn === 1 ? "is" : "are"} not complete and not counted: ‘vwd status’ names them.`) : "",
    el("dl", { class: "figures" }, figures.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))));
}

function datasets() {
  if (DATASETS.length < 2) return;
  byId("datasets").hidden = false;
  byId("datasets").append(el("h2", { id: "datasets-title" }, "Datasets"), table(
    ["Dataset", "Language", "Rows", "Samples", "Skipped", "Shards", "Size", "Prompt tokens", "Answer tokens"],
    DATASETS.map((one) => [one.name, one.language || "–", one.rows, one.samples, one.rows - one.samples, one.shards, bytes(one.bytes), ...one.tokens])));
}

function skips() {
  const rows = total((one) => one.rows), groups = new Map();
  for (const one of DATASETS) for (const skip of one.skips) {
    const group = groups.get(skip.code) || { count: 0, examples: [] };
    group.count += skip.count;
    group.examples.push(...skip.examples.map(([row, ...said]) => [`${one.name} row ${number(row)}`, ...said]));
    groups.set(skip.code, group);
  }
  const codes = [...groups].sort((a, b) => b[1].count - a[1].count);
  const most = codes.length ? codes[0][1].count : 1;
  byId("skips").append(el("h2", { id: "skips-title" }, "Skipped rows"), el("p", { class: "lede" }, codes.length
    ? `${plural(sum(codes.map(([, one]) => one.count)), "row")} of ${number(rows)} ${codes.length === 1 && codes[0][1].count === 1 ? "has" : "have"} no video, since a row that cannot be drawn in full is not drawn at all.`
    : `None: each of ${plural(rows, "row")} has its video.`));
  byId("skips").append(...codes.map(([code, one], place) => {
    const share = el("span", { class: "share" });
    share.style.width = `${(one.count / most) * 100}%`;
    return el("details", { class: "code", open: !place }, el("summary", {}, el("code", {}, code), el("span", { class: "track" }, share), el("span", { class: "n" }, number(one.count))),
      el("ul", {}, one.examples.map(([row, detail, text]) => el("li", {}, el("span", { class: "key" }, row), " ", el("bdi", {}, shown(detail)), text ? el("bdi", { class: "row" }, shown(text)) : null))));
  }));
}

function making() {
  const rates = DATASETS.flatMap((one) => one.rates.map((rate) => [one.name, rate.node || "–", rate.task || "–", rate.shards, rate.samples, duration(rate.seconds), rate.rate]));
  byId("making").append(el("h2", { id: "making-title" }, "How it was made"), el("h3", {}, "Throughput"),
    table(["Dataset", "Node", "Task", "Shards", "Samples", "Worker time", "Samples a second"], rates));
  // A setting that all datasets share is said once.
  const same = ([name, value]) => DATASETS.length > 1 && DATASETS.every((one) => one.contract.some(([n, v]) => n === name && v === value));
  const short = (value) => (/^[0-9a-f]{64}$/.test(value) ? `${value.slice(0, 12)}…` : shown(value));
  const settings = (rows) => el("dl", { class: "contract" }, rows.map(([name, value]) => el("div", {}, el("dt", {}, breakable(name)), el("dd", { title: value.length > 40 ? value : null }, el("bdi", {}, short(value))))));
  if (DATASETS.length > 1) byId("making").append(el("h3", {}, "Contract of all"), settings(DATASETS[0].contract.filter(same)));
  for (const one of DATASETS) {
    const terms = one.provenance.replace(/`/g, "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    byId("making").append(el("h3", {}, DATASETS.length > 1 ? `Contract of ${one.name}` : "Contract"),
      settings(one.contract.filter((row) => !same(row))), el("p", { class: "lede" }, "Licence: ", el("bdi", {}, shown(terms))));
  }
}

function grade() {
  if (!DATA.grade) return;
  const { right, wrong, unjudged } = DATA.grade, judged = right + wrong;
  const failed = DATA.samples.filter((one) => one.verdict && one.verdict !== "right");
  const part = (name, count) => { const bar = el("span", { class: `part ${name}` }); bar.style.flexGrow = count; return count ? bar : null; };
  const failure = (one) => el("li", {}, el("a", { class: "failure", href: `#${one.key}` },
    one.picture ? el("img", { src: one.picture, alt: "Last frame of the graded video", loading: "lazy", width: one.size[0], height: one.size[1] }) : unseen(one),
    el("span", { class: "line" }, el("span", { class: "key" }, one.key), el("span", { class: `verdict ${one.verdict}` }, VERDICTS[one.verdict])),
    el("span", { class: "ask" }, el("bdi", {}, shown(one.note || "")))));
  // A video that is missing or cannot be decoded has no picture: the sample's own would look like one.
  const unseen = (one) => { const paper = el("span", { class: "unpictured" }, "no picture"); paper.style.aspectRatio = one.size.join(" / "); return paper; };
  byId("grade").hidden = false;
  byId("grade").append(el("h2", { id: "grade-title" }, "Grades"),
    el("p", { class: "lede" }, `${judged ? `${tenths.format((right / judged) * 100)}% of ${number(judged)} judged videos are right.` : "No video could be judged."} ${failed.length ? `${plural(failed.length, "failure")} on this page:` : ""}`),
    el("div", { class: "split", "aria-hidden": "true" }, part("right", right), part("wrong", wrong), part("unjudged", unjudged)),
    el("dl", { class: "figures" }, [["Right", right], ["Wrong", wrong], ["Could not judge", unjudged]].map(([name, count]) => el("div", {}, el("dt", {}, name), el("dd", {}, number(count))))),
    el("ul", { class: "gallery" }, failed.map(failure)));
}

masthead();
datasets();
grade();
skips();
making();
changed();
followHash();
