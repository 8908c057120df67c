import assert from "node:assert/strict";
import { test } from "node:test";

import { addPoint, begin } from "../../../clients/maskloop/web/static/label/sheet.js";
import { INITIAL, reduce } from "../../../clients/maskloop/web/static/label/state.js";
import { createStore } from "../../../clients/maskloop/web/static/label/store.js";
import { inMemory } from "../../../clients/maskloop/web/static/label/work/database.js";
import { draftAgain, draftKey } from "../../../clients/maskloop/web/static/label/work/draft_key.js";
import { Drafts, draftRecord } from "../../../clients/maskloop/web/static/label/work/drafts.js";
import { HandingIn } from "../../../clients/maskloop/web/static/label/work/handing_in.js";
import { onRecord, sheetOf } from "./sheets.js";

/** @typedef {import("../../../clients/maskloop/web/static/label/work/draft_key.js").DraftKey} DraftKey */

const WORK = addPoint(begin(sheetOf(), "points", 1), 3, 4);
const DRAFT = { work: WORK, grid: null, seconds: 2.5, promptVersion: "m" };

/** @type {DraftKey} a draft of an image without a label. */
const KEY = { project: "p", batch: "b", image: "i1", kind: "points", annotator: "ann", blind: false, basis: "" };
/** @type {DraftKey} one of a label that is to be corrected. */
const CORRECTION = { ...KEY, batch: "", basis: "l1" };

/** @param {DraftKey[]} kept of what there are drafts. */
async function draftsOf(...kept) {
  const database = inMemory();
  await database.change(kept.map((key) => ({ store: "drafts", put: draftRecord(key, DRAFT) })));
  return { database, drafts: new Drafts(database, () => {}) };
}

test("of drafts in a row the latest is kept, and comes back as it was", async () => {
  const { drafts } = await draftsOf();
  drafts.keep(KEY, { ...DRAFT, work: begin(sheetOf(), "points", 1), seconds: 1 });
  drafts.keep(KEY, DRAFT);
  await drafts.settled();
  assert.deepEqual(await drafts.recall(KEY), DRAFT);
  assert.deepEqual(await drafts.recall({ ...KEY, batch: "next batch" }), DRAFT);
  assert.equal(await drafts.recall({ ...KEY, kind: "boxes" }), null);
});

test("a draft is taken up on the label alone on which it was begun", async () => {
  const { drafts } = await draftsOf(KEY);
  const since = { ...CORRECTION, basis: "l1" };
  assert.deepEqual([await drafts.recall(since), await drafts.hasOutdated(since)], [null, true]);
  assert.equal(await drafts.hasOutdated(KEY), false);
  const { drafts: begun } = await draftsOf(since);
  assert.deepEqual(await begun.recall(since), DRAFT);
  assert.equal(await begun.recall({ ...since, basis: "l2" }), null);
});

test("a draft is its annotator's, and what was seen with a label is no second opinion", async () => {
  const { drafts } = await draftsOf(CORRECTION);
  assert.equal(await drafts.recall({ ...CORRECTION, annotator: "bob" }), null);
  assert.equal(await drafts.recall({ ...CORRECTION, blind: true }), null);
  assert.deepEqual(await drafts.recall(CORRECTION), DRAFT);
});

test("corrections of one image by several, of several kinds or blind are kept beside each other", async () => {
  const keys = [CORRECTION, { ...CORRECTION, annotator: "bob" }, { ...CORRECTION, blind: true }];
  const { database } = await draftsOf(...keys, { ...CORRECTION, kind: "boxes" });
  assert.equal((await database.all("drafts")).length, 4);
});

test("a draft of an earlier version is its batch's alone, where there is no label since", async () => {
  const { database, drafts } = await draftsOf();
  const { annotator, blind, basis, ...old } = draftRecord(KEY, DRAFT);
  await database.change([{ store: "drafts", put: old }, { store: "drafts", put: { ...old, batch: "" } }]);
  assert.deepEqual([annotator, blind, basis], ["ann", false, ""]);
  assert.deepEqual(await drafts.recall(KEY), DRAFT);
  for (const other of [{ ...KEY, batch: "another" }, { ...KEY, basis: "l1" }, { ...CORRECTION, basis: "" }]) {
    assert.equal(await drafts.recall(other), null);
  }
});

