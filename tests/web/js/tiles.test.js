import assert from "node:assert/strict";
import { test } from "node:test";

import { Viewport } from "../../../clients/maskloop/web/static/core/viewport.js";
import { Tiles } from "../../../clients/maskloop/web/static/label/stage/tiles.js";

const IMAGE = { id: "i", name: "i.jpg", width: 40_000, height: 30_000 };
/** A screen of 5120 x 2880 pixels, on which each tile takes about 270 of them. */
const LARGE = new Viewport({ width: 2560, height: 1440, pixelRatio: 2, scale: 0.2627, offsetX: -50, offsetY: -50 });

/** How many tiles were fetched so far. */
function fetching() {
  const seen = { fetched: 0 };
  class Picture {
    src = "";
    constructor() {
      seen.fetched += 1;
    }
    async decode() {}
  }
  Object.assign(globalThis, { Image: Picture });
  return seen;
}

const CONTEXT = /** @type {any} */ ({ drawImage() {} });

test("what a large screen shows at once is fetched once", async () => {
  const seen = fetching();
  const tiles = new Tiles(() => {});
  tiles.draw(CONTEXT, LARGE, "p", IMAGE);
  await Promise.resolve();
  const { fetched } = seen;
  assert.ok(fetched > 192, `${fetched} tiles`);
  for (let round = 0; round < 3; round++) {
    assert.equal(tiles.draw(CONTEXT, LARGE, "p", IMAGE), true);
  }
  assert.equal(seen.fetched, fetched);
});
