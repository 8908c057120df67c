// When a lease ends, by this machine's clock, and when to renew it.

/** @typedef {import("../../core/wire.js").BatchDocument} BatchDocument */

/**
 * @typedef {{endsAtMs: number, renewAtMs: number}} LeaseTimes
 *   By the clock that was read when the answer came.
 */

/**
 * The server's clock and this one may differ, so only the span counts.
 *
 * @param {Pick<BatchDocument, "expires_at" | "now">} batch
 * @param {number} nowMs
 * @returns {LeaseTimes} it is renewed when half of it is over.
 */
export function leaseTimes({ expires_at, now }, nowMs) {
  const spanMs = Math.max(0, expires_at - now) * 1000;
  return { endsAtMs: nowMs + spanMs, renewAtMs: nowMs + spanMs / 2 };
}

/**
 * What is to be done about a lease.
 *
 * @param {LeaseTimes} times
 * @param {number} nowMs
 * @param {boolean} active whether anybody is at work; nobody holds images by leaving a page open.
 * @returns {"nothing" | "renew" | "over"}
 */
export function leaseDue({ endsAtMs, renewAtMs }, nowMs, active) {
  if (nowMs >= endsAtMs) {
    return active ? "renew" : "over";
  }
  return active && nowMs >= renewAtMs ? "renew" : "nothing";
}

/**
 * A clock that goes on while the machine sleeps, where `performance.now` may stand still. The time of day may be set
 * meanwhile, so of each span between two looks the larger counts. A lease is taken for too short rather than too long.
 *
 * @param {() => number} steady milliseconds of a clock that does not go back.
 * @param {() => number} ofDay those of the time of day.
 * @returns {() => number} milliseconds since it was made.
 */
export function wakefulClock(steady, ofDay) {
  let [steadyMs, dayMs, sumMs] = [steady(), ofDay(), 0];
  return () => {
    const [steadyNow, dayNow] = [steady(), ofDay()];
    sumMs += Math.max(steadyNow - steadyMs, dayNow - dayMs);
    [steadyMs, dayMs] = [steadyNow, dayNow];
    return sumMs;
  };
}
