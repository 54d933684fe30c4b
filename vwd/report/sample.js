// One sample: its video, the timeline of its words, and its text, in which a word leads to its frame.

let open = null; // what is shown now
let playNext = false;

const FIELDS_A_WORD = 6;
const words = (sample) => Array.from({ length: sample.words.length / FIELDS_A_WORD }, (_, n) => {
  const [start, length, frame, x, y, width] = sample.words.slice(n * FIELDS_A_WORD, (n + 1) * FIELDS_A_WORD);
  return { n, start, length, frame, x, y, width, text: sample.texts ? sample.texts[n] : null };
});

// A text as its words and what is between them. Older outputs know no places: there the words are all.
function passage(points, parts, language, go) {
  const holder = el("p", { class: "passage", dir: "auto" });
  let place = 0;
  for (const word of parts) {
    const placed = word.start >= 0;
    if (placed && word.start > place) holder.append(shown(points.slice(place, word.start).join("")));
    const text = placed ? points.slice(word.start, word.start + word.length).join("") : word.text;
    word.element = el("span", { class: "word", tabindex: "-1", onpointerenter: () => go(word), onfocus: () => go(word), onclick: () => go(word) }, shown(text));
    holder.append(word.element);
    if (placed) place = word.start + word.length;
    else if (language === "en" || language === "ko") holder.append(" ");
  }
  if (!parts.length || parts[0].start >= 0) holder.append(shown(points.slice(place).join("")));
  if (parts.length) parts[0].element.setAttribute("tabindex", "0");
  rove(holder, () => parts.map((word) => word.element), alongRow);
  return holder;
}

function timeline(sample, parts) {
  const frames = sample.frames;
  const seen = [...new Set(parts.map((word) => word.frame))];
  const spans = [
    svg("rect", { class: "prompt", x: 0, y: 0, width: sample.promptFrames, height: 40 }),
    svg("rect", { class: "still", x: sample.last + 1, y: 0, width: frames - sample.last - 1, height: 40 }),
  ];
  const marks = seen.map((frame) => svg("rect", { class: "reveal", x: frame + 0.2, y: 12, width: 0.6, height: 28 }));
  const turns = sample.pages.map((frame) => svg("rect", { class: "turn", x: frame + 0.05, y: 0, width: 0.9, height: 40 }));
  return svg("svg", { viewBox: `0 0 ${frames} 40`, preserveAspectRatio: "none", "aria-hidden": "true" }, spans, marks, turns);
}

