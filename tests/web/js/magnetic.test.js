import assert from "node:assert/strict";
import { test } from "node:test";

import { edgeCost, magneticPath, pathTo, wiresFrom } from "../../../clients/maskloop/web/static/core/magnetic.js";
import { queueBy } from "../../../clients/maskloop/web/static/core/queue.js";
import { randomBy } from "./reference.js";

/**
 * Bellman and Ford: what the cheapest way from a pixel to each other costs.
 *
 * @param {Float32Array} cost
 * @param {number} w
 * @param {number} h
 * @param {number} start
 */
function slowCosts(cost, w, h, start) {
  const sums = new Float64Array(w * h).fill(Infinity);
  sums[start] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (let place = 0; place < w * h; place++) {
      for (let from = 0; from < w * h; from++) {
        const [dx, dy] = [Math.abs((from % w) - (place % w)), Math.abs(Math.floor(from / w) - Math.floor(place / w))];
        const sum = sums[from] + Math.hypot(dx, dy) * cost[place];
        if (Math.max(dx, dy) === 1 && sum < sums[place] - 1e-12) {
          sums[place] = sum;
          changed = true;
        }
      }
    }
  }
  return sums;
}

/**
 * @param {[number, number][]} path
 * @param {Float32Array} cost
 * @param {number} w
 */
function costOf(path, cost, w) {
  return path.slice(1).reduce((sum, [x, y], index) => {
    const [dx, dy] = [x - path[index][0], y - path[index][1]];
    assert.ok(Math.max(Math.abs(dx), Math.abs(dy)) === 1);
    return sum + Math.hypot(dx, dy) * cost[y * w + x];
  }, 0);
}

test("the path costs no more than any other", () => {
  const random = randomBy(30);
  const [w, h] = [9, 7];
  for (let round = 0; round < 8; round++) {
    const cost = Float32Array.from({ length: w * h }, () => 0.02 + random());
    const start = Math.floor(random() * w * h);
    const sums = slowCosts(cost, w, h, start);
    for (let end = 0; end < w * h; end++) {
      const [from, to] = [start, end].map((place) => /** @type {const} */ ([place % w, Math.floor(place / w)]));
      const path = magneticPath(cost, w, h, from, to);
      assert.deepEqual([path[0], path.at(-1)], [from, to]);
      assert.ok(Math.abs(costOf(path, cost, w) - sums[end]) < 1e-9);
    }
  }
});

test("wires from one pixel lead to each other of their box", () => {
  const random = randomBy(31);
  const cost = Float32Array.from({ length: 30 * 20 }, () => 0.02 + random());
  const wires = wiresFrom(cost, 30, [12, 9], { x: 5, y: 4, width: 20, height: 12 });
  const whole = wiresFrom(cost, 30, [12, 9], { x: 0, y: 0, width: 30, height: 20 });
  for (const [x, y] of /** @type {[number, number][]} */ ([[5, 4], [24, 15], [12, 9], [20, 6]])) {
    assert.deepEqual([pathTo(wires, [x, y])[0], pathTo(wires, [x, y]).at(-1)], [[12, 9], [x, y]]);
    assert.ok(costOf(pathTo(whole, [x, y]), cost, 30) <= costOf(pathTo(wires, [x, y]), cost, 30) + 1e-9);
  }
  assert.deepEqual(pathTo(wires, [99, -3]).at(-1), [24, 4]);
});

test("wires that stopped early know no way beyond", () => {
  const cost = new Float32Array(100).fill(1);
  const wires = wiresFrom(cost, 10, [0, 0], { x: 0, y: 0, width: 10, height: 10 }, [1, 0]);
  assert.deepEqual(pathTo(wires, [1, 0]), [[0, 0], [1, 0]]);
  assert.deepEqual(pathTo(wires, [9, 9]), []);
});

test("a line between two places of an edge follows it around", () => {
  const [w, h] = [60, 60];
  const gray = Uint8ClampedArray.from({ length: w * h }, (_, place) =>
    Math.hypot((place % w) - 30, Math.floor(place / w) - 30) < 20 ? 200 : 40,
  );
  const path = magneticPath(edgeCost(gray, w, h), w, h, [10, 30], [30, 10]);
  assert.ok(path.every(([x, y]) => Math.abs(Math.hypot(x - 30, y - 30) - 20) < 2));
});

test("edges are cheap and even ground is not, in any unit of brightness", () => {
  const [w, h] = [8, 6];
  const step = Float32Array.from({ length: w * h }, (_, place) => (place % w < 4 ? 0 : 1));
  const cost = edgeCost(step, w, h);
  assert.ok(cost.every((each) => each > 0 && each <= 1));
  const isCheap = [...cost.subarray(0, 8)].map((each) => each < 0.1);
  assert.deepEqual(isCheap, [false, false, false, true, true, false, false, false]);
  const level = Float32Array.from({ length: w * h }, (_, place) => (place < 3 * w ? 0 : 1));
  const costOfRow = (/** @type {number} */ row) => edgeCost(level, w, h)[row * w + 3];
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((row) => costOfRow(row) < 0.1), [false, false, true, true, false, false]);
  assert.deepEqual(edgeCost(step.map((each) => 255 * each), w, h), cost);
  assert.ok(edgeCost(new Float32Array(w * h), w, h).every((each) => each === 1));
});

test("a gradient is as strong whichever way it points", () => {
  const [w, h] = [60, 60];
  const costOfSlope = (/** @type {number} */ dx, /** @type {number} */ dy) => {
    const ramp = Float32Array.from({ length: w * h }, (_, place) => {
      const [x, y] = [place % w, Math.floor(place / w)];
      return x < 30 ? dx * x + dy * y : 8 * x; // beside it a steeper one, by which all is measured
    });
    return edgeCost(ramp, w, h)[10 * w + 10];
  };
  for (const cost of [costOfSlope(5, 0), costOfSlope(0, 5), costOfSlope(3, 4), costOfSlope(-4, 3)]) {
    assert.ok(Math.abs(cost - 3 / 8) < 1e-6);
  }
});

test("a queue gives the cheapest place first, each once, also when it became cheaper", () => {
  const dear = Float64Array.of(5, 1, 4, 2, 3);
  const queue = queueBy(dear);
  [0, 1, 2, 3, 4].forEach(queue.put);
  dear[0] = 2.5;
  queue.put(0);
  assert.deepEqual([0, 1, 2, 3, 4, 5].map(() => queue.take()), [1, 3, 0, 4, 2, -1]);
});
