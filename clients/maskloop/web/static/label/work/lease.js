// The lease of the batch: renewed while people are at work, offered again when it has ended.

import * as api from "../../page/api.js";
import { ApiError, inWords } from "../../page/fetch_json.js";
import { leaseDue, leaseTimes, wakefulClock } from "./lease_clock.js";

/** @typedef {import("../bench.js").Bench} Bench */
/** @typedef {import("../session.js").Session} Session */
/** @typedef {import("../state.js").BatchDocument} BatchDocument */

const LOOK_EVERY_MS = 5_000;

/**
 * @param {Bench} bench
 * @param {Session} session
 * @returns {{takeUp: () => Promise<void>}} `takeUp` tries to get an ended lease back.
 */
export function keepLease(bench, session) {
  /** @type {import("./lease_clock.js").LeaseTimes | null} */
  let times = null;
  let isAsking = false;
  const now = wakefulClock(
    () => performance.now(),
    () => Date.now(),
  );

  async function renew() {
    const { batch, project, annotator } = bench.store.state;
    if (isAsking || !batch || !project) {
      return;
    }
    isAsking = true;
    try {
      await session.keepOnly(await api.renew({ project: project.id, annotator }, batch.id));
    } catch (error) {
      if (error instanceof ApiError && !error.passing) {
        bench.set({ lease: "lost" });
        bench.tell(inWords(error), "bad");
      }
    } finally {
      isAsking = false;
    }
  }

  bench.store.subscribe(({ batch }, before) => {
    if (batch !== before.batch) {
      times = batch && leaseTimes(batch, now());
    }
  });

  function look() {
    const { phase, otherTab, lease } = bench.store.state;
    const nowMs = now();
    if (!times || phase !== "ready" || otherTab || lease === "lost") {
      return;
    }
    const due = leaseDue(times, nowMs, bench.clock.isCounting);
    if (due === "renew") {
      void renew();
    } else if (due === "over") {
      bench.set({ lease: "over" });
    }
  }

  setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      setTimeout(look, 0); // once the image's clock knows as well that people are back
    }
  });
  return { takeUp: renew };
}