function facts(sample) {
  const rows = [
    ["Shard", sample.shard], ["Size", `${sample.size.join(" × ")}, ${bytes(sample.bytes)}`],
    ["Words", `${number(sample.count)} on ${plural(sample.pages.length, "page")}`],
    ["Tokens", `${number(sample.tokens[0])} + ${number(sample.tokens[1])}`],
    ["Prompt", plural(sample.promptFrames, "frame")], ["Still", `${plural(sample.tail, "frame")} at the end`],
  ];
  return el("dl", { class: "facts" }, rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function show(sample) {
  const parts = words(sample);
  const split = parts.findIndex((word) => word.frame >= sample.promptFrames);
  const ask = split < 0 ? parts : parts.slice(0, split), answer = split < 0 ? [] : parts.slice(split);
  const video = el("video", { src: sample.video, poster: sample.poster, preload: "auto", playsinline: true, width: sample.size[0], height: sample.size[1], "aria-label": `Video of ${sample.key}` });
  video.muted = true;
  const box = el("div", { class: "box", hidden: true });
  const head = el("div", { class: "head" });
  const slider = el("div", { class: "timeline", role: "slider", tabindex: "0", "aria-label": "Frame", "aria-valuemin": "0", "aria-valuemax": String(sample.frames - 1) }, timeline(sample, parts), head);
  const play = el("button", { type: "button", class: "play", "aria-label": "Play" });
  const clock = el("p", { class: "clock", "aria-hidden": "true" });

  const state = { sample, video, frame: 0 };
  const mark = (frame) => {
    state.frame = frame;
    head.style.left = `${((frame + 0.5) / sample.frames) * 100}%`;
    const page = sample.pages.filter((start) => start <= frame).length;
    clock.textContent = `frame ${frame} of ${sample.frames - 1} · ${(frame / sample.fps).toFixed(2)} s · page ${page} of ${sample.pages.length}`;
    slider.setAttribute("aria-valuenow", String(frame));
    slider.setAttribute("aria-valuetext", `frame ${frame}, page ${page}`);
    let now = null;
    for (const word of answer) {
      word.element.classList.toggle("unseen", word.frame > frame);
      word.element.classList.remove("now");
      if (word.frame <= frame) now = word;
    }
    if (now && frame <= sample.last) now.element.classList.add("now");
  };
  state.seek = (frame) => {
    video.pause();
    mark(Math.max(0, Math.min(sample.frames - 1, frame)));
    video.currentTime = (state.frame + 0.5) / sample.fps;
    box.hidden = true;
  };
  state.toggle = () => {
    if (!video.paused) return video.pause();
    box.hidden = true;
    if (state.frame >= sample.frames - 1) video.currentTime = 0;
    return video.play().catch((error) => { if (error.name !== "AbortError") clock.textContent = `This browser cannot play the video: ${error.message}`; });
  };
  const goTo = (word) => {
    state.seek(word.frame);
    const [width, height] = sample.size;
    Object.assign(box.style, { left: `${(word.x / width) * 100}%`, top: `${(word.y / height) * 100}%`, width: `${(word.width / width) * 100}%`, height: `${(sample.line / height) * 100}%` });
    box.hidden = false;
  };
  const tick = () => {
    if (video.paused || open !== state) return;
    mark(Math.min(sample.frames - 1, Math.floor(video.currentTime * sample.fps + 0.01)));
    requestAnimationFrame(tick);
  };
  const label = () => { play.classList.toggle("on", !video.paused); play.setAttribute("aria-label", video.paused ? "Play" : "Pause"); };
  video.addEventListener("play", () => { label(); tick(); });
  video.addEventListener("pause", label);
  video.addEventListener("ended", () => mark(sample.frames - 1));
  video.addEventListener("click", state.toggle);
  play.addEventListener("click", state.toggle);
  const at = (event) => { const area = slider.getBoundingClientRect(); return Math.floor(((event.clientX - area.left) / area.width) * sample.frames); };
  slider.addEventListener("pointerdown", (event) => { slider.setPointerCapture(event.pointerId); state.seek(at(event)); });
  slider.addEventListener("pointermove", (event) => { if (event.buttons || event.pointerType === "mouse") if (video.paused || event.buttons) state.seek(at(event)); });

  const dialog = byId("sample");
  const place = fitting.indexOf(sample);
  const beside = (move) => (place < 0 ? undefined : fitting[place + move]);
  state.beside = beside;
  const step = (text, name, move) => el("button", { type: "button", class: "plain", "aria-label": name, disabled: !beside(move), onclick: () => visit(beside(move)) }, text);
  dialog.replaceChildren(
    el("div", { class: "top" }, el("h2", { id: "sample-key" }, el("a", { href: `#${sample.key}` }, sample.key)),
      sample.verdict ? el("span", { class: `verdict ${sample.verdict}` }, VERDICTS[sample.verdict]) : null,
      el("span", { class: "steps" }, step("←", "Previous sample", -1), step("→", "Next sample", 1),
        el("button", { type: "button", class: "plain", "aria-label": "Close", onclick: close }, "✕"))),
    el("div", { class: "body" },
      el("div", { class: "watch" }, el("div", { class: "stage" }, video, box), el("div", { class: "controls" }, play, slider), clock,
        sample.picture ? el("figure", { class: "judged" }, el("img", { src: sample.picture, alt: "Last frame of the graded video", loading: "lazy" }), el("figcaption", {}, "The graded video, its last frame")) : null,
        sample.note ? el("p", { class: "note" }, el("bdi", {}, shown(sample.note))) : null, facts(sample)),
      el("div", { class: "read", tabindex: "0", role: "group", "aria-label": "Prompt and answer" },
        el("h3", {}, "Prompt"), passage(sample.points.q, ask, sample.language, goTo),
        el("h3", {}, "Answer"), passage(sample.points.a, answer, sample.language, goTo),
        el("h3", {}, "Final answer"), el("p", { class: "result", dir: "auto" }, sample.final ? shown(sample.final) : el("span", { class: "soft" }, "none")))));
  const [from, to] = sample.finalWords;
  for (const word of parts.slice(from, to)) word.element.classList.add("final");
  if (open) open.video.pause();
  open = state;
  if (!dialog.open) dialog.showModal();
  slider.focus();
  mark(0);
  if (playNext) state.toggle();
  else video.addEventListener("loadedmetadata", () => { if (video.paused && !state.frame) state.seek(0); }, { once: true });
  playNext = false;
}

const visit = (sample) => { if (sample) location.replace(`#${sample.key}`); };

function close() {
  byId("sample").close();
}

byId("sample").addEventListener("close", () => {
  const last = open;
  open = null;
  if (!last) return;
  last.video.pause();
  last.video.removeAttribute("src");
  history.replaceState(null, "", location.pathname + location.search);
  byId("sample").replaceChildren();
  if (last.sample.card.isConnected) link(last.sample).focus();
});

byId("sample").addEventListener("click", (event) => { if (event.target === byId("sample")) close(); });

byId("sample").addEventListener("keydown", (event) => {
  if (!open || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === " " && event.target.matches("button, a")) return;
  const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -open.sample.frames, End: open.sample.frames };
  const slider = event.target.matches(".timeline");
  if (event.key === " ") open.toggle();
  else if (event.key in moves && (slider || event.key === "ArrowLeft" || event.key === "ArrowRight")) open.seek(open.frame + moves[event.key]);
  else if (event.key === "n") visit(open.beside(1));
  else if (event.key === "p") visit(open.beside(-1));
  else return;
  event.preventDefault();
});

const BY_KEY = new Map(DATA.samples.map((sample) => [sample.key, sample]));
function followHash() {
  let key = "";
  try { key = decodeURIComponent(location.hash.slice(1)); } catch { /* no key of ours */ }
  const sample = BY_KEY.get(key);
  if (sample) show(sample);
  else if (open) close();
}
addEventListener("hashchange", followHash);
