// Which point, stroke or box lies under the pointer, by which part it is held, and where it goes when that is moved.

/** @typedef {import("../state.js").Place} Place */
/** @typedef {import("../sheet.js").SheetState} SheetState */

/**
 * @typedef {{left: boolean, top: boolean, right: boolean, bottom: boolean}} Sides
 * @typedef {{key: number, point: Place} | {key: number, path: readonly Place[]}
 *   | {key: number, box: readonly number[], sides: Sides}} Grip
 *   Of a box: the sides that move.
 */

/**
 * @param {SheetState} sheet
 * @param {Place} place
 * @param {number} reach in pixels of the image.
 * @returns {Grip | null} of the nearest mark.
 */
export function markUnder(sheet, place, reach) {
  /** @type {{grip: Grip, far: number}[]} */
  const near = [
    ...sheet.points.map(({ key, point }) => ({ grip: { key, point }, far: distance(point, place) })),
    ...sheet.strokes.map(({ key, path }) => ({ grip: { key, path }, far: distanceToPath(path, place) })),
    ...sheet.boxes.flatMap(({ key, box }) => boxGrip(key, box, place, reach)),
  ];
  const hits = near.filter(({ far }) => far <= reach).sort((one, other) => one.far - other.far);
  return hits[0]?.grip ?? null;
}

/**
 * Where a mark is when what is held of it has moved.
 *
 * @param {Grip} grip
 * @param {Place} by
 * @returns {{point?: Place, path?: readonly Place[], box?: readonly number[]}}
 */
export function moved(grip, [dx, dy]) {
  if ("point" in grip) {
    return { point: [grip.point[0] + dx, grip.point[1] + dy] };
  }
  if ("path" in grip) {
    return { path: grip.path.map(([x, y]) => [x + dx, y + dy]) };
  }
  const [x = 0, y = 0, width = 0, height = 0] = grip.box;
  const { left, top, right, bottom } = grip.sides;
  const [x1, x2] = [x + (left ? dx : 0), x + width + (right ? dx : 0)];
  const [y1, y2] = [y + (top ? dy : 0), y + height + (bottom ? dy : 0)];
  return { box: [Math.min(x1, x2), Math.min(y1, y2), Math.abs(x2 - x1), Math.abs(y2 - y1)] };
}

/**
 * @param {number} key
 * @param {readonly [number, number, number, number]} box
 * @param {Place} place
 * @param {number} reach
 * @returns {{grip: Grip, far: number}[]} none where the place is neither on a side nor inside.
 */
function boxGrip(key, box, [x, y], reach) {
  const [left, top, width, height] = box;
  const [right, bottom] = [left + width, top + height];
  const outside = x < left - reach || x > right + reach || y < top - reach || y > bottom + reach;
  if (outside) {
    return [];
  }
  const sides = {
    left: Math.abs(x - left) <= reach,
    top: Math.abs(y - top) <= reach,
    right: Math.abs(x - right) <= reach,
    bottom: Math.abs(y - bottom) <= reach,
  };
  if (Object.values(sides).some(Boolean)) {
    return [{ grip: { key, box, sides }, far: 0 }];
  }
  // Inside, the whole box moves; of several the smallest is meant.
  const far = reach * (1 - 1 / (1 + width * height));
  return [{ grip: { key, box, sides: { left: true, top: true, right: true, bottom: true } }, far }];
}

/**
 * @param {Place} a
 * @param {Place} b
 */
function distance([ax, ay], [bx, by]) {
  return Math.hypot(ax - bx, ay - by);
}

/**
 * @param {readonly Place[]} path
 * @param {Place} place
 * @returns {number}
 */
function distanceToPath(path, place) {
  const ends = path.slice(1).map((to, index) => distanceToEdge(path[index] ?? to, to, place));
  return Math.min(...ends, ...path.slice(0, 1).map((only) => distance(only, place)));
}

/**
 * @param {Place} from
 * @param {Place} to
 * @param {Place} place
 * @returns {number}
 */
function distanceToEdge([ax, ay], [bx, by], [x, y]) {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - ax - along * dx, y - ay - along * dy);
}
