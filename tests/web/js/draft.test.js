import assert from "node:assert/strict";
import { test } from "node:test";

import { same } from "../../../clients/maskloop/web/static/core/mask.js";
import { decodeRle, encodeRle } from "../../../clients/maskloop/web/static/core/rle.js";
import * as sheet from "../../../clients/maskloop/web/static/label/sheet.js";
import { ASKED, H, MIDDLING, PROPOSALS, SURE, UNSURE, W, blank, block } from "./sheets.js";
import { offered, onRecord, plain, proposed, sheetOf } from "./sheets.js";
/** @typedef {import("../../../clients/maskloop/web/static/label/sheet.js").SheetState} SheetState */
/** @typedef {import("../../../clients/maskloop/web/static/core/wire.js").FullContent} FullContent */

/**
 * @param {SheetState} state
 * @param {import("../../../clients/maskloop/web/static/label/sheet.js").DraftFacts} [facts]
 */
function contentOf(state, facts) {
  const { content, problem } = sheet.draftOf(state, facts);
  assert.ok(content, problem);
  return content;
}

/**
 * @param {SheetState} state
 * @param {import("../../../clients/maskloop/web/static/label/sheet.js").DraftFacts} [facts]
 */
function fullOf(state, facts) {
  return /** @type {FullContent} */ (contentOf(state, facts));
}

test("an accepted proposal is its object, by the very string that was sent", () => {
  const odd = { height: H, width: W, rle: `${PROPOSALS[0].mask.rle}` };
  const state = sheet.acceptRest(sheet.begin(sheetOf({ proposals: [{ ...PROPOSALS[0], mask: odd }] }), "full", 1));
  assert.deepEqual(fullOf(sheet.spend(state, 1, 2)), {
    objects: [
      { category: 1, mask: odd, crowd: false, origin: { verdict: "accepted", proposal: SURE, edits: 0, seconds: 2 } },
    ],
    review: { model_version: "m1", rejected: [] },
  });
});

test("an accepted proposal keeps a string that pycocotools would write in another way", () => {
  // Runs 5, 30, 0, 10, 55, of which nobody needs the one of no pixel. The server compares the strings.
  const odd = { height: 10, width: 10, rle: "5n00\\Og1" };
  assert.notEqual(encodeRle(decodeRle(odd), 10, 10).rle, odd.rle);
  const image = { id: "i", name: "n", width: 10, height: 10 };
  const state = sheet.begin(sheetOf({ image, proposals: [{ ...PROPOSALS[0], mask: odd }] }), "full", 1);
  assert.equal(fullOf(sheet.acceptRest(state)).objects[0].mask.rle, odd.rle);
});

test("an edited one is modified, a drawn one was missed, a rejected one is on record", () => {
  const mended = block(0, 0, 5, 5);
  let state = sheet.replaceMask(proposed(), 1, mended, 2);
  state = sheet.add(sheet.reject(sheet.accept(state, 3), 2), block(0, 10, 6, 6), 2, null, { edits: 1, seconds: 9 });
  const { objects, review } = fullOf(state);
  assert.deepEqual(objects.map(({ origin, category }) => [origin, category]), [
    [{ verdict: "modified", proposal: SURE, edits: 2, seconds: 0 }, 1],
    [{ verdict: "accepted", proposal: MIDDLING, edits: 0, seconds: 0 }, 1],
    [{ verdict: "missed", proposal: "", edits: 1, seconds: 9 }, 2],
  ]);
  assert.ok(same(decodeRle(objects[0].mask), mended));
  assert.deepEqual(review, { model_version: "m1", rejected: [{ proposal: UNSURE, edits: 0, seconds: 0 }] });
});

test("an accepted proposal of another class is modified: the server takes it for nothing else", () => {
  const { objects } = fullOf(sheet.setCategory(sheet.acceptRest(proposed()), 1, 2));
  assert.deepEqual(objects[0].origin, { verdict: "modified", proposal: SURE, edits: 0, seconds: 0 });
  assert.deepEqual([objects[0].category, objects[0].mask], [2, PROPOSALS[0].mask]);
});

test("an edited mask that came back to its proposal's is accepted, with the edits that it took", () => {
  const there = sheet.replaceMask(sheet.acceptRest(proposed()), 1, block(0, 0, 2, 2));
  const { objects } = fullOf(sheet.replaceMask(there, 1, block(0, 0, 6, 5)));
  assert.deepEqual(objects[0].origin, { verdict: "accepted", proposal: SURE, edits: 2, seconds: 0 });
});

