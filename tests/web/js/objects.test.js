import assert from "node:assert/strict";
import { test } from "node:test";

import { EMPTY, areaOf, cut, same, subtract, union } from "../../../clients/maskloop/web/static/core/mask.js";
import * as sheet from "../../../clients/maskloop/web/static/label/sheet.js";
import { ASKED, PROPOSALS, SURE, block, offered, plain, proposed, sheetOf } from "./sheets.js";
/** @typedef {import("../../../clients/maskloop/web/static/label/sheet.js").SheetState} SheetState */

/**
 * @param {SheetState} state
 * @param {number} key
 */
function found(state, key) {
  const item = sheet.itemOf(state, key);
  assert.ok(item, `an item ${key}`);
  return item;
}

/** @param {SheetState} state */
const statuses = (state) => Object.fromEntries(state.objects.map((item) => [item.key, item.status]));

test("an image begins with its proposals, all undecided; an empty one is left out", () => {
  const state = sheet.begin(sheetOf({ proposals: [...PROPOSALS, offered(ASKED, 0.1, EMPTY)] }), "full", 2);
  assert.deepEqual(statuses(state), { 1: "proposed", 2: "proposed", 3: "proposed" });
  const { proposal, mask, ...rest } = found(state, 2);
  assert.equal(mask, proposal?.mask);
  const untouched = { prompted: false, edits: 0, seconds: 0, crowd: false };
  assert.deepEqual(rest, { key: 2, category: 2, status: "proposed", ...untouched });
  assert.deepEqual([state.modelVersion, state.category, state.selected, state.answer], ["m1", 2, null, null]);
  assert.ok(Object.isFrozen(state) && Object.isFrozen(state.objects) && Object.isFrozen(found(state, 1)));
});

test("other kinds of label begin without objects", () => {
  const state = sheet.begin(sheetOf(), "counts");
  assert.deepEqual([state.objects, state.modelVersion], [[], ""]);
});

test("accepting, one and the rest", () => {
  const one = sheet.accept(proposed(), 2);
  assert.deepEqual(statuses(one), { 1: "proposed", 2: "accepted", 3: "proposed" });
  assert.equal(sheet.accept(one, 2), one);
  assert.equal(sheet.accept(one, 99), one);
  assert.deepEqual(statuses(sheet.acceptRest(one)), { 1: "accepted", 2: "accepted", 3: "accepted" });
  assert.deepEqual(statuses(sheet.acceptRest(proposed(), 0.6)), { 1: "accepted", 2: "proposed", 3: "accepted" });
  const all = sheet.acceptRest(one);
  assert.equal(sheet.acceptRest(all), all);
});

test("accepting leaves edited and drawn objects as they are", () => {
  const state = sheet.add(sheet.replaceMask(proposed(), 1, block(0, 0, 3, 3)), block(1, 9, 3, 3), 1);
  assert.equal(sheet.accept(state, 1), state);
  assert.equal(sheet.accept(state, 4), state);
});

test("a rejected proposal stays on record as it was offered, and can be taken back", () => {
  const edited = sheet.setCategory(sheet.replaceMask(sheet.select(proposed(), 1), 1, block(0, 0, 2, 2)), 1, 3);
  const state = sheet.reject(edited, 1);
  const item = found(state, 1);
  assert.deepEqual([item.status, item.edits, item.category, state.selected], ["rejected", 1, 1, null]);
  assert.equal(item.mask, item.proposal?.mask);
  assert.deepEqual(sheet.visibleItems(state).map(({ key }) => key), [2, 3]);
  assert.equal(sheet.reject(state, 1), state);
  assert.equal(found(sheet.accept(state, 1), 1).status, "accepted");
  assert.equal(found(sheet.restore(state, 1), 1).status, "proposed");
  assert.equal(sheet.restore(edited, 1), edited);
});

test("what was drawn is gone once it is removed; a proposal is rejected", () => {
  const drawn = sheet.add(plain(), block(3, 3, 4, 4), 1);
  const gone = sheet.remove(drawn, 1);
  assert.deepEqual([gone.objects, gone.selected], [[], null]);
  assert.equal(sheet.remove(gone, 1), gone);
  assert.equal(statuses(sheet.remove(proposed(), 1))[1], "rejected");
});

