// Undo and redo without end. Frozen: each step makes another history, which shares its past with the one before.

/**
 * How states far away are kept small; `same` states come back, if not the same objects.
 *
 * @template S
 * @typedef {{pack: (state: S) => unknown, unpack: (packed: any) => S}} Codec
 */

/**
 * @template S
 * @typedef {{readonly step: Step<S>, readonly rest: Chain<S>} | null} Chain
 */

const NEAR = 8; // steps that are kept as they are, so that undoing them costs nothing

/**
 * A state that can be come back to. It may be packed meanwhile, which nobody sees.
 *
 * @template S
 */
class Step {
  /** @type {{state: S} | {packed: unknown}} */
  #kept;
  #codec;

  /**
   * @param {S} state
   * @param {Codec<S> | null} codec
   */
  constructor(state, codec) {
    this.#kept = { state };
    this.#codec = codec;
  }

  /** @returns {S} */
  get state() {
    return "state" in this.#kept ? this.#kept.state : /** @type {Codec<S>} */ (this.#codec).unpack(this.#kept.packed);
  }

  pack() {
    if (this.#codec && "state" in this.#kept) {
      this.#kept = { packed: this.#codec.pack(this.#kept.state) };
    }
  }
}

/** @template S */
export class History {
  #codec;

  /**
   * @param {S} present
   * @param {Codec<S> | null} [codec] for large states; `null` keeps all as they are
   * @param {Chain<S>} [past] the latest first
   * @param {Chain<S>} [future] the next first
   */
  constructor(present, codec = null, past = null, future = null) {
    this.present = present;
    this.past = past;
    this.future = future;
    this.#codec = codec;
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
    return state === this.present ? this : new History(state, this.#codec, this.#before(this.past));
  }

  /**
   * Another present, and no step: what is selected, say, is not undone.
   *
   * @param {S} state
   * @returns {History<S>}
   */
  replace(state) {
    return state === this.present ? this : new History(state, this.#codec, this.past, this.future);
  }

  /** @returns {History<S>} itself at its beginning */
  undo() {
    const { past } = this;
    return past ? new History(past.step.state, this.#codec, past.rest, this.#before(this.future)) : this;
  }

  /** @returns {History<S>} itself at its end */
  redo() {
    const { future } = this;
    return future ? new History(future.step.state, this.#codec, this.#before(this.past), future.rest) : this;
  }

  /**
   * The present before others. The one that is no longer near is packed; those behind it are already.
   *
   * @param {Chain<S>} others
   * @returns {Chain<S>}
   */
  #before(others) {
    let far = others;
    for (let steps = 1; far && steps < NEAR; steps++) {
      far = far.rest;
    }
    far?.step.pack();
    return { step: new Step(this.present, this.#codec), rest: others };
  }
}
