import assert from "node:assert/strict";
import { test } from "node:test";

import { markUnder, moved } from "../../../clients/maskloop/web/static/label/tools/mark_places.js";
import { addBox, addPoint, begin } from "../../../clients/maskloop/web/static/label/sheet.js";
import { leaseDue, leaseTimes } from "../../../clients/maskloop/web/static/label/work/lease_clock.js";
import { ApiError, inWords } from "../../../clients/maskloop/web/static/page/fetch_json.js";
import { labelAddress, problemsOf } from "../../../clients/maskloop/web/static/start/wish.js";

/** @type {import("../../../clients/maskloop/web/static/core/wire.js").SheetDocument} */
const SHEET = {
  image: { id: "i", name: "i.jpg", width: 100, height: 80 },
  proposals: [],
  model_version: "",
  uncalibrated: false,
  label: null,
};
const WISH = { annotator: "ann", project: "p", campaign: "c", kind: "", images: "10" };

test("a lease is renewed from its half on, by people at work alone; clocks may differ", () => {
  const times = leaseTimes({ expires_at: 5_000_100, now: 5_000_000 }, 7_000);
  assert.deepEqual(times, { endsAtMs: 107_000, renewAtMs: 57_000 });
  assert.deepEqual(
    [56_999, 57_000, 107_000].map((now) => [leaseDue(times, now, true), leaseDue(times, now, false)]),
    [
      ["nothing", "nothing"],
      ["renew", "nothing"],
      ["renew", "over"],
    ],
  );
});

test("a side of a box is moved, or a corner, or from inside all of it", () => {
  const sheet = addBox(begin(SHEET, "boxes", 1), [10, 10, 40, 30]);
  const at = (/** @type {number} */ x, /** @type {number} */ y) => {
    const grip = markUnder(sheet, [x, y], 3);
    return grip && moved(grip, [5, -2]).box;
  };
  assert.deepEqual(at(50, 25), [10, 10, 45, 30]);
  assert.deepEqual(at(11, 39), [15, 10, 35, 28]);
  assert.deepEqual(at(30, 25), [15, 8, 40, 30]);
  assert.equal(at(60, 60), null);
});

test("a side that is moved past the other one turns the box over", () => {
  const sheet = addBox(begin(SHEET, "boxes", 1), [10, 10, 40, 30]);
  const grip = markUnder(sheet, [10, 25], 3);
  assert.deepEqual(grip && moved(grip, [60, 0]).box, [50, 10, 20, 30]);
});

test("of several marks the nearest is held", () => {
  const sheet = addPoint(addPoint(begin(SHEET, "points", 1), 20, 20), 26, 20);
  assert.equal(markUnder(sheet, [24, 20], 9)?.key, sheet.points[1]?.key);
});

test("errors are sentences, and say whether asking again may help", () => {
  assert.equal(inWords(new ApiError(400, { message: "the mask is empty" })), "The mask is empty.");
  assert.equal(inWords(new ApiError(0, {})), "The server cannot be reached.");
  const passing = [0, 401, 429, 503, 400, 403, 404, 409].map((status) => new ApiError(status, {}).passing);
  assert.deepEqual(passing, [true, true, true, true, false, false, false, false]);
});

test("what is missing on the first page is said field by field", () => {
  assert.deepEqual(problemsOf(WISH), {});
  assert.deepEqual(Object.keys(problemsOf({ ...WISH, annotator: "", images: "0" })), ["annotator", "images"]);
  assert.deepEqual(Object.keys(problemsOf({ ...WISH, campaign: "", images: "1.5" })), ["campaign", "images"]);
  assert.equal(
    labelAddress({ ...WISH, project: "a b&c", kind: "full" }),
    "/label?project=a+b%26c&campaign=c&kind=full&images=10",
  );
});
