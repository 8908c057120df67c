import assert from "node:assert/strict";
import { test } from "node:test";

import { inMemory } from "../../../clients/maskloop/web/static/label/work/database.js";
import { Outbox } from "../../../clients/maskloop/web/static/label/work/outbox.js";
import { ApiError } from "../../../clients/maskloop/web/static/page/fetch_json.js";

/** @typedef {import("../../../clients/maskloop/web/static/label/work/outbox.js").Parcel} Parcel */
/** @typedef {import("../../../clients/maskloop/web/static/core/wire.js").BatchDocument} BatchDocument */

const gone = () => new ApiError(0, {});
const lapsed = () => new ApiError(400, { reason: "LEASE_LOST", message: "the lease has ended" });
const wrong = () => new ApiError(400, { reason: "INVALID_LABEL", message: "the mask is empty" });

/**
 * @param {string} image
 * @param {number} made
 * @returns {Parcel}
 */
function parcelOf(image, made) {
  /** @type {import("../../../clients/maskloop/web/static/core/wire.js").DraftDocument} */
  const label = { image, kind: "image_level", content: { categories: [] }, seconds: 1, supersedes: "" };
  return {
    request_id: `r-${image}`,
    project: "p",
    annotator: "ann",
    batch: "b",
    labels: [label],
    skip: null,
    draft: null,
    name: image,
    made_at: made,
    refusal: "",
  };
}

/**
 * @param {string} image
 * @param {number} made
 * @returns {Parcel}
 */
const skipOf = (image, made) => ({ ...parcelOf(image, made), labels: [], skip: { image, reason: "unsure" } });

/**
 * A server that answers as told, call by call; afterwards it takes everything.
 *
 * @param {((() => Error) | null)[]} faults of its first calls, `null` for a call that succeeds.
 * @param {string[]} held images that the annotator has when they renew.
 */
function post(faults, held = []) {
  const database = inMemory();
  const present = { name: "ann" };
  /** @type {{sent: string[], waits: number[], events: string[], renewed: number, afterwards?: () => Promise<void>}} */
  const seen = { sent: [], waits: [], events: [], renewed: 0 };
  const outbox = new Outbox(database, {
    submit: async (_project, { request_id }) => {
      seen.sent.push(request_id);
      const fault = faults.shift();
      if (fault) {
        throw fault();
      }
      return { labels: [] };
    },
    maySend: ({ annotator }) => annotator === present.name,
    skip: async (_hands, _batch, { image, reason }) => {
      seen.sent.push(`${image} ${reason}`);
      const fault = faults.shift();
      if (fault) {
        throw fault();
      }
      return {};
    },
    renew: async () => {
      seen.renewed += 1;
      return /** @type {BatchDocument} */ ({ picks: held.map((id) => ({ image: { id } })) });
    },
    wait: async (seconds) => void seen.waits.push(seconds),
    alone: async (work) => {
      const done = await work();
      await seen.afterwards?.();
      return done;
    },
    tell: ({ kind }) => void seen.events.push(kind),
  });
  return { outbox, database, seen, present };
}

test("what somebody else left in this browser waits for them, and stops nobody", async () => {
  const { outbox, database, seen, present } = post([]);
  await database.change([
    { store: "outbox", put: { ...parcelOf("of-bob", 1), annotator: "bob" } },
    { store: "outbox", put: parcelOf("own", 2) },
  ]);
  await outbox.send();
  assert.deepEqual(seen.sent, ["r-own"]);
  assert.deepEqual(
    (await outbox.parcels()).map(({ request_id }) => request_id),
    ["r-of-bob"],
  );
  present.name = "bob";
  await outbox.send();
  assert.deepEqual(seen.sent, ["r-own", "r-of-bob"]);
});

