import assert from "node:assert/strict";
import { test } from "node:test";

import { ActivityClock } from "../../../clients/maskloop/web/static/core/activity.js";
import { History } from "../../../clients/maskloop/web/static/core/history.js";

test("each step is undone and done again", () => {
  let history = new History("a").push("b").push("c");
  assert.deepEqual([history.present, history.canUndo, history.canRedo], ["c", true, false]);
  history = history.undo().undo();
  assert.deepEqual([history.present, history.canUndo, history.canRedo], ["a", false, true]);
  assert.equal(history.undo(), history);
  history = history.redo().redo();
  assert.equal(history.present, "c");
  assert.equal(history.redo(), history);
});

test("a step after undoing forgets what was undone, and older histories stay what they were", () => {
  const before = new History(1).push(2).push(3);
  const after = before.undo().push(4);
  assert.deepEqual([after.present, after.canRedo, after.undo().present], [4, false, 2]);
  assert.deepEqual([before.present, before.undo().redo().present], [3, 3]);
  assert.ok(Object.isFrozen(after));
});

test("the same state is no step; what is replaced is none either", () => {
  const state = { selected: 1 };
  const history = new History(state);
  assert.equal(history.push(state), history);
  const replaced = history.push({ selected: 2 }).replace({ selected: 3 });
  assert.deepEqual([replaced.present, replaced.undo().present], [{ selected: 3 }, state]);
  assert.deepEqual(replaced.undo().replace({ selected: 4 }).redo().present, { selected: 3 });
});

test("undoing has no end", () => {
  let history = new History(0);
  for (let state = 1; state <= 100_000; state++) {
    history = history.push(state);
  }
  while (history.canUndo) {
    history = history.undo();
  }
  assert.equal(history.present, 0);
});

/** A clock that a test sets, in seconds. */
function fakeClock() {
  let ms = 5000;
  return { now: () => ms, pass: (/** @type {number} */ seconds) => (ms += 1000 * seconds) };
}

test("seconds count from the beginning, and go on with each touch", () => {
  const { now, pass } = fakeClock();
  const clock = new ActivityClock({ now });
  pass(4);
  assert.equal(clock.seconds(), 4);
  clock.touch();
  pass(29);
  clock.touch();
  pass(2.5);
  assert.equal(clock.seconds(), 35.5);
  assert.ok(clock.isCounting);
});

test("a silence counts up to its limit, and not beyond", () => {
  const { now, pass } = fakeClock();
  const clock = new ActivityClock({ idleAfterS: 10, now });
  pass(600);
  assert.deepEqual([clock.seconds(), clock.isCounting], [10, false]);
  clock.touch();
  assert.ok(clock.isCounting);
  pass(3);
  assert.equal(clock.seconds(), 13);
});

test("nothing counts while the page is not seen, whatever is touched", () => {
  const { now, pass } = fakeClock();
  const clock = new ActivityClock({ now });
  pass(5);
  clock.pause();
  pass(100);
  clock.touch();
  pass(100);
  clock.pause();
  pass(100);
  assert.deepEqual([clock.seconds(), clock.isCounting], [5, false]);
  clock.resume();
  pass(7);
  clock.resume();
  assert.equal(clock.seconds(), 12);
});

test("seconds that were counted before go along; a clock that goes back takes none away", () => {
  const { now, pass } = fakeClock();
  const clock = new ActivityClock({ now, seconds: 40 });
  pass(-3);
  assert.equal(clock.seconds(), 40);
  clock.touch();
  pass(1);
  assert.equal(clock.seconds(), 41);
});
