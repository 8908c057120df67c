// The list of objects, in the order in which they are worth a look; of other kinds, the list of marks.

import { find, icon, make, say } from "../../page/dom.js";
import { ordered, select, undecided, visibleItems } from "../sheet.js";
import { hueOf } from "../stage/colours.js";
import { pickAlso } from "../tools/select.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../sheet.js").Item} Item */
/** @typedef {import("../sheet.js").SheetState} SheetState */
/** @typedef {import("../state.js").PageState} PageState */

/** @type {Readonly<Record<import("../sheet.js").Status, {word: string, picture: string}>>} */
const STATES = {
  proposed: { word: "undecided", picture: "" },
  accepted: { word: "accepted", picture: "accept" },
  edited: { word: "mended", picture: "brush" },
  drawn: { word: "drawn", picture: "brush" },
  rejected: { word: "rejected", picture: "close" },
};

/** @type {Readonly<Partial<Record<import("../../core/wire.js").Kind, {name: string, how: string}>>>} */
const WORDS = {
  full: { name: "Objects", how: "Nothing yet. Drag a box (D), paint (B) or draw a polygon (P)." },
  boxes: { name: "Boxes", how: "Nothing yet. Drag a box around each object." },
  points: { name: "Points", how: "Nothing yet. Click each object." },
  scribbles: { name: "Strokes", how: "Nothing yet. Draw a stroke on each object; Alt for the ground." },
};

/** @param {App} app */
export function showObjects(app) {
  const list = find("#objects", HTMLElement);
  list.addEventListener("click", (event) => {
    const row = event.target instanceof Element ? event.target.closest("[data-key-of]") : null;
    if (row instanceof HTMLElement) {
      choose(app, Number(row.dataset.keyOf), event.shiftKey);
    }
  });
  /** @type {Rows} */
  const rows = new Map();
  const { store } = app.bench;
  store.subscribe(({ batch }, before) => {
    if (batch !== before.batch) {
      find("#objects-part", HTMLElement).classList.toggle("panel-unused", !WORDS[batch?.kind ?? "full"]);
    }
  });
  store.subscribe((state, before) => {
    if (state.sheet !== before.sheet) {
      rows.clear();
      list.replaceChildren();
    }
    const sheet = state.work?.present;
    if (sheet && (state.work !== before.work || state.also !== before.also)) {
      showList(list, rows, state, sheet);
      const isOther = sheet.selected !== before.work?.present.selected;
      rows.get(isOther ? (sheet.selected ?? -1) : -1)?.element.scrollIntoView({ block: "nearest" });
    }
  });
}

/**
 * @param {HTMLElement} list
 * @param {Rows} rows
 * @param {PageState} state
 * @param {SheetState} sheet
 */
function showList(list, rows, state, sheet) {
  const words = WORDS[sheet.kind];
  if (words) {
    const entries = entriesOf(state, sheet);
    say(find("#objects-name", HTMLElement), words.name);
    say(find("#objects-count", HTMLElement), countWords(sheet, entries.length));
    say(find("#objects-empty", HTMLElement), entries.length ? "" : words.how);
    layOut(list, rows, entries);
  }
}

/**
 * @param {App} app
 * @param {number} key
 * @param {boolean} beside
 */
function choose(app, key, beside) {
  if (beside && app.bench.sheet?.selected !== null) {
    pickAlso(app.bench, key);
    return;
  }
  app.bench.look((sheet) => select(sheet, key));
  app.bench.set({ also: new Set() });
  app.reveal();
}

/**
 * @typedef {{key: number, hue: number, name: string, figure: string, status: string, word: string, picture: string,
 *   selected: boolean, also: boolean}} Entry
 *
 * @typedef {Map<number, {element: HTMLElement, entry: Entry}>} Rows by the key of what they show.
 */

/**
 * @param {PageState} state
 * @param {SheetState} sheet
 * @returns {Entry[]}
 */
