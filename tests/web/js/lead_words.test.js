import assert from "node:assert/strict";
import { test } from "node:test";

import { spelt } from "../../../clients/maskloop/web/static/lead/campaign.js";
import {
  actionName,
  count,
  fromNow,
  share,
  strategyName,
  time,
  whoDid,
} from "../../../clients/maskloop/web/static/lead/words.js";

test("times have two units at most, and seconds only below ten minutes", () => {
  const said = [0, 45, 59.6, 158, 600, 2280, 10_920, 7200].map(time);
  assert.deepEqual(said, ["0 s", "45 s", "1 min", "2 min 38 s", "10 min", "38 min", "3 h 2 min", "2 h"]);
});

test("numbers of things, and measures that nobody made", () => {
  assert.deepEqual([count(1, "image"), count(2400, "image")], ["1 image", "2,400 images"]);
  assert.deepEqual([share(0.21449), share(0.5, 2), share(null), share(undefined)], ["0.214", "0.50", "–", "–"]);
});

test("moments are told from now", () => {
  const said = [100.2, 145, 40, 100 - 7200, 100 + 4 * 86_400].map((at) => fromNow(at, 100));
  assert.deepEqual(said, ["now", "in 45 s", "1 min ago", "2 h ago", "in 4 days"]);
});

test("strategies are said as a sentence has them", () => {
  assert.equal(strategyName("mask_guided"), "mask-guided");
  assert.equal(strategyName("mask_guided:target=0.5,per_second=yes"), "mask-guided (target 0.5, per second)");
});

test("a budget is spelt as it may be typed", () => {
  assert.deepEqual([28_800, 5400, 90].map(spelt), ["8h", "90m", "90s"]);
});

test("the audit says what was done and by whom", () => {
  const labeled = { action: "SubmitLabels", subjects: { label: "l", image: "i" } };
  assert.equal(actionName(labeled), "Labeled");
  assert.equal(actionName({ ...labeled, subjects: { ...labeled.subjects, corrected: "k" } }), "Corrected");
  assert.equal(actionName({ action: "TrainModel", subjects: {} }), "Trained");
  assert.equal(actionName({ action: "SomethingNewOfOurs", subjects: {} }), "Something New Of Ours");
  assert.equal(whoDid({ name: "ada", annotator: "ada" }), "ada");
  assert.equal(whoDid({ name: "lea", annotator: "ada" }), "lea, for ada");
  assert.equal(whoDid({ name: "", annotator: "ada" }), "ada");
  assert.equal(whoDid({ name: "", annotator: "" }), "without a token");
});
