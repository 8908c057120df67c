// Everything that a key or a button does, with its name and its keys. The help sheet is written from this table.

import { grow, shrink } from "../core/mask.js";
import { answerGrid, decide, go, merge, onSelected, pixel, reject, resizeBrush, split } from "./actions.js";
import { isCorrection } from "./batches.js";
import * as sheets from "./sheet.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("../core/wire.js").Kind} Kind */

/**
 * @typedef {object} Command
 * @property {string} id as `data-action` has it.
 * @property {string} name for the help sheet.
 * @property {string} group
 * @property {readonly string[]} keys as `keyOf` spells them; the first is shown.
 * @property {readonly Kind[]} [kinds] of labels for which it is there; all unless given.
 * @property {(app: App) => void} run
 */

/** @type {readonly Kind[]} */
const OUTLINES = ["full"];
/** @type {readonly Kind[]} */
const SHOWN_ALONE = ["full", "boxes", "points", "scribbles", "counts", "image_level"];
/** @type {readonly Kind[]} */
const GRID = ["ood_check"];
const ZOOM_STEP = 1.25;

/** @param {App} app */
function askToSkip({ bench }) {
  if (isCorrection(bench.store.state.batch)) {
    bench.tell("This label is on record: correct it, or leave it as it is.");
  } else {
    bench.set({ dialog: "skip" });
  }
}

