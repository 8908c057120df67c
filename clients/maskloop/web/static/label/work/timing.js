// Seconds that count: what people do starts the image's clock again, a page that nobody sees stops it.

/** @typedef {import("../bench.js").Bench} Bench */

const SHOWN_EVERY_MS = 500;
const SIGNS = ["pointerdown", "pointermove", "keydown", "wheel"];

/**
 * @param {Bench} bench
 * @param {() => void} leave the page may be closed now.
 */
export function countTime(bench, leave) {
  for (const sign of SIGNS) {
    addEventListener(sign, () => bench.clock.touch(), { capture: true, passive: true });
  }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      bench.clock.pause();
      leave();
    } else {
      bench.clock.resume();
    }
  });
  addEventListener("pagehide", leave);
  setInterval(() => {
    if (bench.store.state.phase === "ready") {
      bench.set({ seconds: Math.floor(bench.clock.seconds()), active: bench.clock.isCounting });
    }
  }, SHOWN_EVERY_MS);
}
