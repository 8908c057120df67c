// What can be said of an image without outlines: points, strokes, boxes, counts, classes, and one answer.

import { changed, frozen } from "./state.js";
/** @typedef {import("../../core/masks/window.js").Place} Place */
/** @typedef {import("./state.js").SheetState} SheetState */
/** @typedef {import("./state.js").PointMark} PointMark */
/** @typedef {import("./state.js").StrokeMark} StrokeMark */
/** @typedef {import("./state.js").BoxMark} BoxMark */

const MOST_CORNERS = 1000; // of one stroke, as the server takes them
const MOST_OBJECTS = 10_000; // of one category

/**
 * @param {SheetState} state
 * @param {number} x in pixels; moved onto the image where it lies outside
 * @param {number} y
 * @param {number} [category]
 * @returns {SheetState}
 */
export function addPoint(state, x, y, category = state.category) {
  const mark = frozen({ key: state.nextKey, category, point: held(state, [x, y]) });
  return withNew(state, { points: [...state.points, mark] });
}

/**
 * @param {SheetState} state
 * @param {readonly Place[]} path
 * @param {number} [category] 0: a stroke on the ground
 * @returns {SheetState} the same where the path has no corner
 */
export function addStroke(state, path, category = state.category) {
  if (!path.length) {
    return state;
  }
  const corners = thinned(path).map((place) => held(state, place));
  return withNew(state, { strokes: [...state.strokes, frozen({ key: state.nextKey, category, path: corners })] });
}

/**
 * @param {SheetState} state
 * @param {readonly number[]} box x, y, width, height in pixels; cut off where it leaves the image
 * @param {number} [category]
 * @returns {SheetState} the same where nothing of it lies in the image
 */
export function addBox(state, box, category = state.category) {
  const inside = boxIn(state, box);
  if (!inside) {
    return state;
  }
  return withNew(state, { boxes: [...state.boxes, frozen({ key: state.nextKey, category, box: inside })] });
}

/**
 * The mark of a key, `null` where there is none.
 *
 * @param {SheetState} state
 * @param {number | null} key
 * @returns {PointMark | StrokeMark | BoxMark | null}
 */
export function markAt(state, key) {
  /** @type {readonly (PointMark | StrokeMark | BoxMark)[]} */
  const marks = [...state.points, ...state.strokes, ...state.boxes];
  return marks.find((mark) => mark.key === key) ?? null;
}

/**
 * Moves a mark: a point to a place, a stroke to a path, a box to a box.
 *
 * @param {SheetState} state
 * @param {number} key
 * @param {{point?: Place, path?: readonly Place[], box?: readonly number[]}} where
 * @returns {SheetState}
 */
export function replaceMark(state, key, { point, path, box }) {
  const inside = box && boxIn(state, box);
  return onMarks(state, key, {
    points: (mark) => (point ? { ...mark, point: held(state, point) } : mark),
    strokes: (mark) => (path?.length ? { ...mark, path: thinned(path).map((place) => held(state, place)) } : mark),
    boxes: (mark) => (inside ? { ...mark, box: inside } : mark),
  });
}

/**
 * @param {SheetState} state
 * @param {number} key
 * @param {number} category
 * @returns {SheetState}
 */
export function setMarkCategory(state, key, category) {
  return onMarks(state, key, {
    points: (mark) => ({ ...mark, category }),
    strokes: (mark) => ({ ...mark, category }),
    boxes: (mark) => ({ ...mark, category }),
  });
}

/**
 * @param {SheetState} state
 * @param {number} key
 * @returns {SheetState}
 */
export function removeMark(state, key) {
  if (!markAt(state, key)) {
    return state;
  }
  const isOther = (/** @type {{key: number}} */ mark) => mark.key !== key;
  return changed(state, {
    points: state.points.filter(isOther),
    strokes: state.strokes.filter(isOther),
    boxes: state.boxes.filter(isOther),
    selected: state.selected === key ? null : state.selected,
  });
}

/**
 * How many objects of a category there are.
 *
 * @param {SheetState} state
 * @param {number} category
 * @param {number} count is taken to the nearest whole number from 0 to 10,000
 * @returns {SheetState}
 */
export function setCount(state, category, count) {
  const whole = Math.min(MOST_OBJECTS, Math.max(0, Math.round(count) || 0));
  if (whole === (state.counts[category] ?? 0)) {
    return state;
  }
  const { [category]: _, ...others } = state.counts;
  return changed(state, { counts: Object.freeze(whole ? { ...others, [category]: whole } : others) });
}