test("a label stays under one id until it is acknowledged, with longer and longer pauses", async () => {
  const { outbox, seen } = post([gone, gone, gone]);
  await outbox.add(parcelOf("a", 1), []);
  await outbox.send();
  assert.deepEqual(seen.sent, ["r-a", "r-a", "r-a", "r-a"]);
  assert.deepEqual(seen.waits, [1, 2, 4]);
  assert.deepEqual(await outbox.parcels(), []);
});

test("pauses end at half a minute, and are what the server asks for", async () => {
  const { outbox, seen } = post([...Array(8).fill(gone), () => new ApiError(429, { retry_after_s: 7 })]);
  await outbox.add(parcelOf("a", 1), []);
  await outbox.send();
  assert.deepEqual(seen.waits, [1, 2, 4, 8, 16, 30, 30, 30, 7]);
});

test("what is added while the last look has just found nothing is sent as well", async () => {
  const { outbox, seen } = post([]);
  seen.afterwards = async () => {
    delete seen.afterwards;
    await outbox.add(parcelOf("late", 2), []);
  };
  await outbox.add(parcelOf("early", 1), []);
  await outbox.send();
  assert.deepEqual(seen.sent, ["r-early", "r-late"]);
});

test("what waits is sent in the order in which it was made", async () => {
  const { outbox, database, seen } = post([]);
  await database.change([
    { store: "outbox", put: parcelOf("late", 2) },
    { store: "outbox", put: parcelOf("early", 1) },
  ]);
  await outbox.send();
  assert.deepEqual(seen.sent, ["r-early", "r-late"]);
});

test("a label and the end of its draft are kept together", async () => {
  const { outbox, database } = post([gone]);
  await database.change([{ store: "drafts", put: { project: "p", batch: "b", image: "a" } }]);
  await outbox.add(parcelOf("a", 1), [{ store: "drafts", remove: ["p", "b", "a"] }]);
  assert.deepEqual(await database.all("drafts"), []);
});

test("a refused label is kept with the reason, and does not hold up the others", async () => {
  const { outbox, database, seen } = post([wrong]);
  await database.change([
    { store: "outbox", put: parcelOf("bad", 1) },
    { store: "outbox", put: parcelOf("good", 2) },
  ]);
  await outbox.send();
  const [left, ...others] = await outbox.parcels();
  assert.equal(left?.refusal, "The mask is empty.");
  assert.deepEqual([others, seen.sent], [[], ["r-bad", "r-good"]]);
  await outbox.retry("r-bad");
  await outbox.send();
  assert.deepEqual(await outbox.parcels(), []);
});

test("an ended lease is taken up again, and the label sent once more", async () => {
  const { outbox, seen } = post([lapsed], ["a"]);
  await outbox.add(parcelOf("a", 1), []);
  await outbox.send();
  assert.deepEqual([seen.sent, seen.renewed, await outbox.parcels()], [["r-a", "r-a"], 1, []]);
});

test("a label of an image that somebody else has by now is kept here", async () => {
  const { outbox, seen } = post([lapsed], ["another"]);
  await outbox.add(parcelOf("a", 1), []);
  await outbox.send();
  assert.match((await outbox.parcels())[0]?.refusal ?? "", /somebody else has the image/);
  assert.deepEqual(seen.sent, ["r-a"]);
  assert.ok(seen.events.includes("refused"));
});

test("an image that was passed over waits and is sent as labels are", async () => {
  const { outbox, seen } = post([gone]);
  await outbox.add(skipOf("a", 1), []);
  await outbox.add(parcelOf("b", 2), []);
  await outbox.send();
  assert.deepEqual(seen.sent, ["a unsure", "a unsure", "r-b"]);
  assert.deepEqual(await outbox.parcels(), []);
});

test("a skip under an ended lease takes it up again first, as labels do", async () => {
  const { outbox, seen } = post([lapsed, lapsed], ["a"]);
  await outbox.add(skipOf("a", 1), []);
  await outbox.send();
  assert.equal(seen.renewed, 1);
  assert.match((await outbox.parcels())[0]?.refusal ?? "", /the lease has ended/i);
});

