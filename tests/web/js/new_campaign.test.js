import assert from "node:assert/strict";
import { test } from "node:test";

import { classesOf, idOf, problemsOf, testImages } from "../../../clients/maskloop/web/static/new/fields.js";
import { chosen, isPicture } from "../../../clients/maskloop/web/static/new/folder.js";
import { Upload, packsOf } from "../../../clients/maskloop/web/static/new/upload.js";
/** @typedef {import("../../../clients/maskloop/web/static/new/upload.js").Standing} Standing */

const RIGHT = { name: "Bridge", classes: "crack", budget: "8h", test: "20", seed: "0", photos: 3 };

test("ids are made of names", () => {
  const ids = ["Bridge 12", "Brücke_Süd", "  .-Étage 2!  ", "漢字", "x".repeat(80)].map(idOf);
  assert.deepEqual(ids, ["bridge-12", "brucke_sud", "etage-2", "", "x".repeat(63)]);
});

test("classes are told apart by lines and commas", () => {
  assert.deepEqual(classesOf("crack\n spalling , rust\n\n"), ["crack", "spalling", "rust"]);
});

test("what is right is not complained of, and what is wrong is, by field", () => {
  assert.deepEqual(problemsOf(RIGHT), {});
  for (const [name, bad] of Object.entries({
    name: "漢字",
    classes: "a,a",
    budget: "0h",
    test: "51",
    seed: "-1",
    photos: 0,
  })) {
    assert.deepEqual(Object.keys(problemsOf({ ...RIGHT, [name]: bad })), [name]);
  }
  assert.deepEqual(
    ["90m", "2.5d", "200images", "1 image"].map((budget) => problemsOf({ ...RIGHT, budget }).budget),
    Array(4).fill(undefined),
  );
});

test("a share for testing is thirty images at most", () => {
  assert.deepEqual([testImages(20, 40), testImages(20, 1000), testImages(0, 40)], [8, 30, 0]);
});

test("pictures are known by their suffix, and what is hidden is left out", () => {
  const suffixes = new Set([".jpg", ".png"]);
  const paths = ["a.JPG", "b/c.png", "notes.txt", ".a.jpg", "b/.c/d.jpg", "__MACOSX/a.jpg", "jpg", ".jpg"];
  assert.deepEqual(
    paths.filter((path) => isPicture(path, suffixes)),
    ["a.JPG", "b/c.png"],
  );
});

/**
 * @param {string} path
 * @param {number} size
 */
function file(path, size) {
  const made = new File([new Uint8Array(size)], path.split("/").at(-1) ?? "");
  Object.defineProperty(made, "webkitRelativePath", { value: path });
  return made;
}

test("a chosen folder's photographs are named by their paths below it, in order", () => {
  const { folder, photos } = chosen([file("bridge/z.jpg", 1), file("bridge/deck/a.jpg", 1)]);
  assert.equal(folder, "bridge");
  assert.deepEqual(
    photos.map(({ name }) => name),
    ["deck/a.jpg", "z.jpg"],
  );
});

/** @param {...number} sizes */
const photosOf = (...sizes) => sizes.map((size, place) => ({ name: `${place}.jpg`, file: file(`${place}.jpg`, size) }));

test("packs are small, in order, and hold every photograph", () => {
  const packs = packsOf(photosOf(4, 4, 4, 20, 1, 1, 1), { bytes: 10, files: 2 });
  assert.deepEqual(
    packs.map((pack) => pack.map(({ file: { size } }) => size)),
    [[4, 4], [4], [20], [1, 1], [1]],
  );
});

test("an upload goes on where its connection broke, and counts each photograph once", async () => {
  const photos = photosOf(...Array(70).fill(1));
  /** @type {Standing[]} */
  const standings = [];
  /** @type {number[]} */
  const pauses = [];
  const upload = new Upload(
    "p",
    photos,
    (standing) => standings.push(standing),
    async (ms) => void pauses.push(ms),
  );
  let calls = 0;
  globalThis.fetch = async (_, request) => {
    calls += 1;
    if (calls >= 2 && calls <= 6) {
      throw new TypeError("the network is down");
    }
    const sent = /** @type {FormData} */ (request?.body).getAll("images");
    return Response.json({ taken: sent.length - 1, refused: [["bad.jpg", "is broken"]] });
  };
  await assert.rejects(upload.run(), /cannot be reached/);
  assert.deepEqual([calls, pauses.length], [5, 3]); // one pack, then another tried four times
  await upload.run();
  assert.deepEqual(standings.at(-1), { done: 70, of: 70, taken: 67, refused: Array(3).fill(["bad.jpg", "is broken"]) });
});

test("a refusal is not tried again", async () => {
  globalThis.fetch = async () => Response.json({ error: { message: "There is no project p." } }, { status: 404 });
  const upload = new Upload(
    "p",
    photosOf(1),
    () => {},
    async () => assert.fail("it waited"),
  );
  await assert.rejects(upload.run(), /no project p/);
});
