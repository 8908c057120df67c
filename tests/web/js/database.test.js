import assert from "node:assert/strict";
import { test } from "node:test";

import { openKept } from "../../../clients/maskloop/web/static/label/work/database.js";

/**
 * A request that is answered soon.
 *
 * @param {unknown} result
 * @param {boolean} [fails]
 */
function answering(result, fails = false) {
  /** @type {any} */
  const request = { result, error: new Error("UnknownError") };
  setTimeout(() => (fails ? request.onerror() : request.onsuccess()), 0);
  return request;
}

/** A browser whose database holds one parcel; `faults` says of each opening whether it fails. */
function browser(/** @type {boolean[]} */ ...faults) {
  const store = { getAll: () => answering(["a parcel"]) };
  const seen = { opened: 0, asked: 0, base: /** @type {any} */ ({}) };
  const indexedDB = {
    open() {
      seen.opened += 1;
      seen.base = { transaction: () => ({ objectStore: () => store }) };
      return answering(seen.base, faults.shift());
    },
  };
  const storage = {
    persist: async () => {
      seen.asked += 1;
      throw new Error("not in this window");
    },
  };
  Object.defineProperty(globalThis, "navigator", { value: { storage }, configurable: true });
  Object.assign(globalThis, { indexedDB });
  return seen;
}

test("a database that the browser closed is opened again, also after that failed once", async () => {
  const seen = browser(false, true, false);
  const database = await openKept();
  seen.base.onclose();
  await assert.rejects(database.all("outbox"), /UnknownError/);
  assert.deepEqual(await database.all("outbox"), ["a parcel"]);
  assert.deepEqual([database.durable, seen.opened], [true, 3]);
});

test("the browser is asked once to keep what is stored, and may refuse", async () => {
  const seen = browser();
  const database = await openKept();
  await database.all("outbox");
  assert.deepEqual([database.durable, seen.asked], [true, 1]);
  Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  assert.equal((await openKept()).durable, true);
});
