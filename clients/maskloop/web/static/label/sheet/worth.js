// What is worth a look, in order: first what nobody has decided, and of that what is likeliest to be wrong.

import { areaOf, contains } from "../../core/mask.js";
import { itemOf, select, visibleItems } from "./state.js";
/** @typedef {import("./state.js").SheetState} SheetState */
/** @typedef {import("./state.js").Item} Item */

/**
 * Keys of all items, in the order in which they are worth a look: undecided ones by their predicted IoU, lowest first;
 * then those that were decided, in the same way; rejected ones last.
 *
 * @param {SheetState} state
 * @returns {number[]}
 */
export function order(state) {
  return ordered(state).map((item) => item.key);
}

/**
 * The items themselves, in that order.
 *
 * @param {SheetState} state
 * @returns {Item[]}
 */
export function ordered(state) {
  return [...state.objects].sort((a, b) => rank(a) - rank(b) || before(a, b));
}

/**
 * The proposals of which nobody has decided, in that order.
 *
 * @param {SheetState} state
 * @returns {number[]}
 */
export function undecided(state) {
  const open = state.objects.filter((item) => item.status === "proposed");
  return open.sort(before).map((item) => item.key);
}

/**
 * Selects what is worth a look next: the undecided ones as long as there are any, then all that is visible, round and
 * round.
 *
 * @param {SheetState} state
 * @returns {SheetState}
 */
export function next(state) {
  return select(state, neighbour(state, 1));
}

/**
 * Selects what was worth a look before.
 *
 * @param {SheetState} state
 * @returns {SheetState}
 */
export function previous(state) {
  return select(state, neighbour(state, -1));
}

/**
 * The smallest visible item at a place, which is the one on top; `null` where there is none.
 *
 * @param {SheetState} state
 * @param {number} x in pixels of the image
 * @param {number} y
 * @returns {number | null}
 */
export function itemAt(state, x, y) {
  const [smallest] = visibleItems(state)
    .filter((item) => contains(item.mask, x, y))
    .sort((a, b) => areaOf(a.mask) - areaOf(b.mask) || a.key - b.key);
  return smallest?.key ?? null;
}

/**
 * The key after or before the selected one. It may have just been decided, and is then no longer among those that are
 * stepped through: its place among them still counts.
 *
 * @param {SheetState} state
 * @param {1 | -1} step
 * @returns {number | null}
 */
function neighbour(state, step) {
  const open = state.objects.filter((item) => item.status === "proposed");
  const ring = (open.length ? [...open] : [...visibleItems(state)]).sort(before);
  const selected = itemOf(state, state.selected);
  if (!ring.length) {
    return null;
  }
  const beyond = step > 0 ? ring : ring.reverse();
  const found = selected && beyond.find((item) => step * before(item, selected) > 0);
  return (found ?? beyond[0])?.key ?? null;
}

/** @param {Item} item */
function rank({ status }) {
  return status === "proposed" ? 0 : status === "rejected" ? 2 : 1;
}

/**
 * Lower predicted IoU first, what nobody proposed last; then the older one.
 *
 * @param {Item} a
 * @param {Item} b
 * @returns {number}
 */
function before(a, b) {
  const [first, second] = [a.proposal?.predictedIou ?? 2, b.proposal?.predictedIou ?? 2];
  return first - second || a.key - b.key;
}
