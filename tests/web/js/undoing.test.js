import assert from "node:assert/strict";
import { test } from "node:test";

import { History } from "../../../clients/maskloop/web/static/core/history.js";
import { areaOf, cut, grow, polygon, same, shrink } from "../../../clients/maskloop/web/static/core/mask.js";
import * as sheets from "../../../clients/maskloop/web/static/label/sheet.js";
import { endingOf } from "../../../clients/maskloop/web/static/label/endings.js";
import { INITIAL, reduce } from "../../../clients/maskloop/web/static/label/state.js";
import { blank, plain, proposed } from "./sheets.js";

/** @typedef {import("../../../clients/maskloop/web/static/label/sheet.js").SheetState} SheetState */
/** @typedef {import("../../../clients/maskloop/web/static/label/work/outbox.js").Parcel} Parcel */

/** @param {number} seed of numbers in [0, 1) (mulberry32). */
function randomness(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Anything that people can do to an image, at random.
 *
 * @param {SheetState} state
 * @param {() => number} random
 * @returns {SheetState}
 */
function anything(state, random) {
  const { width, height } = state.image;
  const items = state.objects;
  const item = items[Math.floor(random() * items.length)];
  const at = () => /** @type {[number, number]} */ ([random() * width, random() * height]);
  const actions = [
    () => sheets.add(state, polygon([at(), at(), at()], width, height), 1),
    () => sheets.acceptRest(state),
    () => sheets.select(state, item?.key ?? null),
    () => sheets.chooseCategory(state, 1 + Math.floor(random() * 2)),
    () => sheets.merge(state, items.slice(0, 3).map(({ key }) => key)),
    ...(item ? onItem(state, item, at, random) : []),
  ];
  return /** @type {() => SheetState} */ (actions[Math.floor(random() * actions.length)])();
}

/**
 * @param {SheetState} state
 * @param {import("../../../clients/maskloop/web/static/label/sheet.js").Item} item
 * @param {() => [number, number]} at
 * @param {() => number} random
 */
function onItem(state, { key, mask, crowd }, at, random) {
  const { width, height } = state.image;
  return [
    () => sheets.accept(state, key),
    () => sheets.reject(state, key),
    () => sheets.restore(state, key),
    () => sheets.setCrowd(state, key, !crowd),
    () => sheets.replaceMask(state, key, grow(mask, 1, width, height)),
    () => sheets.replaceMask(state, key, shrink(mask, 1, width, height)),
    () => sheets.split(state, key, cut(mask, [at(), at()], width, height)),
    () => sheets.spend(state, key, random()),
  ];
}

/** @param {import("../../../clients/maskloop/web/static/label/state.js").PageState} page */
const workOf = ({ work }) => /** @type {History<SheetState>} */ (work);

/** @param {import("../../../clients/maskloop/web/static/label/state.js").PageState} page */
const presentOf = (page) => workOf(page).present;

test("whatever was done: as many undos give the beginning, as many redos the end", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = randomness(seed);
    let page = reduce(INITIAL, { type: "image", sheet: /** @type {any} */ ({}), work: proposed() });
    const states = [presentOf(page)];
    for (let step = 0; step < 60; step++) {
      const before = presentOf(page);
      page = reduce(page, { type: "edit", sheet: anything(before, random) });
      if (presentOf(page) !== before) {
        states.push(presentOf(page));
      }
    }
    for (const state of states.slice(0, -1).reverse()) {
      page = reduce(page, { type: "undo" });
      assert.deepEqual(presentOf(page), state, `seed ${seed}`);
    }
    assert.equal(workOf(page).canUndo, false);
    for (const state of states.slice(1)) {
      page = reduce(page, { type: "redo" });
      assert.deepEqual(presentOf(page), state, `seed ${seed}`);
    }
    assert.equal(workOf(page).canRedo, false);
  }
});

test("steps far away are packed, and come back as they were", () => {
  let packings = 0;
  const codec = {
    pack: (/** @type {number} */ state) => {
      packings += 1;
      return String(state);
    },
    unpack: Number,
  };
  let history = new History(0, codec);
  for (let step = 1; step <= 30; step++) {
    history = history.push(step);
  }
  assert.equal(packings, 30 - 8);
  for (let step = 29; step >= 0; step--) {
    history = history.undo();
    assert.equal(history.present, step);
  }
  for (let step = 1; step <= 30; step++) {
    history = history.redo();
    assert.equal(history.present, step);
  }
});

test("large masks of far steps are kept as runs, and come back pixel by pixel", () => {
  const state = { ...plain(), image: { id: "i", name: "i.jpg", width: 700, height: 600 } };
  const corners = /** @type {[number, number][]} */ ([[3, 5], [690, 40], [420, 590]]);
  const drawn = sheets.add(state, polygon(corners, 700, 600), 1);
  const small = sheets.add(drawn, polygon([[1, 1], [9, 1], [9, 9]], 700, 600), 2);
  const lean = /** @type {any} */ (sheets.LEAN.pack(small));
  assert.deepEqual([lean.objects[0].mask, lean.objects[1]], [null, small.objects[1]]);
  const back = sheets.LEAN.unpack(structuredClone(lean));
  const [one, two] = [back.objects[0], small.objects[0]];
  assert.ok(one && two && same(one.mask, two.mask) && areaOf(one.mask) > 64 * 1024);
  assert.deepEqual({ ...one, mask: null }, { ...two, mask: null });
});

test("an image is blank until anything is said of it", () => {
  assert.ok(sheets.isBlank(plain()));
  assert.ok(!sheets.isBlank(proposed()), "proposals are there to be judged");
  assert.ok(!sheets.isBlank(sheets.addStroke(blank("scribbles"), [[1, 1]], 0)), "the ground is something");
  assert.ok(!sheets.isBlank(sheets.setCount(blank("counts"), 1, 2)));
  assert.ok(sheets.isBlank(sheets.setCount(sheets.setCount(blank("counts"), 1, 2), 1, 0)));
});

test("points end with an undo: the mask is no longer that of all of them", () => {
  const work = sheets.select(proposed(), 1);
  /** @type {import("../../../clients/maskloop/web/static/label/state.js").Sketch} */
  const sketch = { kind: "points", key: 1, box: null, points: [[1, 1, true]] };
  let page = reduce(INITIAL, { type: "image", sheet: /** @type {any} */ ({}), work });
  page = reduce(page, { type: "edit", sheet: sheets.accept(work, 1) });
  page = reduce(page, { type: "set", values: { sketch, emptyAsked: true } });
  page = reduce(page, { type: "undo" });
  assert.deepEqual([page.sketch, page.emptyAsked], [null, false]);
});

test("the end of a batch says what is on its way, and what was refused", () => {
  const batch = /** @type {any} */ ({ id: "b", picks: [{}], exhausted: false, fallback: "" });
  const waiting = /** @type {Parcel} */ ({ batch: "b", refusal: "" });
  const wordsOf = (/** @type {number} */ total, /** @type {Parcel[]} */ parcels, held = batch) =>
    endingOf({ batch: held, total, parcels }).words.text;
  assert.equal(wordsOf(3, [waiting]), "Its last labels are on their way.");
  assert.equal(wordsOf(3, []), "3 images.");
  assert.match(wordsOf(3, [{ ...waiting, refusal: "No." }]), /One of its labels was refused/);
  assert.equal(endingOf({ batch: { ...batch, picks: [] }, total: 0, parcels: [] }).phase, "empty");
  assert.equal(endingOf({ batch, total: 0, parcels: [] }).phase, "done");
});
