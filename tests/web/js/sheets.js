// Images to label in tests: 30 x 20 pixels, with three proposals of boxes.

import { polygon } from "../../../clients/maskloop/web/static/core/mask.js";
import { encodeRle } from "../../../clients/maskloop/web/static/core/rle.js";
import { begin } from "../../../clients/maskloop/web/static/label/sheet.js";
/** @typedef {import("../../../clients/maskloop/web/static/core/wire.js").SheetDocument} SheetDocument */
/** @typedef {import("../../../clients/maskloop/web/static/core/wire.js").ProposalDocument} ProposalDocument */
/** @typedef {import("../../../clients/maskloop/web/static/core/wire.js").LabelDocument} LabelDocument */
/** @typedef {import("../../../clients/maskloop/web/static/core/wire.js").Content} Content */
/** @typedef {import("../../../clients/maskloop/web/static/core/wire.js").Kind} Kind */

export const [W, H] = [30, 20];
const IDS = ["a".repeat(16), "b".repeat(16), "c".repeat(16), "d".repeat(16)];
export const [SURE, UNSURE, MIDDLING, ASKED] = IDS;

/**
 * The mask of a box.
 *
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 */
export function block(x, y, width, height) {
  return polygon([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], W, H);
}

/**
 * @param {string} id
 * @param {number} predictedIou
 * @param {import("../../../clients/maskloop/web/static/core/masks/window.js").Mask} mask
 * @param {number} [category]
 * @returns {ProposalDocument}
 */
export function offered(id, predictedIou, mask, category = 1) {
  return { id, category, mask: encodeRle(mask, H, W), predicted_iou: predictedIou, confidence: 0.5 };
}

export const PROPOSALS = [
  offered(SURE, 0.9, block(0, 0, 6, 5)),
  offered(UNSURE, 0.2, block(10, 0, 4, 4), 2),
  offered(MIDDLING, 0.6, block(20, 0, 9, 9)),
];

/**
 * @param {Partial<SheetDocument>} [parts]
 * @returns {SheetDocument}
 */
export function sheetOf(parts = {}) {
  return {
    image: { id: "i1", name: "one.jpg", width: W, height: H },
    proposals: PROPOSALS,
    model_version: "m1",
    uncalibrated: false,
    label: null,
    ...parts,
  };
}

/** An image with three proposals, keys 1 to 3. */
export function proposed() {
  return begin(sheetOf(), "full", 1);
}

/** An image without proposals, as where people are not helped. */
export function plain() {
  return begin(sheetOf({ proposals: [], model_version: "" }), "full", 1);
}

/**
 * @param {Kind} kind
 */
export function blank(kind) {
  return begin(sheetOf(), kind, 1);
}

/**
 * @param {Kind} kind
 * @param {Content} content
 * @returns {LabelDocument}
 */
export function onRecord(kind, content) {
  return { id: "l1", image: "i1", kind, content, annotator: "ann", cost_s: 1, charged_s: 1 };
}
