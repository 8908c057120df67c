// Colours of categories on the canvas: those of the style sheet.

/** @typedef {import("../../core/wire.js").Category} Category */

export const HUES = 10;

/** @type {readonly string[] | null} */
let known = null;

/**
 * @param {readonly Category[]} categories of the project, in their order.
 * @param {number} id
 * @returns {number} 1 to `HUES`, as `data-hue` has it; 0 for what is no category.
 */
export function hueOf(categories, id) {
  const place = categories.findIndex((category) => category.id === id);
  return place < 0 ? 0 : (place % HUES) + 1;
}

/**
 * @param {number} hue
 * @returns {string}
 */
export function colour(hue) {
  if (!known) {
    const style = getComputedStyle(document.documentElement);
    known = Array.from({ length: HUES + 1 }, (_, each) => style.getPropertyValue(`--class-${each}`).trim());
  }
  return known[hue] ?? "#aab2c0";
}
