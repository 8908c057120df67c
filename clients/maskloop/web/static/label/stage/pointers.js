// Pointers on the stage: mouse, pen and fingers. One works with the tool; two, or one with space held, move the image.

import { click } from "../tools/select.js";

/** @typedef {import("../bench.js").Bench} Bench */
/** @typedef {import("../state.js").Place} Place */
/** @typedef {import("../state.js").ToolName} ToolName */
/** @typedef {import("../tools/tool.js").Hand} Hand */
/** @typedef {import("../tools/tool.js").Tool} Tool */

/**
 * @typedef {{mode: "tool" | "click" | "move", pointer: number, from: Place, at: Place}} Grasp
 *   "click" until the pointer has moved: then it moves the image.
 */

const CONTROLS = "button, input, a, .options, .zoom, .veil, .grid, .notice";
const DRAGGED = 4; // CSS pixels from which on a press is no click
const WHEEL = 0.0016; // of a pixel of a wheel, in powers of e
const PINCH = 0.01; // the same of trackpads, which tell pinches as wheels with Ctrl
const LINE_PX = 16;
const ALTERNATE = 2 | 32; // the right button, and the eraser at the other end of a pen

export class Pointers {
  #bench;
  #tools;
  /** @type {Grasp | null} */
  #grasp = null;
  /** @type {Map<number, Place>} fingers that are down. */
  #fingers = new Map();
  #penSeen = false;
  #spaceHeld = false;

  /**
   * @param {Bench} bench
   * @param {Record<ToolName, Tool>} tools
   */
  constructor(bench, tools) {
    this.#bench = bench;
    this.#tools = tools;
    const { element } = bench.stage;
    element.addEventListener("pointerdown", (event) => this.#down(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    element.addEventListener("pointerup", (event) => this.#up(event));
    element.addEventListener("pointercancel", (event) => this.#taken(event));
    element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    element.addEventListener("dblclick", () => this.tool.finish?.());
    element.addEventListener("contextmenu", (event) => event.preventDefault());
    bench.store.subscribe((state, before) => {
      if (state.sheet !== before.sheet || (state.otherTab && !before.otherTab)) {
        this.#letGo(); // what was begun on one image is no stroke on the next
      }
    });
  }

  /** @returns {Tool} that in hand. */
  get tool() {
    return this.#tools[this.#bench.store.state.tool];
  }

  /** @param {boolean} held with the space bar the pointer moves the image. */
  holdSpace(held) {
    this.#spaceHeld = held;
    this.#showCursor();
  }

  /** @returns {boolean} whether a pointer is down. */
  get busy() {
    return this.#grasp !== null;
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.target instanceof Element && event.target.closest(CONTROLS)) {
      return;
    }
    if (!this.#bench.sheet) {
      return;
    }
    event.preventDefault();
    this.#bench.stage.element.setPointerCapture(event.pointerId);
    if (document.activeElement instanceof HTMLElement) {
      document.activeElement.blur(); // keys are the stage's again
    }
    this.#penSeen ||= event.pointerType === "pen";
    const at = this.#onStage(event);
    if (event.pointerType === "pen") {
      this.#letGoOfFingers();
    }
    if (event.pointerType === "touch" && !this.#feel(event.pointerId, at)) {
      return;
    }
    if (!this.#grasp) {
      this.#take(event, at);
    }
  }

  /** A pen takes over from the palm that came before it. */
  #letGoOfFingers() {
    if (this.#grasp && this.#fingers.has(this.#grasp.pointer)) {
      this.#letGo();
    }
    this.#fingers.clear();
  }

