// What can be done to objects and proposals.

import { areaOf, components, isEmpty, union } from "../../core/mask.js";
import { changed, frozen, itemOf } from "./state.js";
/** @typedef {import("../../core/masks/window.js").Mask} Mask */
/** @typedef {import("./state.js").SheetState} SheetState */
/** @typedef {import("./state.js").Item} Item */
/** @typedef {import("./state.js").Proposal} Proposal */

/**
 * The proposal shows an object. A rejected one is taken back; what was edited or drawn stays as it is.
 *
 * @param {SheetState} state
 * @param {number} key
 * @returns {SheetState}
 */
export function accept(state, key) {
  const item = itemOf(state, key);
  if (!item || !(item.status === "proposed" || item.status === "rejected")) {
    return state;
  }
  return withItem(state, accepted(item));
}

/**
 * @param {Item} item
 * @returns {Item}
 */
function accepted(item) {
  return frozen({ ...item, status: item.mask === item.proposal?.mask ? "accepted" : "edited" });
}

/**
 * Accepts all proposals of which nobody has decided.
 *
 * @param {SheetState} state
 * @param {number} [least] only those with at least this predicted IoU
 * @returns {SheetState}
 */
export function acceptRest(state, least = 0) {
  const isMeant = (/** @type {Item} */ item) =>
    item.status === "proposed" && (item.proposal?.predictedIou ?? 0) >= least;
  const objects = state.objects.map((item) => (isMeant(item) ? accepted(item) : item));
  return objects.some((item, place) => item !== state.objects[place]) ? changed(state, { objects }) : state;
}

/**
 * No object comes of it. What had been drawn is gone; a proposal stays on record as rejected, with its own mask.
 *
 * @param {SheetState} state
 * @param {number} key
 * @returns {SheetState}
 */
export function reject(state, key) {
  const item = itemOf(state, key);
  if (!item || item.status === "rejected") {
    return state;
  }
  const { proposal } = item;
  if (proposal) {
    const { mask, category } = proposal;
    return deselected(withItem(state, { ...item, mask, category, status: "rejected", crowd: false }), key);
  }
  return deselected(changed(state, { objects: state.objects.filter((each) => each.key !== key) }), key);
}

/**
 * The same as `reject`: what is not there was either drawn, or proposed.
 *
 * @param {SheetState} state
 * @param {number} key
 * @returns {SheetState}
 */
export function remove(state, key) {
  return reject(state, key);
}

/**
 * A rejected proposal is undecided again.
 *
 * @param {SheetState} state
 * @param {number} key
 * @returns {SheetState}
 */
export function restore(state, key) {
  const item = itemOf(state, key);
  return item?.status === "rejected" ? withItem(state, { ...item, status: "proposed" }) : state;
}

/**
 * Whether an object is a crowd: a region of many that nobody told apart.
 *
 * @param {SheetState} state
 * @param {number} key
 * @param {boolean} crowd
 * @returns {SheetState}
 */
export function setCrowd(state, key, crowd) {
  const item = itemOf(state, key);
  if (!item || item.status === "rejected" || item.crowd === crowd) {
    return state;
  }
  const status = item.status === "proposed" ? "accepted" : item.status;
  return withItem(state, { ...item, crowd, status });
}

/**
 * Another mask of an object; one edit. Without a pixel, the object is removed.
 *
 * @param {SheetState} state
 * @param {number} key
 * @param {Mask} mask
 * @param {number} [edits] strokes, clicks and moved corners that it took
 * @returns {SheetState}
 */
export function replaceMask(state, key, mask, edits = 1) {
  const item = itemOf(state, key);
  if (!item || mask === item.mask) {
    return state;
  }
  if (isEmpty(mask)) {
    return remove(state, key);
  }
  const status = item.proposal ? "edited" : "drawn";
  return withItem(state, { ...item, mask, status, edits: item.edits + edits });
}

/**
 * Another answer to an object's prompt, such as after one more point. What it had answered before is forgotten: nobody
 * judged it. An object that did not begin as a prompt keeps what it began as.
 *
 * @param {SheetState} state
 * @param {number} key
 * @param {Proposal} proposal
 * @returns {SheetState}
 */
export function reprompt(state, key, proposal) {
  const item = itemOf(state, key);
  if (!item || isEmpty(proposal.mask)) {
    return state;
  }
  if (!item.prompted) {
    return replaceMask(state, key, proposal.mask);
  }
  const { mask } = proposal;
  return withItem(state, { ...item, mask, proposal, status: "accepted", edits: item.edits + 1 });
}

