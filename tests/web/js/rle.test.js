import assert from "node:assert/strict";
import { test } from "node:test";

import { EMPTY, Mask, areaOf, same } from "../../../clients/maskloop/web/static/core/mask.js";
import { decodeRle, encodeRle } from "../../../clients/maskloop/web/static/core/rle.js";
import { blobs, drawn, maskOf, randomBy } from "./reference.js";

// `tests/web/test_js.py` holds the strings against pycocotools'. What is here needs no Python.

test("a string by hand: runs 1, 2 and 1 of a column of four", () => {
  assert.deepEqual(encodeRle(drawn(". # # ."), 4, 1), { height: 4, width: 1, rle: "121" });
  assert.deepEqual([...decodeRle({ height: 4, width: 1, rle: "121" }).bits], [1, 1]);
});

test("from the fourth run on, what is written is the difference to the run before the last", () => {
  const mask = drawn("# . # . # . #");
  assert.equal(encodeRle(mask, 7, 1).rle, "0110000" + "0"); // runs 0 1 1 1 1 1 1 1
  assert.ok(same(decodeRle(encodeRle(mask, 7, 1)), mask));
});

test("masks come back as they were, wherever they lie in their image", () => {
  const random = randomBy(20);
  for (let round = 0; round < 100; round++) {
    const [w, h] = [1 + Math.floor(random() * 90), 1 + Math.floor(random() * 90)];
    const mask = maskOf(blobs(random, w, h));
    const back = decodeRle(encodeRle(mask, h, w));
    assert.deepEqual([back.x, back.y, back.width, back.height], [mask.x, mask.y, mask.width, mask.height]);
    assert.ok(same(back, mask));
  }
});

test("no pixel, all pixels, and an image's corners", () => {
  assert.equal(decodeRle(encodeRle(EMPTY, 9, 7)), EMPTY);
  assert.equal(areaOf(decodeRle(encodeRle(new Mask(0, 0, 7, 9, new Uint8Array(63).fill(1)), 9, 7))), 63);
  for (const [x, y] of [[0, 0], [6, 0], [0, 8], [6, 8]]) {
    const { bits, ...window } = decodeRle(encodeRle(new Mask(x, y, 1, 1, Uint8Array.of(1)), 9, 7));
    assert.deepEqual([{ ...window }, [...bits]], [{ x, y, width: 1, height: 1 }, [1]]);
  }
});

test("of a large photograph, only the window is laid out", () => {
  const mask = new Mask(11_000, 11_500, 300, 200, new Uint8Array(60_000).fill(1));
  const before = process.memoryUsage().arrayBuffers;
  const back = decodeRle(encodeRle(mask, 12_000, 12_000));
  assert.ok(process.memoryUsage().arrayBuffers - before < 10_000_000); // all pixels are 144 million
  assert.ok(same(back, mask));
});

test("broken strings are refused", () => {
  for (const rle of ["", "1", "999", "1o", "12 ", "\u00ff21", "0oooooooo0", "0A31", "3N3"]) {
    assert.throws(() => decodeRle({ height: 4, width: 1, rle }), /^RangeError: the mask's run/, rle);
  }
});

test("a mask that sticks out of its image is refused", () => {
  assert.throws(() => encodeRle(new Mask(3, 0, 2, 1, Uint8Array.of(1, 1)), 4, 4), /sticks out of the image of 4 x 4/);
});
