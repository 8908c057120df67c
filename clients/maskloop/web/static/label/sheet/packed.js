// A state as text, so that work survives a reload. Masks are run-length strings in it: a few kilobytes an image.

import { decodeRle, encodeRle } from "../../core/rle.js";
import { changed, frozen } from "./state.js";
/** @typedef {import("../../core/masks/window.js").Mask} Mask */
/** @typedef {import("../../core/wire.js").MaskDocument} MaskDocument */
/** @typedef {import("./state.js").SheetState} SheetState */
/** @typedef {import("./state.js").Item} Item */
/** @typedef {import("./state.js").Proposal} Proposal */

/**
 * @typedef {Omit<Proposal, "mask"> & {mask: MaskDocument}} PackedProposal
 * @typedef {Omit<Item, "mask" | "proposal"> & {mask: MaskDocument | null, proposal: PackedProposal | null}} PackedItem
 *   `mask` is null where it is the proposal's.
 * @typedef {Omit<SheetState, "objects"> & {objects: readonly PackedItem[]}} PackedState
 */

/**
 * @param {SheetState} state
 * @returns {PackedState} what `JSON.stringify` keeps whole
 */
export function packed(state) {
  const { height, width } = state.image;
  const text = (/** @type {Mask} */ mask) => encodeRle(mask, height, width);
  const objects = state.objects.map((item) => ({
    ...item,
    mask: item.mask === item.proposal?.mask ? null : text(item.mask),
    proposal: item.proposal && { ...item.proposal, mask: item.proposal.document ?? text(item.proposal.mask) },
  }));
  return { ...state, objects };
}

/**
 * @param {PackedState} kept
 * @returns {SheetState}
 * @throws {RangeError} a mask is broken
 */
export function unpacked(kept) {
  const objects = kept.objects.map((item) => {
    const proposal = item.proposal && frozen({ ...item.proposal, mask: decodeRle(item.proposal.mask) });
    const mask = item.mask ? decodeRle(item.mask) : proposal?.mask;
    if (!mask) {
      throw new RangeError(`item ${item.key} has no mask`);
    }
    return frozen({ ...item, mask, proposal });
  });
  return changed({ ...kept, objects }, {});
}
