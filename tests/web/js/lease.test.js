import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { keepLease } from "../../../clients/maskloop/web/static/label/work/lease.js";
import { wakefulClock } from "../../../clients/maskloop/web/static/label/work/lease_clock.js";
import { benchOf } from "./stage_stand_ins.js";

test("a clock goes on while the machine sleeps, and does not go back with the time of day", () => {
  let [steady, day] = [100, 5_000_000];
  const now = wakefulClock(
    () => steady,
    () => day,
  );
  const passed = (/** @type {number} */ steadyMs, /** @type {number} */ dayMs) => {
    steady += steadyMs;
    day += dayMs;
    return now();
  };
  assert.equal(passed(1_000, 1_000), 1_000);
  assert.equal(passed(0, 60_000), 61_000);
  assert.equal(passed(2_000, -3_600_000), 63_000);
  assert.equal(passed(0, 60_000), 123_000);
});

test("a lease that ended while the machine slept is renewed as soon as people see the page again", async () => {
  const bench = benchOf({ phase: "ready", annotator: "ann" });
  const page = Object.assign(new EventTarget(), { hidden: false });
  Object.assign(globalThis, { document: page });
  mock.timers.enable({ apis: ["Date", "setInterval", "setTimeout"] });
  /** @type {string[]} */
  const asked = [];
  globalThis.fetch = async (address) => {
    asked.push(String(address));
    throw new TypeError("not connected yet");
  };
  keepLease(bench, /** @type {any} */ ({}));
  bench.set({ batch: /** @type {any} */ ({ id: "b", project: "p", expires_at: 600, now: 0 }) });
  page.hidden = true;
  page.dispatchEvent(new Event("visibilitychange"));
  mock.timers.setTime(3_600_000); // while performance.now, as a sleeping machine has it, stands still
  page.hidden = false;
  page.dispatchEvent(new Event("visibilitychange"));
  mock.timers.tick(1);
  await Promise.resolve();
  mock.timers.reset();
  assert.equal(asked.length, 1);
  assert.match(asked[0] ?? "", /batches\/b\/renew$/);
});