test("another class decides nothing", () => {
  const state = sheet.setCategory(proposed(), 1, 2);
  assert.deepEqual([found(state, 1).category, found(state, 1).status], [2, "proposed"]);
  const accepted = sheet.setCategory(sheet.accept(proposed(), 1), 1, 2);
  assert.deepEqual([found(accepted, 1).category, found(accepted, 1).status], [2, "accepted"]);
  assert.equal(sheet.setCategory(state, 1, 2), state);
});

test("the class that is chosen goes to the selected object, and to what is drawn next", () => {
  const state = sheet.chooseCategory(sheet.select(proposed(), 1), 2);
  assert.deepEqual([state.category, found(state, 1).category], [2, 2]);
  const free = sheet.chooseCategory(proposed(), 2);
  assert.deepEqual([free.category, found(free, 1).category], [2, 1]);
  assert.equal(found(sheet.add(free, block(1, 9, 2, 2), 0), 4).category, 2);
});

test("the class that is chosen goes to the selected mark", () => {
  const state = sheet.chooseCategory(sheet.addPoint(sheet.begin(sheetOf(), "points", 1), 4, 4), 2);
  assert.deepEqual([state.category, state.points[0].category], [2, 2]);
});

test("another mask is an edit; without a pixel the object is removed", () => {
  const mask = block(1, 1, 3, 3);
  const edited = found(sheet.replaceMask(sheet.replaceMask(proposed(), 1, block(0, 0, 9, 9)), 1, mask, 3), 1);
  assert.deepEqual([edited.mask, edited.status, edited.edits], [mask, "edited", 4]);
  assert.equal(edited.proposal?.id, SURE);
  const drawn = sheet.replaceMask(sheet.add(plain(), block(3, 3, 4, 4), 1), 1, mask);
  assert.deepEqual([found(drawn, 1).status, found(drawn, 1).edits], ["drawn", 1]);
  assert.equal(sheet.replaceMask(drawn, 1, mask), drawn);
  assert.equal(statuses(sheet.replaceMask(proposed(), 1, EMPTY))[1], "rejected");
  assert.deepEqual(sheet.replaceMask(drawn, 1, EMPTY).objects, []);
});

test("what is added is selected; for a prompt it is accepted, and remembers that it was asked for", () => {
  const proposal = sheet.proposalOf(offered(ASKED, 0.7, block(2, 10, 5, 5), 2));
  const state = sheet.add(proposed(), proposal.mask, 0, proposal);
  const item = found(state, 4);
  assert.deepEqual([state.selected, item.status, item.prompted, item.category], [4, "accepted", true, 2]);
  assert.equal(found(sheet.add(proposed(), proposal.mask, 1, proposal), 4).category, 1);
  assert.equal(found(sheet.add(proposed(), block(2, 10, 4, 5), 1, proposal), 4).status, "edited");
  const facts = { crowd: true, edits: 2, seconds: 3 };
  const added = sheet.add(proposed(), block(2, 9, 4, 5), 1, null, facts);
  const { status, prompted, crowd, edits, seconds } = found(added, 4);
  assert.deepEqual([status, prompted, { crowd, edits, seconds }], ["drawn", false, facts]);
  assert.equal(sheet.add(state, EMPTY, 1), state);
});

test("keys are never used again", () => {
  const state = sheet.remove(sheet.add(plain(), block(1, 1, 2, 2), 1), 1);
  assert.equal(sheet.add(state, block(1, 1, 2, 2), 1).selected, 2);
});

test("one more point: the prompt's new answer takes the place of the old one", () => {
  const [first, second] = [block(2, 10, 5, 5), block(2, 10, 7, 7)].map((mask, index) =>
    sheet.proposalOf(offered(`${index}`.repeat(16), 0.5, mask)),
  );
  const state = sheet.reprompt(sheet.add(proposed(), first.mask, 1, first), 4, second);
  assert.deepEqual([found(state, 4).proposal, found(state, 4).status, found(state, 4).edits], [second, "accepted", 1]);
  const mended = found(sheet.reprompt(proposed(), 1, second), 1);
  assert.deepEqual([mended.proposal?.id, mended.status, mended.mask], [SURE, "edited", second.mask]);
  assert.equal(sheet.reprompt(state, 4, sheet.proposalOf(offered(ASKED, 0.5, EMPTY))), state);
});