/**
 * Says of a category that it is in the image, or takes that back.
 *
 * @param {SheetState} state
 * @param {number} category
 * @returns {SheetState}
 */
export function togglePresent(state, category) {
  return presentSet(state, category, !state.present.includes(category));
}

/**
 * @param {SheetState} state
 * @param {number} category
 * @param {boolean} isPresent
 * @returns {SheetState}
 */
export function presentSet(state, category, isPresent) {
  if (state.present.includes(category) === isPresent) {
    return state;
  }
  const others = state.present.filter((each) => each !== category);
  return changed(state, { present: (isPresent ? [...others, category] : others).sort((a, b) => a - b) });
}

/**
 * What a hard image holds after all.
 *
 * @param {SheetState} state
 * @param {number | null} category 0: nothing; `null` takes the answer back
 * @returns {SheetState}
 */
export function answer(state, category) {
  return state.answer === category ? state : changed(state, { answer: category });
}

/**
 * Whether the state says that the image holds nothing.
 *
 * @param {SheetState} state
 * @returns {boolean}
 */
export function nothingHere(state) {
  const { kind, objects, points, strokes, boxes, counts, present } = state;
  /** @type {Record<import("./state.js").Kind, () => boolean>} */
  const byKind = {
    full: () => objects.every((item) => item.status === "rejected"),
    boxes: () => !boxes.length,
    points: () => !points.length,
    scribbles: () => strokes.every((mark) => mark.category === 0),
    counts: () => !Object.keys(counts).length,
    image_level: () => !present.length,
    ood_check: () => state.answer === 0,
  };
  return byKind[kind]();
}

/**
 * Whether nobody has said anything of the image. It may hold nothing, or not have been looked at.
 *
 * @param {SheetState} state
 * @returns {boolean}
 */
export function isBlank(state) {
  return state.answer === null && !state.objects.length && !state.strokes.length && nothingHere(state);
}

/**
 * @param {SheetState} state
 * @param {Partial<SheetState>} fields with the new mark, which takes the next key
 * @returns {SheetState}
 */
function withNew(state, fields) {
  return changed(state, { ...fields, selected: state.nextKey, nextKey: state.nextKey + 1 });
}

/**
 * A state with another mark of a key.
 *
 * @param {SheetState} state
 * @param {number} key
 * @param {{
 *   points: (mark: PointMark) => PointMark, strokes: (mark: StrokeMark) => StrokeMark,
 *   boxes: (mark: BoxMark) => BoxMark,
 * }} change
 * @returns {SheetState}
 */
function onMarks(state, key, change) {
  if (!markAt(state, key)) {
    return state;
  }
  return changed(state, {
    points: state.points.map((mark) => (mark.key === key ? frozen(change.points(mark)) : mark)),
    strokes: state.strokes.map((mark) => (mark.key === key ? frozen(change.strokes(mark)) : mark)),
    boxes: state.boxes.map((mark) => (mark.key === key ? frozen(change.boxes(mark)) : mark)),
  });
}

/**
 * The nearest place of the image.
 *
 * @param {SheetState} state
 * @param {Place} place
 * @returns {Place}
 */
function held({ image }, [x, y]) {
  return Object.freeze(
    /** @type {[number, number]} */ ([Math.min(image.width, Math.max(0, x)), Math.min(image.height, Math.max(0, y))]),
  );
}

/**
 * @param {SheetState} state
 * @param {readonly number[]} box
 * @returns {readonly [number, number, number, number] | null}
 */
function boxIn(state, [x = 0, y = 0, width = 0, height = 0]) {
  const [left, top] = held(state, [x, y]);
  const [right, bottom] = held(state, [x + width, y + height]);
  if (left >= right || top >= bottom) {
    return null;
  }
  return Object.freeze(/** @type {const} */ ([left, top, right - left, bottom - top]));
}

/**
 * As many corners as a stroke may have, its ends among them.
 *
 * @param {readonly Place[]} path
 * @returns {readonly Place[]}
 */
function thinned(path) {
  const last = path.length - 1;
  if (path.length <= MOST_CORNERS) {
    return path;
  }
  return Array.from({ length: MOST_CORNERS }, (_, place) =>
    /** @type {Place} */ (path[Math.round((place * last) / (MOST_CORNERS - 1))]),
  );
}
