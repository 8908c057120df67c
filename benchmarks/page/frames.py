"""Times of frames, strokes and memory, as the page's own clock tells them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

REFRESH_MS = 1000 / 60
LATE = 1.5  # refreshes from which on a frame was dropped
RECORD = """
() => {
  const record = { last: 0, on: false, frames: [], works: [], strokes: [], ups: [] };
  const { port1, port2 } = new MessageChannel();
  let began = 0;
  let moved = 0;
  let lifted = 0;
  port1.onmessage = () => {
    const now = performance.now();
    if (record.on) {
      record.works.push(now - began);
      if (moved) { record.strokes.push(now - moved); }
      if (lifted) { record.ups.push(now - lifted); }
    }
    [moved, lifted] = [0, 0];
  };
  const tick = (now) => {
    if (record.on && record.last) { record.frames.push(now - record.last); }
    record.last = now;
    began = performance.now();
    port2.postMessage(0);
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
  addEventListener("pointermove", ({ timeStamp }) => { moved ||= timeStamp; }, true);
  addEventListener("wheel", ({ timeStamp }) => { moved ||= timeStamp; }, { capture: true, passive: true });
  addEventListener("pointerup", ({ timeStamp }) => { lifted ||= timeStamp; }, true);
  window.maskloopRecord = record;
}
"""
BEGIN = "() => Object.assign(maskloopRecord, { on: true, last: 0, frames: [], works: [], strokes: [], ups: [] })"
END = "() => Object.assign(maskloopRecord, { on: false })"


@dataclass(frozen=True)
class Motion:
    """What one kind of movement took.

    Args:
        frames: milliseconds between frames.
        works: milliseconds from a frame's beginning until it was painted.
        strokes: milliseconds from a pointer's event until the frame that shows it was painted.
        ups: the same from a pointer's going up.
    """

    frames: Sequence[float]
    works: Sequence[float]
    strokes: Sequence[float]
    ups: Sequence[float]

    @property
    def dropped(self) -> float:
        """Refreshes without a frame, of all."""
        refreshes = np.maximum(1, np.round(np.asarray(self.frames) / REFRESH_MS))
        late = np.asarray(self.frames) >= LATE * REFRESH_MS
        return float(((refreshes - 1) * late).sum() / refreshes.sum())

    def row(self) -> str:
        """The figures as cells of a table."""
        cells = [*_two(self.frames), f"{100 * self.dropped:.0f} %", *_two(self.works), *_two(self.strokes)]
        return " | ".join(cells)


def _two(values: Sequence[float]) -> list[str]:
    return [f"{np.percentile(values, share):.1f}" if len(values) else "" for share in (50, 95)]


def measured(page: Any, move: Callable[[], None]) -> Motion:
    """What a movement takes on a page that records."""
    page.evaluate(BEGIN)
    move()
    page.wait_for_timeout(150)  # the last frame is painted
    found = page.evaluate(END)
    return Motion(found["frames"], found["works"], found["strokes"], found["ups"])


def megabytes(page: Any) -> float:
    """Memory of the page's scripts and of what they hold outside the heap, after what nobody holds was freed."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    session.detach()
    return float(page.evaluate("performance.memory.usedJSHeapSize")) / 2**20
