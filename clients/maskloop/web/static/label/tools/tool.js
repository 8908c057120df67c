// What every tool of the stage is.

/** @typedef {import("../state.js").Place} Place */

/**
 * @typedef {{
 *   place: Place, path: readonly Place[], screen: Place, alternate: boolean, extend: boolean,
 * }} Hand
 *   Where the pointer is: `place` in pixels of the image, `screen` in CSS pixels of the stage. `path` holds all places
 *   since the last call, in order. `alternate`: Alt or the right button. `extend`: Shift.
 *
 * @typedef {object} Tool
 * @property {string} cursor
 * @property {(hand: Hand) => boolean} down whether it goes on: else the pointer moves the image.
 * @property {(hand: Hand) => void} move
 * @property {(hand: Hand) => void} up
 * @property {() => void} cancel the pointer was taken away: as if it had never come down.
 * @property {() => void} [abandon] all that is being drawn goes, with what earlier presses made of it; `cancel` unless
 *   given.
 * @property {(hand: Hand) => void} [hover] the pointer moves without being down.
 * @property {() => void} [finish] what is being drawn is done.
 * @property {() => boolean} [stepBack] takes the last corner back; whether there was one.
 */

export {};