test("a spent budget is a refusal, and holds nothing up", async () => {
  const spent = () => new ApiError(429, { reason: "BUDGET_EXHAUSTED", message: "these labels cost 8 s" });
  const { outbox, seen } = post([spent]);
  await outbox.add(parcelOf("a", 1), []);
  await outbox.add(parcelOf("b", 2), []);
  await outbox.send();
  assert.deepEqual([seen.sent, seen.waits], [["r-a", "r-b"], []]);
  assert.equal((await outbox.parcels())[0]?.refusal, "These labels cost 8 s.");
});

test("a label at which the server fails again and again lets the others pass", async () => {
  const { outbox, seen } = post(Array(7).fill(() => new ApiError(500, { message: "incident 7" })));
  await outbox.add(parcelOf("a", 1), []);
  await outbox.add(parcelOf("b", 2), []);
  await outbox.send();
  assert.deepEqual([seen.sent.filter((each) => each === "r-a").length, seen.sent.at(-1)], [7, "r-b"]);
  assert.equal((await outbox.parcels())[0]?.refusal, "Incident 7.");
});

test("what the disk refuses is sent from memory, and people are told", async () => {
  const { outbox, database, seen } = post([gone, gone]);
  const change = database.change;
  database.change = async (changes) => {
    if (changes.some(({ store, put }) => store === "outbox" && put)) {
      throw new Error("QuotaExceededError");
    }
    await change(changes);
  };
  await outbox.add(parcelOf("a", 1), []);
  await outbox.send();
  assert.deepEqual([seen.sent, await outbox.parcels()], [["r-a", "r-a", "r-a"], []]);
  assert.ok(seen.events.includes("unkept"));
});

test("a refused label that is mended leaves the outbox and is a draft again, in one stroke", async () => {
  const { outbox, database } = post([wrong]);
  await outbox.add(parcelOf("a", 1), []);
  await outbox.send();
  await outbox.discard("r-a", [{ store: "drafts", put: { project: "p", batch: "b", image: "a" } }]);
  assert.deepEqual([await outbox.parcels(), (await database.all("drafts")).length], [[], 1]);
});

test("where the disk cannot be read, what is in hand is shown and sent all the same", async () => {
  const { outbox, database, seen } = post([gone]);
  database.all = () => Promise.reject(new Error("UnknownError"));
  database.change = () => Promise.reject(new Error("UnknownError"));
  await outbox.add(parcelOf("a", 1), []);
  assert.equal((await outbox.parcels()).length, 1);
  await outbox.send();
  assert.deepEqual([seen.sent, await outbox.parcels()], [["r-a", "r-a"], []]);
});

test("a label that has arrived is no refused one where the disk does not let it go", async () => {
  const { outbox, database, seen } = post([]);
  const change = database.change;
  await database.change([{ store: "outbox", put: parcelOf("a", 1) }]);
  database.change = () => Promise.reject(new Error("UnknownError"));
  await outbox.send();
  await outbox.send();
  assert.deepEqual([seen.sent, await outbox.parcels()], [["r-a"], []]);
  assert.deepEqual([seen.events.includes("acknowledged"), seen.events.includes("refused")], [true, false]);
  database.change = change;
  await outbox.add(parcelOf("b", 2), []);
  await outbox.send();
  assert.deepEqual(seen.sent, ["r-a", "r-b"]);
});

test("a refusal that cannot be written is kept in hand, and its label not sent again and again", async () => {
  const { outbox, database, seen } = post([wrong]);
  await database.change([{ store: "outbox", put: parcelOf("a", 1) }]);
  database.change = () => Promise.reject(new Error("UnknownError"));
  await outbox.send();
  assert.deepEqual(seen.sent, ["r-a"]);
  assert.deepEqual((await outbox.parcels()).map(({ refusal }) => refusal), ["The mask is empty."]);
});