/**
 * One more object, selected: drawn by a person, or proposed for what they showed. They asked for it and see it, so it
 * is accepted until they change it.
 *
 * @param {SheetState} state
 * @param {Mask} mask
 * @param {number} category 0: the proposal's
 * @param {Proposal | null} [proposal]
 * @param {{crowd?: boolean, edits?: number, seconds?: number}} [facts]
 * @returns {SheetState} the same where the mask has no pixel
 */
export function add(state, mask, category, proposal = null, { crowd = false, edits = 0, seconds = 0 } = {}) {
  if (isEmpty(mask)) {
    return state;
  }
  const key = state.nextKey;
  /** @type {Item} */
  const item = frozen({
    key,
    category: category || (proposal?.category ?? state.category),
    mask,
    proposal,
    prompted: proposal !== null,
    status: proposal ? (mask === proposal.mask ? "accepted" : "edited") : "drawn",
    edits,
    seconds,
    crowd,
  });
  return changed(state, { objects: [...state.objects, item], selected: key, nextKey: key + 1 });
}

/**
 * Makes one object of several. It began as the largest proposal among them; the other proposals are rejected. Its
 * category is that of the largest.
 *
 * @param {SheetState} state
 * @param {readonly number[]} keys
 * @returns {SheetState} the same where fewer than two are visible
 */
export function merge(state, keys) {
  const parts = state.objects
    .filter((item) => keys.includes(item.key) && item.status !== "rejected")
    .sort((a, b) => areaOf(b.mask) - areaOf(a.mask) || a.key - b.key);
  const [largest] = parts;
  if (!largest || parts.length < 2) {
    return state;
  }
  const kept = parts.find((item) => item.proposal) ?? largest;
  const drawn = parts.filter((item) => item !== kept && !item.proposal);
  const mask = parts.map((item) => item.mask).reduce(union);
  const others = parts.filter((item) => item !== kept);
  const after = others.reduce((before, item) => reject(before, item.key), state);
  const merged = withItem(after, {
    ...kept,
    mask,
    category: largest.category,
    status: kept.proposal ? "edited" : "drawn",
    edits: kept.edits + 1 + total(drawn, (item) => item.edits),
    seconds: kept.seconds + total(drawn, (item) => item.seconds),
  });
  return changed(merged, { selected: kept.key });
}

/**
 * Makes several objects of one: its parts that do not touch, or those given, such as by `cut`. The largest keeps what
 * it began as; the others count as drawn.
 *
 * @param {SheetState} state
 * @param {number} key
 * @param {readonly Mask[]} [parts] largest first
 * @returns {SheetState} the same where there are fewer than two
 */
export function split(state, key, parts) {
  const item = itemOf(state, key);
  const [largest, ...rest] = (item && (parts ?? components(item.mask))) || [];
  if (!item || item.status === "rejected" || !largest || !rest.length) {
    return state;
  }
  const { category, crowd } = item;
  const first = replaceMask(state, key, largest);
  const all = rest.reduce((before, mask) => add(before, mask, category, null, { crowd, edits: 1 }), first);
  return changed(all, { selected: key });
}

/**
 * Counts seconds that somebody spent on an object.
 *
 * @param {SheetState} state
 * @param {number} key
 * @param {number} seconds
 * @returns {SheetState}
 */
export function spend(state, key, seconds) {
  const item = itemOf(state, key);
  return item && seconds > 0 ? withItem(state, { ...item, seconds: item.seconds + seconds }) : state;
}

/**
 * A state with another item.
 *
 * @param {SheetState} state
 * @param {Item} item in the place of the one of its key
 * @returns {SheetState}
 */
export function withItem(state, item) {
  const objects = state.objects.map((each) => (each.key === item.key ? frozen(item) : each));
  return changed(state, { objects });
}

/**
 * @param {SheetState} state
 * @param {number} key
 * @returns {SheetState}
 */
function deselected(state, key) {
  return state.selected === key ? changed(state, { selected: null }) : state;
}

/**
 * @param {readonly Item[]} items
 * @param {(item: Item) => number} value
 * @returns {number}
 */
function total(items, value) {
  return items.reduce((sum, item) => sum + value(item), 0);
}