test("what is handed in leaves no draft of its image behind, of whichever batch; others' stay", async () => {
  const bobs = { ...KEY, batch: "bob's", annotator: "bob" };
  const another = { ...KEY, image: "i2" };
  const { database, drafts } = await draftsOf(KEY, { ...KEY, batch: "before" }, bobs, another);
  drafts.keep(KEY, DRAFT);
  await drafts.forget(KEY);
  const left = /** @type {{batch: string, image: string}[]} */ (await database.all("drafts"));
  assert.deepEqual(left.map(({ batch, image }) => `${batch} ${image}`), ["bob's i1", "b i2"]);
});

test("a skip and a label forget the drafts of their image, and a label says on what it was begun", async () => {
  const { database, drafts } = await draftsOf({ ...KEY, batch: "before" }, KEY);
  const batch = /** @type {any} */ ({ id: "b", project: "p", kind: "points", picks: [{}] });
  const label = onRecord("points", { points: [] });
  const store = createStore(reduce, { ...INITIAL, batch, annotator: "ann", sheet: sheetOf({ label }) });
  /** @type {any[]} */
  const added = [];
  const outbox = {
    add: async (/** @type {any} */ parcel, /** @type {any} */ alongside) => {
      added.push(parcel);
      await database.change(alongside);
    },
  };
  const bench = /** @type {any} */ ({
    store,
    sheet: WORK,
    clock: { seconds: () => 1 },
    set: (/** @type {any} */ values) => store.dispatch({ type: "set", values }),
  });
  const handingIn = new HandingIn(bench, /** @type {any} */ ({ drafts, connection: { outbox } }), false);
  assert.deepEqual(await handingIn.skip("unsure"), ["i1"]);
  assert.deepEqual(await database.all("drafts"), []);
  bench.set({ leaving: false });
  await handingIn.submit();
  assert.deepEqual([added[1].draft.basis, added[1].labels[0].supersedes], ["l1", "l1"]);
});

test("a second opinion is blind where a label is corrected, and there alone", () => {
  const author = { annotator: "ann", isBlind: true };
  const batch = /** @type {any} */ ({ id: "b", project: "p", kind: "points" });
  assert.deepEqual(draftKey(batch, sheetOf(), author), KEY);
  const sheet = sheetOf({ label: onRecord("points", { points: [] }) });
  assert.deepEqual(draftKey({ ...batch, id: "" }, sheet, author), { ...CORRECTION, blind: true });
});

test("a refused label of an earlier version becomes a draft of who made it", async () => {
  const { annotator, blind, basis, ...old } = draftRecord(CORRECTION, DRAFT);
  assert.deepEqual([annotator, blind, basis], ["ann", false, "l1"]);
  const { database, drafts } = await draftsOf();
  const parcel = /** @type {any} */ ({ annotator: "ann", labels: [{ supersedes: "l1" }], draft: old });
  await database.change(draftAgain(parcel));
  assert.deepEqual(await drafts.recall(CORRECTION), DRAFT);
});

test("people are told where drafts cannot be written, and go on where they cannot be read", async () => {
  const database = inMemory();
  database.change = () => Promise.reject(new Error("QuotaExceededError"));
  database.all = () => Promise.reject(new Error("UnknownError"));
  let told = 0;
  const drafts = new Drafts(database, () => (told += 1));
  drafts.keep(KEY, DRAFT);
  await drafts.settled();
  assert.deepEqual([told, await drafts.recall(KEY)], [1, null]);
});

test("of drafts the newest stay, however wrong the clock that dates them", async () => {
  const { database, drafts } = await draftsOf();
  for (const [index, saved_at] of [5e15, 1, 7, 3].entries()) {
    const put = { project: "p", batch: "b", image: String(index), saved_at };
    await database.change([{ store: "drafts", put }]);
  }
  await drafts.forgetOld(2);
  const left = /** @type {{image: string}[]} */ (await database.all("drafts"));
  assert.deepEqual(left.map(({ image }) => image).sort(), ["0", "2"]);
});
