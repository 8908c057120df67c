// Tools and classes by their keys, for the keyboard and the help sheet.

/** @typedef {import("../../core/wire.js").Kind} Kind */
/** @typedef {import("../state.js").ToolName} ToolName */

/** @type {readonly {tool: ToolName, key: string, name: string, kinds: readonly Kind[]}[]} */
export const TOOL_KEYS = [
  { tool: "select", key: "v", name: "Select, move about", kinds: ["full", "boxes", "points", "scribbles"] },
  { tool: "brush", key: "b", name: "Brush", kinds: ["full"] },
  { tool: "eraser", key: "e", name: "Eraser", kinds: ["full"] },
  { tool: "polygon", key: "p", name: "Polygon, or draw by hand", kinds: ["full"] },
  { tool: "magnetic", key: "l", name: "Magnetic edge", kinds: ["full"] },
  { tool: "box", key: "d", name: "Draw a box: a mask appears", kinds: ["full"] },
  { tool: "point", key: "f", name: "Mend with points", kinds: ["full"] },
  { tool: "draw-box", key: "d", name: "Draw a box", kinds: ["boxes"] },
  { tool: "mark", key: "d", name: "Set a point", kinds: ["points"] },
  { tool: "scribble", key: "d", name: "Draw a stroke", kinds: ["scribbles"] },
];

/** Number keys name so many classes, and with Shift as many more. */
export const KEYED = 9;

/**
 * The key of a class, by its place, as `keyOf` would spell it; "" for none.
 *
 * @param {number} index
 * @param {Kind} kind
 * @returns {string}
 */
export function classKey(index, kind) {
  const further = index < KEYED || kind === "counts" ? "" : "Shift+";
  const digit = index - (further ? KEYED : 0) + 1;
  return digit > KEYED ? "" : `${further}${digit}`;
}
