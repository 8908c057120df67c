// Kinds of labels in words.

/** @typedef {import("../core/wire.js").Kind} Kind */

/** @type {Readonly<Record<Kind, {name: string, todo: string}>>} */
export const KINDS = {
  full: { name: "Outlines", todo: "A mask of every object" },
  boxes: { name: "Boxes", todo: "A box around every object" },
  points: { name: "Points", todo: "A point on every object" },
  scribbles: { name: "Strokes", todo: "A stroke on every object" },
  counts: { name: "Counts", todo: "How many of each class" },
  image_level: { name: "Classes", todo: "Which classes are there" },
  ood_check: { name: "Empty or not", todo: "Whether anything is there" },
};

/**
 * @param {string} text
 * @returns {Kind | ""} "" for a text that names no kind: whatever is to be labeled.
 */
export function kindNamed(text) {
  return Object.hasOwn(KINDS, text) ? /** @type {Kind} */ (text) : "";
}