  /**
   * @param {number} finger that came down.
   * @param {Place} at
   * @returns {boolean} whether it may do something by itself.
   */
  #feel(finger, at) {
    if (this.#grasp && !this.#fingers.has(this.#grasp.pointer)) {
      return false; // the palm beside a pen that is at work
    }
    this.#fingers.set(finger, at);
    if (this.#fingers.size > 1) {
      this.#letGo();
    }
    return this.#fingers.size === 1;
  }

  /**
   * @param {PointerEvent} event
   * @param {Place} at
   */
  #take(event, at) {
    const palm = this.#penSeen && event.pointerType === "touch";
    const moves = this.#spaceHeld || event.button === 1 || palm;
    const works = !moves && this.tool.down(this.#hand(event));
    const mode = works ? "tool" : moves ? "move" : "click";
    this.#grasp = { mode, pointer: event.pointerId, from: at, at };
    this.#showCursor();
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const at = this.#onStage(event);
    const before = this.#fingers.get(event.pointerId);
    if (before && this.#fingers.size > 1) {
      this.#pinch(event.pointerId, before, at);
      return;
    }
    if (!this.#grasp) {
      this.#showCursor();
      if (event.pointerType !== "touch") {
        this.tool.hover?.(this.#hand(event)); // a finger that is left of two still touches
      }
      return;
    }
    if (event.pointerId !== this.#grasp.pointer) {
      return;
    }
    if (this.#grasp.mode === "tool") {
      this.tool.move(this.#hand(event));
    } else {
      this.#drag(this.#grasp, at);
    }
  }

  /**
   * @param {Grasp} grasp
   * @param {Place} at
   */
  #drag(grasp, at) {
    const far = Math.hypot(at[0] - grasp.from[0], at[1] - grasp.from[1]);
    if (grasp.mode === "click" && far < DRAGGED) {
      return;
    }
    const { stage } = this.#bench;
    stage.show(stage.viewport.panBy(at[0] - grasp.at[0], at[1] - grasp.at[1]));
    this.#grasp = { ...grasp, mode: "move", at };
  }

  /** @param {PointerEvent} event */
  #up(event) {
    this.#fingers.delete(event.pointerId);
    const grasp = this.#grasp;
    if (grasp?.pointer !== event.pointerId) {
      return;
    }
    this.#grasp = null;
    if (grasp.mode === "tool") {
      this.tool.up(this.#hand(event));
    } else if (grasp.mode === "click") {
      click(this.#bench, this.#hand(event));
    }
    this.#showCursor();
  }

  /** @param {PointerEvent} event */
  #taken(event) {
    this.#fingers.delete(event.pointerId);
    if (this.#grasp?.pointer === event.pointerId) {
      this.#letGo();
    }
  }

  /** What was begun is no stroke: a second finger came, say. */
  #letGo() {
    if (this.#grasp?.mode === "tool") {
      this.tool.cancel();
    }
    this.#grasp = null;
  }

  /**
   * Two fingers move and zoom: the places under them stay under them.
   *
   * @param {number} finger that moved.
   * @param {Place} before
   * @param {Place} at
   */
  #pinch(finger, before, at) {
    const other = [...this.#fingers].find(([id]) => id !== finger)?.[1];
    this.#fingers.set(finger, at);
    if (!other) {
      return;
    }
    const was = Math.hypot(before[0] - other[0], before[1] - other[1]);
    const is = Math.hypot(at[0] - other[0], at[1] - other[1]);
    const { stage } = this.#bench;
    const middle = [(at[0] + other[0]) / 2, (at[1] + other[1]) / 2];
    const panned = stage.viewport.panBy((at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
    stage.show(panned.zoomAt(middle[0] ?? 0, middle[1] ?? 0, is / Math.max(1, was)));
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    if (event.target instanceof Element && event.target.closest(".grid, .veil, .options")) {
      return;
    }
    event.preventDefault();
    if (this.#grasp || !this.#bench.sheet) {
      return; // what is being painted lies where it was begun
    }
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : LINE_PX;
    const { stage } = this.#bench;
    if (event.shiftKey) {
      stage.show(stage.viewport.panBy(-(event.deltaX || event.deltaY) * unit, 0));
      return;
    }
    const [x, y] = this.#onStage(event);
    stage.zoom(Math.exp(-event.deltaY * unit * (event.ctrlKey ? PINCH : WHEEL)), x, y);
  }

  #showCursor() {
    const { element } = this.#bench.stage;
    const moves = this.#grasp?.mode === "move" || this.#grasp?.mode === "click";
    element.dataset.cursor = moves ? "grabbing" : this.#spaceHeld ? "grab" : this.tool.cursor;
  }

  /**
   * @param {MouseEvent} event
   * @returns {Place} in CSS pixels of the stage.
   */
  #onStage({ clientX, clientY }) {
    const { left, top } = this.#bench.stage.element.getBoundingClientRect();
    return [clientX - left, clientY - top];
  }

  /**
   * @param {PointerEvent} event
   * @returns {Hand}
   */
  #hand(event) {
    const { viewport } = this.#bench.stage;
    const screen = this.#onStage(event);
    const passed = event.getCoalescedEvents?.() ?? [];
    const all = passed.length ? passed : [event];
    return {
      place: viewport.toImage(...screen),
      path: all.map((each) => viewport.toImage(...this.#onStage(each))),
      screen,
      alternate: event.altKey || event.button === 2 || (event.buttons & ALTERNATE) !== 0,
      extend: event.shiftKey,
    };
  }
}
