import assert from "node:assert/strict";
import { test } from "node:test";

import { partsOf } from "../../../clients/maskloop/web/static/lead/budget_bar.js";
import { regionAround, tilesOf } from "../../../clients/maskloop/web/static/lead/picture.js";
import { placeOf, spread, ticks, timeTicks } from "../../../clients/maskloop/web/static/lead/scale.js";
import { changed, isBusy, sentence } from "../../../clients/maskloop/web/static/lead/work.js";
/** @typedef {import("../../../clients/maskloop/web/static/lead/wire.js").CampaignDocument} CampaignDocument */
/** @typedef {import("../../../clients/maskloop/web/static/lead/wire.js").OperationDocument} OperationDocument */

test("values lie where the scale puts them", () => {
  const scale = { least: 0, most: 10, from: 200, to: 0 };
  assert.deepEqual(
    [0, 5, 10].map((value) => placeOf(scale, value)),
    [200, 100, 0],
  );
  assert.equal(placeOf({ least: 3, most: 3, from: 0, to: 10 }, 3), 5);
});

test("ticks are round, and no more than were asked for and one", () => {
  assert.deepEqual(ticks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(ticks(0, 0.3, 5), [0, 0.1, 0.2, 0.3]);
  assert.deepEqual(ticks(0, 103, 6), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(ticks(4, 4, 5), [4]);
  for (let most = 0.01; most < 1e7; most *= 1.37) {
    const found = ticks(0, most, 6);
    assert.ok(found.length >= 2 && found.length <= 7, `${most}: ${found}`);
  }
});

test("times are marked in a unit that reads well", () => {
  assert.deepEqual(
    timeTicks(21_600, 4).map(({ text }) => text),
    ["0", "2 h", "4 h", "6 h"],
  );
  assert.deepEqual(
    timeTicks(90, 3).map(({ at }) => at),
    [0, 50],
  );
});

test("names are moved apart, and none leaves the chart", () => {
  assert.deepEqual(spread([10, 50], 15, 0, 100), [10, 50]);
  assert.deepEqual(spread([50, 52, 51], 15, 0, 100), [50, 80, 65]);
  assert.deepEqual(spread([98, 99], 15, 0, 100), [85, 100]);
});

const IMAGE = { width: 1000, height: 600 };
const WISH = { aspect: 4 / 3, room: 0.5, least: 96 };

test("a region holds its boxes with room around them", () => {
  assert.deepEqual(regionAround([{ x: 400, y: 280, width: 80, height: 30 }], IMAGE, WISH), {
    x: 360,
    y: 235,
    width: 160,
    height: 120,
  });
});

test("a region of a corner stays in the image", () => {
  const { x, y, width, height } = regionAround([{ x: 980, y: 590, width: 20, height: 10 }], IMAGE, WISH);
  assert.deepEqual([x + width, y + height], [1000, 600]);
});

test("what is taller than the shape allows is shown whole", () => {
  const tall = regionAround([{ x: 10, y: 0, width: 20, height: 128 }], { width: 128, height: 128 }, WISH);
  assert.deepEqual([tall.y, tall.height], [0, 128]);
});

test("a small region takes the one tile of full resolution that it lies in", () => {
  const found = tilesOf({ x: 600, y: 100, width: 160, height: 120 }, IMAGE, 360);
  assert.deepEqual(found, [{ level: 0, x: 1, y: 0, left: 512, top: 0, width: 488, height: 512 }]);
});

test("tiles cover a large region at the level that it needs, and none lies beside it", () => {
  const image = { width: 12_000, height: 9000 };
  const region = { x: 1000, y: 2000, width: 4000, height: 3000 };
  const found = tilesOf(region, image, 500); // 8 pixels of the image a pixel: level 3, tiles of 4096
  assert.deepEqual(
    found.map(({ level, x, y }) => [level, x, y]),
    [
      [3, 0, 0],
      [3, 1, 0],
      [3, 0, 1],
      [3, 1, 1],
    ],
  );
});

/** @type {CampaignDocument} */
const CAMPAIGN = {
  id: "c",
  strategy: "random",
  seed: 0,
  created_at: null,
  budget_s: 1000,
  budget_images: null,
  spent_s: 300,
  reserved_s: 100,
  reserved_images: 1,
  left_s: 600,
  left_images: null,
  labeled_images: 3,
  test_images: 1,
  test_spent_s: 80,
  kinds: [
    { kind: "counts", labels: 5, planned_s: 20, measured_s: 0, charged_s: 20, test_s: 0 },
    { kind: "full", labels: 3, planned_s: 260, measured_s: 280, charged_s: 280, test_s: 80 },
  ],
};

test("a budget's parts are all of it, test images apart", () => {
  const parts = partsOf(CAMPAIGN).map(({ css, amount }) => [css, amount]);
  assert.deepEqual(parts, [
    ["kind-counts", 20],
    ["kind-full", 200],
    ["kind-full for-test", 80],
    ["promised", 100],
    ["left", 600],
  ]);
});

test("a budget of images is told in images", () => {
  const images = { ...CAMPAIGN, budget_s: null, left_s: null, budget_images: 10, left_images: 6 };
  assert.deepEqual(
    partsOf(images).map(({ amount }) => amount),
    [2, 1, 1, 6],
  );
});

/**
 * @param {string} id
 * @param {string} state
 * @returns {OperationDocument}
 */
const operation = (id, state) => ({
  id,
  project: "p",
  kind: "train",
  state,
  progress: 0.25,
  message: "iteration 5 of 20",
  eta_s: 90,
  seconds: 3,
  result: "",
  error: { reason: "", message: "" },
  created_at: 1,
  updated_at: 2,
});

test("long work is told with its place in the round", () => {
  const step = { kind: "train", state: "running", operation_id: "a", progress: 0.2, words: "" };
  const rest = { ...step, state: "pending", operation_id: "" };
  const round = {
    project_id: "p",
    state: "running",
    steps: [step, { ...rest, kind: "score" }, { ...rest, kind: "evaluate" }],
  };
  const running = operation("a", "running");
  assert.equal(sentence(running, round), "Round, step 1 of 3: Train 25 %, about 1 min 30 s left · iteration 5 of 20");
  assert.equal(sentence({ ...running, state: "pending", eta_s: null, message: "" }, null), "Train waits");
});

test("news are changes of states, and not of how far work is", () => {
  const before = { operations: [operation("a", "running")], round: null };
  const farther = { operations: [{ ...operation("a", "running"), progress: 0.5 }], round: null };
  const ended = { operations: [operation("a", "succeeded")], round: null };
  assert.deepEqual([changed(before, farther), changed(before, ended)], [false, true]);
  assert.deepEqual([isBusy(before), isBusy(ended)], [true, false]);
});
