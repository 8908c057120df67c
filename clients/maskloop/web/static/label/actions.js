// What commands do to the selected object, and the ways from one to the next.

import { components } from "../core/mask.js";
import { guessOf, moveFocus } from "./grid.js";
import * as sheets from "./sheet.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./sheet.js").Item} Item */
/** @typedef {import("./sheet.js").SheetState} SheetState */

/**
 * Of masks, in pixels of the image: one on the screen, and no less than one of the image.
 *
 * @param {App} app
 */
export const pixel = ({ bench }) => Math.max(1, Math.round(1 / bench.stage.viewport.scale));

/**
 * Change the selected object, or say that none is.
 *
 * @param {App} app
 * @param {(sheet: SheetState, item: Item) => SheetState} change
 */
export function onSelected({ bench }, change) {
  const { sheet } = bench;
  const item = sheet && sheets.itemOf(sheet, sheet.selected);
  if (item) {
    bench.edit((state) => change(state, item));
  } else {
    bench.tell("Select an object first.");
  }
}

/**
 * Decide on the selected object and go on to the next that is undecided.
 *
 * @param {App} app
 * @param {(sheet: SheetState, item: Item) => SheetState} verdict
 */
export function decide(app, verdict) {
  const { bench } = app;
  const key = bench.sheet?.selected ?? null;
  onSelected(app, verdict);
  const { sheet } = bench;
  if (sheet && key !== null && sheets.undecided(sheet).length) {
    bench.look((state) => sheets.next(sheets.select(state, key)));
  }
  app.reveal();
}

/** @param {App} app */
export function reject(app) {
  const { sheet } = app.bench;
  if (sheet && sheets.markAt(sheet, sheet.selected)) {
    app.bench.edit((state) => sheets.removeMark(state, state.selected ?? 0));
  } else {
    decide(app, (state, item) => sheets.reject(state, item.key));
  }
}

/** @param {App} app */
export function merge({ bench }) {
  const { also } = bench.store.state;
  const { sheet } = bench;
  if (!sheet || sheet.selected === null || !also.size) {
    bench.tell("Select one object, then click the others with Shift held.");
    return;
  }
  bench.edit((state) => sheets.merge(state, [sheet.selected ?? 0, ...also]));
}

/** @param {App} app */
export function split(app) {
  const { bench } = app;
  onSelected(app, (state, item) => {
    if (components(item.mask).length > 1) {
      return sheets.split(state, item.key);
    }
    app.takeTool("cut");
    bench.tell("Draw a line across the object.");
    return state;
  });
}

/**
 * @param {App} app
 * @param {1 | -1} step
 */
export function go(app, step) {
  const { bench } = app;
  const { grid, todo } = bench.store.state;
  if (grid) {
    bench.store.dispatch({ type: "grid-look", grid: moveFocus(grid.present, todo, step) });
  } else {
    bench.look(step > 0 ? sheets.next : sheets.previous);
    bench.set({ also: new Set() });
  }
  app.reveal();
}

/**
 * @param {App} app
 * @param {boolean} holdsSomething
 */
export function answerGrid(app, holdsSomething) {
  const { grid, todo, project } = app.bench.store.state;
  const pick = todo.find(({ image }) => image.id === grid?.present.focus);
  if (grid && pick) {
    app.answer(holdsSomething ? guessOf(pick, project?.categories ?? []) : 0);
  }
}

/**
 * @param {App} app
 * @param {number} by
 */
export function resizeBrush({ bench }, by) {
  const { size } = bench.store.state;
  bench.set({ size: Math.min(500, Math.max(0.5, by > 0 ? size * 1.2 + 0.25 : size / 1.2 - 0.2)) });
}
