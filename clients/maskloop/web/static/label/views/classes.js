// The classes at the side: that which is drawn next, how many there are, which are in the image.

import { find, icon, make, say } from "../../page/dom.js";
import { itemOf, markAt, setCount, visibleItems } from "../sheet.js";
import { hueOf } from "../stage/colours.js";
import { classKey } from "../tools/tool_keys.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../sheet.js").SheetState} SheetState */
/** @typedef {import("../../core/wire.js").Category} Category */
/** @typedef {Map<number, number>} Marked how many there are of each class. */
/** @typedef {{element: HTMLElement, show: (sheet: SheetState | null, marked: Marked) => void}} Row */

/** @type {Readonly<Partial<Record<import("../../core/wire.js").Kind, string>>>} */
const TITLES = { image_level: "What is there?", counts: "How many?", ood_check: "Which class is there?" };

/** @type {readonly ("work" | "project" | "batch")[]} */
const SHOWN = ["work", "project", "batch"];

/** @param {App} app */
export function showClasses(app) {
  const list = find("#classes", HTMLElement);
  const title = find("#classes-title", HTMLElement);
  /** @type {Row[]} */
  let rows = [];
  app.bench.store.subscribe((state, before) => {
    const { project, batch } = state;
    if (project && batch && (project !== before.project || batch.kind !== before.batch?.kind)) {
      const makeRow = batch.kind === "counts" ? counterRow : classRow;
      rows = project.categories.map((category, index) => makeRow(app, category, index, project.categories));
      list.replaceChildren(...rows.map(({ element }) => element));
      say(title, TITLES[batch.kind] ?? "Class");
    }
    if (SHOWN.some((name) => state[name] !== before[name])) {
      const sheet = state.work?.present ?? null;
      const counts = sheet ? countsOf(sheet) : new Map();
      rows.forEach((row) => row.show(sheet, counts));
    }
  });
}

/**
 * @param {readonly Category[]} all
 * @param {number} id
 */
const swatch = (all, id) => make("span", { class: "swatch", "data-hue": hueOf(all, id) });

/**
 * @param {number} index
 * @param {import("../../core/wire.js").Kind} kind
 */
function keyFor(index, kind) {
  const key = classKey(index, kind);
  return key ? make("kbd", { "aria-hidden": "true" }, key.replace("Shift+", "⇧")) : make("span");
}

/**
 * @param {App} _app
 * @param {Category} category
 * @param {number} index
 * @param {readonly Category[]} all
 * @returns {Row}
 */
function classRow(_app, { id, name }, index, all) {
  const figure = make("span", { class: "figure" });
  const tick = icon("accept");
  tick.classList.add("tick");
  const key = classKey(index, "full") || null;
  const facts = { "data-category": id, "aria-pressed": "false", "aria-keyshortcuts": key };
  const button = make("button", { type: "button", class: "row", ...facts });
  const words = make("span", { class: "name", title: name }, name);
  button.append(swatch(all, id), words, figure, tick, keyFor(index, "full"));
  return {
    element: make("li", {}, button),
    show(sheet, marked) {
      const chosen =
        sheet && (sheet.kind === "image_level" ? sheet.present.includes(id) : categoryInHand(sheet) === id);
      button.setAttribute("aria-pressed", String(Boolean(chosen)));
      say(figure, String(marked.get(id) ?? ""));
    },
  };
}

/**
 * @param {App} app
 * @param {Category} category
 * @param {number} index
 * @param {readonly Category[]} all
 * @returns {Row}
 */
function counterRow(app, { id, name }, index, all) {
  const input = make("input", {
    type: "number",
    min: 0,
    max: 10000,
    inputmode: "numeric",
    "aria-label": name,
    value: 0,
  });
  /** @param {number} by */
  const step = (by) => app.bench.edit((sheet) => setCount(sheet, id, (sheet.counts[id] ?? 0) + by));
  const less = make(
    "button",
    { type: "button", class: "icon-button", "data-count": "less", "aria-label": `One ${name} fewer` },
    icon("less"),
  );
  const more = make(
    "button",
    { type: "button", class: "icon-button", "data-count": "more", "aria-label": `One ${name} more` },
    icon("add"),
  );
  less.addEventListener("click", () => step(-1));
  more.addEventListener("click", () => step(1));
  input.addEventListener("change", () => app.bench.edit((sheet) => setCount(sheet, id, Number(input.value))));
  input.addEventListener("keydown", ({ key }) => {
    if (key === "Enter" || key === "Escape") {
      input.blur();
    }
  });
  const element = make("li", { class: "counter", "data-class": id }, keyFor(index, "counts"), swatch(all, id));
  element.append(make("span", { class: "name" }, name), make("span", { class: "steps" }, less, input, more));
  return {
    element,
    show(sheet) {
      const count = String(sheet?.counts[id] ?? 0);
      if (input.value !== count) {
        input.value = count;
      }
      less.disabled = count === "0";
    },
  };
}

/**
 * The class of the selected object, or that of what is drawn next.
 *
 * @param {SheetState} sheet
 */
function categoryInHand(sheet) {
  return (itemOf(sheet, sheet.selected) ?? markAt(sheet, sheet.selected))?.category ?? sheet.category;
}

/**
 * @param {SheetState} sheet
 * @returns {Marked}
 */
function countsOf(sheet) {
  /** @type {Marked} */
  const marked = new Map();
  for (const { category } of [...visibleItems(sheet), ...sheet.boxes, ...sheet.points, ...sheet.strokes]) {
    marked.set(category, (marked.get(category) ?? 0) + 1);
  }
  return marked;
}
