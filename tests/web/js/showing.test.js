import assert from "node:assert/strict";
import { test } from "node:test";

import { Showing } from "../../../clients/maskloop/web/static/label/showing.js";
import { addPoint, begin } from "../../../clients/maskloop/web/static/label/sheet.js";
import { inMemory } from "../../../clients/maskloop/web/static/label/work/database.js";
import { draftKey } from "../../../clients/maskloop/web/static/label/work/draft_key.js";
import { Drafts, draftRecord } from "../../../clients/maskloop/web/static/label/work/drafts.js";
import { onRecord, sheetOf } from "./sheets.js";
import { benchOf } from "./stage_stand_ins.js";

const LABEL = onRecord("points", { points: [] });
const BEGUN_ON = sheetOf({ label: LABEL });
/** @type {any} a label that is to be corrected. */
const BATCH = { id: "", project: "p", kind: "points", picks: [{ image: BEGUN_ON.image }] };

/**
 * @param {import("../../../clients/maskloop/web/static/core/wire.js").SheetDocument} onServer
 * @param {{author?: string, isBlind?: boolean}} [how]
 */
async function opened(onServer, { author = "ann", isBlind = false } = {}) {
  const bench = benchOf({ annotator: "ann" });
  const database = inMemory();
  const work = addPoint(begin(BEGUN_ON, "points", 1), 3, 4);
  const draft = { work, grid: null, seconds: 1, promptVersion: "" };
  const key = draftKey(BATCH, BEGUN_ON, { annotator: author, isBlind: false });
  await database.change([{ store: "drafts", put: draftRecord(key, draft) }]);
  const headers = { "content-type": "application/json" };
  globalThis.fetch = async () => new Response(JSON.stringify(onServer), { headers });
  await new Showing(bench, new Drafts(database, () => {}), isBlind).image(BATCH, BATCH.picks[0]);
  const { work: shown, message } = bench.store.state;
  return { points: shown?.present.points.length, told: message?.text ?? "" };
}

test("a draft comes back on the label on which it was begun", async () => {
  assert.deepEqual(await opened(BEGUN_ON), { points: 1, told: "" });
});

test("a draft that was begun on an older label replaces no newer one, and people are told", async () => {
  const { points, told } = await opened(sheetOf({ label: { ...LABEL, id: "l2" } }));
  assert.equal(points, 0);
  assert.match(told, /another label since/);
});

test("nobody takes up another's draft, and second opinions none that was made with the label in sight", async () => {
  assert.deepEqual(await opened(BEGUN_ON, { author: "bob" }), { points: 0, told: "" });
  assert.deepEqual(await opened(BEGUN_ON, { isBlind: true }), { points: 0, told: "" });
});
