// States that are kept for undoing, without the pixels of their large masks: on a large photograph each stroke makes
// one of megabytes.

import { decodeRle, encodeRle } from "../../core/rle.js";
import { changed, frozen } from "./state.js";
/** @typedef {import("../../core/masks/window.js").Mask} Mask */
/** @typedef {import("../../core/wire.js").MaskDocument} MaskDocument */
/** @typedef {import("./state.js").SheetState} SheetState */
/** @typedef {import("./state.js").Item} Item */

/** @typedef {Omit<SheetState, "objects"> & {objects: readonly (Item | LeanItem)[]}} LeanState */
/** @typedef {Omit<Item, "mask"> & {mask: null, document: MaskDocument}} LeanItem */

const LARGE = 64 * 1024; // pixels of a mask's window from which on it is written as runs

/** @type {WeakMap<MaskDocument, WeakRef<Mask>>} masks that are still at hand, so that states share them */
const known = new WeakMap();

/**
 * @param {SheetState} state
 * @returns {LeanState}
 */
function pack(state) {
  const { height, width } = state.image;
  const objects = state.objects.map((item) => {
    if (item.mask.bits.length < LARGE || item.mask === item.proposal?.mask) {
      return item;
    }
    const document = encodeRle(item.mask, height, width);
    known.set(document, new WeakRef(item.mask));
    return { ...item, mask: null, document };
  });
  return { ...state, objects };
}

/**
 * @param {LeanState} lean
 * @returns {SheetState}
 */
function unpack(lean) {
  const objects = lean.objects.map((item) => {
    if (item.mask) {
      return item;
    }
    const { document, ...rest } = item;
    return frozen({ ...rest, mask: maskOf(document) });
  });
  return changed({ ...lean, objects }, {});
}

/** @param {MaskDocument} document */
function maskOf(document) {
  const mask = known.get(document)?.deref() ?? decodeRle(document);
  known.set(document, new WeakRef(mask));
  return mask;
}

/** @type {import("../../core/history.js").Codec<SheetState>} */
export const LEAN = { pack, unpack };
