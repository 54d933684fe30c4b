// The gallery: search, facets with counts, and a card for each sample that fits.

const PAGE_OF_CARDS = 240;
let limit = PAGE_OF_CARDS;
let fitting = [];

const VERDICTS = { right: "right", wrong: "wrong", unjudged: "not judged" };

function card(sample) {
  const final = sample.final ? el("span", { class: "final" }, el("bdi", {}, shown(sample.final))) : null;
  return el("li", {},
    el("a", { class: "card", href: `#${sample.key}`, tabindex: "-1" },
      el("span", { class: "poster" },
        el("img", { src: sample.poster, alt: "", loading: "lazy", decoding: "async", width: sample.size[0], height: sample.size[1] }),
        sample.verdict ? el("span", { class: `verdict ${sample.verdict}` }, VERDICTS[sample.verdict]) : null),
      el("span", { class: "line" }, el("span", { class: "key" }, sample.key), final),
      el("span", { class: "ask" }, el("bdi", {}, shown(sample.prompt.slice(0, 240))))));
}

for (const sample of DATA.samples) sample.card = card(sample);
const link = (sample) => sample.card.firstElementChild;

function columns() {
  const cards = fitting.slice(0, limit).map((sample) => sample.card);
  const top = cards.length ? cards[0].offsetTop : 0;
  const count = cards.findIndex((one) => one.offsetTop > top);
  return count < 0 ? Math.max(1, cards.length) : count;
}

rove(byId("gallery"), () => fitting.slice(0, limit).map(link), (key, place, count) => {
  if (key === "ArrowDown") return place + columns();
  return key === "ArrowUp" ? place - columns() : alongRow(key, place, count);
});
byId("gallery").addEventListener("keydown", (event) => {
  if (event.key !== " ") return;
  event.preventDefault();
  event.stopPropagation();
  playNext = true;
  event.target.click();
});

function showCards() {
  byId("gallery").replaceChildren(...fitting.slice(0, limit).map((sample) => sample.card));
  fitting.forEach((sample, place) => link(sample).setAttribute("tabindex", place ? "-1" : "0"));
  byId("more").hidden = fitting.length <= limit;
  byId("more").textContent = `Show ${number(Math.min(PAGE_OF_CARDS, fitting.length - limit))} more`;
}

// What the output has of that is known where nothing was searched for, and no verdict chosen.
const inOutput = (output) => (DATA.samples.length < OUTPUT.samples && !chosen.terms.length && !chosen.facets.verdict.size ? about(output.fit) : "");

listeners.push((samples, output) => {
  fitting = samples;
  limit = PAGE_OF_CARDS;
  showCards();
  const more = inOutput(output);
  const all = fitting.length === DATA.samples.length && (!more || Math.round(output.fit) === OUTPUT.samples);
  byId("none").hidden = fitting.length > 0;
  byId("none-text").textContent = more && output.fit ? `No sample of this page fits, but ${more} of the output. ‘vwd report --samples’ shows more.` : "No sample fits.";
  byId("count").textContent = (all ? plural(fitting.length, "sample") : `${number(fitting.length)} of ${plural(DATA.samples.length, "sample")}`)
    + (more ? ` on this page; ${more}${all ? "" : ` of ${number(OUTPUT.samples)}`} in the output` : "");
});
byId("more").addEventListener("click", () => { limit += PAGE_OF_CARDS; showCards(); });
byId("reset").addEventListener("click", () => { removeAll(); byId("search").focus(); });

function facet(one) {
  const values = [...new Set(DATA.samples.map(one.of))].filter(Boolean).sort();
  if (values.length < 2 || (one.unless && one.unless(values))) return null;
  const rows = values.map((value) => {
    const box = el("input", { type: "checkbox", onchange: () => toggle(chosen.facets[one.id], value) });
    const count = el("span", { class: "n" });
    listeners.push(() => {
      const would = DATA.samples.filter((sample) => one.of(sample) === value && fits(sample, one)).length;
      count.textContent = number(would);
      box.checked = chosen.facets[one.id].has(value);
      box.parentElement.classList.toggle("zero", !would);
    });
    return el("label", {}, box, el("span", { class: "name" }, breakable(VERDICTS[value] || value)), count);
  });
  return el("fieldset", {}, el("legend", {}, one.title), rows);
}
byId("facet-list").append(...FACETS.map(facet).filter(Boolean));
if (matchMedia("(max-width: 760px)").matches) byId("facets").open = false;
byId("facets").hidden = !byId("facet-list").childElementCount;

const chip = (text, remove) => el("button", { type: "button", class: "chip", "aria-label": `Remove the filter ${text}`, onclick: remove }, text, el("span", { "aria-hidden": "true" }, "×"));
listeners.push(() => {
  const chips = [];
  for (const one of FACETS) for (const value of chosen.facets[one.id]) chips.push(chip(`${one.title}: ${VERDICTS[value] || value}`, () => toggle(chosen.facets[one.id], value)));
  for (const one of METRICS) for (const bin of chosen.bars[one.id]) chips.push(chip(`${one.title}: ${binLabel(one, bin)}`, () => toggle(chosen.bars[one.id], bin)));
  byId("chips").replaceChildren(...chips);
});

byId("search").addEventListener("input", (event) => {
  chosen.terms = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  changed();
});
byId("search").addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown" || event.key === "Enter") {
    event.preventDefault();
    if (fitting.length) link(fitting[0]).focus();
  } else if (event.key === "Escape" && !event.target.value) event.target.blur();
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=checkbox]), textarea");
  if (event.key !== "/" || typing || byId("sample").open || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  byId("search").focus();
  byId("search").select();
});
