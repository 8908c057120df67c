// The ring that shows the brush under the pointer. It moves without anything being drawn again.

import { find } from "../../page/dom.js";

/** @typedef {import("../bench.js").Bench} Bench */

/** @param {Bench} bench */
export function showRing(bench) {
  const ring = find("#ring", HTMLElement);
  const { element } = bench.stage;
  let [x, y] = [0, 0];
  let inside = false;

  function place() {
    const { tool, size, phase, grid } = bench.store.state;
    const paints = tool === "brush" || tool === "eraser";
    ring.hidden = !(paints && inside && phase === "ready" && !grid);
    if (ring.hidden) {
      return;
    }
    const across = Math.max(3, 2 * size * bench.stage.viewport.scale);
    ring.dataset.mode = tool;
    ring.style.width = ring.style.height = `${across}px`;
    ring.style.transform = `translate(${x - across / 2}px, ${y - across / 2}px)`;
  }

  element.addEventListener("pointermove", (event) => {
    const { left, top } = element.getBoundingClientRect();
    [x, y] = [event.clientX - left, event.clientY - top];
    const over = event.target instanceof Element && event.target.closest("button, input, .options, .zoom, .notice");
    inside = !over && event.pointerType !== "touch";
    place();
  });
  element.addEventListener("pointerleave", () => {
    inside = false;
    place();
  });
  bench.stage.watch(place);
  bench.store.subscribe(place);
}
