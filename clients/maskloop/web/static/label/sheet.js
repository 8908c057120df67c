// The state of one image that is being labeled, and all that can be done to it. Pure: each action takes a state and
// gives another one, or the same where there is nothing to do. No page, no clock, no network.

export { chooseCategory, setCategory } from "./sheet/category.js";
export { addBox, addPoint, addStroke, markAt, removeMark, replaceMark, setMarkCategory } from "./sheet/marks.js";
export { answer, isBlank, nothingHere, presentSet, setCount, togglePresent } from "./sheet/marks.js";
export {
  accept,
  acceptRest,
  add,
  merge,
  reject,
  remove,
  replaceMask,
  reprompt,
  restore,
  setCrowd,
  spend,
  split,
} from "./sheet/objects.js";
export { begin, itemOf, proposalOf, select, visibleItems } from "./sheet/state.js";
export { itemAt, next, order, ordered, previous, undecided } from "./sheet/worth.js";
export { draftOf } from "./sheet/draft.js";
export { packed, unpacked } from "./sheet/packed.js";
export { LEAN } from "./sheet/lean.js";

/**
 * @typedef {import("./sheet/state.js").SheetState} SheetState
 * @typedef {import("./sheet/state.js").Item} Item
 * @typedef {import("./sheet/state.js").Proposal} Proposal
 * @typedef {import("./sheet/state.js").Status} Status
 * @typedef {import("./sheet/state.js").PointMark} PointMark
 * @typedef {import("./sheet/state.js").StrokeMark} StrokeMark
 * @typedef {import("./sheet/state.js").BoxMark} BoxMark
 * @typedef {import("./sheet/draft.js").DraftFacts} DraftFacts
 * @typedef {import("./sheet/draft.js").DraftResult} DraftResult
 * @typedef {import("./sheet/packed.js").PackedState} PackedState
 */