test("merged proposals: the largest is modified, the others are rejected", () => {
  const { objects, review } = fullOf(sheet.merge(proposed(), [1, 2, 3]));
  assert.deepEqual(objects.map(({ origin }) => [origin?.verdict, origin?.proposal]), [["modified", MIDDLING]]);
  assert.deepEqual(review?.rejected.map(({ proposal }) => proposal), [SURE, UNSURE]);
});

test("a split proposal: the largest part is modified, the other was missed, and no proposal is named twice", () => {
  const parts = [block(20, 0, 9, 5), block(20, 6, 9, 3)];
  const { objects } = fullOf(sheet.acceptRest(sheet.split(proposed(), 3, parts)));
  const begun = objects.map(({ origin }) => [origin?.verdict, origin?.proposal]);
  assert.deepEqual(begun, [["accepted", SURE], ["accepted", UNSURE], ["modified", MIDDLING], ["missed", ""]]);
});

test("a crowd has no origin, and the proposal that it was is rejected", () => {
  const { objects, review } = fullOf(sheet.setCrowd(sheet.acceptRest(proposed()), 2, true));
  assert.deepEqual([objects[1].crowd, objects[1].origin], [true, null]);
  assert.deepEqual(review?.rejected.map(({ proposal }) => proposal), [UNSURE]);
});

test("undecided proposals are a problem, in words, with the one that it is", () => {
  const three = sheet.draftOf(proposed());
  assert.deepEqual([three.problem, three.key], ["3 proposals are undecided: accept, change or reject each.", 1]);
  const one = sheet.draftOf(sheet.reject(sheet.accept(proposed(), 1), 2));
  assert.deepEqual([one.problem, one.key], ["One proposal is undecided: accept, change or reject it.", 3]);
  assert.equal(one.content, undefined);
});

test("without proposals there is no review, and objects have no origin", () => {
  const { objects, review } = fullOf(sheet.add(plain(), block(1, 1, 5, 5), 1));
  assert.deepEqual([objects[0].origin, review], [null, null]);
});

test("a network that proposed nothing was at hand all the same", () => {
  const state = sheet.begin(sheetOf({ proposals: [] }), "full", 1);
  const { objects, review } = fullOf(sheet.add(state, block(1, 1, 5, 5), 1));
  assert.equal(objects[0].origin?.verdict, "missed");
  assert.deepEqual(review, { model_version: "m1", rejected: [] });
});

test("what a prompt brought names the network that answered, where no other was at hand", () => {
  const proposal = sheet.proposalOf(offered(ASKED, 0.7, block(2, 10, 5, 5)));
  const { objects, review } = fullOf(sheet.add(plain(), proposal.mask, 1, proposal), { promptVersion: "sam" });
  assert.deepEqual(objects[0].origin, { verdict: "accepted", proposal: ASKED, edits: 0, seconds: 0 });
  assert.equal(review?.model_version, "sam");
  const beside = sheet.add(sheet.acceptRest(proposed()), proposal.mask, 1, proposal);
  assert.equal(fullOf(beside, { promptVersion: "sam" }).review?.model_version, "m1");
});

test("an object, a box and a point without a class are a problem; a stroke without one is on the ground", () => {
  const empty = { ...sheetOf({ proposals: [], model_version: "" }) };
  const states = [
    sheet.add(sheet.begin(empty, "full"), block(1, 1, 4, 4), 0),
    sheet.addBox(sheet.begin(empty, "boxes"), [1, 1, 4, 4]),
    sheet.addPoint(sheet.begin(empty, "points"), 1, 1),
  ];
  assert.deepEqual(states.map((state) => sheet.draftOf(state).problem), [
    "An object has no class: choose one.",
    "A box has no class: choose one.",
    "A point has no class: choose one.",
  ]);
  const stroke = sheet.addStroke(sheet.begin(empty, "scribbles"), [[1, 1], [2, 2]]);
  assert.deepEqual(contentOf(stroke), { scribbles: [{ category: 0, path: [[1, 1], [2, 2]] }] });
});

