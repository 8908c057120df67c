// What tools and commands work with: the store, the stage, the clock, and the few ways in which a label is changed.

import { ActivityClock } from "../core/activity.js";
import { itemOf, spend } from "./sheet.js";

/** @typedef {import("./sheet.js").SheetState} SheetState */
/** @typedef {import("./stage/stage.js").Stage} Stage */
/** @typedef {import("./state.js").PageState} PageState */
/** @typedef {import("./state.js").PageStore} PageStore */

export class Bench {
  /** Seconds of the image's clock that were put down to objects or answers already. */
  #counted = 0;

  /**
   * @param {PageStore} store
   * @param {Stage} stage
   */
  constructor(store, stage) {
    this.store = store;
    this.stage = stage;
    this.clock = this.#newClock(0);
  }

  /** @returns {SheetState | null} the image in work, `null` while there is none. */
  get sheet() {
    const { phase, leaving, otherTab, work } = this.store.state;
    return phase === "ready" && !leaving && !otherTab ? (work?.present ?? null) : null;
  }

  /**
   * Change the label; one step that can be undone. Seconds since the last change are the changed object's.
   *
   * @param {(sheet: SheetState) => SheetState} change
   */
  edit(change) {
    const before = this.sheet;
    if (!before) {
      return;
    }
    const after = change(before);
    if (after === before) {
      return;
    }
    const key = itemOf(after, before.selected) ? before.selected : after.selected;
    const seconds = this.secondsSinceChange();
    this.store.dispatch({ type: "edit", sheet: key === null ? after : spend(after, key, seconds) });
  }

  /**
   * Look at something else; nothing that is undone.
   *
   * @param {(sheet: SheetState) => SheetState} change
   */
  look(change) {
    if (this.sheet) {
      this.store.dispatch({ type: "look", sheet: change(this.sheet) });
    }
  }

  /** @param {Partial<PageState>} values */
  set(values) {
    this.store.dispatch({ type: "set", values });
  }

  /**
   * @param {string} text
   * @param {"plain" | "bad"} [tone]
   */
  tell(text, tone = "plain") {
    this.set({ message: { text, tone } });
  }

  /** Active seconds since this was last asked. */
  secondsSinceChange() {
    const now = this.clock.seconds();
    const since = now - this.#counted;
    this.#counted = now;
    return since;
  }

  /** @param {number} seconds that were spent on the image before. */
  restartClock(seconds) {
    this.clock = this.#newClock(seconds);
    this.#counted = seconds;
  }

  /** @param {number} seconds */
  #newClock(seconds) {
    const clock = new ActivityClock({ now: () => performance.now(), seconds });
    if (document.hidden) {
      clock.pause();
    }
    return clock;
  }
}
