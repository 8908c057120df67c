// All that can be done with masks. Every function returns new masks, which are tight.

export { EMPTY, Mask } from "./masks/window.js";
export { stroke } from "./masks/brush.js";
export { centre } from "./masks/centre.js";
export { components, cut, fillHoles } from "./masks/components.js";
export { grow, shrink } from "./masks/morphology.js";
export { outline } from "./masks/outline.js";
export { polygon } from "./masks/polygon.js";
export { areaOf, clip, contains, intersect, iou, isEmpty, same, subtract, trimmed, union } from "./masks/sets.js";

/**
 * @typedef {import("./masks/window.js").Place} Place
 * @typedef {import("./masks/window.js").Box} Box
 */