test("the contents of the other kinds", () => {
  const box = sheet.addBox(blank("boxes"), [1, 2, 3, 4.5]);
  assert.deepEqual(contentOf(box), { boxes: [{ category: 1, box: [1, 2, 3, 4.5] }] });
  assert.deepEqual(contentOf(sheet.addPoint(blank("points"), 1, 2)), { points: [{ category: 1, point: [1, 2] }] });
  assert.deepEqual(contentOf(sheet.setCount(blank("counts"), 2, 7)), { counts: [{ category: 2, count: 7 }] });
  assert.deepEqual(contentOf(blank("counts")), { counts: [] });
  assert.deepEqual(contentOf(sheet.togglePresent(blank("image_level"), 2)), { categories: [2] });
  assert.deepEqual(contentOf(sheet.answer(blank("ood_check"), 0)), { category: 0 });
  assert.deepEqual(contentOf(sheet.answer(blank("ood_check"), 2)), { category: 2 });
  assert.match(sheet.draftOf(blank("ood_check")).problem ?? "", /Say whether/);
});

test("what is on record of an image comes back, and says the same when it is handed in unchanged", () => {
  let state = sheet.reject(sheet.accept(sheet.replaceMask(proposed(), 1, block(0, 0, 5, 5)), 3), 2);
  state = sheet.spend(sheet.add(state, block(0, 10, 6, 6), 2, null, { edits: 3 }), 1, 4);
  const content = fullOf(state);
  const again = sheet.begin(sheetOf({ label: onRecord("full", content) }), "full");
  assert.deepEqual(fullOf(again), content);
  const later = sheetOf({ label: onRecord("full", content), proposals: [], model_version: "m2" }); // m1 is gone
  assert.deepEqual(fullOf(sheet.begin(later, "full")), content);
});

test("of a record whose proposals are gone, a change makes an accepted object a modified one", () => {
  const label = onRecord("full", fullOf(sheet.acceptRest(proposed())));
  const state = sheet.begin(sheetOf({ label, proposals: [], model_version: "" }), "full");
  const { objects } = fullOf(sheet.replaceMask(state, 1, block(0, 0, 2, 2)));
  assert.deepEqual(objects.map(({ origin }) => origin?.verdict), ["modified", "accepted", "accepted"]);
  const recoloured = fullOf(sheet.setCategory(state, 1, 2));
  assert.equal(recoloured.objects[0].origin?.verdict, "modified");
});

test("a record without a review is outlines alone, whatever is proposed by now", () => {
  const label = onRecord("full", fullOf(sheet.add(plain(), block(1, 1, 5, 5), 1)));
  const state = sheet.begin(sheetOf({ label }), "full");
  assert.deepEqual([state.objects.length, state.modelVersion, fullOf(state).review], [1, "", null]);
});

test("records of the other kinds come back", () => {
  /** @type {[import("../../../clients/maskloop/web/static/core/wire.js").Kind,
   *   import("../../../clients/maskloop/web/static/core/wire.js").Content][]} */
  const records = [
    ["boxes", { boxes: [{ category: 1, box: [1, 2, 3, 4] }] }],
    ["points", { points: [{ category: 2, point: [1, 2] }] }],
    ["scribbles", { scribbles: [{ category: 0, path: [[1, 1], [2, 3]] }] }],
    ["counts", { counts: [{ category: 1, count: 4 }, { category: 3, count: 1 }] }],
    ["image_level", { categories: [1, 3] }],
    ["ood_check", { category: 0 }],
  ];
  for (const [kind, content] of records) {
    const state = sheet.begin(sheetOf({ label: onRecord(kind, content) }), kind, 1);
    assert.deepEqual(contentOf(state), content);
  }
  const other = sheetOf({ label: onRecord("image_level", { categories: [1] }), proposals: [] });
  assert.deepEqual(sheet.begin(other, "counts", 1).present, []);
});

test("work survives a reload: packed as JSON, it comes back", () => {
  const proposal = sheet.proposalOf(offered(ASKED, 0.7, block(2, 10, 5, 5), 2));
  let state = sheet.add(sheet.accept(proposed(), 1), proposal.mask, 1, proposal);
  state = sheet.replaceMask(sheet.reject(sheet.spend(state, 1, 3), 2), 3, block(21, 1, 7, 7));
  const back = sheet.unpacked(JSON.parse(JSON.stringify(sheet.packed(state))));
  assert.deepEqual(contentOf(back), contentOf(state));
  assert.deepEqual(sheet.packed(back), sheet.packed(state));
  assert.ok(Object.isFrozen(back.objects));
  assert.equal(sheet.accept(sheet.restore(back, 2), 2).objects[1].status, "accepted");
  const broken = sheet.packed(sheet.begin(sheetOf({ proposals: [] }), "full"));
  const objects = [{ ...sheet.packed(state).objects[0], proposal: null }];
  assert.throws(() => sheet.unpacked({ ...broken, objects }), RangeError);
});
