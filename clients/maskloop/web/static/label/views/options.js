// The strip over the image: what the tool in hand can be told, and what it does.

import { find, make, say } from "../../page/dom.js";
import { itemOf } from "../sheet.js";
import { whyNotAsk } from "../tools/asking.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../state.js").PageState} PageState */
/** @typedef {import("../state.js").Combine} Combine */

/** @type {readonly {combine: Combine, name: string}[]} */
const COMBINE = [
  { combine: "new", name: "New" },
  { combine: "add", name: "Add" },
  { combine: "subtract", name: "Cut off" },
];

/** @param {App} app */
export function showOptions(app) {
  const { bench } = app;
  const strip = find("#options", HTMLElement);
  const hint = make("span", { class: "hint" });
  const size = make("input", { type: "range", min: 0, max: 100, "aria-label": "Size of the brush", id: "brush-size" });
  const output = make("output", { for: "brush-size", class: "number" });
  const sizePart = make("span", { class: "options-part" }, size, output);
  const combine = COMBINE.map(({ combine: value, name }) =>
    make("button", { type: "button", class: "button", "data-combine": value, "aria-pressed": "false" }, name),
  );
  const combinePart = make("span", { class: "options-part", role: "group", "aria-label": "The area is" }, ...combine);
  const negative = make("button", { type: "button", class: "button", "data-negative": "", "aria-pressed": "false" });
  const done = make("button", { type: "button", class: "button", "data-finish": "" }, "Close");
  strip.append(sizePart, combinePart, hint, negative, done);

  size.addEventListener("input", () => bench.set({ size: sizeAt(Number(size.value)) }));
  combinePart.addEventListener("click", ({ target }) => {
    const value = target instanceof HTMLElement ? target.dataset.combine : undefined;
    if (value) {
      bench.set({ combine: /** @type {Combine} */ (value) });
    }
  });
  negative.addEventListener("click", () => bench.set({ negative: !bench.store.state.negative }));
  done.addEventListener("click", () => app.submit());

  bench.store.subscribe((state) => {
    const { tool, sketch, work } = state;
    const text = hintFor(state);
    const hasSelected = work !== null && work.present.selected !== null;
    strip.hidden = state.phase !== "ready" || state.grid !== null || !text;
    say(hint, text);
    sizePart.hidden = tool !== "brush" && tool !== "eraser";
    size.value = String(placeOf(state.size));
    say(output, `${Math.max(1, Math.round(2 * state.size))} px`);
    combinePart.hidden = !((tool === "polygon" || tool === "magnetic") && hasSelected);
    for (const button of combine) {
      button.setAttribute("aria-pressed", String(button.dataset.combine === state.combine));
    }
    negative.hidden = tool !== "point" && tool !== "scribble";
    negative.setAttribute("aria-pressed", String(state.negative));
    say(negative, tool === "point" ? "Beside it" : "Ground");
    done.hidden = !(sketch?.kind === "area" && sketch.corners.length > 2);
  });
}

/** @typedef {(state: PageState, hasSelected: boolean) => string} Hint */

/** @type {Readonly<Partial<Record<import("../state.js").ToolName, Hint>>>} */
const HINTS = {
  brush: (_, hasSelected) => (hasSelected ? "Paints on the selected object. Alt erases." : "Paints a new object."),
  eraser: (_, hasSelected) => (hasSelected ? "Erases from the selected object." : "Select an object first."),
  polygon: ({ sketch }) => (sketch ? "Enter closes it, Z takes a corner back." : "Click corners, or draw around it."),
  magnetic: ({ sketch }) => (sketch ? "Move along the edge; click to hold it." : "Click on the edge of an object."),
  box: (state) => (whyNotAsk(state) ? "Drag a box: a rectangle to mend." : "Drag a box: a mask appears."),
  point: (_, hasSelected) => (hasSelected ? "Click what belongs to it; Alt what does not." : "Click on an object."),
  scribble: () => "Draw on each object; on the ground with Alt.",
  cut: () => "Draw a line across the object.",
};

/**
 * @param {PageState} state
 * @returns {string} "" where there is nothing to say.
 */
function hintFor(state) {
  const { tool, work, asking } = state;
  if (asking.length) {
    return "The network looks… Esc stops it.";
  }
  const selected = work ? itemOf(work.present, work.present.selected) : null;
  return HINTS[tool]?.(state, selected !== null) ?? "";
}

/**
 * Sizes by the slider's place: small ones finely.
 *
 * @param {number} place 0 to 100.
 * @returns {number} radius in pixels of the image.
 */
const sizeAt = (place) => 0.5 * 1000 ** (place / 100);

/** @param {number} size */
const placeOf = (size) => (100 * Math.log(size / 0.5)) / Math.log(1000);
