// The tools by name, and which of them each kind of label has.

import { AreaTool } from "./area.js";
import { cutTool, markBoxTool, markPointTool, scribbleTool } from "./marks.js";
import { PaintTool } from "./paint.js";
import { promptBoxTool, promptPointTool } from "./prompts.js";
import { selectTool } from "./select.js";

/** @typedef {import("../bench.js").Bench} Bench */
/** @typedef {import("../state.js").ToolName} ToolName */
/** @typedef {import("../../core/wire.js").Kind} Kind */
/** @typedef {import("./tool.js").Tool} Tool */

/** @type {Readonly<Record<Kind, readonly ToolName[]>>} the first is that with which an image of the kind is begun. */
export const TOOLS_OF = {
  full: ["select", "brush", "eraser", "polygon", "magnetic", "box", "point", "cut"],
  boxes: ["draw-box", "select"],
  points: ["mark", "select"],
  scribbles: ["scribble", "select"],
  counts: ["select"],
  image_level: ["select"],
  ood_check: ["select"],
};

/**
 * @param {Bench} bench
 * @returns {Record<ToolName, Tool>}
 */
export function makeTools(bench) {
  return {
    select: selectTool(bench),
    brush: new PaintTool(bench, false),
    eraser: new PaintTool(bench, true),
    polygon: new AreaTool(bench, false),
    magnetic: new AreaTool(bench, true),
    box: promptBoxTool(bench),
    point: promptPointTool(bench),
    cut: cutTool(bench),
    "draw-box": markBoxTool(bench),
    mark: markPointTool(bench),
    scribble: scribbleTool(bench),
  };
}
