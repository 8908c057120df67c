// What the page knows at a moment, and how each action changes it.

import { History } from "../core/history.js";
import { LEAN } from "./sheet.js";

/** @typedef {import("../core/wire.js").BatchDocument} BatchDocument */
/** @typedef {import("../core/wire.js").ImageFacts} ImageFacts */
/** @typedef {import("../core/wire.js").PickDocument} PickDocument */
/** @typedef {import("../core/wire.js").SheetDocument} SheetDocument */
/** @typedef {import("../page/api.js").ProjectDocument} ProjectDocument */
/** @typedef {import("./sheet.js").SheetState} SheetState */
/** @typedef {import("./grid.js").Grid} Grid */
/** @typedef {import("./work/outbox.js").Parcel} Parcel */
/** @typedef {readonly [number, number]} Place */

/**
 * @typedef {"select" | "brush" | "eraser" | "polygon" | "magnetic" | "box" | "point" | "cut" | "draw-box" | "mark"
 *   | "scribble"} ToolName
 * @typedef {"new" | "add" | "subtract"} Combine what a drawn area becomes.
 * @typedef {"loading" | "ready" | "empty" | "done" | "error"} Phase
 *
 * @typedef {{kind: "area", corners: readonly Place[], tip: readonly Place[]}
 *   | {kind: "box", from: Place, to: Place}
 *   | {kind: "line", path: readonly Place[]}
 *   | {kind: "points", key: number | null, box: number[] | null, points: [number, number, boolean][]}} Sketch
 *   What is being drawn and is no part of the label yet. `tip` is what a click would add.
 *
 * @typedef {{title: string, text: string, offers: Offer[]}} Words
 * @typedef {"again" | "next-batch" | "start" | "take-over" | "take-up"} Offer
 *
 * @typedef {{
 *   phase: Phase, words: Words, project: ProjectDocument | null, annotator: string, hasOwnToken: boolean,
 *   batch: BatchDocument | null, promptVersion: string,
 *   todo: readonly PickDocument[], total: number, charged: number,
 *   sheet: SheetDocument | null, work: History<SheetState> | null, grid: History<Grid> | null,
 *   tool: ToolName, size: number, combine: Combine, also: ReadonlySet<number>, sketch: Sketch | null,
 *   asking: readonly {id: number, box: number[] | null}[], negative: boolean, masksHidden: boolean,
 *   online: boolean, signedIn: boolean, parcels: readonly Parcel[], durable: boolean,
 *   lease: "held" | "over" | "lost", otherTab: boolean, leaving: boolean, emptyAsked: boolean,
 *   message: {text: string, tone: "plain" | "bad"} | null,
 *   dialog: "" | "help" | "skip" | "refused" | "give-back" | "find-class",
 *   seconds: number, active: boolean,
 * }} PageState
 *   `hasOwnToken`: the name is that of a token, and only that person's work is sent.
 *   `todo` are the images that are still to be labeled, `total` how many the batch had; `size` is the brush's radius in
 *   pixels of the image; `also` the objects that were picked beside the selected one. While `leaving`, the
 *   image is handed in and nothing of it changes. `emptyAsked`: whether people were asked if an image on which nothing
 *   is marked holds nothing.
 *
 * @typedef {{type: "set", values: Partial<PageState>}
 *   | {type: "image", sheet: SheetDocument, work: SheetState}
 *   | {type: "grid", grid: Grid}
 *   | {type: "edit", sheet: SheetState}
 *   | {type: "look", sheet: SheetState}
 *   | {type: "answer", grid: Grid}
 *   | {type: "grid-look", grid: Grid}
 *   | {type: "undo"} | {type: "redo"}} Action
 *   An edit is a step that can be undone; a look (what is selected) is none.
 *
 * @typedef {import("./store.js").Store<PageState, Action>} PageStore
 */

/** @type {PageState} */
export const INITIAL = {
  phase: "loading",
  words: { title: "Loading", text: "", offers: [] },
  project: null,
  annotator: "",
  hasOwnToken: false,
  batch: null,
  promptVersion: "",
  todo: [],
  total: 0,
  charged: 0,
  sheet: null,
  work: null,
  grid: null,
  tool: "select",
  size: 12,
  combine: "new",
  also: new Set(),
  sketch: null,
  asking: [],
  negative: false,
  masksHidden: false,
  online: true,
  signedIn: true,
  parcels: [],
  durable: true,
  lease: "held",
  otherTab: false,
  leaving: false,
  emptyAsked: false,
  message: null,
  dialog: "",
  seconds: 0,
  active: true,
};

/** What is begun anew with each image. */
const FRESH = {
  leaving: false,
  emptyAsked: false,
  also: new Set(),
  sketch: null,
  asking: [],
  negative: false,
  combine: /** @type {Combine} */ ("new"),
};

/**
 * @template {Action["type"]} T
 * @typedef {(state: PageState, action: Extract<Action, {type: T}>) => PageState} Reducer
 */

/** @type {{[T in Action["type"]]: Reducer<T>}} */
const REDUCERS = {
  set: (state, { values }) => changed(state, values),
  image: (state, { sheet, work }) => ({ ...state, ...FRESH, sheet, work: new History(work, LEAN), grid: null }),
  grid: (state, { grid }) => ({ ...state, ...FRESH, sheet: null, work: null, grid: new History(grid) }),
  edit: (state, { sheet }) => withWork(state, (work) => work.push(sheet), FRESH.also),
  look: (state, { sheet }) => withWork(state, (work) => work.replace(sheet), state.also),
  answer: (state, { grid }) => withGrid(state, (before) => before.push(grid)),
  "grid-look": (state, { grid }) => withGrid(state, (before) => before.replace(grid)),
  undo: (state) =>
    withGrid(
      withWork(unpointed(state), (work) => work.undo(), FRESH.also),
      (grid) => grid.undo(),
    ),
  redo: (state) =>
    withGrid(
      withWork(unpointed(state), (work) => work.redo(), FRESH.also),
      (grid) => grid.redo(),
    ),
};

/**
 * @param {PageState} state
 * @param {Action} action
 * @returns {PageState} the same where nothing changes.
 */
export function reduce(state, action) {
  const reducer = /** @type {Reducer<any>} */ (REDUCERS[action.type]);
  return reducer(state, action);
}

/**
 * @param {PageState} state
 * @param {Partial<PageState>} values
 * @returns {PageState}
 */
function changed(state, values) {
  const differs = Object.entries(values).some(([name, value]) => !Object.is(Reflect.get(state, name), value));
  return differs ? { ...state, ...values } : state;
}

/**
 * A sketch of points belongs to its object: another one selected ends it.
 *
 * @param {PageState} state
 * @param {(work: History<SheetState>) => History<SheetState>} step
 * @param {ReadonlySet<number>} also
 * @returns {PageState}
 */
function withWork(state, step, also) {
  if (!state.work) {
    return state;
  }
  const work = step(state.work);
  const { sketch } = state;
  const strays = sketch?.kind === "points" && sketch.key !== null && sketch.key !== work.present.selected;
  return changed(state, { work, also, sketch: strays ? null : sketch, emptyAsked: false });
}

/**
 * Points whose mask is undone, or done again, are not those of the mask that is there then.
 *
 * @param {PageState} state
 * @returns {PageState}
 */
function unpointed(state) {
  return state.sketch?.kind === "points" ? { ...state, sketch: null } : state;
}

/**
 * @param {PageState} state
 * @param {(grid: History<Grid>) => History<Grid>} step
 * @returns {PageState}
 */
function withGrid(state, step) {
  return state.grid ? changed(state, { grid: step(state.grid) }) : state;
}
