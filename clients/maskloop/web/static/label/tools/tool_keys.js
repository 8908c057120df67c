// Tools by their keys, for the keyboard and the help sheet.

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
