import assert from "node:assert/strict";
import { test } from "node:test";

import { TILE, Viewport, lastLevel } from "../../../clients/maskloop/web/static/core/viewport.js";
import { randomBy } from "./reference.js";

/**
 * @param {readonly number[]} found
 * @param {readonly number[]} expected
 */
function assertClose(found, expected) {
  assert.equal(found.length, expected.length);
  found.forEach((value, index) => assert.ok(Math.abs(value - expected[index]) < 1e-6, `${found} and ${expected}`));
}

/** @param {() => number} random */
function anyView(random) {
  return new Viewport({
    width: 200 + random() * 1500,
    height: 200 + random() * 900,
    scale: 2 ** (random() * 9 - 5),
    offsetX: random() * 800 - 600,
    offsetY: random() * 800 - 600,
    pixelRatio: 1 + Math.floor(random() * 2),
  });
}

test("places go to the screen and back", () => {
  const random = randomBy(40);
  for (let round = 0; round < 50; round++) {
    const [view, x, y] = [anyView(random), random() * 5000, random() * 5000];
    assertClose(view.toImage(...view.toScreen(x, y)), [x, y]);
  }
  assert.deepEqual(new Viewport({ width: 9, height: 9, scale: 2, offsetX: 10, offsetY: 20 }).toScreen(3, 4), [16, 28]);
});

test("zooming keeps the pixel under the pointer, and stops at its limits", () => {
  const random = randomBy(41);
  for (let round = 0; round < 50; round++) {
    const [view, x, y] = [anyView(random), random() * 500, random() * 500];
    const closer = view.zoomAt(x, y, 2 ** (random() * 8 - 4));
    assertClose(closer.toImage(x, y), view.toImage(x, y));
    assert.ok(Object.isFrozen(closer) && closer.scale >= 1 / 64 && closer.scale <= 64);
  }
  const view = new Viewport({ width: 9, height: 9 });
  assert.equal(view.zoomAt(1, 1, 1e9).scale, 64);
  assert.equal(view.zoomAt(1, 1, 1e-9, { least: 0.5 }).scale, 0.5);
});

test("an image fits in whole, in the middle", () => {
  const view = new Viewport({ width: 800, height: 600 }).fit(4000, 1000, { margin: 20 });
  assertClose([...view.toScreen(0, 500), ...view.toScreen(4000, 500)], [20, 300, 780, 300]);
  const small = new Viewport({ width: 800, height: 600 }).fit(10, 10);
  assert.equal(small.scale, 8);
  const box = { x: 100, y: 200, width: 80, height: 60 };
  const part = new Viewport({ width: 800, height: 600 }).fit(4000, 1000, { box });
  assertClose([...part.toScreen(140, 230), part.scale], [400, 300, 8]);
});

test("panning moves the image; another size of canvas keeps its middle", () => {
  const view = new Viewport({ width: 800, height: 600, scale: 0.5 }).panBy(30, -20);
  assert.deepEqual(view.toScreen(0, 0), [30, -20]);
  const wider = view.resized(1000, 500, 2);
  assertClose(wider.toImage(500, 250), view.toImage(400, 300));
  assert.deepEqual([wider.width, wider.height, wider.pixelRatio], [1000, 500, 2]);
});

test("an image cannot be pushed off the screen", () => {
  const view = new Viewport({ width: 800, height: 600, scale: 1 });
  assert.deepEqual(view.panBy(5000, -5000).heldIn(1000, 1000).toScreen(0, 0), [736, -936]);
  assert.deepEqual(view.panBy(-5000, 5000).heldIn(1000, 1000).toScreen(0, 0), [-936, 536]);
  assert.deepEqual(view.panBy(10, 10).heldIn(1000, 1000).toScreen(0, 0), [10, 10]);
  assert.deepEqual(view.panBy(900, -900).heldIn(20, 20).toScreen(0, 0), [780, 0]); // smaller than what has to stay
});

test("the last level is the first whose sides fit into a tile", () => {
  for (let side = 1; side < 14_000; side += 1 + (side >> 6)) {
    const level = lastLevel(side, 3);
    assert.ok(Math.ceil(side / 2 ** level) <= TILE);
    assert.ok(level === 0 || Math.ceil(side / 2 ** (level - 1)) > TILE);
  }
  assert.equal(lastLevel(12_000, 9000), 5);
  assert.equal(lastLevel(100, 513), 1);
});

test("a tile's pixel is no larger than one of the screen, unless the image has none finer", () => {
  const view = (/** @type {number} */ scale, pixelRatio = 1) =>
    new Viewport({ width: 9, height: 9, scale, pixelRatio });
  assert.equal(view(1).level(12_000, 9000), 0);
  assert.equal(view(8).level(12_000, 9000), 0);
  assert.equal(view(0.51).level(12_000, 9000), 0);
  assert.equal(view(0.5).level(12_000, 9000), 1);
  assert.equal(view(0.25, 2).level(12_000, 9000), 1);
  assert.equal(view(1 / 1000).level(12_000, 9000), 5);
});

test("visible tiles cover what is seen of the image, each place once", () => {
  const random = randomBy(42);
  for (let round = 0; round < 60; round++) {
    const [view, w, h] = [anyView(random), 1 + Math.floor(random() * 12_000), 1 + Math.floor(random() * 9000)];
    const tiles = view.visibleTiles(w, h);
    for (let probe = 0; probe < 100; probe++) {
      const [x, y] = view.toImage(random() * view.width, random() * view.height);
      const isInImage = x >= 0 && y >= 0 && x < w && y < h;
      const covering = tiles.filter((t) => x >= t.left && y >= t.top && x < t.left + t.width && y < t.top + t.height);
      assert.ok(isInImage ? covering.length === 1 : covering.length <= 1);
    }
  }
});

test("no tile is needless, nor named twice", () => {
  const random = randomBy(43);
  for (let round = 0; round < 200; round++) {
    const [view, w, h] = [anyView(random), 1 + Math.floor(random() * 3000), 1 + Math.floor(random() * 2000)];
    const tiles = view.visibleTiles(w, h);
    assert.equal(new Set(tiles.map(({ x, y }) => `${x},${y}`)).size, tiles.length);
    for (const tile of tiles) {
      const [left, top] = view.toScreen(tile.left, tile.top);
      const [right, bottom] = view.toScreen(tile.left + tile.width, tile.top + tile.height);
      assert.ok(right > 0 && bottom > 0 && left < view.width && top < view.height);
      assert.equal(tile.level, view.level(w, h));
      assert.ok(tile.left < w && tile.top < h);
    }
  }
});

test("tiles lie where the server cuts them", () => {
  const view = new Viewport({ width: 2000, height: 2000, scale: 0.5 });
  const tiles = view.visibleTiles(1501, 700).sort((a, b) => a.x - b.x);
  assert.deepEqual(tiles, [
    { level: 1, x: 0, y: 0, left: 0, top: 0, width: 1024, height: 700 },
    { level: 1, x: 1, y: 0, left: 1024, top: 0, width: 478, height: 700 }, // 239 pixels of 2, the last one cut
  ]);
  assert.equal(view.visibleTiles(1501, 700, 0).length, 6);
});

test("the tiles at the middle of the screen come first", () => {
  const tiles = new Viewport({ width: 3000, height: 3000 }).visibleTiles(3000, 3000);
  assert.deepEqual([tiles.length, tiles[0].x + tiles[0].y >= 4, tiles[35].x % 5], [36, true, 0]);
});