function entriesOf({ project, also }, sheet) {
  const categories = project?.categories ?? [];
  const nameOf = (/** @type {number} */ id) => categories.find((each) => each.id === id)?.name ?? "";
  if (sheet.kind === "full") {
    return ordered(sheet).map((item) => {
      const { word, picture } = STATES[item.status];
      const crowd = item.crowd ? " (crowd)" : "";
      return {
        key: item.key,
        hue: hueOf(categories, item.category),
        name: (nameOf(item.category) || "no class") + crowd,
        figure: item.proposal ? item.proposal.predictedIou.toFixed(2) : "",
        status: item.status,
        word,
        picture,
        selected: item.key === sheet.selected,
        also: also.has(item.key),
      };
    });
  }
  return [...sheet.boxes, ...sheet.points, ...sheet.strokes].map(({ key, category }) => ({
    key,
    hue: hueOf(categories, category),
    name: nameOf(category) || (sheet.kind === "scribbles" ? "ground" : "no class"),
    figure: "",
    status: "drawn",
    word: "",
    picture: "",
    selected: key === sheet.selected,
    also: false,
  }));
}

/**
 * @param {SheetState} sheet
 * @param {number} all
 */
function countWords(sheet, all) {
  if (sheet.kind !== "full") {
    return String(all || "");
  }
  const open = undecided(sheet).length;
  return open ? `${visibleItems(sheet).length}, ${open} undecided` : String(visibleItems(sheet).length || "");
}

/**
 * Rows are kept where their object is still there: focus and scrolling stay. There may be thousands, so only those that
 * differ are written to, and one that goes elsewhere is moved by itself.
 *
 * @param {HTMLElement} list
 * @param {Rows} rows
 * @param {readonly Entry[]} entries
 */
function layOut(list, rows, entries) {
  const keys = new Set(entries.map(({ key }) => key));
  for (const [key, { element }] of rows) {
    if (!keys.has(key)) {
      element.remove();
      rows.delete(key);
    }
  }
  let place = list.firstElementChild;
  for (const entry of entries) {
    const element = rowFor(rows, entry);
    if (place && place !== element && place.nextElementSibling === element) {
      list.append(place); // it comes later
      place = element;
    }
    if (place === element) {
      place = element.nextElementSibling;
    } else {
      list.insertBefore(element, place);
    }
  }
}

/**
 * @param {Rows} rows
 * @param {Entry} entry
 * @returns {HTMLElement} that shows it.
 */
function rowFor(rows, entry) {
  const before = rows.get(entry.key);
  const element = before?.element ?? makeRow(entry.key);
  if (!before || Object.entries(entry).some(([name, value]) => Reflect.get(before.entry, name) !== value)) {
    fill(element, entry);
    rows.set(entry.key, { element, entry });
  }
  return element;
}

/** @param {number} key */
function makeRow(key) {
  const button = make("button", { type: "button", class: "row", "data-key-of": key });
  button.append(make("span", { class: "swatch" }), make("span", { class: "name" }), make("span", { class: "figure" }));
  button.append(make("span", { class: "state" }), make("span", { class: "hidden-text" }));
  return make("li", {}, button);
}

/**
 * @param {HTMLElement} row
 * @param {Entry} entry
 */
function fill(row, entry) {
  const button = find("button", HTMLButtonElement, row);
  find(".swatch", HTMLElement, button).dataset.hue = String(entry.hue);
  say(find(".name", HTMLElement, button), entry.name);
  say(find(".figure", HTMLElement, button), entry.figure);
  say(find(".hidden-text", HTMLElement, button), entry.figure ? `predicted IoU, ${entry.word}` : entry.word);
  if (button.dataset.status !== entry.status) {
    button.dataset.status = entry.status;
    const picture = entry.picture ? [icon(entry.picture)] : [];
    find(".state", HTMLElement, button).replaceChildren(...picture);
  }
  button.title = entry.figure ? `Predicted IoU ${entry.figure}, ${entry.word}` : entry.word;
  button.dataset.also = String(entry.also);
  button.setAttribute("aria-current", String(entry.selected));
}
