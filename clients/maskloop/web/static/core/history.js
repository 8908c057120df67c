// Undo and redo without end. Frozen: each step makes another history, which shares its past with the one before.

/**
 * @template S
 * @typedef {{readonly state: S, readonly rest: Chain<S>} | null} Chain
 */

/** @template S */
export class History {
  /**
   * @param {S} present
   * @param {Chain<S>} [past] the latest first
   * @param {Chain<S>} [future] the next first
   */
  constructor(present, past = null, future = null) {
    this.present = present;
    this.past = past;
    this.future = future;
    Object.freeze(this);
  }

  /** Whether there is something to undo. */
  get canUndo() {
    return this.past !== null;
  }

  /** Whether there is something to redo. */
  get canRedo() {
    return this.future !== null;
  }

  /**
   * A step further; what had been undone is gone. The same state again is no step.
   *
   * @param {S} state
   * @returns {History<S>}
   */
  push(state) {
    return state === this.present ? this : new History(state, { state: this.present, rest: this.past });
  }

  /**
   * Another present, and no step: what is selected, say, is not undone.
   *
   * @param {S} state
   * @returns {History<S>}
   */
  replace(state) {
    return state === this.present ? this : new History(state, this.past, this.future);
  }

  /** @returns {History<S>} itself at its beginning */
  undo() {
    const { past } = this;
    return past ? new History(past.state, past.rest, { state: this.present, rest: this.future }) : this;
  }

  /** @returns {History<S>} itself at its end */
  redo() {
    const { future } = this;
    return future ? new History(future.state, { state: this.present, rest: this.past }, future.rest) : this;
  }
}
