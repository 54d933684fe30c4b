"use strict";
// Making elements and showing text. Text from the data becomes text nodes, never markup.

const DATA = JSON.parse(document.getElementById("data").textContent);
const SVG = "http://www.w3.org/2000/svg";

const byId = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

// What shows other text in another order, or nothing at all, is shown by its number.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const shown = (text) => text.replace(UNSEEN, (c) => `⟨U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en-US", { maximumFractionDigits: 1 });
const number = (value) => (Number.isInteger(value) ? whole : tenths).format(value);
const plural = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;

function bytes(count) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let place = 0;
  while (count >= 1000 && place < units.length - 1) [count, place] = [count / 1000, place + 1];
  return `${count < 10 && place ? tenths.format(count) : whole.format(count)} ${units[place]}`;
}

function duration(seconds) {
  if (seconds < 60) return `${whole.format(seconds)} s`;
  if (seconds < 3600) return `${whole.format(seconds / 60)} min`;
  const minutes = Math.round(seconds / 60);
  return `${number(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

// A name may be broken after its underscores.
const breakable = (name) => name.split(/(?<=_)/).flatMap((part, place) => (place ? [el("wbr"), part] : [part]));

const sum = (values) => values.reduce((total, value) => total + value, 0);

// One tab stop for a group of elements: arrow keys move within it. `step` maps a key to a move, or to nothing.
function rove(group, items, step) {
  const set = (item) => { for (const one of items()) one.setAttribute("tabindex", one === item ? "0" : "-1"); };
  group.addEventListener("focusin", (event) => {
    const item = items().find((one) => one.contains(event.target));
    if (item) set(item);
  });
  group.addEventListener("keydown", (event) => {
    const all = items();
    const place = all.indexOf(document.activeElement);
    const to = place < 0 ? undefined : step(event.key, place, all.length);
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    all[Math.max(0, Math.min(all.length - 1, to))].focus();
  });
}

function alongRow(key, place, count) {
  return { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: count - 1 }[key];
}