test("merged proposals are the largest one, modified; the others are rejected", () => {
  const state = sheet.merge(proposed(), [1, 2, 3]);
  assert.deepEqual(statuses(state), { 1: "rejected", 2: "rejected", 3: "edited" });
  assert.equal(areaOf(found(state, 3).mask), 30 + 16 + 81);
  assert.equal(state.selected, 3);
  assert.equal(found(state, 3).edits, 1);
});

test("of a proposal and what was drawn, the proposal is the origin and the larger one says the class", () => {
  const drawn = sheet.spend(sheet.add(proposed(), block(0, 10, 20, 9), 3, null, { edits: 4 }), 4, 6);
  const state = sheet.merge(drawn, [2, 4]);
  const item = found(state, 2);
  assert.deepEqual([item.status, item.category, item.edits, item.seconds], ["edited", 3, 5, 6]);
  assert.deepEqual(Object.keys(statuses(state)), ["1", "2", "3"]);
});

test("two drawn objects become the larger one; one alone is not merged, nor what is rejected", () => {
  const two = sheet.add(sheet.add(plain(), block(0, 0, 2, 2), 1), block(9, 9, 5, 5), 2);
  const state = sheet.merge(two, [1, 2]);
  assert.deepEqual(state.objects.map(({ key, status, category }) => [key, status, category]), [[2, "drawn", 2]]);
  assert.equal(sheet.merge(two, [1]), two);
  const rejected = sheet.reject(proposed(), 1);
  assert.equal(sheet.merge(rejected, [1, 2]), rejected);
});

test("a split object's largest part keeps what it began as, the others count as drawn", () => {
  const pieces = union(union(block(0, 0, 2, 2), block(5, 5, 4, 4)), block(20, 10, 3, 3));
  const state = sheet.split(sheet.replaceMask(proposed(), 1, pieces), 1);
  assert.deepEqual([1, 4, 5].map((key) => areaOf(found(state, key).mask)), [16, 9, 4]);
  assert.deepEqual([1, 4, 5].map((key) => found(state, key).status), ["edited", "drawn", "drawn"]);
  assert.deepEqual([4, 5].map((key) => [found(state, key).category, found(state, key).edits]), [[1, 1], [1, 1]]);
  assert.equal(state.selected, 1);
  assert.equal(sheet.split(proposed(), 1).objects.length, 3);
});

test("an object is split along a line, of which no pixel is lost", () => {
  const before = proposed();
  const state = sheet.split(before, 3, cut(found(before, 3).mask, [[24, -1], [24, 12]], 30, 20));
  const [left, right] = [found(state, 3).mask, found(state, 4).mask];
  assert.ok(same(union(left, right), found(before, 3).mask));
  assert.equal(subtract(left, right), left);
});

test("a crowd is decided by saying so", () => {
  const state = sheet.setCrowd(proposed(), 1, true);
  assert.deepEqual([found(state, 1).crowd, found(state, 1).status], [true, "accepted"]);
  assert.equal(sheet.setCrowd(state, 1, true), state);
  const rejected = sheet.reject(state, 1);
  assert.equal(sheet.setCrowd(rejected, 1, true), rejected);
});

test("seconds are added to their object", () => {
  const state = sheet.spend(sheet.spend(proposed(), 1, 2.5), 1, 1);
  assert.equal(found(state, 1).seconds, 3.5);
  assert.equal(sheet.spend(state, 1, 0), state);
  assert.equal(sheet.spend(state, 9, 4), state);
});

test("no action changes the state it is given", () => {
  const state = sheet.select(sheet.add(proposed(), block(3, 12, 4, 4), 1), 1);
  const before = JSON.stringify(sheet.packed(state));
  sheet.merge(sheet.split(sheet.accept(sheet.setCategory(state, 1, 2), 2), 1), [1, 3]);
  sheet.reject(sheet.replaceMask(sheet.spend(state, 1, 2), 1, block(0, 0, 1, 1)), 2);
  assert.equal(JSON.stringify(sheet.packed(state)), before);
});