/** @type {readonly Command[]} */
export const COMMANDS = [
  { id: "submit", name: "Submit, and go on", group: "Image", keys: ["Enter"], run: (app) => app.submit() },
  {
    id: "skip",
    name: "Skip, with a reason",
    group: "Image",
    keys: ["s"],
    kinds: SHOWN_ALONE,
    run: askToSkip,
  },
  {
    id: "give-back",
    name: "",
    group: "",
    keys: [],
    run: ({ bench }) => bench.set(bench.store.state.phase === "ready" ? { dialog: "give-back" } : {}),
  },
  { id: "undo", name: "Undo", group: "Image", keys: ["z", "Ctrl+z"], run: (app) => app.undo() },
  { id: "redo", name: "Redo", group: "Image", keys: ["Shift+z", "Ctrl+Shift+z", "Ctrl+y"], run: (app) => app.redo() },
  { id: "escape", name: "Stop drawing, deselect", group: "Image", keys: ["Escape"], run: (app) => app.escape() },
  {
    id: "help",
    name: "This sheet",
    group: "Image",
    keys: ["?", "F1"],
    run: (app) => app.bench.set({ dialog: "help" }),
  },

  {
    id: "find-class",
    name: "Find a class by its name",
    group: "Tools",
    keys: ["w"],
    run: ({ bench }) => bench.set({ dialog: "find-class" }),
  },

  {
    id: "accept",
    name: "Accept",
    group: "Proposals",
    keys: ["a"],
    kinds: OUTLINES,
    run: (app) => decide(app, (state, item) => sheets.accept(state, item.key)),
  },
  {
    id: "reject",
    name: "Reject or remove",
    group: "Proposals",
    keys: ["r", "Delete", "Backspace"],
    kinds: ["full", "boxes", "points", "scribbles"],
    run: reject,
  },
  {
    id: "accept-rest",
    name: "Accept all that are undecided",
    group: "Proposals",
    keys: ["Shift+a"],
    kinds: OUTLINES,
    run: ({ bench }) => bench.edit((state) => sheets.acceptRest(state)),
  },
  {
    id: "next",
    name: "Next by what is worth a look",
    group: "Proposals",
    keys: ["n", "ArrowRight", "ArrowDown"],
    kinds: OUTLINES,
    run: (app) => go(app, 1),
  },
  {
    id: "previous",
    name: "Previous",
    group: "Proposals",
    keys: ["Shift+n", "ArrowLeft", "ArrowUp"],
    kinds: OUTLINES,
    run: (app) => go(app, -1),
  },

  {
    id: "grow",
    name: "Grow by a pixel",
    group: "Mend",
    keys: ["g"],
    kinds: OUTLINES,
    run: (app) =>
      onSelected(app, (state, item) =>
        sheets.replaceMask(state, item.key, grow(item.mask, pixel(app), state.image.width, state.image.height)),
      ),
  },
  {
    id: "shrink",
    name: "Shrink by a pixel",
    group: "Mend",
    keys: ["Shift+g"],
    kinds: OUTLINES,
    run: (app) =>
      onSelected(app, (state, item) =>
        sheets.replaceMask(state, item.key, shrink(item.mask, pixel(app), state.image.width, state.image.height)),
      ),
  },
  { id: "merge", name: "Merge with those picked by Shift", group: "Mend", keys: ["m"], kinds: OUTLINES, run: merge },
  { id: "split", name: "Split into parts, or along a line", group: "Mend", keys: ["k"], kinds: OUTLINES, run: split },
  {
    id: "crowd",
    name: "Crowd: nobody can tell them apart",
    group: "Mend",
    keys: ["c"],
    kinds: OUTLINES,
    run: (app) => onSelected(app, (state, item) => sheets.setCrowd(state, item.key, !item.crowd)),
  },
  {
    id: "smaller-brush",
    name: "Smaller brush",
    group: "Mend",
    keys: ["["],
    kinds: OUTLINES,
    run: (app) => resizeBrush(app, -1),
  },
  {
    id: "larger-brush",
    name: "Larger brush",
    group: "Mend",
    keys: ["]"],
    kinds: OUTLINES,
    run: (app) => resizeBrush(app, 1),
  },

  {
    id: "yes",
    name: "Yes, it holds what it was taken for",
    group: "Empty or not",
    keys: ["y"],
    kinds: GRID,
    run: (app) => answerGrid(app, true),
  },
  {
    id: "no",
    name: "No, it holds nothing",
    group: "Empty or not",
    keys: ["n"],
    kinds: GRID,
    run: (app) => answerGrid(app, false),
  },
  {
    id: "next-image",
    name: "Next image",
    group: "Empty or not",
    keys: ["ArrowRight", "ArrowDown"],
    kinds: GRID,
    run: (app) => go(app, 1),
  },
  {
    id: "previous-image",
    name: "Previous image",
    group: "Empty or not",
    keys: ["ArrowLeft", "ArrowUp"],
    kinds: GRID,
    run: (app) => go(app, -1),
  },

  {
    id: "zoom-in",
    name: "Zoom in",
    group: "View",
    keys: ["+", "="],
    kinds: SHOWN_ALONE,
    run: ({ bench }) => bench.stage.zoom(ZOOM_STEP),
  },
  {
    id: "zoom-out",
    name: "Zoom out",
    group: "View",
    keys: ["-"],
    kinds: SHOWN_ALONE,
    run: ({ bench }) => bench.stage.zoom(1 / ZOOM_STEP),
  },
  {
    id: "zoom-fit",
    name: "Fit the image",
    group: "View",
    keys: ["0"],
    kinds: SHOWN_ALONE,
    run: ({ bench }) => bench.stage.fit(),
  },
  {
    id: "zoom-full",
    name: "Full size",
    group: "View",
    keys: ["."],
    kinds: SHOWN_ALONE,
    run: ({ bench }) => bench.stage.zoom(1 / bench.stage.viewport.scale),
  },
  {
    id: "hide-masks",
    name: "Hide or show masks",
    group: "View",
    keys: ["h"],
    kinds: OUTLINES,
    run: ({ bench }) => bench.set({ masksHidden: !bench.store.state.masksHidden }),
  },

  { id: "close-dialog", name: "", group: "", keys: [], run: ({ bench }) => bench.set({ dialog: "" }) },
  { id: "post", name: "", group: "", keys: [], run: ({ bench }) => bench.set({ dialog: "refused" }) },
];
