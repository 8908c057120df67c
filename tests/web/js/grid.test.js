import assert from "node:assert/strict";
import { test } from "node:test";

import {
  answerFocus,
  beginGrid,
  draftsOfGrid,
  groupsOf,
  guessOf,
  moveFocus,
} from "../../../clients/maskloop/web/static/label/grid.js";

/**
 * @param {string} id
 * @param {string} reason
 * @returns {import("../../../clients/maskloop/web/static/core/wire.js").PickDocument}
 */
const pick = (id, reason) => ({ image: { id, name: id, width: 9, height: 9 }, reason, cost_s: 1, score: null });
const PICKS = [
  pick("a", "taken for 'cat' at 0.91, cluster 1"),
  pick("b", "taken for 'dog' at 0.83, cluster 0"),
  pick("c", "taken for 'dog' at 0.71, cluster 0"),
];
const CATEGORIES = [
  { id: 4, name: "cat" },
  { id: 5, name: "dog" },
];

test("images that were taken for the same stand together, largest groups first", () => {
  const groups = groupsOf(PICKS).map(({ title, picks }) => [title, picks.map(({ image }) => image.id)]);
  assert.deepEqual(groups, [
    ["Taken for 'dog', cluster 0", ["b", "c"]],
    ["Taken for 'cat', cluster 1", ["a"]],
  ]);
  assert.equal(groupsOf([pick("x", "random draw 0.01"), pick("y", "random draw 0.02")]).length, 1);
});

test("an answer goes on to the next image without one, as they are shown", () => {
  let grid = beginGrid(PICKS);
  assert.equal(grid.focus, "b");
  grid = answerFocus(grid, PICKS, 5, 2);
  assert.equal(grid.focus, "c");
  grid = answerFocus(moveFocus(grid, PICKS, 1), PICKS, 0, 3);
  assert.equal(grid.focus, "c"); // round to the one that was passed over
  grid = answerFocus(grid, PICKS, 4, 1);
  assert.equal(grid.focus, "c"); // all have answers
  assert.deepEqual(grid.answers, { a: 0, b: 5, c: 4 });
});

test("answers that were changed add up their seconds; images without an answer are no drafts", () => {
  let grid = answerFocus(beginGrid(PICKS), PICKS, 0, 2);
  grid = answerFocus({ ...grid, focus: "b" }, PICKS, 5, 1.5);
  assert.deepEqual(draftsOfGrid(grid, PICKS), [
    { image: "b", kind: "ood_check", content: { category: 5 }, seconds: 3.5, supersedes: "" },
  ]);
});

test("yes means what the classifier took the image for", () => {
  assert.deepEqual(
    PICKS.map((each) => guessOf(each, CATEGORIES)),
    [4, 5, 5],
  );
  assert.equal(guessOf(pick("x", "random draw"), CATEGORIES), 4);
});

test("the focus stays within the images", () => {
  const grid = beginGrid(PICKS);
  assert.equal(moveFocus(grid, PICKS, -1).focus, "b");
  assert.equal(moveFocus(grid, PICKS, 99).focus, "a");
});
